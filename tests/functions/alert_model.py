"""The judge of alerts: a plain account of what people were promised, held against what they got.

It knows the log of a history (`alert_world`) and a `Scene`: who there is, who is told after whom, what is quiet when.
It shares no rule with the code: whose turn it was is counted here in another way, message by message and turn by turn.

A *turn* is a stretch in which an alert is open and people are told one after the other. It begins when the alert comes
up, comes back, becomes graver, or when a lease or a snooze runs out; it ends when somebody has it or it is over.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.alerts.standing import Deed
from shared.models.alert import Alert, Errand, Standing, Way
from shared.models.contact_method import ContactMethod
from shared.models.document import Watched
from shared.models.finding import Audience, Finding, Severity
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from tests.functions.alert_world import Happened, Said, World

ZERO = timedelta()
PATIENCE = timedelta(minutes=1, seconds=10)
A_DAY = timedelta(days=1)
GIVEN_UP_WITHIN = timedelta(minutes=6)
UNTIL_THE_CLIENT_HEARS = ("client_in_silence", "update_overdue", "update_due_soon")
ONLY_NEWS = ("update_due_soon",)
NEVER = datetime.max.replace(tzinfo=UTC)


class Broken(AssertionError):
    """A promise was broken."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Asleep from `start` to `end` by the clock on their wall, every night."""

    zone: str
    start: time
    end: time

    def covers(self, at: datetime) -> bool:
        clock = at.astimezone(ZoneInfo(self.zone)).time()
        return self.start <= clock < self.end if self.start < self.end else clock >= self.start or clock < self.end

    def wakes(self, at: datetime) -> datetime:
        while self.covers(at):
            at += timedelta(minutes=1) - timedelta(seconds=at.second, microseconds=at.microsecond)
        return at


@dataclass(frozen=True, slots=True)
class Scene:
    """What the settings mean to people. `chain` has (person, delay after the one before), by severity."""

    ways: dict[Severity, tuple[Way, ...]]
    chain: dict[Severity, tuple[tuple[str, timedelta], ...]]
    rounds: int
    again: timedelta
    first_wait: timedelta
    digest: timedelta
    urgent_digest: timedelta
    ladder: tuple[tuple[int, timedelta], ...]
    give_up: timedelta
    lease: dict[Severity, timedelta]
    sleep: dict[str, Sleep] = field(default_factory=dict)
    maintenance: tuple[tuple[str, datetime, datetime], ...] = ()  # (client, from, to)
    mutes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # parent kind: the kinds it explains
    owner: str = "dana"

    def steps(self, finding: Finding) -> tuple[tuple[str, timedelta], ...]:
        steps = ((self.owner, ZERO),) if finding.audience is Audience.TECHNICIAN else self.chain[finding.severity]
        told_once = finding.severity is Severity.INFO or finding.kind in ONLY_NEWS
        return steps[:1] if told_once else steps


@dataclass
class Turn:
    start: datetime
    grave: Severity
    finding: Finding
    fresh: bool
    got: list[tuple[datetime, str, str]] = field(default_factory=list)  # (when, person, way)


@dataclass(frozen=True, slots=True)
class Ending:
    """An alert was over from `at` until it came back; who had `heard` of it and who was `told` of the end."""

    at: datetime
    until: datetime
    by: str
    heard: set[tuple[str, str]]
    told: set[tuple[str, str]]
    kind: str


