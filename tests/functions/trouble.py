"""Something goes wrong at the n-th call to the outside: store, queue or channel, whichever it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.errors import QueueUnavailable, StoreUnavailable
from shared.mail.mail import Mail
from shared.ports import Change, D, Found, Query, Receipt, Task
from tests.functions.sending import Crash, Platform

Happening = Callable[[str], None]


class Trouble:
    """Wraps a platform's ports; `happening` runs once, before or after the n-th call, and may raise."""

    def __init__(self, platform: Platform, nth: int, happening: Happening, *, after: bool) -> None:
        self._platform = platform
        self._left = nth
        self._happening = happening
        self._after = after
        self.happened = False
        app = platform.app
        channel = TroubledChannel(self, platform.channel)
        psa = TroubledPsa(self, platform.psa)
        platform.app = replace(
            app,
            store=TroubledStore(self, app.store),
            queue=TroubledQueue(self, app.queue),
            mail=lambda: channel,
            psa_client=lambda _name: psa,
        )

    def call(self, where: str, work: Callable[[], Any]) -> Any:
        self._left -= 1
        mine = self._left == 0
        if mine and not self._after:
            self.happened = True
            self._happening(where)
        result = work()
        if mine and self._after:
            self.happened = True
            self._happening(where)
        return result


def crash(_where: str) -> None:
    raise Crash


def unavailable(where: str) -> None:
    """What the port may raise; a channel or a PSA that fails is another story, so there the process dies."""
    if where == "store":
        raise StoreUnavailable("no answer")
    if where == "queue":
        raise QueueUnavailable("no answer")
    raise Crash


class TroubledStore:
    def __init__(self, trouble: Trouble, store: Any) -> None:
        self._trouble, self._store = trouble, store

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        return self._trouble.call("store", lambda: self._store.get(model, document_id))

    def commit(self, changes: Sequence[Change]) -> Sequence[object] | None:
        return self._trouble.call("store", lambda: self._store.commit(changes))

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        return self._store.find(query, limit=limit, until=until, after=after, equals=equals)


class TroubledQueue:
    def __init__(self, trouble: Trouble, queue: Any) -> None:
        self._trouble, self._queue = trouble, queue

    def put(self, task: Task) -> None:
        self._trouble.call("queue", lambda: self._queue.put(task))


class TroubledChannel:
    def __init__(self, trouble: Trouble, channel: Any) -> None:
        self._trouble, self._channel = trouble, channel
        self.knows_message_ids = channel.knows_message_ids

    def send(self, mail: Mail, before_commitment: Callable[[], None]) -> Receipt:
        return self._trouble.call("channel", lambda: self._channel.send(mail, before_commitment))

    def was_sent(self, message_id: str) -> bool | None:
        return self._channel.was_sent(message_id)


class TroubledPsa:
    def __init__(self, trouble: Trouble, psa: Any) -> None:
        self._trouble, self._psa = trouble, psa

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        return self._trouble.call("psa", lambda: self._psa.add_note(ticket_id, text, internal=internal))
