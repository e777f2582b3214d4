"""Judges a crash run from outside: what the relay took, what the PSA was promised, what a person can list at the end.

It reads a history (see `tests.faults.history`) with these lines:
  webhook  a change that was answered with 2xx: ticket, at, status
  mail     a mail whose final dot the relay got: message_id
  kill     a process that was killed
  ticket   stored at the end: ticket, at, status, and `told`, the ids of the messages in its ledger
  message  stored at the end: id, message_id, ticket, order, touchpoint, state, reason
  finding  stored at the end: kind, cause
  undone   what still waits at the end although its time has come
`python -m tests.faults.judge FILE` judges a history that was kept.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tests.faults.history import Line, of_kind, read_history
from tests.faults.stories import HOLD, is_done

YOUNGER_NEWS = frozenset({"stale", "overtaken"})  # the guards that have cause to hold something back in these plays


@dataclass
class Verdict:
    """Sentences about what went wrong, and the figures of the run."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    too_many_doubts: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        return [
            *self.lost,
            *self.doubled,
            *self.unlisted,
            *self.stray,
            *self.behind,
            *self.undone,
            *self.too_many_doubts,
        ]

    def __str__(self) -> str:
        counted = {"lost": len(self.lost), "duplicates": len(self.doubled), **self.figures}
        return ", ".join(f"{name} {count}" for name, count in counted.items())


def judge(lines: Iterable[Line], hold: timedelta = HOLD) -> Verdict:
    lines = list(lines)
    mails = Counter(mail["message_id"] for mail in of_kind(lines, "mail"))
    messages, tickets = of_kind(lines, "message"), of_kind(lines, "ticket")
    promised = _promised(lines)
    verdict = Verdict(figures=_figures(lines, mails))
    verdict.lost = [*_lost(messages, mails), *_never_written(tickets, messages), *_untold(promised, messages, hold)]
    verdict.doubled = [*_twice(mails), *_told_too_often(promised, messages, hold)]
    verdict.unlisted = _unlisted(messages, of_kind(lines, "finding"))
    verdict.stray = _stray(messages, mails)
    verdict.behind = _behind(promised, tickets)
    verdict.undone = [f"still waits at the end: {line['name']}" for line in of_kind(lines, "undone")]
    doubts, kills = verdict.figures["uncertain"], verdict.figures["kills"]
    if doubts > kills:
        verdict.too_many_doubts = [f"{doubts} doubts after {kills} kills"]
    return verdict


def _promised(lines: list[Line]) -> dict[str, list[Line]]:
    """Per ticket the changes that were answered with 2xx, in the order of the PSA's own times."""
    promised: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(of_kind(lines, "webhook"), key=lambda line: line["at"]):
        promised[line["ticket"]].append(line)
    return promised


def _lost(messages: list[Line], mails: Counter[str]) -> list[str]:
    """Name what did not arrive, unless it is in doubt, or held back for news that did arrive (or is in doubt)."""
    last_word: dict[str, int] = defaultdict(lambda: -1)
    for message in messages:
        if mails[message["message_id"]] or message["state"] == "uncertain":
            last_word[message["ticket"]] = max(last_word[message["ticket"]], message["order"])
    return [
        f"{message['id']} ({message['touchpoint']} of {message['ticket']}) is {message['state']} and never arrived"
        for message in messages
        if not mails[message["message_id"]]
        and message["state"] != "uncertain"
        and not (_gave_way(message) and message["order"] < last_word[message["ticket"]])
    ]


def _gave_way(message: Line) -> bool:
    return message["state"] == "held" and message["reason"] in YOUNGER_NEWS


def _never_written(tickets: list[Line], messages: list[Line]) -> list[str]:
    written = {message["id"] for message in messages}
    return [
        f"{ticket['ticket']} has {told} in its ledger, but there is no such message"
        for ticket in tickets
        for told in ticket["told"]
        if told not in written
    ]


def _untold(promised: dict[str, list[Line]], messages: list[Line], hold: timedelta) -> list[str]:
    told = Counter(message["ticket"] for message in messages if message["touchpoint"] == "resolved")
    return [
        f"{ticket}: {due} resolutions stood, {told[ticket]} were told"
        for ticket, changes in promised.items()
        if told[ticket] < (due := resolutions(changes, hold))
    ]


def resolutions(changes: list[Line], hold: timedelta) -> int:
    """Count the stretches in which a ticket was done for longer than the hold; the last one has no end."""
    count, since = 0, None
    for change, following in pairwise([*changes, None]):
        assert change is not None
        if not is_done(change["status"]):
            since = None
            continue
        since = since or datetime.fromisoformat(change["at"])
        if following is None:
            count += 1
        elif not is_done(following["status"]):
            count += datetime.fromisoformat(following["at"]) - since > hold
    return count


def _twice(mails: Counter[str]) -> list[str]:
    return [f"{message_id} arrived {count} times" for message_id, count in mails.items() if count > 1]


def _told_too_often(promised: dict[str, list[Line]], messages: list[Line], hold: timedelta) -> list[str]:
    """Two messages with different ids may be one thing said twice: in these plays only a resolution comes again."""
    told = Counter((message["ticket"], message["touchpoint"]) for message in messages)
    return [
        f"{ticket}: {count} messages of the kind {touchpoint}"
        for (ticket, touchpoint), count in told.items()
        if count > (resolutions(promised[ticket], hold) if touchpoint == "resolved" else 1)
    ]


def _unlisted(messages: list[Line], findings: list[Line]) -> list[str]:
    """Name what nobody can know the state of, and no list says so."""
    told = {found["cause"].rpartition(".")[0] for found in findings if found["kind"] == "uncertain_message"}
    in_between = ("pending", "claimed", "committing")
    return [
        f"{message['id']} is {message['state']}, and no finding says so"
        for message in messages
        if message["state"] in in_between or (message["state"] == "uncertain" and message["id"] not in told)
    ]


def _stray(messages: list[Line], mails: Counter[str]) -> list[str]:
    states = {message["message_id"]: message["state"] for message in messages}
    return [
        f"{message_id} arrived, but its message is {states.get(message_id, 'not there')}"
        for message_id in mails
        if states.get(message_id) not in ("sent", "uncertain")
    ]


def _behind(promised: dict[str, list[Line]], tickets: list[Line]) -> list[str]:
    stored = {ticket["ticket"]: (ticket["at"], ticket["status"]) for ticket in tickets}
    return [
        f"{ticket}: the last change of {newest} was answered with 2xx, but the store has {stored.get(ticket)}"
        for ticket, changes in promised.items()
        if stored.get(ticket) != (newest := (changes[-1]["at"], changes[-1]["status"]))
    ]


def _figures(lines: list[Line], mails: Counter[str]) -> dict[str, int]:
    states = Counter(message["state"] for message in of_kind(lines, "message"))
    doubts = [message for message in of_kind(lines, "message") if message["state"] == "uncertain"]
    return {
        "uncertain": len(doubts),
        "of which arrived": sum(mails[message["message_id"]] > 0 for message in doubts),
        "kills": len(of_kind(lines, "kill")),
        "webhooks": len(of_kind(lines, "webhook")),
        "tickets": len(of_kind(lines, "ticket")),
        "mails": mails.total(),
        "held": states["held"],
    }


if __name__ == "__main__":
    kept = judge(read_history(Path(sys.argv[1])))
    print(kept, *kept.faults, sep="\n")
    sys.exit(bool(kept.faults))
