"""Faults that can be switched on in the fake PSA's REST interface, each as it was seen in the wild."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    UNREACHABLE = "unreachable"  # no connection
    SLOW = "slow"  # the answer takes longer than anybody waits
    DOWN = "down"  # 503 with an HTML page
    SERVER_ERROR = "server_error"  # 500 with a JSON body that says nothing
    LOST_ANSWER = "lost_answer"  # the request is carried out, then the connection breaks
    RATE_LIMITED = "rate_limited"  # 429, with `retry_after` if it is set
    DENIED = "denied"  # 403
    BAD_REQUEST = "bad_request"  # 400: it will not have the request as it is
    NO_SUCH_PATH = "no_such_path"  # 404 with JSON
    REDIRECT = "redirect"  # 302 to another host
    HTML = "html"  # 200 with the page of a proxy
    TRUNCATED = "truncated"  # 200 with half of the JSON
    NULL = "null"  # 200 with `null`
    HUGE = "huge"  # 200 with more than 8 MiB
    EMPTY_LIST = "empty_list"  # a list that should have rows has none
    PAGE_LOOP = "page_loop"  # the next page is always the same one
    SMALL_PAGES = "small_pages"  # the page size that was asked for is ignored
    FOREIGN_NEXT_LINK = "foreign_next_link"  # the next page lies on another host


@dataclass(slots=True)
class _Armed:
    fault: Fault
    path: str
    skip: int
    times: int | None


@dataclass(slots=True)
class Faults:
    """`on(Fault.HTML, path="tickets", skip=1, times=1)` spoils the second answer whose path holds `tickets`.

    `retry_after` is the header that goes with RATE_LIMITED, word for word; None leaves it out.
    `after_page` is called after each page of a list was put together: it may change the tenant.
    """

    retry_after: str | None = "30"
    after_page: Callable[[], None] | None = None
    _armed: list[_Armed] = field(default_factory=list)

    def on(self, fault: Fault, *, path: str = "", skip: int = 0, times: int | None = None) -> None:
        """Upper and lower case of `path` do not matter. Without `times` it stays until `off()`."""
        self._armed.append(_Armed(fault, path.casefold(), skip, times))

    def off(self) -> None:
        self._armed.clear()

    def strikes(self, fault: Fault, path: str) -> bool:
        """Say whether `fault` befalls a request for `path` now; counts it if so."""
        for armed in self._armed:
            if armed.fault is not fault or armed.path not in path.casefold():
                continue
            if armed.skip > 0:
                armed.skip -= 1
                continue
            if armed.times == 0:
                continue
            if armed.times is not None:
                armed.times -= 1
            return True
        return False
