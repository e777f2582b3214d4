"""Posts into Teams, Slack, Discord and many other chats through the library Apprise, which is optional."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.channels.chat_text import plain
from shared.chat.post import ChatPost
from shared.errors import ConfigurationError
from shared.ports import Receipt, SendFailed, SendUncertain

_CONNECT_SECONDS = 5.0
_TITLE_LIMIT = 150
_TEXT_LIMIT = 1500  # the shortest that a chat takes is Discord's 2000, and marks are added
_STATUS = re.compile(r"\berror=([0-9]{3})\b")

_ONE_REQUEST = frozenset({"json", "jsons", "workflow", "workflows", "slack", "discord", "gchat", "mmost", "mmosts"})
"""The services whose code makes one request for a short post. Only there one refusal means that nothing is out."""


class AppriseChat:
    """One chat, by its secret URL: Apprise's own form or the webhook's address as Slack, Teams or Discord shows it.

    Apprise says True or False, and writes the HTTP status into a log line only. So this is what can be promised:

    - True: posted.
    - False with a status of 3xx or 4xx, from a service that makes one request: surely not posted, SendFailed. Not
      permanent for 425 and 429; how long to wait is not said, since Apprise drops that header.
    - anything else, a connection that nobody took among it: nobody can know, SendUncertain. No chat can be asked.

    Safe for threads. Apprise's own pauses, retries and redirects are off. It reads no configuration, template, file or
    attachment; `requests` below it heeds the proxy of the environment.
    """

    def __init__(self, url: str, timeout_seconds: float = 20) -> None:
        """Raises ConfigurationError, which never repeats the URL, if Apprise is missing or cannot use the URL."""
        _silence()
        try:
            import apprise  # noqa: PLC0415 - optional, and half a second that no other function should pay
            from apprise import plugins  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(
                "a chat needs the library Apprise: pip install apprise==2.2.0, or -r infra/requirements-chat.txt"
            ) from error
        asset = apprise.AppriseAsset(
            storage_mode="memory",
            service_timeout=timeout_seconds,
            allow_templates=False,
            interpret_escapes=False,
            interpret_emojis=False,
        )
        parse: Any = plugins.url_to_dict  # it has no types
        parsed = parse(url)
        service = apprise.Apprise.instantiate(_tamed(parsed, timeout_seconds), asset=asset) if parsed else None
        if parsed is None or service is None:
            raise ConfigurationError(
                "the URL of a chat is not one that Apprise knows; see the table of chats in docs/channels.md"
            )
        if len(service) > 1:
            raise ConfigurationError("the URL of a chat names several targets; give each person's chat its own URL")
        _never_wait(service)
        self._seconds = timeout_seconds
        self._one_request = str(parsed["schema"]).lower() in _ONE_REQUEST
        self._chat = apprise.Apprise(asset=asset)
        self._chat.add(service)

    def send(self, post: ChatPost, before_commitment: Callable[[], None]) -> Receipt:
        """Post it as plain text, within some `timeout_seconds`. Raises SendFailed or SendUncertain, see above."""
        title, text = plain(post.title, _TITLE_LIMIT), plain(post.text, _TEXT_LIMIT)
        if not title and not text:
            raise SendFailed("there is nothing to post", permanent=True)
        before_commitment()
        outcome = self._chat.notify(
            body=text or title, title=title if text else "", body_format="text", timeout=self._seconds
        )
        if outcome:
            return Receipt(reference="")
        found = {int(code) for entry in outcome.logs() for code in _STATUS.findall(entry.message)}
        raise self._failure(found)

    def _failure(self, statuses: set[int]) -> SendFailed | SendUncertain:
        if len(statuses) != 1 or not self._one_request:
            return SendUncertain("the chat: Apprise could not post, and does not say how far it came")
        status = statuses.pop()
        if status == 408 or not 300 <= status < 500:
            return SendUncertain(f"the chat: HTTP {status}")
        if status in (425, 429):
            return SendFailed(f"the chat asks us to wait (HTTP {status})", permanent=False)
        return SendFailed(f"the chat refused the post (HTTP {status}); is its URL still good?", permanent=True)


def _tamed(parsed: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return the parts of the URL with what would wait, repeat, hide a failure or read a file taken out of them."""
    if "template" in parsed.get("qsd", {}):
        raise ConfigurationError("the URL of a chat names a template; it would be read from a file, take it out")
    if not parsed.get("verify", True):
        raise ConfigurationError("the URL of a chat switches the check of the certificate off; take verify=no out")
    return {
        **parsed,
        "format": "text",
        "overflow": "truncate",
        "retry": 0,
        "optional": False,
        "redirect": False,
        "emojis": False,
        "cto": min(_CONNECT_SECONDS, seconds),
        "rto": seconds,
    }


def _never_wait(service: Any) -> None:  # noqa: ANN401 - any plugin of Apprise
    """Whether and when to try again is for `shared.outgoing`; a sleeping thread would post after we gave up."""
    service.throttle = lambda *_args, **_kwargs: None


def _silence() -> None:
    """Apprise logs URLs and posts at DEBUG and half-masked URLs above. Its warnings reach us with the outcome."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