class Case:
    """One alert, as the people at their phones could reconstruct it."""

    def __init__(self, finding: Finding, scene: Scene, late: timedelta) -> None:
        self.scene = scene
        self.finding = finding
        self.late = late
        self.unsure = False
        self.state = "none"
        self.by = ""
        self.by_what = ""
        self.until: datetime | None = None
        self.opened = finding.at
        self.grave = finding.severity
        self.seen: set[str] = set()
        self.said_at: datetime | None = None
        self.over_at: datetime | None = None
        self.vague_until: datetime | None = None
        self.source_over = False
        self.turn: Turn | None = None
        self.turns: list[tuple[Turn, datetime]] = []
        self.heard: set[tuple[str, str]] = set()
        self.heard_surely: set[tuple[str, str]] = set()
        self.told_over: set[tuple[str, str]] = set()
        self.endings: list[Ending] = []
        self.ended_at: datetime | None = None
        self.stands: list[list[datetime]] = []

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def comes_to(self, now: datetime) -> None:
        """Let leases run out, and old alerts be given up."""
        lasting = self.finding.kind not in ONLY_NEWS
        end = self.opened + (self.scene.give_up if lasting else A_DAY)
        while self.state in ("open", "held"):
            if self.state == "held" and self.until <= now:
                until = self.until
                if until >= end:
                    self._over(end, "the system")
                    self.vague_until = until + self.late
                else:
                    self._begins(until, self.finding, fresh=False)
            elif now >= end:
                vague = self.until if self.state == "held" else end
                self._over(end, "the system")
                self.vague_until = vague + self.late
            else:
                return

    def is_told_anew_at(self, at: datetime) -> bool:
        return self.vague_until is not None and at <= self.vague_until

    # ── what happens to it ─────────────────────────────────────────────────────────────────────────────────────────

    def taken(self, at: datetime, finding: Finding) -> None:
        """What is found again just as it is given up may be one alert or two: nobody can say from outside."""
        self.comes_to(at)
        self.unsure = self.unsure or self.is_told_anew_at(at)
        if finding.over:
            if self.said_at is not None and finding.at < self.said_at:
                return  # it was found again since
            self.over_at = finding.at
            if self.state in ("open", "held"):
                self._over(at, "the system")
            return
        if self.over_at is not None and finding.at <= self.over_at:
            return  # its end came first
        if finding.id not in self.seen:
            self.said_at = max(self.said_at or finding.at, finding.at)
        if self.state == "none" or (self.state == "over" and finding.id not in self.seen):
            self.opened = at
            self.grave = finding.severity
            self.heard, self.heard_surely, self.told_over = set(), set(), set()
            self._ends_for_good(at)
            self._begins(at, finding, fresh=True)
        elif self.state != "over" and finding.id not in self.seen and finding.severity.weight > self.grave.weight:
            self.grave = finding.severity
            self._begins(at, finding, fresh=False)
        self.seen.add(finding.id)

    def deed(self, at: datetime, person: str, deed: Deed, snooze: timedelta) -> None:
        self.comes_to(at)
        if self.state in ("none", "over"):
            return
        if deed is Deed.RESOLVE:
            self._over(at, person)
        elif deed is Deed.SNOOZE:
            self._held(at, person, snooze, "snoozed")
        elif deed is Deed.TAKE_OVER or self.state == "open" or self.by_what == "snoozed":
            self._held(at, person, self.scene.lease[self.grave], "acknowledged")

    def _held(self, at: datetime, person: str, span: timedelta, what: str) -> None:
        self._ends_turn(at)
        self.state, self.by, self.by_what, self.until = "held", person, what, at + span

    def _over(self, at: datetime, by: str) -> None:
        self._ends_turn(at)
        self.state, self.by, self.until, self.ended_at = "over", by, None, at
        self.stands[-1][1] = at

    def _begins(self, at: datetime, finding: Finding, *, fresh: bool) -> None:
        self._ends_turn(at)
        if fresh:
            self.stands.append([at, NEVER])
        self.state, self.by, self.until, self.ended_at = "open", "", None, None
        self.finding = finding
        self.turn = Turn(at, self.grave, finding, fresh)

    def _ends_turn(self, at: datetime) -> None:
        if self.turn is not None:
            self.turns.append((self.turn, at))
        self.turn = None

    def _ends_for_good(self, at: datetime) -> None:
        if self.ended_at is not None:
            self.endings.append(
                Ending(self.ended_at, at, self.by, self.heard_surely, self.told_over, self.finding.kind)
            )
        self.ended_at = None

    # ── what people get ────────────────────────────────────────────────────────────────────────────────────────────

    def news(self, at: datetime, person: str, way: str, *, surely: bool) -> None:
        self.comes_to(at)
        if self.unsure:
            return
        who = f"{person} by {way}"
        if self.source_over:
            raise Broken(f"{who} was told after the ticket itself was done")
        vague = self.is_told_anew_at(at)
        if self.turn is None and not vague:
            raise Broken(f"{who} was told while it was {self.state} ({self.by})")
        if at < self.opened + self.scene.first_wait:
            raise Broken(f"{who} was told within the first wait")
        self.heard.add((person, way))
        turn = self.turn
        if not surely:
            return
        self.heard_surely.add((person, way))
        if turn is None:
            return
        if all(person != named for named, _ in self.scene.steps(turn.finding)):
            raise Broken(f"{who} was told, who is not in the chain")
        times = sum(each[1:] == (person, way) for each in turn.got)
        if times >= self.scene.rounds:
            raise Broken(f"{who} was told {times + 1} times in a turn of {self.scene.rounds} rounds")
        turn.got.append((at, person, way))

    def perhaps(self, at: datetime, person: str, way: str) -> None:
        """An SMS about many does not say what it says of each."""
        self.comes_to(at)
        self.heard.add((person, way))
        if self.turn is not None:
            self.turn.got.append((at, person, "?"))

    def over(self, at: datetime, person: str, way: str, *, surely: bool) -> None:
        self.comes_to(at)
        if self.unsure:
            return
        who = f"{person} by {way}"
        if self.state != "over" and not self.source_over:
            raise Broken(f"{who} was told that it is over while it was {self.state}")
        if (person, way) not in self.heard:
            raise Broken(f"{who} was told of the end of what they had not heard of")
        if self.state == "over" and person == self.by:
            raise Broken(f"{who} was told of the end, who ended it")
        if (person, way) in self.told_over:
            raise Broken(f"{who} was told twice that it is over")
        if surely:
            self.told_over.add((person, way))


