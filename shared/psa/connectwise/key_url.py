"""Whether a callback's `Metadata.key_url` may be fetched: it comes from the caller, and the answer would be our key.

Used when a callback is registered, never while a webhook is answered. Whoever fetches it follows no redirect, sends the
API credentials only there, and reads at most a few kB.
"""

import re

_CLOUD_HOST = re.compile(r"(?:api-|sandbox-)?(?:na|eu|au|aus|za)\.myconnectwise\.net", re.ASCII)
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})  # a ConnectWise of our own making, for trying things out
_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]{1,253})(:[0-9]{1,5})?", re.ASCII)
_KEY_PATH = re.compile(r"/[A-Za-z0-9_.-]+/{1,2}system/callbackkey/[A-Za-z0-9_.-]+\?[A-Za-z0-9_.~%+=&-]*", re.ASCII)
_LONGEST = 500


def is_trusted_key_url(key_url: str, base_url: str) -> bool:
    """Return True if `key_url` lies at ConnectWise's cloud or at the very origin of the configured `base_url`.

    https only, no user name, no port in the cloud, no other characters than such a URL has: a host is compared as a
    whole, never by how it ends.
    """
    if len(key_url) > _LONGEST:
        return False
    origin = _ORIGIN.match(key_url)
    if origin is None or not _KEY_PATH.fullmatch(key_url, origin.end()) or ".." in key_url:
        return False
    scheme, host, port = origin.groups()
    if scheme == "https" and port is None and _CLOUD_HOST.fullmatch(host):
        return True
    own = _ORIGIN.match(base_url.lower())
    return own is not None and own[0] == origin[0] and (scheme == "https" or host in _LOOPBACK)
