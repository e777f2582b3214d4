"""Where histories of alerts are played: the real functions, a clock moved by hand, a queue and providers with moods.

What happened is written into `log` in its order: it is all that the judge of `alert_model` gets to see, besides what
lies in the store when everything is over.
"""

import heapq
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from infra.local.entry_points import post
from infra.local.virtual_clock import VirtualClock
from shared import wiring
from shared.alerts.links import AlertLinks
from shared.alerts.standing import Actor, Deed, perform
from shared.config.settings import Settings
from shared.errors import Conflict
from shared.mail.mail import Mail
from shared.models.alert import Alert, Errand, Standing, Way
from shared.models.contact_method import Consent, ContactMethod, contact_method_id
from shared.models.finding import Finding, Severity
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Moment, Ticket, TicketState
from shared.ports import App, Create, Delete, Found, Put, Receipt, SendFailed, SendUncertain, Task
from shared.step import Decision, step

TOKEN = "a-token-that-only-this-world-knows-0123456789"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
LINKS = AlertLinks("https://alerts.northwind.example/alert_reply", ["a-key-for-links-that-is-long-enough"])
SWEEP_EVERY = timedelta(minutes=5)
REPAIRED_WITHIN = timedelta(minutes=25)
RETRIED_AFTER = timedelta(seconds=2)
NOTICE = re.compile(r"notice-[0-9a-f]{32}")
NUMBER = re.compile(r"#(\d+)")


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the log. `number` is the ticket number by which people know the alert, "" if it is about none."""

    at: datetime
    what: str
    number: str = ""
    person: str = ""
    way: str = ""
    detail: object = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says: the numbers it brings as news, those it calls over; `critical` are the grave news.

    `perhaps` is what the short words of an SMS leave open.
    """

    notice: str
    news: frozenset[str]
    over: frozenset[str]
    critical: frozenset[str]
    perhaps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A way, for all or for one person, that fails from `since` to `until`."""

    way: Way
    mood: str
    since: datetime
    until: datetime
    person: str = ""

    def hits(self, person: str, way: Way, at: datetime) -> bool:
        return self.way is way and self.person in ("", person) and self.since <= at < self.until


class QuickStore:
    """Documents as they are: frozen, so nobody can change them. Strict about versions, as every store is."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Found]] = {}
        self._of_kind: dict[tuple[str, str], set[str]] = {}  # what is of a kind stays of it, and is never deleted
        self._versions = itertools.count(1)
        self.before_commit: Callable[[list], None] = lambda _changes: None
        self.after_commit: Callable[[list], None] = lambda _changes: None

    def get(self, model, document_id):
        return self.kept.get(model.collection, {}).get(document_id)

    def commit(self, changes):
        self.before_commit(changes)
        for change in changes:
            found = self._found(change)
            if isinstance(change, Create) and found is not None:
                raise Conflict("exists")
            if not isinstance(change, Create) and (found is None or found.version != change.version):
                raise Conflict("another version")
        versions = []
        for change in changes:
            versions.append(next(self._versions))
            if isinstance(change, Delete):
                del self.kept[change.model.collection][change.id]
            else:
                document = change.document
                self.kept.setdefault(document.collection, {})[document.id] = Found(document, versions[-1])
                if hasattr(document, "kind"):
                    self._of_kind.setdefault((document.collection, document.kind), set()).add(document.id)
        self.after_commit(changes)
        return versions

    def find(self, query, *, limit, until=None, after=None, equals=None):
        kept, equals = self.kept.get(query.model.collection, {}), dict(equals or {})
        if "kind" in equals:
            ids = self._of_kind.get((query.model.collection, equals.pop("kind")), ())
            kept = {document_id: kept[document_id] for document_id in ids}
        chosen = [
            (getattr(found.document, query.order_by), found.document.id, found)
            for found in kept.values()
            if getattr(found.document, query.order_by) is not None
            and all(getattr(found.document, name) == value for name, value in equals.items())
        ]
        chosen = [each for each in chosen if until is None or each[0] <= until]
        if after is not None:
            chosen = [each for each in chosen if each[:2] > (getattr(after, query.order_by), after.id)]
        return [found for *_, found in sorted(chosen, key=lambda each: each[:2])[:limit]]

    def all(self, model):
        return [found.document for found in self.kept.get(model.collection, {}).values()]

    def _found(self, change):
        if isinstance(change, Delete):
            return self.kept.get(change.model.collection, {}).get(change.id)
        return self.kept.get(change.document.collection, {}).get(change.document.id)


