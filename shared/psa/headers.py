"""Looking up a request's header: case does not matter, and a header that came twice has no value."""

from collections.abc import Mapping

from shared.errors import Unauthenticated

MAX_LENGTH = 8192


def single_header(headers: Mapping[str, str], name: str) -> str:
    """Return the value of the header `name`, which is lower case.

    Raises Unauthenticated if it is missing, empty, came more than once, is longer than 8 kB or is not printable ASCII:
    two programs on the way may have read different values of such a header.
    """
    found = [value for key, value in headers.items() if isinstance(key, str) and key.lower() == name]
    getlist = getattr(headers, "getlist", None)  # a multi-dict may show one of several values only
    if callable(getlist):
        found = max(found, [*getlist(name)], key=len)
    if len(found) != 1:
        raise Unauthenticated(f"{name} must come once")
    value = found[0]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LENGTH:
        raise Unauthenticated(f"{name} is empty or too long")
    if not (value.isascii() and value.isprintable()):
        raise Unauthenticated(f"{name} is not printable ASCII")
    return value
