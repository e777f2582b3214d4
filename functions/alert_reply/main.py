"""HTTP, public: the page and the SMS answers by which somebody takes an alert, and the provider's delivery reports."""

import flask
from werkzeug.exceptions import MethodNotAllowed

from functions.alert_reply import provider
from functions.alert_reply.forms import MAX_BYTES
from functions.alert_reply.press import press
from functions.alert_reply.visit import visit
from shared.errors import NotFound
from shared.ports import App
from shared.runtime import http_function


@http_function(methods=("GET", "HEAD", "POST"), max_bytes=MAX_BYTES)
def alert_reply(request: flask.Request, app: App) -> flask.Response:
    """/n/<token> is the page of one notice; /sms and /sms/status are for the provider of SMS, who signs what it sends.

    GET and HEAD never change anything.
    """
    path = request.path
    if path in ("/sms", "/sms/status"):
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        return provider.answered(request, app) if path == "/sms" else provider.reported(request, app)
    if not path.startswith("/n/"):
        raise NotFound("nothing is here")
    opened = visit(app, path.removeprefix("/n/"))
    if isinstance(opened, flask.Response):
        return opened
    return press(opened, request) if request.method == "POST" else opened.page(request.args)
