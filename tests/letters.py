"""Letters as a client gets them, for tests and for looking at."""

from datetime import UTC, datetime
from typing import Any

from shared.config.settings import Msp
from shared.mail.letter import Letter
from shared.mail.mail import Mail

MSP = Msp(
    name="Northwind IT",
    mail_from="support@northwind.example",
    mail_name="Northwind IT Service Desk",
    reply_to="help@northwind.example",
    own_domains=("northwind.example",),
)
AT = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)
FIRST_ID = "<message-0123456789abcdef0123456789abcdef@northwind.example>"

RECEIVED = Letter(
    subject="We have your request: Scanner on the 2nd floor does not send to mail",
    status="Received",
    tone="calm",
    greeting="Hello Dana,",
    paragraphs=(
        "Thank you for getting in touch. Your request is with us, and we will keep you posted here.",
        "You do not need to do anything now.",
    ),
    rows=(
        ("Request", "#4711 · Scanner on the 2nd floor does not send to mail"),
        ("Priority", "Normal"),
        ("Next update by", "Tuesday, 3 March, 15:00 (CET)"),
    ),
    closing="Just reply to this mail if anything changes for you.\nYour team at Northwind IT",
    footer="You get this because request #4711 was opened for you at Northwind IT. It was sent automatically.",
)
NEEDS_YOU = Letter(
    subject="We need your help: Scanner on the 2nd floor does not send to mail",
    status="Waiting for you",
    tone="action",
    greeting="Hello Dana,",
    paragraphs=("To go on with your request we need an answer from you.", "Until we have it, the work on it rests."),
    asks="Which name does the scanner show on its display, and since when does it fail?\n"
    "Please reply to this mail. If you have answered already, thank you: there is nothing more to do.",
    rows=(
        ("Request", "#4711 · Scanner on the 2nd floor does not send to mail"),
        ("Looked after by", "Robin Vega"),
        ("Waiting since", "Tuesday, 3 March, 09:12 (CET)"),
    ),
    closing="Just reply to this mail if anything changes for you.\nYour team at Northwind IT",
    footer="You get this because request #4711 was opened for you at Northwind IT. It was sent automatically.",
)
RESOLVED = Letter(
    language="de",
    subject="Erledigt: Scanner im 2. Stock verschickt keine Mails",
    status="Erledigt",
    tone="done",
    greeting="Guten Tag Frau Müller-Lüdenscheidt,",
    paragraphs=(
        "Wir haben Ihre Anfrage am Mittwoch, 4. März, 10:42 Uhr (CET) erledigt.",
        "Bitte probieren Sie es aus, sobald es Ihnen passt.",
    ),
    asks="Stimmt noch etwas nicht? Antworten Sie einfach auf diese Mail, dann machen wir weiter.",
    rows=(
        ("Anfrage", "#4711 · Scanner im 2. Stock verschickt keine Mails"),
        ("Betreut von", "Robin Vega"),
    ),
    closing="Antworten Sie einfach auf diese Mail, wenn sich bei Ihnen etwas ändert.\nIhr Team von Northwind IT",
    footer="Sie erhalten diese Mail, weil die Anfrage #4711 für Sie bei Northwind IT eröffnet wurde. "
    "Sie wurde automatisch verschickt.",
)


def composed(letter: Letter = RECEIVED, **changes: Any) -> Mail:
    """Compose `letter` with plain arguments, except for those named."""
    from shared.mail.compose import compose

    arguments: dict[str, Any] = {
        "msp": MSP,
        "to_address": "dana@client.example",
        "to_name": "Dana Scully",
        "message_id": FIRST_ID,
        "previous": (),
        "date": AT,
        "ticket_number": "4711",
    }
    return compose(letter, **(arguments | changes))
