"""The stores that every promise of the port is proved on."""

import pytest

from tests.contract.stores import FirestoreKeeping, SqliteKeeping

STORES = [pytest.param("sqlite"), pytest.param("firestore", marks=pytest.mark.emulator)]


@pytest.fixture(params=STORES)
def keeping(request, tmp_path):
    """A store, and a way to its documents past it."""
    if request.param == "sqlite":
        return SqliteKeeping(tmp_path / "store.sqlite3")
    return FirestoreKeeping(request.getfixturevalue("emulator"))


@pytest.fixture
def store(keeping):
    return keeping.store
