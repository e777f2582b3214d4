"""Fixtures that every test may ask for."""

import os

import pytest

from tests import firestore_emulator


@pytest.fixture(scope="session")
def emulator():
    """Google's Firestore emulator: the one at FIRESTORE_EMULATOR_HOST, or one of our own for the whole run."""
    host = os.environ.get("FIRESTORE_EMULATOR_HOST")
    if host:
        yield firestore_emulator.FirestoreEmulator(host, None)
        return
    lack = firestore_emulator.why_no_emulator()
    if lack and os.environ.get("REQUIRE_EMULATOR") == "1":
        pytest.fail(f"REQUIRE_EMULATOR is set, but {lack}")
    if lack:
        pytest.skip(lack)
    with firestore_emulator.started() as emulator:
        yield emulator
