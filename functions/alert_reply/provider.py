"""What the provider of SMS calls us with: believed only with its signature over the address that the settings name."""

from typing import cast

import flask
from werkzeug.datastructures import Headers

from functions.alert_reply import reports, sms_answers
from functions.alert_reply.forms import form_of
from shared.errors import NotFound
from shared.ports import App, SmsWebhook
from shared.runtime import note
from shared.sms.sms import DeliveryReport, InboundSms, SmsEvent


def answered(request: flask.Request, app: App) -> flask.Response:
    """Somebody wrote to us: do what it says, and answer in the same breath."""
    webhook, event = _event(request, app)
    text = sms_answers.answer(app, event) if isinstance(event, InboundSms) else ""
    body, content_type = webhook.answer(text)
    return flask.Response(body, 200, content_type=content_type)


def reported(request: flask.Request, app: App) -> flask.Response:
    """The provider says what became of a message of ours."""
    _, event = _event(request, app)
    if isinstance(event, DeliveryReport):
        note(outcome=reports.take_in(app, request.args.get("notice", ""), event))
    return flask.Response(status=204)


def _event(request: flask.Request, app: App) -> tuple[SmsWebhook, SmsEvent]:
    """Raises Unauthenticated, InvalidRequest, or NotFound where the settings know no SMS."""
    settings = app.settings.alerts
    if settings.link_base is None or settings.sms.channel == "off":
        raise NotFound("the settings know no SMS")
    webhook = app.sms_webhook()
    query = request.query_string.decode("latin-1")
    url = settings.link_base.rstrip("/") + request.path + (f"?{query}" if query else "")
    form = form_of(request)
    webhook.verify(url, form, cast("dict[str, str]", Headers(request.headers)))
    return webhook, webhook.parse(form)
