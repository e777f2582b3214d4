"""A stand-in for Twilio on this machine: takes messages, lists them, calls back, and misbehaves as it is told.

It is also the outside judge: `messages` has what was taken, whatever the sender was told about it.
"""

import contextlib
import json
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha1
from hmac import digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

ACCOUNT = "AC" + "1234abcd" * 4
TOKEN = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
SENDER = "+353861230000"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PAGE_SIZE, LARGEST_PAGE = 50, 1000

FormFields = list[tuple[str, str]]


@dataclass(frozen=True)
class Act:
    """What to do with the next request instead of what is right: take the message or not, then answer or do not.

    `raw` replaces the whole answer; without `status` and `raw` there is none. `stall` keeps the line open in silence.
    """

    takes: bool = False
    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    stall: bool = False


def refusal(code: int, status: int = 400) -> Act:
    """An error as Twilio words it, with the number in the message."""
    words = {"code": code, "message": f"The number +353875550142: no ({code})", "status": status}
    return Act(status=status, body=words | {"more_info": f"https://www.twilio.com/docs/errors/{code}"})


def busy(seconds: str = "7") -> Act:
    """429: too many at a time."""
    return Act(status=429, body={"code": 20429, "message": "Too Many Requests"}, headers={"Retry-After": seconds})


BROKEN_BEFORE, BROKEN_AFTER = Act(status=500), Act(takes=True, status=500)
DROP_BEFORE, DROP_AFTER = Act(), Act(takes=True)
STALL_BEFORE, STALL_AFTER = Act(stall=True), Act(takes=True, stall=True)
GARBAGE = Act(takes=True, raw=b"\x16\x03\x01 what?\r\n\r\n")


@dataclass
class Message:
    """One message to (outbound) or from (inbound) somebody's phone. `sent` is None while it is queued."""

    sid: str
    to: str
    sender: str
    body: str
    created: datetime
    status_url: str = ""
    service: str = ""
    direction: str = "outbound-api"
    status: str = "queued"
    sent: datetime | None = None

    def record(self) -> dict[str, object]:
        """The message in Twilio's words."""
        return {
            "sid": self.sid, "account_sid": ACCOUNT, "to": self.to, "from": self.sender, "body": self.body,
            "direction": self.direction, "status": self.status, "error_code": None, "num_segments": "1",
            "messaging_service_sid": self.service or None, "date_created": format_datetime(self.created),
            "date_sent": self.sent and format_datetime(self.sent),
        }  # fmt: skip


