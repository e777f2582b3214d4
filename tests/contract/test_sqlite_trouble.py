"""What only the store in a file has: other processes at the same file, a full disk, indexes that must be met."""

import contextlib
import sqlite3
import time

import pytest

from shared import queries
from shared.adapters.sqlite_store import SqliteStore
from shared.adapters.storing.asking import Asked, asked
from shared.adapters.storing.sqlite_questions import find_statement, index_name
from shared.errors import StoreUnavailable
from shared.ports import Create, Query
from tests.contract.stores import Note, SqliteKeeping


@pytest.fixture
def keeping(tmp_path):
    return SqliteKeeping(tmp_path / "store.sqlite3")


@contextlib.contextmanager
def locked(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_another_writer_is_waited_for_but_not_for_long(keeping):
    with locked(keeping.path):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            keeping.store.commit([Create(Note(id="n1"))])
        assert 1.0 < time.monotonic() - started < 2.0

    keeping.store.commit([Create(Note(id="n1"))])
    assert keeping.read("notes", "n1") is not None


def test_a_writer_keeps_nobody_from_reading(keeping):
    keeping.store.commit([Create(Note(id="n1"))])

    with locked(keeping.path):
        assert keeping.store.get(Note, "n1").document == Note(id="n1")


def test_two_stores_at_one_file_see_each_other(keeping):
    other = SqliteStore(keeping.path)

    other.commit([Create(Note(id="n1", text="theirs"))])

    assert keeping.store.get(Note, "n1").document.text == "theirs"


def test_a_full_disk_writes_nothing_and_work_goes_on_when_there_is_room(keeping):
    connection = keeping.store._file.connection()
    [[pages]] = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        keeping.store.commit([Create(Note(id="small")), Create(Note(id="large", text="x" * 100_000))])
    assert keeping.read("notes", "small") is None

    connection.execute("PRAGMA max_page_count = 1000000")
    keeping.store.commit([Create(Note(id="small")), Create(Note(id="large", text="x" * 100_000))])
    assert keeping.store.get(Note, "large").document.text == "x" * 100_000
    assert connection.execute("PRAGMA integrity_check").fetchone() == (b"ok",)


def test_a_place_without_a_directory_and_a_file_of_something_else_are_named(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)

    for path in (tmp_path / "nowhere" / "store.sqlite3", tmp_path / "letter.txt"):
        with pytest.raises(StoreUnavailable):
            SqliteStore(path)


def test_a_durable_store_waits_for_the_disk_at_every_commit(tmp_path):
    levels = {
        durable: SqliteStore(tmp_path / str(durable), durable=durable)._file.connection().execute("PRAGMA synchronous")
        for durable in (True, False)
    }

    assert {durable: level.fetchone() for durable, level in levels.items()} == {True: (2,), False: (1,)}


def plan(path, question: Asked) -> str:
    statement, values = find_statement(question)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        return " ".join(row[3] for row in rows)


@pytest.mark.parametrize("query", queries.ALL, ids=lambda query: query.name)
def test_every_question_goes_through_its_own_index_and_nothing_is_sorted(keeping, query):
    equals = dict.fromkeys(query.equals, "x")
    first = asked(query, limit=9, equals=equals)
    bounded = asked(query, limit=9, equals=equals, until="2026")
    later = Asked(query, first.equals, "2026", ("2025", "id-1"), 9)

    for question in (first, bounded, later):
        assert f"USING INDEX {index_name(query)}" in plan(keeping.path, question)
        assert "TEMP B-TREE" not in plan(keeping.path, question)
    assert "<" in plan(keeping.path, bounded), "the bound is part of the search"
    assert ">" in plan(keeping.path, later), "and so is the place where the page begins"


def test_an_index_of_a_question_that_changed_is_made_anew_and_a_stranger_is_left(keeping):
    def indexes() -> dict[str, str]:
        with contextlib.closing(sqlite3.connect(keeping.path)) as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            return dict(connection.execute(query).fetchall())

    fresh = indexes()
    with contextlib.closing(sqlite3.connect(keeping.path)) as connection:
        changed = index_name(queries.TICKETS)
        connection.execute(f"DROP INDEX {changed}")
        connection.execute(f"CREATE INDEX {changed} ON documents (body)")
        connection.execute("CREATE INDEX find_nothing_any_more ON documents (version)")
        connection.execute("CREATE INDEX a_stranger ON documents (version)")

    SqliteStore(keeping.path)

    assert indexes() == {**fresh, "a_stranger": "CREATE INDEX a_stranger ON documents (version)"}


def test_a_name_that_is_no_name_never_becomes_part_of_a_statement():
    with pytest.raises(ValueError):
        find_statement(asked(Query("q", Note, order_by="at') --"), limit=1))
