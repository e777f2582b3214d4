"""Answers an SMS from somebody of the settings: does what it orders, once, and says what was done or why not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.alert_reply import sms_words as words
from functions.alert_reply.acting import Order, act_on_all
from functions.alert_reply.consent import consented
from functions.alert_reply.reading import alerts_of, news_of
from functions.alert_reply.sms_commands import Command, Word, commands_of, word_of
from functions.alert_reply.wording import Reader
from shared.errors import Conflict
from shared.models.alert import Way
from shared.models.contact_method import CODE_LIVES, Code, ContactMethod, contact_method_id
from shared.models.notice import Notice
from shared.models.sms_answer import SmsAnswer, sms_answer_id
from shared.ports import App, Create
from shared.runtime import note
from shared.sms.sms import InboundSms
from shared.step import step


def answer(app: App, sms: InboundSms) -> str:
    """Return the text to answer with, "" for none. The same SMS again is answered the same, and nothing is done again.

    From a number that is not in the settings nothing is stored and nothing is said.
    """
    people = app.settings.alerts.people
    person = next((key for key, each in people.items() if each.phone == sms.sender), None)
    if person is None:
        note(outcome="unknown_sender")
        return ""
    known = app.store.get(SmsAnswer, sms_answer_id(sms.id))
    if known is not None:
        note(outcome="repeated")
        return known.document.text
    method_id = contact_method_id(Way.SMS, sms.sender)
    empty = ContactMethod(id=method_id, person=person, way=Way.SMS)
    said = _answered(app, sms, empty)
    text = words.one_segment(said) if said else ""
    _remember(app, SmsAnswer(id=sms_answer_id(sms.id), person=person, at=app.clock.now(), text=text))
    return text


def _answered(app: App, sms: InboundSms, empty: ContactMethod) -> str:
    word = Word(sms.opt_word) if sms.opt_word else word_of(sms.text)
    if word is not None and word is not Word.NOTHING:
        note(outcome=word.lower())
        return _about_consent(app, word, empty, answered_by_provider=bool(sms.opt_word))
    found = app.store.get(ContactMethod, empty.id)
    method = found.document.but(person=empty.person) if found else empty  # who has the number by now
    commands = () if word else commands_of(sms.text)
    note(outcome="commands" if commands else "not_understood", commands=len(commands))
    said = _done(app, commands, method) if commands else _help_once(app, method)
    return "" if method.opted_out else said


def _about_consent(app: App, word: Word, empty: ContactMethod, *, answered_by_provider: bool) -> str:
    if word is not Word.HELP:
        step(app, ContactMethod, empty.id, lambda method, now: consented(method, empty, word.value, now))
    if answered_by_provider:
        return ""
    return {Word.STOP: words.STOPPED, Word.START: words.STARTED}.get(word, words.about_us(app.settings.msp.name))


def _done(app: App, commands: Sequence[Command], method: ContactMethod) -> str:
    now = app.clock.now()
    alive = [code for code in method.codes if now - code.at < CODE_LIVES]
    latest = max((code.at for code in alive), default=now)
    newest = [code for code in alive if code.at == latest]
    said = []
    for command in commands:
        fitting = newest if command.digits is None else [code for code in alive if code.digits == command.digits]
        if command.digits is None and len(fitting) != 1:
            return words.which(command, sorted(code.digits for code in fitting)) if fitting else words.NOTHING_LATELY
        said.append(_one_done(app, command, fitting, method.person, now))
    return " ".join(said)


def _one_done(app: App, command: Command, fitting: Sequence[Code], person: str, now: datetime) -> str:
    targets = _alerts_meant(app, fitting[0].target) if fitting else ()
    snooze = timedelta(hours=command.hours) if command.hours else None
    answers = act_on_all(app, alerts_of(app.store, targets), Order(command.deed, person, snooze))
    if not answers:
        return words.unknown(command.digits or 0)
    if command.digits is None:
        command = Command(command.deed, fitting[0].digits, command.hours)
    return words.said(answers, command, Reader(app.settings, person), now)


def _alerts_meant(app: App, target: str) -> Sequence[str]:
    if not target.startswith("notice-"):
        return (target,)
    notice = app.store.get(Notice, target)
    return news_of(notice.document) if notice else ()


def _help_once(app: App, method: ContactMethod) -> str:
    """A phone that answers by itself must not talk with us all night: one word of help an hour."""
    now = app.clock.now()
    hour = SmsAnswer(id=sms_answer_id(f"help {method.id} {now:%Y-%m-%d %H}"), person=method.person, at=now, text="")
    return words.NOT_UNDERSTOOD if _remember(app, hour) else ""


def _remember(app: App, answer: SmsAnswer) -> bool:
    """Return False if it was known already."""
    try:
        app.store.commit([Create(answer)])
    except Conflict:
        return False
    return True