class Judge:
    """Goes through the log of a world and raises Broken, naming the promise, for the first one that was not kept."""

    def __init__(self, world: World, scene: Scene) -> None:
        self.world = world
        self.scene = scene
        self.cases: dict[str, Case] = {}
        self.stopped: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
        self.sent: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.in_doubt: dict[str, bool] = {}
        self.delivered: set[str] = set()
        self.done: set[str] = set()
        self.end = world.clock.now()
        methods = [(notice.person, notice.way.value) for notice in world.store.all(Notice)]
        self.notices = {method: methods.count(method) for method in set(methods)}

    def judges(self) -> None:
        for each in self.world.log:
            try:
                self._goes_over(each)
            except Broken as broken:
                raise Broken(f"{each.at:%d %H:%M:%S} #{each.number}: {broken}") from None
        for case in self.cases.values():
            case.comes_to(self.end)
            case._ends_turn(self.end)
            case._ends_for_good(self.end)
        for number, case in self.cases.items():
            if case.unsure:
                continue
            for turn, end in case.turns:
                self._everybody_was_told_in_time(number, case, turn, end)
            for ending in case.endings:
                self._the_end_was_told(number, ending)
        Remains(self.world).are_in_order()
        self._nobody_got_more_than_the_ladder_allows()

    def _goes_over(self, each: Happened) -> None:
        world = self.world
        match each.what:
            case "taken":
                case = self.cases.setdefault(
                    each.number, Case(each.detail, self.scene, GIVEN_UP_WITHIN + world.queue.delay)
                )
                case.source_over = each.number in self.done
                case.taken(each.at, each.detail)
            case "deed":
                self.cases[each.number].deed(each.at, each.person, *each.detail)
            case "source_over":
                self.done.add(each.number)
                if each.number in self.cases:
                    self.cases[each.number].comes_to(each.at)
                    self.cases[each.number].source_over = True
            case "word":
                self.stopped[each.person].append((each.at, each.detail == "STOP"))
            case "refused" if each.detail.startswith("opted_out"):
                self.stopped[each.person].append((each.at, True))
            case "got" | "perhaps":
                self._arrives(each, each.detail)
            case "asked":
                notice, there = each.detail
                self.in_doubt[notice] = there
                if not there:
                    self.in_doubt.pop(notice)

    def _arrives(self, each: Happened, said: Said) -> None:
        person, way, at = each.person, each.way, each.at
        if said.notice in self.delivered or self.in_doubt.get(said.notice):
            raise Broken(f"{person} got the same message twice by {way}")
        if each.what == "got":
            self.delivered.add(said.notice)
            self.sent[person, way].append(at)
        else:
            self.in_doubt[said.notice] = True
        if way == Way.SMS and self._has_stopped(person, at):
            raise Broken(f"{person} got an SMS after STOP")
        sleep = self.scene.sleep.get(person)
        if sleep is not None and sleep.covers(at) and not said.critical and not said.perhaps:
            raise Broken(f"{person} was woken for nothing critical")
        for number in sorted(said.over):
            self.cases[number].over(at, person, way, surely=each.what == "got")
        for number in sorted(said.news):
            self._nothing_keeps_it_back(self.cases[number], at)
            self.cases[number].news(at, person, way, surely=each.what == "got")
        for number in sorted(said.perhaps):
            self.cases[number].perhaps(at, person, way)

    def _nothing_keeps_it_back(self, case: Case, at: datetime) -> None:
        """Whatever began when planned work, or a graver alert, explained it already is told by nobody until that ends."""
        case.comes_to(at)
        if case.turn is None:
            return
        if at < self._free_of_maintenance(case.turn):
            raise Broken(f"#{case.finding.number} was told during planned work")
        for parent in self.cases.values():
            parent.comes_to(at)
            explains = case.finding.kind in self.scene.mutes.get(parent.finding.kind, ())
            same = case.finding.psa is not None and case.finding.psa == parent.finding.psa
            stands = parent.state == "open" or (parent.state == "held" and parent.by_what == "acknowledged")
            if explains and same and stands and parent.stands[-1][0] < case.turn.start and not parent.unsure:
                raise Broken(f"#{case.finding.number} was told although #{parent.finding.number} explains it")

    def _has_stopped(self, person: str, at: datetime) -> bool:
        words = [stop for when, stop in self.stopped[person] if when <= at]
        return bool(words) and words[-1]

    # ── in the end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _nobody_got_more_than_the_ladder_allows(self) -> None:
        for (person, way), times in self.sent.items():
            for most, span in self.scene.ladder:
                for first, last in zip(times, times[most:], strict=False):
                    if last - first < span:
                        raise Broken(
                            f"{person} got more than {most} messages in {span} by {way}, at {last:%d %H:%M:%S}"
                        )

    def _bound(self, person: str, grave: Severity) -> timedelta:
        """Return how late a message may be: gathered, throttled or in a digest, after what the queue did to it."""
        count = max((self.notices.get((person, way.value), 0) for way in Way), default=0)
        rungs = [span for most, span in self.scene.ladder if count >= most]
        wait = self.scene.urgent_digest if grave is Severity.CRITICAL else self.scene.digest
        return wait + max(rungs, default=ZERO) + 2 * self.scene.first_wait + PATIENCE + self.world.queue.delay

    def _everybody_was_told_in_time(self, number: str, case: Case, turn: Turn, end: datetime) -> None:
        due = max(turn.start, self._free_of_maintenance(turn))
        for place, (person, delay) in enumerate(self.scene.steps(turn.finding)):
            due += delay
            at = max(due, turn.start + self.scene.first_wait) if turn.fresh else due
            sleep = self.scene.sleep.get(person) if turn.grave is not Severity.CRITICAL else None
            if turn.grave is not Severity.CRITICAL and place and self.scene.sleep:
                return  # who sleeps holds up the others: the time of their turns is not promised
            if sleep is not None:
                at = sleep.wakes(at)
                if sleep.covers(at + self._bound(person, turn.grave)):
                    return
            latest = at + self._bound(person, turn.grave)
            if end <= latest or case.source_over or self._is_explained(turn, latest):
                return
            if not any(self._works(person, way, turn.start, latest) for way in self.scene.ways[turn.grave]):
                usual = [way for way in self.scene.ways[turn.grave] if self.world.settings.alerts.address(person, way)]
                if turn.grave is Severity.INFO or not usual or not self._is_refused_only(person, turn, latest):
                    continue
                latest += self._bound(person, turn.grave)
                if end <= latest or not any(
                    self._works(person, way, turn.start, latest) for way in (Way.SMS, Way.EMAIL)
                ):
                    continue
            if not any(turn.start <= when <= latest for when, who, _ in turn.got if who == person):
                got = [f"{when:%d %H:%M:%S} {who} {way}" for when, who, way in turn.got]
                raise Broken(
                    f"#{number} came up for {person} at {at:%d %H:%M:%S} ({turn.grave}), who was not told by "
                    f"{latest:%d %H:%M:%S}; told were: {got}"
                )

    def _the_end_was_told(self, number: str, end: Ending) -> None:
        if end.kind in ONLY_NEWS or end.by == "the system":
            return
        for person, way in sorted(end.heard - end.told):
            sleep = self.scene.sleep.get(person)
            bound = self._bound(person, Severity.INFO)
            latest = (end.at if sleep is None else sleep.wakes(end.at)) + bound
            if person == end.by or end.until <= latest or (sleep is not None and sleep.covers(latest)):
                continue
            if self._works(person, Way(way), end.at - bound, latest):
                raise Broken(
                    f"#{number} was over at {end.at:%d %H:%M:%S}: {person} had heard of it by {way}, but not that"
                )

    def _free_of_maintenance(self, turn: Turn) -> datetime:
        start = turn.start
        for client, begin, end in sorted(self.scene.maintenance, key=lambda window: window[1]):
            if client == turn.finding.company and begin <= start < end:
                start = end
        return start

    def _is_explained(self, turn: Turn, latest: datetime) -> bool:
        """Say whether planned work or a graver alert lies over a part of it."""
        if any(
            client == turn.finding.company and begin < latest and turn.start < end and not begin <= turn.start
            for client, begin, end in self.scene.maintenance
        ):
            return True
        parents = [
            case for case in self.cases.values() if turn.finding.kind in self.scene.mutes.get(case.finding.kind, ())
        ]
        late = timedelta(minutes=6)
        return any(
            a <= latest and turn.start <= b + late if b != NEVER else a <= latest
            for case in parents
            for a, b in case.stands
        )

    def _is_refused_only(self, person: str, turn: Turn, latest: datetime) -> bool:
        """Say whether the person's usual ways fail for sure, so that the next way is taken at once."""
        return not any(
            trouble.way in self.scene.ways[turn.grave]
            and trouble.person in ("", person)
            and not trouble.mood.startswith(("refused", "opted"))
            and trouble.since <= latest
            for trouble in self.world.troubles
        )

    def _works(self, person: str, way: Way, since: datetime, until: datetime) -> bool:
        settings = self.world.settings.alerts
        if settings.address(person, way) is None:
            return False
        for trouble in self.world.troubles:
            if trouble.way is way and trouble.person in ("", person):
                lasts = trouble.until + (trouble.until - trouble.since) + timedelta(minutes=20)
                if trouble.mood.startswith(("refused", "opted")):
                    lasts += A_DAY
                if trouble.since <= until and since <= lasts:
                    return False
        words = [stop for when, stop in self.stopped[person] if when <= until]
        return way is not Way.SMS or not any(words)