class MoodyQueue:
    """Brings each task as its `moods` say, one after the other, over and over: on time, twice, late or not at all.

    That is what the port allows: at least once, in any order, at or after the time. What is lost is for the sweep.
    """

    def __init__(self, moods: tuple[int, ...] = ()) -> None:
        self._names: set[str] = set()
        self._heap: list[tuple[datetime, int, Task, int]] = []
        self._count = itertools.count()
        self._moods = itertools.cycle(moods) if moods else None
        self.delay = timedelta()
        self.losses = 0

    def put(self, task: Task) -> None:
        if task.name in self._names:
            return
        self._names.add(task.name)
        mood = next(self._moods) if self._moods else 0
        if mood == 4 and self.losses < 4:
            self.losses += 1
            self.delay += REPAIRED_WITHIN
            return
        late = timedelta(seconds=(0, 0, 7, 70, 0)[mood])
        self.delay += late
        self.add(task, task.at + late)
        if mood == 1:
            self.add(task, task.at)
            self.add(task, task.at + timedelta(minutes=20))

    def add(self, task: Task, at: datetime, attempt: int = 0) -> None:
        heapq.heappush(self._heap, (at, next(self._count), task, attempt))

    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def next(self) -> tuple[Task, int]:
        _, _, task, attempt = heapq.heappop(self._heap)
        return task, attempt


class Line:
    """One channel, as far as its troubles let it. What it took, somebody has got."""

    def __init__(self, world: "World", way: Way, can_tell: bool | None) -> None:
        self.world = world
        self.way = way
        self.knows_message_ids = False
        self._can_tell = can_tell

    def carry(self, person: str, notice: str, told: Callable[[], Said], commit: Callable[[], None]) -> Receipt:
        world = self.world
        world.pounce(notice)
        mood = world.mood(person, self.way)
        if mood == "away":
            raise SendFailed("http 503", permanent=False)
        if mood in ("refused", "opted_out 21610"):
            world.note("refused", person=person, way=self.way, detail=mood)
            raise SendFailed(mood, permanent=True)
        commit()
        if mood == "busy":
            raise SendFailed("451 not now", permanent=False)
        if mood == "unsure_lost":
            world.note("perhaps", person=person, way=self.way, detail=told())
            raise SendUncertain("no answer")
        world.note("got", person=person, way=self.way, detail=told())
        if mood == "unsure_there":
            raise SendUncertain("no answer")
        return Receipt(f"R{len(world.log)}")

    def arrived(self, notice: str) -> bool | None:
        if self._can_tell is None:
            return None
        there = any(each.what == "got" and each.detail.notice == notice for each in self.world.log)
        self.world.note("asked", detail=(notice, there))
        return there


class Phones(Line):
    def send(self, sms, before_commitment):
        return self.carry(self.world.person_at(sms.recipient), sms.id, lambda: self._said(sms), before_commitment)

    def was_sent(self, sms, since):
        return self.arrived(sms.id)

    def _said(self, sms) -> Said:
        """An SMS about few names them; one about many leads to its page, which lists what the notice holds."""
        notice = self.world.store.get(Notice, sms.id).document
        dropped = {each.alert for each in notice.dropped}
        sure = [item for item in notice.items if item.alert not in dropped]
        open_question = [item for item in notice.items if item.alert in dropped]
        read = [item for item in open_question if self._reads(sms.text, item)]
        twice = [item for item in open_question if sum(each.alert == item.alert for each in open_question) > 1]
        few = len({item.alert for item in notice.items}) <= 3
        return _said(self.world, sms.id, [*sure, *(read if few else ())], [] if few else twice)

    def _reads(self, text: str, item) -> bool:
        parts = [part for part in text.split(" / ") if f"#{self.world.number(item.alert)}:" in part]
        return any(("Over: " in part) is (item.errand is Errand.RESOLVED) for part in parts)


class Mailboxes(Line):
    def send(self, mail, before_commitment):
        notice = NOTICE.search(mail.message_id)[0]
        person = self.world.person_at(mail.recipient)
        return self.carry(person, notice, lambda: self._said(notice, mail), before_commitment)

    def was_sent(self, message_id):
        return self.arrived(NOTICE.search(message_id)[0])

    def _said(self, notice: str, mail: Mail) -> Said:
        said = json.loads(mail.raw)
        labels = said["labels"]
        over = {NUMBER.search(label)[1] for label in labels if label.startswith("over")}
        news = {NUMBER.search(label)[1] for label in labels if not label.startswith("over")}
        critical = {NUMBER.search(label)[1] for label in labels if label.startswith("critical")}
        return Said(notice, frozenset(news), frozenset(over), frozenset(critical))


