"""Who may look: only somebody at this machine. The pages show clients' names and mails, and ask for no password."""

from collections.abc import Mapping

_HERE = frozenset(("localhost", "127.0.0.1", "[::1]"))
_PASSED_ON = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP", "HTTP_VIA")


def is_local_viewer(environ: Mapping[str, object]) -> bool:
    """False for another host name and for what a proxy or tunnel passed on.

    The webhooks of this address may be open to the world by way of a proxy; the pages must not be. A host name that is
    not ours means that a web site has pointed its own name at this machine to read along.
    """
    if any(environ.get(name) for name in _PASSED_ON):
        return False
    host = str(environ.get("HTTP_HOST") or "localhost")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.lower() in _HERE


def is_own_form(environ: Mapping[str, object]) -> bool:
    """Say whether a form was sent from a page of this very address, whatever other site is open in the browser.

    Browsers of these years say so in `Sec-Fetch-Site`, and then write `Origin: null` for pages without a referrer, as
    ours are; older ones must name our origin. Whoever says neither is no browser that was on one of our pages.
    """
    origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")
    ours = f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST') or 'localhost'}"
    if site is None:
        return origin == ours
    return site == "same-origin" and origin in (None, "null", ours)
