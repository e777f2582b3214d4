"""Judges a crash run of the alerts from outside: what relay and Twilio took, what was found and by whom it was taken.

It reads a history (see `tests.faults.history`) with these lines; `after` is in real seconds, as is every span:
  chain           a chain of the settings: name, people
  finding         what was found, stored since `after`: id, alert, over, severity
  took            what somebody did, stored since `after`: alert, deed, person, lasts (None: until it is found anew), and
                  `turn`, the (cycle, round) that the alert had been told in until then
  mail, sms       what was taken by the relay (message_id) or by Twilio (notice, to, body)
  kill            a process that was killed
  stored_finding  at the end: id, taken
  alert           at the end: id, severity, standing, times, cycle, opened, chain, tellings
  notice          at the end: id, state, reason, to_be_asked, person, way, named (what it said: alert, turn, errand)
  undone          what still waits at the end although its time has come

After an acknowledgement the judge looks at arrivals, which is stricter than to look at claims: what arrives within
GRACE was claimed within it. GRACE is of real time: between the last look at the alert and the wire the product waits
for nothing, so that a faster clock makes no difference to it.
`python -m tests.faults.alert_judge FILE` judges a history that was kept.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.history import Line, of_kind, read_history

GRACE = 1.0
UNTAKEN_FOR = 15.0  # so long may a finding lie before it is taken in, when runners die with it in their hands
NEWS = "news"


@dataclass
class Verdict:
    """Sentences about what went wrong, and the figures of the run."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    miscounted: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        return [
            *self.lost,
            *self.doubled,
            *self.too_late,
            *self.unlisted,
            *self.stray,
            *self.miscounted,
            *self.undone,
        ]

    def __str__(self) -> str:
        counted = {"lost": len(self.lost), "doubled": len(self.doubled), "after taken": len(self.too_late)}
        return ", ".join(f"{name} {count}" for name, count in {**counted, **self.figures}.items())


