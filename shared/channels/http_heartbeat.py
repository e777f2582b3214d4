"""Calls an outside watch that rings when the calls stop: healthchecks.io, an uptime monitor, or one of your own."""

from shared.channels.http_exchange import AnswerLost, HttpExchange, NeverSent
from shared.errors import Retryable


class HttpHeartbeat:
    """The URL is a secret: who knows it can keep the watch quiet. It stands in no log and in no error."""

    def __init__(self, url: str, timeout_seconds: float = 10) -> None:
        self._url = url
        self._http = HttpExchange(timeout_seconds)

    def beat(self) -> None:
        """GET the URL once. Raises Retryable for anything but a 2xx, a redirect too: set the address it leads to."""
        try:
            answer = self._http.call("GET", self._url)
        except (NeverSent, AnswerLost) as error:
            raise Retryable(f"the heartbeat's watch did not answer ({error})") from None  # its cause names the URL
        if not 200 <= answer.status < 300:
            raise Retryable(f"the heartbeat's watch answered HTTP {answer.status}")
