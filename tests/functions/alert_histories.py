"""Random histories of alerts: the scenes in which they play, and what may happen in them."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from shared.alerts.standing import Deed
from shared.config.settings import Settings
from shared.models.alert import Way
from shared.models.finding import Audience, Finding, Severity, finding_id
from shared.models.ticket import Moment, Ticket, TicketState
from tests.functions.alert_model import Judge, Scene, Sleep
from tests.functions.alert_world import Ambush, World
from tests.functions.alerting import PEOPLE, alert_settings

MINUTE = timedelta(minutes=1)
MONDAY = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
STARTS = (
    MONDAY,
    MONDAY.replace(hour=21, minute=40),
    datetime(2026, 3, 28, 20, 0, tzinfo=UTC),
    datetime(2026, 10, 24, 21, 30, tzinfo=UTC),
)
SPANS = tuple(timedelta(seconds=s) for s in (5, 29, 31, 60, 240, 600, 900, 1800, 3600, 7200, 21600, 86400))
SNOOZES = (1, 20, 90)
LASTS = (1, 5, 20, 45, 120)
MOODS = ("away", "busy", "refused", "unsure_lost", "unsure_there", "opted_out 21610")
WHO = ("dana", "robin", "kim")
CLIENTS = ("Lakeside Clinic", "Hill & Sons")
LADDER = ((1, 1), (5, 15), (11, 60), (21, 180))
TIGHT = ((1, 2), (3, 15))
CRITICAL_KINDS = {Severity.CRITICAL: (Way.SMS, Way.EMAIL), Severity.WARNING: (Way.EMAIL,), Severity.INFO: (Way.EMAIL,)}
SMS_FIRST = {Severity.CRITICAL: (Way.SMS,), Severity.WARNING: (Way.SMS,), Severity.INFO: (Way.EMAIL,)}
ASLEEP = {
    "dana": Sleep("Asia/Kolkata", time(23, 30), time(6, 30)),
    "robin": Sleep("Europe/Dublin", time(22), time(7)),
    "kim": Sleep("America/New_York", time(0), time(8)),
}
SILENCE_MUTED = {"sweep_blind": ("client_in_silence", "update_overdue", "update_due_soon")}
SCENES = 6


@cache
def scene(number: int, start: datetime) -> tuple[Settings, Scene]:
    """Return the settings and what they mean. Each scene leans on another rule."""
    people, changes = {key: dict(value) for key, value in PEOPLE.items()}, {}
    ways, sleep, windows, ladder, give_up = CRITICAL_KINDS, {}, (), LADDER, timedelta(hours=4)
    chain = (("dana", 0), ("robin", 15), ("kim", 15))
    first_wait = 30
    if number == 1:
        sleep, give_up = ASLEEP, timedelta(hours=30)
        for key, span in sleep.items():
            quiet = {"start": f"{span.start:%H:%M}", "end": f"{span.end:%H:%M}"}
            people[key] |= {"timezone": span.zone, "quiet": [quiet]}
    if number == 2:
        ladder, first_wait = TIGHT, 10
    if number == 3:
        ways, first_wait = SMS_FIRST, 0
        chain = (("dana", 0), ("robin", 0), ("kim", 5))
    if number == 4:
        windows = tuple(
            (CLIENTS[0], start + begin * MINUTE, start + end * MINUTE) for begin, end in ((2, 12), (10, 45))
        )
    if number == 5:
        first_wait = 120
        people["kim"].pop("phone")
        people["robin"].pop("email")
        chain = (("robin", 0), ("kim", 10))
    rounds = 2 if number in (0, 3) else 1
    steps = [{"tell": [person], "after_minutes": after} for person, after in chain]
    changes = {
        "people": people,
        "chains": {
            "desk": {"steps": [{"tell": ["robin"]}]},
            "managers": {"steps": steps, "rounds": rounds, "again_after_minutes": 60},
        },
        "routes": [{"severities": ["info"], "chain": "desk"}],
        "default_chain": "managers",
        "ways": {severity.value: [way.value for way in each] for severity, each in ways.items()},
        "throttle": [{"messages": most, "minutes": span} for most, span in ladder],
        "maintenance": [{"reason": "new firewall", "start": b, "end": e, "clients": [c]} for c, b, e in windows],
        "first_wait_seconds": first_wait,
        "give_up_days": give_up / timedelta(days=1),
    }
    chain_times = tuple((person, after * MINUTE) for person, after in chain)
    return alert_settings(**changes), Scene(
        ways=ways,
        chain={Severity.CRITICAL: chain_times, Severity.WARNING: chain_times, Severity.INFO: (("robin", timedelta()),)},
        rounds=rounds,
        again=60 * MINUTE,
        first_wait=timedelta(seconds=first_wait),
        digest=10 * MINUTE,
        urgent_digest=10 * MINUTE,
        ladder=tuple((most, span * MINUTE) for most, span in ladder),
        give_up=give_up,
        lease={Severity.INFO: 24 * 60 * MINUTE, Severity.WARNING: 8 * 60 * MINUTE, Severity.CRITICAL: 60 * MINUTE},
        sleep=sleep,
        maintenance=windows,
        mutes=SILENCE_MUTED,
    )


small = st.integers(0, 11)
OPS = (
    ("raises",) * 5
    + ("passes",) * 6
    + ("deed",) * 3
    + ("fails", "fails", "over", "same", "storm", "done", "word", "ambush", "cut_in")
)
operations = st.tuples(st.integers(0, len(OPS) - 1), small, small, small)
histories = st.tuples(
    st.integers(0, SCENES - 1),
    st.integers(0, len(STARTS) - 1),
    st.integers(0, 2),
    st.lists(st.integers(0, 4), max_size=5),
    st.lists(operations, min_size=1, max_size=8),
)


class History:
    """Plays one history. Numbers beyond a choice wrap around, so that every number means something."""

    def __init__(self, drawn: tuple[Any, ...]) -> None:
        scene_number, start, tells, moods, self.operations = drawn
        settings, self.scene = scene(scene_number, STARTS[start])
        self.world = World(settings, STARTS[start], tuple(moods), (True, None, True)[tells])
        self.raised: list[Finding] = []
        self.count = 0

    def plays(self) -> "History":
        for operation, a, b, c in self.operations:
            getattr(self, OPS[operation])(a, b, c)
        self.world.quiesces(within=timedelta(days=12))
        return self

    def __str__(self) -> str:
        done = [f"{OPS[operation]} {rest}" for operation, *rest in self.operations]
        seen = [
            f"{each.at:%d %H:%M:%S} {each.what} {each.number} {each.person} {each.way} {each.detail}"
            for each in self.world.log
        ]
        return "\n".join([*done, *seen])

    def is_judged(self) -> None:
        Judge(self.world, self.scene).judges()

    def passes(self, a: int, b: int, c: int) -> None:
        self.world.passes(SPANS[a % len(SPANS)])

    def finding(self, key: int, grave: Severity, *, over: bool = False) -> Finding:
        self.count += 1
        at, kind, audience, extra = self.world.clock.now(), "client_in_silence", Audience.MANAGER, {}
        if key == 3:
            kind, extra = "sweep_blind", {"psa": "main"}
        elif key == 4:
            kind, audience, extra = "update_due_soon", Audience.TECHNICIAN, {"owner": "dortiz"}
        elif key == 5:
            kind = "client_not_reached"
        else:
            extra = {"psa": "main"} if key == 2 else {}
        number = str(1000 + key)
        return Finding(
            id=finding_id(kind, f"{key} {self.count}"),
            at=at,
            kind=kind,
            dedup_key=number,
            severity=grave,
            audience=audience,
            text=f"found {self.count}",
            number=number,
            company=CLIENTS[key % 2],
            ticket=ticket_of(number).id,
            source=ticket_of(number).id,
            over=over,
            alarm_at=at,
            **extra,
        )

    def _finds(self, finding: Finding) -> None:
        self.raised.append(finding)
        self.world.finds(finding)

    def _number(self, a: int) -> str:
        return self.raised[a % len(self.raised)].number if self.raised else "1000"

    def raises(self, a: int, b: int, c: int) -> None:
        self._finds(self.finding(a % 6, (Severity.CRITICAL, Severity.WARNING, Severity.INFO)[b % 3]))

    def over(self, a: int, b: int, c: int) -> None:
        self._finds(self.finding(a % 6, Severity.INFO, over=True))

    def same(self, a: int, b: int, c: int) -> None:
        if self.raised:
            self.world.finds(self.raised[a % len(self.raised)])

    def storm(self, a: int, b: int, c: int) -> None:
        for n in range(2 + a % 7):
            self._finds(self.finding(10 + n, (Severity.CRITICAL, Severity.WARNING)[b % 2]))
            self.world.passes(timedelta(seconds=(0, 1, 6)[c % 3]))

    def deed(self, a: int, b: int, c: int) -> None:
        self.world.does(self._number(a), list(Deed)[b % 4], WHO[c % 3], SNOOZES[c // 3 % 3])

    def word(self, a: int, b: int, c: int) -> None:
        self.world.says(WHO[a % 3], ("STOP", "START")[b % 2])

    def fails(self, a: int, b: int, c: int) -> None:
        way = (Way.SMS, Way.EMAIL)[a % 2]
        mood = MOODS[b % 6] if way is Way.SMS else MOODS[b % 5]
        self.world.fails(way, mood, LASTS[c % 5], ("", *WHO)[a // 2 % 4])

    def done(self, a: int, b: int, c: int) -> None:
        self.world.closes(ticket_of(str(1000 + a % 3)))

    def ambush(self, a: int, b: int, c: int) -> None:
        self.world.ambush = Ambush(list(Deed)[a % 4], WHO[b % 3], SNOOZES[c % 3])

    def cut_in(self, a: int, b: int, c: int) -> None:
        self.world.ambush = Ambush(list(Deed)[b % 4], WHO[c % 3], SNOOZES[c // 3 % 3], self._number(a), commits=1 + a)


def ticket_of(number: str) -> Ticket:
    at = STARTS[0]
    return Ticket(
        id=f"ticket-{number}",
        psa="main",
        psa_id=number,
        number=number,
        title="Printer",
        status="New",
        created_at=at,
        updated_at=at,
        first_seen=at,
        moments=(Moment(at=at, state=TicketState.NEW),),
    )
