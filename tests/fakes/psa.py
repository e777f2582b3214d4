"""The outside judge of what was written into a PSA. It never recognises a note that it has already."""

from collections.abc import Iterator
from datetime import datetime

from shared.ports import PsaClient
from shared.psa.facts import PsaContact, PsaMember, PsaTicket, PsaTimeEntry, RegistrationState, WebhookRegistration


class RecordingPsa(PsaClient):
    """Takes every note. `refusals` are raised instead of taking one, `lost_answers` after it was taken."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, bool]] = []
        self.refusals: list[Exception] = []
        self.lost_answers: list[BaseException] = []

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.notes.append((ticket_id, text, internal))
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return f"note-{len(self.notes)}"

    def ticket(self, ticket_id: str) -> PsaTicket | None:
        return None

    def contact(self, contact_id: str) -> PsaContact | None:
        return None

    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator[PsaTicket]:
        return iter(())

    def time_entries(self, since: datetime, until: datetime) -> Iterator[PsaTimeEntry]:
        return iter(())

    def members(self) -> Iterator[PsaMember]:
        return iter(())

    def webhook_registration(self) -> WebhookRegistration:
        return WebhookRegistration(state=RegistrationState.ACTIVE, detail="")