def light_mail(letter, *, to_address, message_id, **_rest) -> Mail:
    """Stand in for the rendering of a mail, which costs more than all the rest: what it says, as a list of labels."""
    labels = [label for label, _ in letter.entries]
    if not labels:
        number = next(value for label, value in letter.rows if label == "Ticket")
        kind = "over" if letter.status == "Over" else letter.subject.partition("]")[0].lstrip("[")
        labels = [f"{kind} {number}"]
    raw = json.dumps({"labels": labels}).encode()
    return Mail(message_id=message_id, sender="us", recipient=to_address, subject=letter.subject, raw=raw)


def _said(world: "World", notice: str, sure, perhaps) -> Said:
    number = {item.alert: world.number(item.alert) for item in (*sure, *perhaps)}
    news = [item for item in sure if item.errand is Errand.NEWS]
    return Said(
        notice,
        frozenset(number[item.alert] for item in news),
        frozenset(number[item.alert] for item in sure if item.errand is Errand.RESOLVED),
        frozenset(number[item.alert] for item in news if item.severity is Severity.CRITICAL),
        frozenset(number[item.alert] for item in perhaps),
    )


@dataclass
class Ambush:
    """A deed at the worst moment: right before the next message is committed to, or before the n-th commit."""

    deed: Deed
    person: str
    minutes: int
    number: str = ""
    commits: int = 0