class Remains:
    """What lies in the store when all is over: nothing waits for ever, nothing was lost without a word."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.notices = {notice.id: notice for notice in world.store.all(Notice)}

    def are_in_order(self) -> None:
        for kept in self.world.store.kept.values():
            for found in kept.values():
                if isinstance(found.document, Watched) and found.document.alarm_at is not None:
                    raise Broken(f"an alarm is left: {found.document}")
        for finding in self.world.store.all(Finding):
            if not finding.taken:
                raise Broken(f"a finding was never taken in: {finding}")
        for method in self.world.store.all(ContactMethod):
            if method.batches:
                raise Broken(f"a batch never left: {method}")
        for notice in self.notices.values():
            self._notice_is_accounted_for(notice)
        self._each_telling_has_one_message()
        for alert in self.world.store.all(Alert):
            if alert.standing is not Standing.RESOLVED:
                raise Broken(f"an alert never ended: {alert}")
            self._ledger_speaks(alert)

    def _notice_is_accounted_for(self, notice: Notice) -> None:
        if notice.state not in (OutgoingState.SENT, OutgoingState.HELD, OutgoingState.DEAD, OutgoingState.UNCERTAIN):
            raise Broken(f"a notice is neither out nor given up: {notice}")
        if notice.state is not OutgoingState.SENT and not notice.reason:
            raise Broken(f"a notice that did not go out does not say why: {notice}")

    def _each_telling_has_one_message(self) -> None:
        seen: dict[tuple, str] = {}
        for notice in self.notices.values():
            for item in notice.items:
                key = (item.alert, item.cycle, item.round, item.step, item.errand, notice.person, notice.way)
                if key in seen:
                    raise Broken(f"{key} is in two messages: {seen[key]} and {notice.id}")
                seen[key] = notice.id

    def _ledger_speaks(self, alert: Alert) -> None:
        lines = [entry.what for entry in alert.ledger]
        for telling in alert.tellings:
            key = (alert.id, telling.cycle, telling.round, telling.step, telling.errand, telling.person, telling.way)
            if telling.errand is Errand.NEWS and not any(
                line.startswith(f"round {telling.round + 1}, step {telling.step + 1}: {telling.person}")
                for line in lines
            ):
                raise Broken(f"the ledger does not speak of {key}: {lines}")
            if telling.notice:
                notice = self.notices.get(telling.notice)
                if notice is None or not any(
                    (i.alert, i.cycle, i.round, i.step, i.errand) == key[:5] for i in notice.items
                ):
                    raise Broken(f"{key} says that {telling.notice} carries it, which does not")
            elif not telling.unreached:
                raise Broken(f"{key} was never said, and nothing says why")