@dataclass
class Request:
    """What was asked: of a form or query each name once."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]


class FakeTwilio:
    """Listens on a free port of this machine; a context manager. `acts` are used up by the next requests in turn."""

    def __init__(self, *acts: Act, now: Callable[[], datetime] = lambda: NOON) -> None:
        self.acts = list(acts)
        self.messages: list[Message] = []
        self.requests: list[Request] = []
        self.incomplete = 0
        """Requests whose announced body did not come whole."""
        self.now = now
        self.over = threading.Event()
        self.lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), self.handler())
        self._server.twilio = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def handler(self) -> "type[Handler]":
        """Return what answers the requests. A subclass may watch them on their way."""
        return Handler

    def next_act(self, method: str) -> Act | None:
        """Return what to do instead of what is right; None for what is right. A subclass may choose by the method."""
        return self.acts.pop(0) if self.acts else None

    def keep(self, to: str, body: str, **fields) -> Message:
        """Take a message, past the interface."""
        with self.lock:
            values = {"sender": SENDER, "created": self.now(), **fields}
            self.messages.append(Message(sid=f"SM{len(self.messages) + 1:032x}", to=to, body=body, **values))
            return self.messages[-1]

    def inbound(self, url: str, sender: str, text: str, opt_word: str = "") -> tuple[FormFields, dict[str, str]]:
        """Return the signed form by which Twilio tells `url` that somebody wrote."""
        message = self.keep(SENDER, text, sender=sender, direction="inbound", status="received")
        form = [("ToCountry", "IE"), ("SmsMessageSid", message.sid), ("NumMedia", "0"), ("SmsSid", message.sid)]
        form += [("SmsStatus", "received"), ("Body", text), ("To", SENDER), ("NumSegments", "1")]
        form += [("MessageSid", message.sid), ("AccountSid", ACCOUNT), ("From", sender), ("ApiVersion", "2010-04-01")]
        return self.signed(url, form + ([("OptOutType", opt_word)] if opt_word else []))

    def status(self, message: Message, status: str, error: str = "") -> tuple[FormFields, dict[str, str]]:
        """Return the signed form by which Twilio reports to the message's own address what became of it."""
        message.status = status
        form = [("SmsSid", message.sid), ("SmsStatus", status), ("MessageStatus", status), ("To", message.to)]
        form += [("MessageSid", message.sid), ("AccountSid", ACCOUNT), ("From", message.sender)]
        return self.signed(message.status_url, form + ([("ErrorCode", error)] if error else []))

    def signed(self, url: str, form: FormFields) -> tuple[FormFields, dict[str, str]]:
        """Sign in the words of Twilio's manual: the address, and each name and value in the order of the names."""
        text = url + "".join(f"{name}{value}" for name, value in sorted(form))
        return form, {"X-Twilio-Signature": b64encode(digest(TOKEN.encode(), text.encode(), sha1)).decode()}

    def listed(self, query: Mapping[str, str]) -> dict[str, object]:
        """One page, the newest first. As in the original, a filter by DateSent passes over what is still queued."""
        with self.lock:
            found = [message for message in self.messages if query.get("To", message.to) == message.to]
        if (day := query.get("DateSent>")) is not None:
            found = [message for message in found if message.sent and message.sent.date().isoformat() >= day]
        found.sort(key=lambda message: (message.created, message.sid), reverse=True)
        size = min(int(query.get("PageSize", PAGE_SIZE)), LARGEST_PAGE)
        more = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1" if len(found) > size else None
        return {"messages": [message.record() for message in found[:size]], "next_page_uri": more, "page_size": size}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    twilio: FakeTwilio


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server

    def do_POST(self) -> None:
        announced = int(self.headers.get("Content-Length", 0))
        content = self.rfile.read(announced)
        if len(content) != announced:
            self.server.twilio.incomplete += 1
            return
        self._meet(dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, strict_parsing=True)))

    def do_GET(self) -> None:
        self._meet(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def log_message(self, *_: object) -> None:
        pass

    def _meet(self, fields: dict[str, str]) -> None:
        twilio = self.server.twilio
        with twilio.lock:
            twilio.requests.append(Request(self.command, self.path, fields, dict(self.headers)))
            act = twilio.next_act(self.command)
        with contextlib.suppress(OSError):
            if act is None:
                self._do_right(fields)
            else:
                self._misbehave(act, fields)

    def _do_right(self, fields: dict[str, str]) -> None:
        login = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {login}":
            self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        elif urlsplit(self.path).path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self._answer(404, {"code": 20404, "message": f"{self.path} was not found", "status": 404})
        elif self.command == "GET":
            self._answer(200, self.server.twilio.listed(fields))
        else:
            self._answer(201, self._taken(fields).record())

    def _misbehave(self, act: Act, fields: dict[str, str]) -> None:
        if act.takes and self.command == "POST":
            self._taken(fields)
        if act.raw:
            self.wfile.write(act.raw)
        elif act.status:
            self._answer(act.status, act.body, act.headers)
        elif act.stall:
            self.server.twilio.over.wait(30)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _taken(self, fields: dict[str, str]) -> Message:
        rest = {"sender": fields.get("From", SENDER), "service": fields.get("MessagingServiceSid", "")}
        return self.server.twilio.keep(
            fields["To"], fields["Body"], status_url=fields.get("StatusCallback", ""), **rest
        )

    def _answer(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
