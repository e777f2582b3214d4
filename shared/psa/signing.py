"""What all signed webhooks share: keys that are worth the name, strict base64, comparison in constant time."""

import base64
import hmac
from collections.abc import Iterable, Sequence

from shared.errors import ConfigurationError

SHORTEST_SECRET = 16  # characters, or bytes where the secret is base64
_FEWEST_DIFFERENT = 5  # "xxxxxxxxxxxxxxxx" is a placeholder, not a secret

SHA1_SIZE, SHA256_SIZE = 20, 32


def usable_secrets(secrets: Sequence[str], what: str) -> tuple[bytes, ...]:
    """Return the secrets as bytes, in order. `what` names them in the error: "signing key".

    Raises ConfigurationError if there is none, or one is shorter than 16 characters, has white space around it (a
    file's last newline makes every signature wrong), or repeats a few characters. The message never shows one.
    """
    if not secrets:
        raise ConfigurationError(f"there is no {what}: without one nothing that arrives can be believed")
    return tuple(_usable(secret, f"{what} {place}") for place, secret in enumerate(secrets, start=1))


def _usable(secret: str, what: str) -> bytes:
    if secret != secret.strip():
        raise ConfigurationError(f"{what} begins or ends with white space, often a file's last newline; remove it")
    if len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"{what} is shorter than {SHORTEST_SECRET} characters; set a longer one here and in the PSA"
        )
    try:
        key = secret.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(f"{what} is not valid text") from None
    refuse_placeholder(key, what)
    return key


def refuse_placeholder(key: bytes, what: str) -> None:
    """Raise ConfigurationError if `key` repeats a few bytes only."""
    if len(set(key)) < _FEWEST_DIFFERENT:
        raise ConfigurationError(f"{what} looks like a placeholder; write a random one, here and in the PSA")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def hmac_sha1(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA1: Autotask offers no other. It is not broken by SHA-1's collisions (RFC 6151 section 2)."""
    return hmac.digest(key, message, "sha1")


def decode_base64(text: str, size: int) -> bytes | None:
    """Return the `size` bytes that `text` is the one canonical base64 form of (RFC 4648, padded), else None.

    Python's decoder lets stray bits in the last character pass, so one MAC would have several spellings.
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return decoded if len(decoded) == size and base64.b64encode(decoded).decode() == text else None


def any_matches(given: bytes, expected: Iterable[bytes]) -> bool:
    """Compare in constant time with every one of `expected`, also after a match: time tells nothing about which."""
    matched = False
    for candidate in expected:
        matched |= hmac.compare_digest(given, candidate)
    return matched
