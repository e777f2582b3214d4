"""What each kind of alert is called, what it says in an SMS, and what there is to do about it.

A text is a template over the alert's facts: {number} {client} {owner} {ago} {psa}, and {text}, the first line of what
was found. `brief` must fit an SMS beside a link and the digits to answer with, so it is short and GSM-7. `lasting`
alerts stand until they are over or somebody has them; the others are news: told once, and nothing is left to
acknowledge.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.alerts.standing import span_words
from shared.models.alert import Alert
from shared.models.finding import Audience, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` heads a mail. `brief` says what, who and how long; `action` what to do. `audience` is who should know."""

    title: str
    brief: str
    action: str
    severity: Severity = Severity.WARNING
    audience: Audience = Audience.MANAGER
    lasting: bool = True


KINDS: dict[str, Kind] = {
    "update_due_soon": Kind(
        "An update is due soon",
        "{client} #{number}: the promised update is due soon; last word {ago} ago.",
        "Write a word to the client, or set a new time.",
        Severity.INFO,
        Audience.TECHNICIAN,
        lasting=False,
    ),
    "update_overdue": Kind(
        "No news by the promised time",
        "{client} #{number}: promised time passed, last real word {ago} ago. Owner: {owner}.",
        "Ask {owner} for a word to the client.",
    ),
    "promise_broken": Kind(
        "A client was told late",
        "{client} #{number}: told, but late; the promised time was {ago} ago. Owner: {owner}.",
        "Have a word with {owner}; an apology helps.",
        lasting=False,
    ),
    "client_in_silence": Kind(
        "A client hears nothing",
        "{client} #{number}: client has heard nothing for {ago}. Owner: {owner}.",
        "Call the client, or have {owner} update the ticket.",
        Severity.CRITICAL,
    ),
    "undelivered_message": Kind(
        "A client's mail came back",
        "{client} #{number}: our mail was refused; client not told for {ago}.",
        "Correct the contact's address, or call.",
    ),
    "client_not_reached": Kind(
        "A client could not be told",
        "{client} #{number}: no usable address; client not told for {ago}.",
        "Correct the ticket's contact, or call.",
    ),
    "uncertain_message": Kind(
        "A mail may not have arrived",
        "{client} #{number}: the relay's answer was lost {ago} ago; client told or not?",
        "Look into the relay's log, or ask the client.",
    ),
    "undelivered_note": Kind(
        "The PSA did not take a note",
        "The PSA refused a note of ours about a mail; the client has the mail.",
        "Nothing is lost; look at the API member's rights.",
        Severity.INFO,
        lasting=False,
    ),
    "status_without_meaning": Kind(
        "A status that nobody explained",
        "{client} #{number}: its status has no meaning in the settings; client hears nothing.",
        "Say in the settings of {psa} what it means.",
    ),
    "sweep_blind": Kind(
        "A PSA cannot be read",
        "{psa} cannot be read; lost webhooks stay lost until it can.",
        "Check the API key and the PSA's own status.",
        Severity.CRITICAL,
    ),
    "webhook_off": Kind(
        "A PSA no longer calls us",
        "{psa} no longer calls us; clients are told late.",
        "Switch the webhook on again in the PSA.",
        Severity.CRITICAL,
    ),
    "stuck": Kind(
        "Something cannot be worked on",
        "A piece of our work failed 4 times in a row and waits; a client may, too.",
        "Read the dead letters: they say why.",
        Severity.CRITICAL,
    ),
    "all_quiet": Kind(
        "The word of the day",
        "{text}",
        "Read it; if it does not come one day, look why.",
        Severity.INFO,
        lasting=False,
    ),
}

UNKNOWN = Kind("Something needs you", "{text}", "Look at it.")


def kind_of(alert: Alert) -> Kind:
    return KINDS.get(alert.kind, UNKNOWN)


def filled(template: str, alert: Alert, now: datetime, *, client: str | None = None) -> str:
    """Return `template` with the alert's facts. They come from outside: whoever shows the result cleans and cuts it.

    `client` stands in for a long name. A fact that is missing leaves a word that still reads.
    """
    facts = {
        "number": alert.number or "?",
        "client": client or alert.company or "A client",
        "owner": alert.owner or "nobody",
        "psa": alert.psa or "the PSA",
        "ago": span_words(now - (alert.since or alert.opened_at)),
        "text": alert.text.partition("\n")[0],
    }
    for name, value in facts.items():
        template = template.replace("{" + name + "}", value)
    return template
