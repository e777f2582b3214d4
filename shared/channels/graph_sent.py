"""Asks a mailbox of Microsoft 365 whether a mail of ours was sent, and says no only where no is proved."""

from dataclasses import dataclass

from shared.channels.http_exchange import AnswerLost, HttpExchange, NeverSent
from shared.errors import InvalidRequest
from shared.psa.reading import Record, is_record
from shared.strict_json import parse_json

_MAX_BYTES = 256 * 1024
_WITNESSES = 50  # the newest sent mails that are looked at


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sent` is None if nobody can tell. `unauthorized`: the token was not accepted."""

    sent: bool | None
    unauthorized: bool = False


class _Unclear(Exception):
    def __init__(self, *, unauthorized: bool = False) -> None:
        super().__init__()
        self.unauthorized = unauthorized


class SentItems:
    """`user` is the URL of the mailbox's user.

    sendMail in its MIME form always saves into Sent Items: until Exchange has picked the mail up it is a draft, then it
    is moved there. A list without the mail thus proves that it was not sent, under three conditions:

    - it is the whole list. Graph may answer with an empty page and a link to the next one; that is None;
    - enough time has passed for a mail that Graph took to be in the mailbox. The caller waits;
    - Exchange keeps the Message-IDs that we give. It may overwrite them (MS-OXCMAIL, 2.1.3.2.11), and then no mail of
      ours is ever found. So another mail of ours among the newest must bear witness: it stands there under an id of
      our making. Without a witness the answer is None, and a person decides.
    """

    def __init__(self, user: str, http: HttpExchange) -> None:
        self._user = user
        self._http = http

    def has(self, message_id: str, token: str) -> Verdict:
        """Say whether a mail of this Message-ID, with its angle brackets, was sent from the mailbox."""
        quoted = message_id.replace("'", "''")
        query = {"$filter": f"internetMessageId eq '{quoted}'", "$select": "isDraft", "$top": "10"}
        newest = {"$select": "internetMessageId", "$orderby": "sentDateTime desc", "$top": str(_WITNESSES)}
        try:
            found, whole = self._list("/messages", query, token)
            if found or not whole:
                return Verdict(True if any(each.get("isDraft") is False for each in found) else None)
            sent, _ = self._list("/mailFolders/sentitems/messages", newest, token)
        except _Unclear as unclear:
            return Verdict(None, unauthorized=unclear.unauthorized)
        return Verdict(False if any(_is_witness(each, message_id) for each in sent) else None)

    def _list(self, path: str, params: dict[str, str], token: str) -> tuple[list[Record], bool]:
        """Return the records of one page, and whether there are no more."""
        try:
            answer = self._http.call(
                "GET", self._user + path, headers={"Authorization": f"Bearer {token}"}, params=params
            )
            body = parse_json(answer.body or b"", max_bytes=_MAX_BYTES)
        except (NeverSent, AnswerLost, InvalidRequest) as error:
            raise _Unclear from error
        records = body.get("value") if is_record(body) else None
        if answer.status != 200 or not is_record(body) or not isinstance(records, list):
            raise _Unclear(unauthorized=answer.status == 401)
        if not all(map(is_record, records)):
            raise _Unclear
        return records, "@odata.nextLink" not in body


def _is_witness(record: Record, message_id: str) -> bool:
    other = record.get("internetMessageId")
    return isinstance(other, str) and other != message_id and _family(other) == _family(message_id)


def _family(message_id: str) -> tuple[str, str]:
    """What the ids of our mails have in common: `<message-...@domain>`. Mail programs make no such ids."""
    local, _, domain = message_id.rpartition("@")
    return local.partition("-")[0], domain
