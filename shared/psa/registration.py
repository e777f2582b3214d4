"""Which of a PSA's webhooks is ours: the one whose URL leads to psa_webhook."""

import re

_OURS = re.compile(r"psa[_-]webhook", re.IGNORECASE)


def is_our_url(url: object) -> bool:
    """Return True for a URL of the function psa_webhook, on one machine (`/psa_webhook/<name>`) or in the cloud."""
    return isinstance(url, str) and _OURS.search(url) is not None
