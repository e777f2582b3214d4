"""What all lists of all PSAs have in common: pages that must lead on, and records that may be unreadable."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from shared.edge.call_log import note
from shared.errors import InvalidRequest, PsaUnavailable
from shared.psa.reading import Record, as_record

T = TypeVar("T")


def rows(value: object, product: str) -> list[object]:
    """Return a list that an answer must hold. Raises PsaUnavailable for anything else: that is not an empty list."""
    if not isinstance(value, list):
        raise PsaUnavailable(f"{product} answered a list without a list in it")
    return value


def readable(records: Iterable[object], read: Callable[[Record], T], product: str) -> list[T]:
    """Return what can be read of a page.

    One unreadable record costs only itself, and the call's log line says which field it was: a single bad ticket must
    not hide all others for good. A page of which nothing can be read is PsaUnavailable: then the interface has changed.
    """
    found: list[T] = []
    fault: InvalidRequest | None = None
    for record in records:
        try:
            found.append(read(as_record(record, "a record")))
        except InvalidRequest as error:
            fault = error
    if fault is not None:
        if not found:
            raise PsaUnavailable(f"{product} answers records that we cannot read ({fault})") from fault
        note(psa_unreadable=str(fault))
    return found


def sense(record: object, read: Callable[[Record], T], product: str) -> T:
    """Return a single record, read. Raises PsaUnavailable naming the field that made no sense."""
    try:
        return read(as_record(record, "the answer"))
    except InvalidRequest as error:
        raise PsaUnavailable(f"{product} answers a record that we cannot read ({error})") from error


class Onward:
    """Refuses to go in circles: each page of one list is asked for once."""

    def __init__(self, product: str) -> None:
        self._product = product
        self._seen: set[str] = set()

    def to(self, page: str) -> str:
        """Return `page`. Raises PsaUnavailable if it was asked for before."""
        if page in self._seen:
            raise PsaUnavailable(f"{self._product} leads its pages in a circle")
        self._seen.add(page)
        return page
