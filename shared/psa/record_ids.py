"""Ids on their way into a URL: what is no id of this product must not become a path."""

import re

from shared.errors import PsaRefused

_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def is_whole_number(record_id: str) -> bool:
    """Return True for an id as ConnectWise, Autotask and Halo have them: a whole number above 0."""
    return _WHOLE_NUMBER.fullmatch(record_id) is not None


def whole_number(record_id: str) -> int:
    """Return the id as a number. Raises PsaRefused for what cannot be one: no PSA would know it."""
    if not is_whole_number(record_id):
        raise PsaRefused("there is no such record: its id is not a whole number")
    return int(record_id)
