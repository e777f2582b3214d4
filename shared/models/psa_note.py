"""What the PSA is told about a message that went out, so that a technician sees it where they work."""

from typing import ClassVar

from shared.ids import stable_id
from shared.models.outgoing import Outgoing


class PsaNote(Outgoing):
    """One note on one ticket. `psa` is the connection's name, `psa_id` the PSA's own id of the ticket.

    `message` is the message that the note tells of. `internal` keeps the note from the client, who has the mail.
    """

    collection: ClassVar[str] = "psa_notes"
    watcher: ClassVar[str] = "psa_note"

    ticket: str
    psa: str
    psa_id: str
    text: str
    internal: bool = True
    message: str


def psa_note_id(message: str) -> str:
    return stable_id("psa-note", message)
