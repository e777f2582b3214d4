"""The pages as a WSGI application: addresses, and headers that let a page do nothing but be read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from infra.local.pages import phone_views, views
from infra.local.pages.desk import Desk
from infra.local.pages.guard import is_local_viewer, is_own_form
from infra.local.pages.headers import CSP, CSP_OF_A_MAIL, HEADERS
from infra.local.pages.links import Links, ServerLinks
from infra.local.pages.mail_views import PAGE, WITHOUT_SERVER, open_mail
from infra.local.pages.rendering import HERE, rendered
from infra.local.pages.view import Failed, Missing, View, Wrong

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


MOST_BYTES = 32_768
"""Of a form: 1,600 characters, percent-encoded, and room to spare."""

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
        Rule("/alerts/<alert>", endpoint="alert"),
        Rule("/phone", endpoint="phone"),
        Rule("/phone/<number>", endpoint="conversation"),
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
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", CSP)
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        try:
            return self._matched(request)
        except Missing as missing:
            return self._sorry("Not here", str(missing), 404)
        except Wrong as wrong:
            return self._sorry("Not understood", str(wrong), 400)
        except Failed as failed:
            return self._sorry("Not done", str(failed), 502)
        except HTTPException as error:
            text = "There is no such page." if error.code == 404 else "This address cannot be used like that."
            return self._sorry("Not here", text, error.code or 404)

    def _matched(self, request: Request) -> Response:
        endpoint, values = _URLS.bind_to_environ(request.environ).match()
        if request.method == "POST" and endpoint == "conversation":
            return self._typed(request, **values)
        if request.method not in ("GET", "HEAD"):
            return self._sorry("Only for reading", "Nothing can be changed here.", 405)
        return self._answers()[endpoint](request.args, **values)

    def _typed(self, request: Request, number: str) -> Response:
        """The one thing that can be sent from these pages: an SMS that somebody answers with."""
        if not is_own_form(request.environ):
            return self._sorry("Not from here", "An answer is typed on this page, and sent by its own button.", 403)
        request.max_content_length = MOST_BYTES
        phone_views.typed(self.desk, number, request.form.get("text", ""), request.form.get("after", ""))
        return redirect(self.links(f"/phone/{number}") + "#newest", 303)

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
            "alert": lambda _query, alert: self._page(views.one_alert(desk, alert)),
            "phone": lambda _query: self._page(views.phone(desk)),
            "conversation": lambda _query, number: self._page(views.conversation(desk, number)),
            "uncertain": lambda _query: self._page(views.uncertain(desk)),
            "style": lambda _query: _style(),
        }

    def _sorry(self, title: str, text: str, status: int) -> Response:
        return self._page(View("error.html", {"title": title, "text": text}), status)

    def _page(self, view: View, status: int = 200) -> Response:
        return Response(rendered(view, self.desk, self.links), status, content_type="text/html; charset=utf-8")

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
