"""Microsoft's login and Graph in one: it gives tokens, takes mails into a mailbox and is asked for them."""

import re
from base64 import b64decode
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from shared.config.settings import Graph
from tests.fakes.scripted_http import Asked, ScriptedHttp, Told

MAILBOX = "support@northwind.example"
CLIENT_ID, CLIENT_SECRET = "11112222-app", "gr4ph~s3cr3t"
TOKEN = "/oauth2/v2.0/token"
SEND = "/sendMail"
LIST = "/messages"


def error(status: int, code: str, **headers: str) -> Told:
    """An error as Graph words it; its message repeats what no log should see."""
    body = {"error": {"code": code, "message": f"dana@client.example and {MAILBOX}, {CLIENT_SECRET}"}}
    return Told(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class FakeGraph(ScriptedHttp):
    """What it has in `mails`, Exchange delivers. A mail is a draft until `pick_up`, by default at once.

    `keeps_ids` False: Exchange gives each mail an id of its own. `may_read` False: no permission to look for mails.
    """

    def __init__(self, *, keeps_ids: bool = True, may_read: bool = True, picks_up: bool = True) -> None:
        super().__init__()
        self.mails: list[tuple[str, tuple[str, ...], bytes]] = []
        self.items: list[dict[str, object]] = []
        self.keeps_ids, self.may_read, self.picks_up = keeps_ids, may_read, picks_up
        self.tokens = 0
        self.valid: set[str] = set()
        self.token_seconds = 3599

    def settings(self, seconds: float = 10) -> Graph:
        return Graph(
            tenant="northwind.example",
            client_id="env:GRAPH_ID",
            client_secret="env:GRAPH_SECRET",
            mailbox=MAILBOX,
            base_url=self.url,
            login_url=self.url,
            timeout_seconds=seconds,
        )

    def take(self, asked: Asked) -> Told:
        if asked.path == f"/northwind.example{TOKEN}":
            return self._log_in(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.valid:
            return error(401, "InvalidAuthenticationToken")
        user = f"/v1.0/users/{MAILBOX}"
        if (asked.method, asked.path) == ("POST", user + SEND):
            return self._send(asked)
        if asked.method == "GET" and asked.path.startswith(user):
            return self._list(asked, asked.path.removeprefix(user))
        return error(404, "ResourceNotFound")

    def _list(self, asked: Asked, path: str) -> Told:
        if not self.may_read:
            return error(403, "ErrorAccessDenied")
        if path == f"/mailFolders/sentitems{LIST}":
            return Told(200, {"value": [item for item in self.items if not item["isDraft"]][::-1]})
        wanted = re.fullmatch(r"internetMessageId eq '(.*)'", asked.query["$filter"])
        assert wanted
        assert path == LIST
        message_id = wanted[1].replace("''", "'")
        return Told(200, {"value": [item for item in self.items if item["internetMessageId"] == message_id]})

    def _log_in(self, asked: Asked) -> Told:
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": f"{self.url}/.default",
        }
        if asked.form != wanted:
            return Told(401, {"error": "invalid_client", "error_description": f"AADSTS7000215 {CLIENT_SECRET}"})
        self.tokens += 1
        self.valid.add(f"token-{self.tokens}")
        return Told(
            200, {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": f"token-{self.tokens}"}
        )

    def _send(self, asked: Asked) -> Told:
        assert asked.headers["content-type"] == "text/plain"
        raw = b64decode(asked.body, validate=True)
        head = BytesHeaderParser().parsebytes(raw)
        recipients = tuple(address for _, address in getaddresses(head.get_all("To", [])))
        if not recipients:
            return error(400, "ErrorInvalidRecipients")
        self.mails.append((MAILBOX, recipients, raw))
        own = str(head["Message-ID"] or "")
        kept = own if self.keeps_ids and own else f"<{len(self.mails)}@prod.outlook.example>"
        self.items.append({"id": str(len(self.items)), "internetMessageId": kept, "isDraft": not self.picks_up})
        return Told(202, b"", {"request-id": f"request-{len(self.mails)}"})
