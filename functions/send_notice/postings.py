"""One notice made ready for its way: the words, and the channel that takes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from functions.send_notice.words import chat, letter
from shared.alerts.links import AlertLinks
from shared.alerts.sms_words import Line, sms
from shared.chat.post import ChatPost
from shared.config.alerts import AlertSettings, Person
from shared.config.settings import Settings
from shared.errors import ConfigurationError, PermanentFailure
from shared.mail.compose import compose
from shared.models.alert import Alert, Errand, Way
from shared.models.contact_method import Item
from shared.models.notice import Notice
from shared.ports import App, ChatChannel, MailChannel, Receipt, SendFailed, SmsChannel
from shared.runtime import note
from shared.sms.numbers import country, why_not
from shared.sms.sms import Sms


class Posting(Protocol):
    """A notice for one channel. `text` is what the person reads; `knows_ids` is what the channel declares."""

    @property
    def text(self) -> str: ...
    @property
    def knows_ids(self) -> bool: ...
    def send(self, before_commitment: Callable[[], None]) -> Receipt: ...
    def was_sent(self, since: datetime) -> bool | None: ...


def posting_for(app: App, notice: Notice, items: Sequence[Item], alerts: dict[str, Alert]) -> Posting:
    """Return the notice with the words for `items`; with no items, as it was when it was claimed."""
    codes = {code.target: code.digits for code in notice.codes}
    lines = [Line(alerts[item.alert], item.errand, codes.get(item.alert, 0)) for item in items]
    lines.sort(key=lambda line: (line.errand is Errand.RESOLVED, -line.alert.severity.weight))
    match notice.way:
        case Way.SMS:
            return _sms(app, notice, lines)
        case Way.CHAT:
            return _chat(app, notice, lines)
        case _:
            return MailPosting(app, notice, tuple(lines), app.mail())


def link_to(app: App, notice: Notice) -> str:
    """Return the signed address of the notice's page; "" where the settings say nothing of links."""
    settings = app.settings.alerts
    if settings.link_base is None or not settings.link_keys:
        return ""
    try:
        links: AlertLinks = app.alert_links()
    except ConfigurationError:  # an alert without a link is better than none
        note(link="no_key")
        return ""
    return links.page(notice.id)


@dataclass(frozen=True, slots=True)
class MailPosting:
    """By e-mail, with the notice's id as the Message-ID."""

    app: App
    notice: Notice
    lines: tuple[Line, ...]
    channel: MailChannel

    @property
    def text(self) -> str:
        return "" if not self.lines else self.lines[0].brief(self.app.clock.now())

    @property
    def knows_ids(self) -> bool:
        return self.channel.knows_message_ids

    def send(self, before_commitment: Callable[[], None]) -> Receipt:
        app, notice = self.app, self.notice
        people = app.settings.alerts.people
        person = people[notice.person]
        words = letter(
            self.lines,
            link_to(app, notice),
            app.clock.now(),
            reader=notice.person,
            names={key: each.name for key, each in people.items()},
            zone=_zone_of(person, app.settings),
            msp=app.settings.msp.name,
            overflow=notice.overflow,
        )
        numbers = {line.alert.number for line in self.lines if line.alert.number}
        try:
            mail = compose(
                words,
                msp=app.settings.msp,
                to_address=person.email or "",
                to_name=person.name,
                message_id=_message_id(app, notice),
                previous=(),
                date=notice.decided_at,
                ticket_number=numbers.pop() if len(numbers) == 1 else "",
            )
        except PermanentFailure as refused:
            raise SendFailed(refused.code, permanent=True) from refused
        return self.channel.send(mail, before_commitment)

    def was_sent(self, since: datetime) -> bool | None:  # noqa: ARG002 - a Message-ID is asked for without a time
        verdict = self.channel.was_sent(_message_id(self.app, self.notice))
        return False if verdict is None and self.knows_ids else verdict


@dataclass(frozen=True, slots=True)
class SmsPosting:
    """By SMS. `refused` is why this number may not be sent to; "" if it may."""

    sms: Sms
    channel: SmsChannel
    refused: str = ""

    @property
    def text(self) -> str:
        return self.sms.text

    @property
    def knows_ids(self) -> bool:
        return self.channel.knows_message_ids

    def send(self, before_commitment: Callable[[], None]) -> Receipt:
        if self.refused:
            raise SendFailed(f"number: {self.refused}", permanent=True)
        return self.channel.send(self.sms, before_commitment)

    def was_sent(self, since: datetime) -> bool | None:
        verdict = self.channel.was_sent(self.sms, since)
        return False if verdict is None and self.knows_ids else verdict


@dataclass(frozen=True, slots=True)
class ChatPosting:
    """Into the person's chat. No chat can be asked what it has."""

    post: ChatPost
    channel: Callable[[], ChatChannel]
    knows_ids: bool = False

    @property
    def text(self) -> str:
        return f"{self.post.title}\n{self.post.text}"

    def send(self, before_commitment: Callable[[], None]) -> Receipt:
        return self.channel().send(self.post, before_commitment)

    def was_sent(self, since: datetime) -> bool | None:  # noqa: ARG002
        return None


def _sms(app: App, notice: Notice, lines: Sequence[Line]) -> SmsPosting:
    settings = app.settings.alerts
    number = settings.address(notice.person, Way.SMS) or ""
    text = sms(lines, notice.codes, link_to(app, notice), app.clock.now()) if lines else notice.text
    status = f"{settings.link_base.rstrip('/')}/sms/status?notice={notice.id}" if settings.link_base else ""
    return SmsPosting(
        Sms(id=notice.id, recipient=number, text=text, status_url=status),
        app.sms(),
        why_not(number, settings.sms.countries or _own_countries(settings)),
    )


def _own_countries(settings: AlertSettings) -> set[str]:
    return {country(person.phone) for person in settings.people.values() if person.phone}


def _chat(app: App, notice: Notice, lines: Sequence[Line]) -> ChatPosting:
    reference = app.settings.alerts.address(notice.person, Way.CHAT) or ""
    title, text = chat(lines, link_to(app, notice), app.clock.now()) if lines else ("", notice.text)
    return ChatPosting(ChatPost(id=notice.id, title=title, text=text), partial(app.chat, reference))


def _zone_of(person: Person, settings: Settings) -> ZoneInfo:
    """Return the person's own zone; without one that of the calendar by which clients are told."""
    return ZoneInfo(person.timezone or settings.calendars[settings.updates.calendar].tz)


def _message_id(app: App, notice: Notice) -> str:
    return f"<{notice.id}@{app.settings.msp.mail_from.rpartition('@')[2]}>"
