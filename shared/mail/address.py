"""One plain mail address, or a reason why not: an address is the one outside text that decides who reads our mail."""

import re
from collections.abc import Collection

from shared.errors import PermanentFailure

_LONGEST = 254  # RFC 5321 section 4.5.3.1.3: 256 with the angle brackets
_LONGEST_LOCAL = 64  # section 4.5.3.1.1
# An atom (RFC 5322) without what old relays act on (% ! | `), what an encoded word needs (?), and a leading hyphen.
_LOCAL = re.compile(r"(?!-)[A-Za-z0-9#$&'*+/=^_{}~-]+(?:\.[A-Za-z0-9#$&'*+/=^_{}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_TOP_LEVEL = re.compile(r"[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{2,59}(?<!-)")
_AUTOMATIC = re.compile(
    r"(?:mailer-daemon|postmaster|abuse|root|no[._-]?reply|do[._-]?not[._-]?reply|bounces?|listserv|majordomo)(?:[+.=-].*)?"
    r"|owner-.*|.*-(?:request|owner|bounces?)"
)


class BadAddress(PermanentFailure):
    """The recipient is not one plain mail address. The message is dead; somebody corrects the contact in the PSA.

    The text says what is wrong and never repeats the address.
    """

    code = "bad_address"


def mail_address(text: str) -> str:
    """Return `text` as one bare address, without spaces around it. Raises BadAddress for anything else.

    Stricter than RFC 5321: no quoted local part, no IP literal, no comment, no bare host. A domain with other letters
    than ASCII is refused, since look-alike letters hide another domain; its `xn--` form says plainly what is meant.
    """
    address = text.strip(" ")
    if not address:
        raise BadAddress("there is no mail address")
    if len(address) > _LONGEST:
        raise BadAddress(f"the mail address is longer than {_LONGEST} characters")
    if not address.isascii():
        raise BadAddress("the mail address has letters outside ASCII; write an international domain in its xn-- form")
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        raise BadAddress("the part before the @ is not a plain one (one address, no quotes, no commas, no spaces)")
    if len(local) > _LONGEST_LOCAL:
        raise BadAddress(f"the part before the @ is longer than {_LONGEST_LOCAL} characters")
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not _TOP_LEVEL.fullmatch(labels[-1]):
        raise BadAddress("the part after the @ is not a full domain name such as example.com")
    return address


def why_never_mailed(address: str, own: Collection[str]) -> str:
    """Return why client mail to this checked address would be a loop or unread; "" if it may be sent.

    `own` holds our own addresses and domains, in lower case; a domain covers its sub-domains. RFC 3834 section 2.
    """
    local, _, domain = address.lower().rpartition("@")
    if _AUTOMATIC.fullmatch(local):
        return "the address belongs to a machine"
    if address.lower() in own or any(domain == ours or domain.endswith("." + ours) for ours in own):
        return "the address is our own"
    return ""