@dataclass
class World:
    settings: Settings
    start: datetime
    moods: tuple[int, ...] = ()
    can_tell: bool | None = True
    log: list[Happened] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    ambush: Ambush | None = None

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.start)
        self.store = QuickStore()
        self.queue = MoodyQueue(self.moods)
        phones, mailboxes = Phones(self, Way.SMS, self.can_tell), Mailboxes(self, Way.EMAIL, self.can_tell)
        self.findings: dict[str, Finding] = {}
        self._taken: set[str] = set()
        self._sweep_at: datetime | None = None
        self._people = {
            address: key
            for key, person in self.settings.alerts.people.items()
            for address in (person.phone, person.email)
            if address
        }
        self.app = App(
            settings=self.settings,
            store=self.store,
            queue=self.queue,
            clock=self.clock,
            psa_webhook=lambda _name: None,
            psa_client=lambda _name: None,
            mail=lambda: mailboxes,
            sms=lambda: phones,
            alert_links=lambda: LINKS,
            caller_is_ours=lambda _headers: True,
        )
        self.store.before_commit = self._cut_in
        self.store.after_commit = self._notice_what_is_taken

    # ── what can happen ────────────────────────────────────────────────────────────────────────────────────────────

    def finds(self, finding: Finding) -> None:
        self.note("raised", finding.number, detail=finding)
        self.findings[finding.id] = finding
        step(self.app, Finding, finding.id, lambda known, _now: Decision(known or finding))

    def does(self, number: str, deed: Deed, person: str, minutes: int) -> None:
        """Let a person answer, as soon as there is an alert to answer."""
        alert = next((each for each in self.store.all(Alert) if each.number == number), None)
        if alert is None:
            return
        settings = self.settings.alerts
        lease, snooze = timedelta(minutes=settings.lease_minutes[alert.severity]), timedelta(minutes=minutes)
        done = []

        def answer(now_is: Alert, now: datetime) -> Decision[Alert]:
            actor = Actor(person, settings.people[person].name)
            done[:] = [perform(now_is, deed, actor, now, lease=lease, snooze=snooze)]
            return Decision(done[0].alert)

        step(self.app, Alert, alert.id, answer)
        self.note("deed", number, person, detail=(deed, snooze))

    def says(self, person: str, word: str) -> None:
        phone = self.settings.alerts.people[person].phone
        if phone is None:
            return
        empty = ContactMethod(id=contact_method_id(Way.SMS, phone), person=person, way=Way.SMS)

        def consented(method: ContactMethod | None, now: datetime) -> Decision[ContactMethod]:
            method = method or empty
            return Decision(method.but(consents=(*method.consents, Consent(at=now, word=word))))

        step(self.app, ContactMethod, empty.id, consented)
        self.note("word", person=person, way=Way.SMS, detail=word)

    def fails(self, way: Way, mood: str, minutes: int, person: str = "") -> None:
        now = self.clock.now()
        self.troubles.append(Trouble(way, mood, now, now + timedelta(minutes=minutes), person))

    def closes(self, ticket: Ticket) -> None:
        """The ticket is done: whatever was about its silence is over."""
        now = self.clock.now()
        done = ticket.but(moments=(*ticket.moments, Moment(at=now, state=TicketState.RESOLVED)), updated_at=now)
        found = self.store.get(Ticket, ticket.id)
        if found is None or found.document.moments[-1].state is not TicketState.RESOLVED:
            step(self.app, Ticket, ticket.id, lambda _known, _now: Decision(done))
            self.note("source_over", ticket.number)

    def passes(self, span: timedelta) -> None:
        """Let time go by, with everything that falls into it."""
        end = self.clock.now() + span
        while (due := self._next()) is not None and due <= end:
            self.clock.move_to(due)
            if self._sweep_at is not None and self._sweep_at <= self.clock.now():
                self._sweep()
            else:
                self._run(*self.queue.next())
        self.clock.move_to(end)

    def quiesces(self, within: timedelta) -> None:
        """Let everything that is left happen."""
        end = self.clock.now() + within
        while (due := self._next()) is not None:
            assert due <= end, f"something is still going on after {within}"
            self.passes(due - self.clock.now())

    # ── how it happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def note(self, what: str, number: str = "", person: str = "", way: str = "", detail: object = None) -> None:
        self.log.append(Happened(self.clock.now(), what, number, person, str(way), detail))

    def person_at(self, address: str) -> str:
        return self._people[address]

    def mood(self, person: str, way: Way) -> str:
        now = self.clock.now()
        return next((each.mood for each in self.troubles if each.hits(person, way, now)), "")

    def pounce(self, notice: str) -> None:
        ambush = self.ambush
        if ambush is not None and not ambush.commits:
            self.ambush = None
            item = self.store.get(Notice, notice).document.items[0]
            self.does(self.number(item.alert), ambush.deed, ambush.person, ambush.minutes)

    def _cut_in(self, changes) -> None:
        """Between the last look at an alert and the commitment to send lies a moment that nobody can close."""
        ambush = self.ambush
        if ambush is None or not ambush.commits:
            return
        first = changes[0].document
        if isinstance(first, Notice) and first.state is OutgoingState.COMMITTING:
            return
        ambush.commits -= 1
        if not ambush.commits:
            self.ambush = None
            self.does(ambush.number, ambush.deed, ambush.person, ambush.minutes)

    def _next(self) -> datetime | None:
        if self.queue.losses:
            alarms = [
                alarm
                for kept in self.store.kept.values()
                for found in kept.values()
                if (alarm := getattr(found.document, "alarm_at", None)) is not None
            ]
            look = max(self.clock.now(), min(alarms)) + SWEEP_EVERY if alarms else None
            self._sweep_at = min(filter(None, (self._sweep_at, look)), default=None)
        return min(filter(None, (self.queue.next_at(), self._sweep_at)), default=None)

    def _sweep(self) -> None:
        self._sweep_at = None
        wiring.use(self.app)
        assert post("alarm_sweep", b"{}", HEADERS).status == 200

    def _run(self, task: Task, attempt: int) -> None:
        wiring.use(self.app)
        headers = {**HEADERS, "X-CloudTasks-TaskName": task.name, "X-CloudTasks-TaskRetryCount": str(attempt)}
        answer = post(task.function, json.dumps(dict(task.body)).encode(), headers)
        assert answer.status in (200, 503), (task, answer.status, answer.body)
        assert b"dead_letter" not in answer.body, (task, answer.body)
        if answer.status == 503:
            self.queue.delay += RETRIED_AFTER
            self.queue.add(task, self.clock.now() + RETRIED_AFTER, attempt + 1)

    def _notice_what_is_taken(self, changes) -> None:
        """The moment at which a finding counts is the commit that marks it."""
        for change in changes:
            if isinstance(change, Put) and isinstance(change.document, Finding):
                finding = change.document
                if finding.taken and finding.id not in self._taken:
                    self._taken.add(finding.id)
                    self.note("taken", finding.number, detail=finding)

    def number(self, alert: str) -> str:
        return self.store.get(Alert, alert).document.number

    @property
    def is_over(self) -> bool:
        return all(alert.standing is Standing.RESOLVED for alert in self.store.all(Alert))
