"""A requests transport that calls a WSGI app in this process: no port, no thread, the same bytes.

session.mount("https://psa.example.test/", WsgiTransport(app))
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from infra.local.wsgi_call import call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WsgiTransport(BaseAdapter):
    """Calls `app` for every request.

    An app that raises TimeoutError did not answer in time (requests' ReadTimeout), one that raises another OSError
    broke the connection (ConnectionError). Any other error of the app passes through.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        super().__init__()
        self._app = app
        self._real = HTTPAdapter()  # turns a raw answer into requests' own

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,  # noqa: ARG002
        verify: bool | str = True,  # noqa: ARG002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        url = urlsplit(request.url or "")
        path = unquote_to_bytes(url.path or "/").decode("latin-1")
        body = request.body or b""
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            answer = call(
                self._under(url.scheme),
                request.method or "GET",
                f"{path}?{url.query}",
                body if isinstance(body, bytes) else str(body).encode(),
                {"Host": url.netloc, **headers},
            )
        except TimeoutError as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        except ConnectionRefusedError as error:
            raise _refused(url.netloc, request, str(error)) from error
        except OSError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=HTTPHeaderDict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return self._real.build_response(request, raw)

    def close(self) -> None:
        """Nothing is held open."""

    def _under(self, scheme: str) -> "WSGIApplication":
        """The app as it sees a request that came over `scheme`."""

        def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
            environ["wsgi.url_scheme"] = scheme
            return self._app(environ, start_response)

        return app


def _refused(host: str, request: requests.PreparedRequest, why: str) -> requests.ConnectionError:
    """As urllib3 words it, so that a client can tell that nothing was sent."""
    pool = HTTPConnectionPool(host.partition(":")[0])
    reason = NewConnectionError(HTTPConnection(pool.host), why)
    return requests.ConnectionError(MaxRetryError(pool, request.url or "", reason), request=request)


def _text(value: Any) -> str:  # noqa: ANN401 - requests lets header values be bytes
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
