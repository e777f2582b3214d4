"""HTTP, public, signed: takes in what a PSA says and answers inside its time limit. No outgoing call happens here."""

import flask
from werkzeug.datastructures import Headers

from functions.psa_webhook.intake import take_in
from shared.errors import NotFound
from shared.ports import App
from shared.runtime import answering, http_function


@http_function()
def psa_webhook(request: flask.Request, app: App) -> dict[str, object]:
    """POST /<connection>: the raw bytes are verified before anything is parsed, and stored before we say so."""
    name = request.path.strip("/")
    sender = app.psa_webhook(name)
    if sender is None:
        raise NotFound("no such connection in the settings")
    body = request.get_data()
    headers = Headers(request.headers)  # a copy: the request's own go through its whole environment at every look
    sender.verify(body, headers, app.clock.now())  # type: ignore[arg-type] # werkzeug's headers are a mapping
    with answering(transient=sender.transient_status):
        return take_in(app, name, sender.parse(body))
