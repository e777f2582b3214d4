"""Signed links to the page on which somebody says that they have it. No account: who holds the link may use it."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, Signer

from shared.errors import Unauthenticated

VALID_FOR = timedelta(days=14)
"""How long after the message a link still acts; the page checks it against the message's own time."""

_PREFIX = "notice-"
_LONGEST_STAMP = 12  # hexadecimal milliseconds: until the year 10889


class AlertLinks:
    """Makes and reads links. The first key signs, all are believed, so that a key is changed without a dead link.

    A link names the notice that carried it, and thereby one person and their alerts: 22 characters for the id and 43
    for the signature (HMAC-SHA-256).
    """

    def __init__(self, base: str, keys: Sequence[str]) -> None:
        self.base = base.rstrip("/")
        newest_last = [key.encode("utf-8") for key in reversed(keys)]
        self._signer = _signer(newest_last, "promisekeeper.alert")
        self._times = _signer(newest_last, "promisekeeper.alert.shown")

    def page(self, notice: str) -> str:
        """Return the address of the page of this notice (its id)."""
        return f"{self.base}/n/{self.token(notice)}"

    def token(self, notice: str) -> str:
        raw = bytes.fromhex(notice.removeprefix(_PREFIX))
        return self._signer.sign(urlsafe_b64encode(raw).rstrip(b"=")).decode("ascii")

    def notice(self, token: str) -> str:
        """Return the id of the notice that the token is for. Raises Unauthenticated, whatever comes."""
        try:
            short = self._signer.unsign(token.encode("ascii", "replace"))
            return _PREFIX + urlsafe_b64decode(short + b"==").hex()
        except (BadSignature, Error, ValueError) as error:
            raise Unauthenticated("not a link of ours") from error

    def shown(self, notice: str, at: datetime) -> str:
        """Return the mark of a page of this notice that is shown at `at` (UTC), for its buttons to bring back."""
        stamp = f"{int(at.timestamp() * 1000):x}"
        return f"{stamp}.{self._times.get_signature(f'{notice}.{stamp}').decode('ascii')}"

    def shown_at(self, notice: str, mark: str) -> datetime:
        """Return when the page was shown, to the millisecond, UTC. Raises Unauthenticated, whatever comes."""
        stamp, _, signed = mark.partition(".")
        if len(stamp) > _LONGEST_STAMP or not self._times.verify_signature(
            f"{notice}.{stamp}".encode("utf-8", "replace"), signed.encode("utf-8", "replace")
        ):
            raise Unauthenticated("not a mark of ours")
        return datetime.fromtimestamp(int(stamp, 16) / 1000, UTC)


def _signer(keys: Sequence[bytes], salt: str) -> Signer:
    return Signer(keys, salt=salt, sep=".", key_derivation="hmac", digest_method=hashlib.sha256)
