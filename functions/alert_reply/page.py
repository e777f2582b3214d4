"""The pages as answers: HTML that can do nothing but be read and press its own buttons, and is kept by nobody."""

import hashlib
from base64 import b64encode
from pathlib import Path

import flask
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from functions.alert_reply.view import SNOOZES, View

HERE = Path(__file__).parent / "templates"


def _environment() -> Environment:
    """Everything is escaped: titles and names come from whoever can open a ticket."""
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


_TEMPLATES = _environment()
_STYLE = (HERE / "page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

CSP = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def alerts_page(view: View, *, msp: str, token: str, shown: str) -> flask.Response:
    """Return the page of a notice. `shown` is the mark that its buttons bring back."""
    return _page("alerts.html.j2", 200, view=view, msp=msp, token=token, shown=shown, snoozes=SNOOZES)


def expired_page(msp: str) -> flask.Response:
    return _page("expired.html.j2", 410, msp=msp)


def no_such_page() -> flask.Response:
    """The same bytes for every address that is not ours: nobody learns which notices there are."""
    return _page("not_here.html.j2", 404, msp="")


def back_to_page(query: str) -> flask.Response:
    """Return the redirect after a press; relative, since only the person's browser knows by which name it came."""
    response = flask.Response(status=303, headers={"Location": f"?{query}"})
    response.headers.extend(_HEADERS)
    return response


def _page(template: str, status: int, **values: object) -> flask.Response:
    html = _TEMPLATES.get_template(template).render(style=_STYLE, **values)
    response = flask.Response(html, status, content_type="text/html; charset=utf-8")
    response.headers.extend(_HEADERS)
    return response
