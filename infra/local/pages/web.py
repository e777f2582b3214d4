"""The pages as a WSGI application: addresses, templates, and headers that let a page do nothing but be read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from infra.local.pages import views, words
from infra.local.pages.desk import Desk
from infra.local.pages.guard import is_local_viewer
from infra.local.pages.links import Links, ServerLinks
from infra.local.pages.mail_views import PAGE, WITHOUT_SERVER, open_mail
from infra.local.pages.view import Missing, View, Wrong

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HERE = Path(__file__).parent


def _policy(*directives: str) -> str:
    return "; ".join(directives)


CSP = _policy(
    "default-src 'none'",
    "style-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CSP_OF_A_MAIL = _policy(
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    "sandbox",
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_URLS = Map(
    [
        Rule("/", endpoint="overview"),
        Rule("/mailbox", endpoint="mailbox"),
        Rule("/mailbox/<int(max=999999999999):place>", endpoint="mail"),
        Rule("/mailbox/<int(max=999999999999):place>/letter", endpoint="letter"),
        Rule("/mailbox/<int(max=999999999999):place>.eml", endpoint="raw"),
        Rule("/tickets", endpoint="tickets"),
        Rule("/tickets/<ticket>", endpoint="ticket"),
        Rule("/alerts", endpoint="alerts"),
        Rule("/uncertain", endpoint="uncertain"),
        Rule("/static/pages.css", endpoint="style"),
    ],
    strict_slashes=False,
)
_ONLY_HERE = (
    "These pages are for somebody at this machine: open http://127.0.0.1 with the platform's port there, "
    "or reach it through ssh -L. They are never shown through a proxy.\n"
)


@dataclass(frozen=True)
class Pages:
    """`links` says where pages find each other."""

    desk: Desk
    links: Links = field(default_factory=ServerLinks)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not is_local_viewer(environ):
            response = Response(_ONLY_HERE, 403, content_type="text/plain; charset=utf-8")
        else:
            response = self.answer(Request(environ))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", CSP)
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        try:
            endpoint, values = _URLS.bind_to_environ(request.environ).match()
            if request.method not in ("GET", "HEAD"):
                return self._page(
                    View("error.html", {"title": "Only for reading", "text": "Nothing can be changed here."}), 405
                )
            return self._answers()[endpoint](request.args, **values)
        except Missing as missing:
            return self._sorry("Not here", str(missing), 404)
        except Wrong as wrong:
            return self._sorry("Not understood", str(wrong), 400)
        except HTTPException as error:
            text = "There is no such page." if error.code == 404 else "This address cannot be used like that."
            return self._sorry("Not here", text, error.code or 404)

    def _answers(self) -> Mapping[str, Callable[..., Response]]:
        desk = self.desk
        size = PAGE if self.links.has_server else WITHOUT_SERVER
        return {
            "overview": lambda query: self._page(views.overview(desk, query)),
            "mailbox": lambda query: self._page(views.mailbox(desk, query, page=size)),
            "mail": lambda _query, place: self._page(views.one_mail(desk, place)),
            "letter": lambda _query, place: self._letter(place),
            "raw": lambda _query, place: self._raw(place),
            "tickets": lambda query: self._page(views.tickets(desk, query)),
            "ticket": lambda _query, ticket: self._page(views.one_ticket(desk, ticket)),
            "alerts": lambda query: self._page(views.alerts(desk, query)),
            "uncertain": lambda _query: self._page(views.uncertain(desk)),
            "style": lambda _query: _style(),
        }

    def _sorry(self, title: str, text: str, status: int) -> Response:
        return self._page(View("error.html", {"title": title, "text": text}), status)

    def _page(self, view: View, status: int = 200) -> Response:
        zone = self.desk.zone
        html = (
            _templates()
            .get_template(view.template)
            .render(
                **view.values,
                link=self.links,
                has_server=self.links.has_server,
                notice=self.desk.notice,
                msp=self.desk.app.settings.msp.name,
                zone=zone.key,
                words=words,
                clock_time=partial(words.clock_time, zone=zone),
                day_and_time=partial(words.day_and_time, zone=zone),
                local_day=lambda at: at.astimezone(zone).date(),
            )
        )
        return Response(html, status, content_type="text/html; charset=utf-8")

    def _letter(self, place: int) -> Response:
        """The mail's HTML by itself: its own styles, and no script, link target, picture or form whatever it says."""
        response = Response(open_mail(self.desk, place).html, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = CSP_OF_A_MAIL
        return response

    def _raw(self, place: int) -> Response:
        mail = self.desk.mailbox.mail(place) if self.desk.mailbox else None
        if mail is None:
            raise Missing("There is no mail at this place of the mailbox.")
        response = Response(mail.raw, content_type="message/rfc822")
        response.headers["Content-Disposition"] = f'attachment; filename="{place:04d}.eml"'
        return response


def _style() -> Response:
    response = Response((HERE / "static" / "pages.css").read_bytes(), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    return response


_BIDI_CONTROLS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def _without_tricks(value: object) -> object:
    """Return outside text without the controls that turn the rest of a line around; markup is ours and stays."""
    return value.translate(_BIDI_CONTROLS) if type(value) is str else value


@cache
def _templates() -> Environment:
    """Everything is escaped, in every template: titles and names come from whoever can open a ticket."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_without_tricks,
        trim_blocks=True,
        lstrip_blocks=True,
    )
