"""The part of the wiring by which people at the MSP are reached: phones, chats, links, and the watch outside."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.config.alerts import Twilio
from shared.config.environment import Environment
from shared.config.secret_references import Secrets
from shared.config.settings import Settings
from shared.errors import ConfigurationError
from shared.ports import ChatChannel, Heartbeat, SmsChannel, SmsWebhook

if TYPE_CHECKING:
    from shared.alerts.links import AlertLinks


def sms(settings: Settings, secrets: Secrets, environment: Environment) -> Callable[[], SmsChannel]:
    def twilio(account: Twilio) -> SmsChannel:
        from shared.channels.twilio import TwilioChannel  # noqa: PLC0415

        service = secrets.value(account.messaging_service) if account.messaging_service else None
        return TwilioChannel(account, secrets.value(account.account), secrets.value(account.auth_tokens[0]), service)

    def phone() -> SmsChannel:
        from shared.channels.phone import PhoneChannel  # noqa: PLC0415

        return PhoneChannel(environment.needed("PROMISEKEEPER_PHONE", "(where SMS are kept instead of sent)"))

    def make() -> SmsChannel:
        chosen = settings.alerts.sms
        if chosen.channel == "off":
            raise ConfigurationError("alerts.sms.channel is off: no SMS is sent")
        return twilio(chosen.twilio) if chosen.channel == "twilio" and chosen.twilio is not None else phone()

    return make


def sms_webhook(settings: Settings, secrets: Secrets, environment: Environment) -> Callable[[], SmsWebhook]:
    """The phone of the pages signs what is typed there as Twilio would, with the token of our own callers."""

    def make() -> SmsWebhook:
        from shared.sms.twilio_webhook import TwilioWebhook  # noqa: PLC0415

        chosen = settings.alerts.sms
        if chosen.channel == "twilio" and chosen.twilio is not None:
            return TwilioWebhook([secrets.value(token) for token in chosen.twilio.auth_tokens])
        if chosen.channel == "off":
            raise ConfigurationError("alerts.sms.channel is off: nobody may answer by SMS")
        return TwilioWebhook([environment.needed("PROMISEKEEPER_TASK_TOKEN", "(it signs what the phone here says)")])

    return make


def chat(secrets: Secrets) -> Callable[[str], ChatChannel]:
    def make(reference: str) -> ChatChannel:
        from shared.channels.chat import AppriseChat  # noqa: PLC0415

        return AppriseChat(secrets.value(reference))

    return make


def links(settings: Settings, secrets: Secrets) -> Callable[[], "AlertLinks"]:
    def make() -> "AlertLinks":
        from shared.alerts.links import AlertLinks  # noqa: PLC0415 - the signing library: most functions never sign

        base, keys = settings.alerts.link_base, settings.alerts.link_keys
        if base is None or not keys:
            raise ConfigurationError("alerts.link_base and alerts.link_keys are needed for links that people answer by")
        return AlertLinks(base, [secrets.signing_key(key) for key in keys])

    return make


def heartbeat(settings: Settings, secrets: Secrets) -> Callable[[], Heartbeat | None]:
    def make() -> Heartbeat | None:
        from shared.channels.http_heartbeat import HttpHeartbeat  # noqa: PLC0415

        url = settings.alerts.heartbeat_url
        return HttpHeartbeat(secrets.value(url)) if url else None

    return make