class Record:
    """The history, by what the judge asks of it."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines)
        self.notices = {notice["id"]: notice for notice in of_kind(self.lines, "notice")}
        self.alerts = {alert["id"]: alert for alert in of_kind(self.lines, "alert")}
        self.arrived: dict[str, list[float]] = defaultdict(list)
        for line in self.lines:
            if line["what"] in ("mail", "sms"):
                self.arrived[_notice_of(line)].append(line["after"])
        self.found: dict[str, list[Line]] = defaultdict(list)
        for finding in of_kind(self.lines, "finding"):
            self.found[finding["alert"]].append(finding)

    def said(self) -> Iterator[tuple[float, Line, Line]]:
        """Yield when it arrived, the notice, and one thing that it said, for all that was said."""
        for notice, times in self.arrived.items():
            for thing in self.notices.get(notice, {}).get("named", ()):
                yield from ((after, self.notices[notice], thing) for after in times)


def judge(lines: Iterable[Line], grace: float = GRACE) -> Verdict:
    record = Record(lines)
    lateness = list(_after_taken(record))
    verdict = Verdict(figures=_figures(record, [late for late, _ in lateness]))
    verdict.lost = [*_never_taken_in(record), *_untold(record), *_said_but_not_there(record)]
    verdict.doubled = [*_twice_at_the_sinks(record), *_said_twice(record)]
    verdict.too_late = [words for late, words in lateness if late >= grace]
    verdict.unlisted = _unlisted(record)
    verdict.stray = _stray(record)
    verdict.miscounted = _miscounted(record)
    verdict.undone = [f"still waits at the end: {line['name']}" for line in of_kind(record.lines, "undone")]
    return verdict


def _notice_of(line: Line) -> str:
    return line["notice"] if line["what"] == "sms" else line["message_id"].strip("<>").partition("@")[0]


def _never_taken_in(record: Record) -> list[str]:
    taken = {finding["id"] for finding in of_kind(record.lines, "stored_finding") if finding["taken"]}
    return [
        f"{found['id']} was never taken in" for found in of_kind(record.lines, "finding") if found["id"] not in taken
    ]


def _untold(record: Record) -> list[str]:
    """Name whom nobody told of a critical alert that stands, unless a list says so."""
    told: dict[tuple[str, int, str], float] = {}
    for after, notice, thing in record.said():
        if thing["errand"] == NEWS:
            key = (thing["alert"], thing["turn"][0], notice["person"])
            told[key] = max(after, told.get(key, after))
    chains = {chain["name"]: chain["people"] for chain in of_kind(record.lines, "chain")}
    untold = []
    for alert in record.alerts.values():
        if alert["standing"] != "open" or alert["severity"] != "critical":
            continue
        if alert["chain"] not in chains:
            untold.append(f"{alert['id']} stands, and no chain is told of it")
        for person in chains.get(alert["chain"], ()):
            reached = told.get((alert["id"], alert["cycle"], person), -1.0) >= alert["opened"]
            if not reached and not _is_listed(record, alert, person):
                untold.append(f"{person} was never told of {alert['id']}, which stands")
    return untold


def _is_listed(record: Record, alert: Line, person: str) -> bool:
    """Say whether a person can see that somebody was not reached, or perhaps not."""
    return any(
        telling["unreached"] or record.notices.get(telling["notice"], {}).get("state") == "uncertain"
        for telling in alert["tellings"]
        if telling["person"] == person and telling["turn"][0] == alert["cycle"] and telling["errand"] == NEWS
    )


def _said_but_not_there(record: Record) -> list[str]:
    return [
        f"{notice['id']} counts as sent and never arrived"
        for notice in record.notices.values()
        if notice["state"] == "sent" and not record.arrived[notice["id"]]
    ]


def _twice_at_the_sinks(record: Record) -> list[str]:
    twice = [f"{name} arrived {len(times)} times" for name, times in record.arrived.items() if len(times) > 1]
    texts = Counter((sms["to"], sms["body"]) for sms in of_kind(record.lines, "sms"))
    ids = {sms["notice"] for sms in of_kind(record.lines, "sms") if len(record.arrived[sms["notice"]]) > 1}
    again = [sms for sms in of_kind(record.lines, "sms") if texts[sms["to"], sms["body"]] > 1]
    same_words = {(sms["to"], sms["body"]) for sms in again if sms["notice"] not in ids}
    return [*twice, *(f"one text to {to} under several ids: {body}" for to, body in sorted(same_words))]


def _said_twice(record: Record) -> list[str]:
    """Two messages with different ids may say one thing twice."""
    carriers: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for _after, notice, thing in record.said():
        key = (thing["alert"], *thing["turn"], notice["person"], notice["way"], thing["errand"])
        carriers[key].add(notice["id"])
    return [
        f"{', '.join(map(str, key))} was said by {len(notices)} messages"
        for key, notices in carriers.items()
        if len(notices) > 1
    ]


def _after_taken(record: Record) -> Iterator[tuple[float, str]]:
    """Yield how long after somebody took an alert it was told of all the same, and the words for it."""
    taken: dict[str, list[Line]] = defaultdict(list)
    for took in of_kind(record.lines, "took"):
        taken[took["alert"]].append(took)
    for after, notice, thing in record.said():
        if thing["errand"] != NEWS:
            continue
        late = [
            after - took["after"]
            for took in taken[thing["alert"]]
            if after > took["after"] and (_of_its_turn(thing, took) or _still_taken(record, took, after))
        ]
        if late:
            words = f"{notice['id']} ({notice['way']}) told {notice['person']} of {thing['alert']}"
            yield max(late), f"{words} {max(late):.2f} s after it was taken"


def _of_its_turn(thing: Line, took: Line) -> bool:
    return tuple(thing["turn"][:2]) <= tuple(took["turn"])


def _still_taken(record: Record, took: Line, after: float) -> bool:
    """Say whether nothing that is known outside can have opened it again."""
    if took["lasts"] is not None and after >= took["after"] + took["lasts"]:
        return False
    return not any(
        took["after"] - UNTAKEN_FOR <= found["after"] and found.get("began", found["after"]) <= after
        for found in record.found[took["alert"]]
    )


def _unlisted(record: Record) -> list[str]:
    """Name what nobody can know the state of, and doubts that Twilio could have ended."""
    unlisted = []
    for notice in record.notices.values():
        if notice["state"] in ("pending", "claimed", "committing") or notice["to_be_asked"]:
            unlisted.append(f"{notice['id']} ({notice['way']}) is {notice['state']} at the end")
        elif notice["state"] in ("held", "dead") and not notice["reason"]:
            unlisted.append(f"{notice['id']} is {notice['state']}, and nothing says why")
        elif notice["state"] == "uncertain" and notice["way"] == "sms":
            unlisted.append(f"{notice['id']} is uncertain, although Twilio could tell")
    return unlisted


def _stray(record: Record) -> list[str]:
    states = {name: notice["state"] for name, notice in record.notices.items()}
    return [
        f"{name} arrived, but it is {states.get(name, 'not there')}"
        for name in record.arrived
        if states.get(name) not in ("sent", "uncertain")
    ]


def _miscounted(record: Record) -> list[str]:
    """Every finding counts once: no more, no less."""
    faults = []
    for key, findings in record.found.items():
        count = len({found["id"] for found in findings if not found["over"]})
        times = record.alerts[key]["times"] if key in record.alerts else 0
        if times != count:
            faults.append(f"{key} was found {count} times and counts {times}")
    return [*faults, *(f"{key} came from nowhere" for key in record.alerts if key not in record.found)]


def _figures(record: Record, lateness: list[float]) -> dict[str, float]:
    notices = list(record.notices.values())
    states = Counter(notice["state"] for notice in notices)
    uncertain = [notice for notice in notices if notice["state"] == "uncertain"]
    asked = [n for n in notices if n["way"] == "sms" and n["state"] == "sent" and not n.get("reference")]
    return {
        "uncertain": len(uncertain),
        "of which arrived": sum(bool(record.arrived[notice["id"]]) for notice in uncertain),
        "sent as Twilio's list says": len(asked),
        "kills": len(of_kind(record.lines, "kill")),
        "findings": len(of_kind(record.lines, "finding")),
        "alerts": len(record.alerts),
        "open": sum(alert["standing"] == "open" for alert in record.alerts.values()),
        "taken": len(of_kind(record.lines, "took")),
        "mails": len(of_kind(record.lines, "mail")),
        "sms": len(of_kind(record.lines, "sms")),
        "digests": sum(bool(notice.get("overflow")) for notice in notices),
        "held": states["held"],
        "dead": states["dead"],
        "told while being taken": len(lateness),
        "longest of these in ms": round(1000 * max(lateness, default=0.0)),
    }


if __name__ == "__main__":
    kept = judge(read_history(Path(sys.argv[1])))
    print(kept, *kept.faults, sep="\n")
    sys.exit(bool(kept.faults))
