"""A letter comes out of a store as it went in."""

import pytest

from shared.mail.letter import Letter
from shared.models.message import Message
from shared.ports import Create
from tests.fakes.memory_store import MemoryStore
from tests.functions.sending import message
from tests.letters import NEEDS_YOU, RECEIVED, RESOLVED


@pytest.mark.parametrize("letter", [RECEIVED, NEEDS_YOU, RESOLVED])
def test_a_letter_with_rows_can_be_stored_and_read(letter):
    store = MemoryStore()
    store.commit([Create(message(letter=letter))])
    found = store.get(Message, "message-1")

    assert found is not None
    assert found.document.letter == letter
    assert letter.rows
    assert Letter.model_validate(letter.model_dump()) == letter
