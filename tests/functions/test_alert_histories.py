"""Ten thousand random histories of alerts, judged by what the phones and the mailboxes got and by what was done.

Worlds, scenes and the judge are in `alert_world`, `alert_histories` and `alert_model`. More of them, or others:
`HISTORIES=100000 HISTORY_SEED=7 make test ARGS=tests/functions/test_alert_histories.py`.
"""

import contextlib
import io
import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import functions.alert_manager.batch as batching
import functions.alert_manager.chain as chaining
import functions.alert_manager.intake as taking_in
import functions.alert_manager.looks as looking
import functions.alert_manager.rules as deciding
import functions.send_notice.postings as posting
import functions.send_notice.rules as saying
from functions.send_notice import sending
from shared.models.alert import Standing
from shared.models.contact_method import notice_id
from shared.step import Decision
from tests.functions.alert_histories import OPS, History, histories
from tests.functions.alert_model import Broken
from tests.functions.alert_world import light_mail

PARTS = 4
HOW_MANY = int(os.environ.get("HISTORIES", "10000"))
FIRST_SEED = int(os.environ.get("HISTORY_SEED", "20260302"))
QUIETLY = tuple(HealthCheck)


@pytest.fixture(autouse=True)
def light_mails(monkeypatch):
    monkeypatch.setattr(posting, "compose", light_mail)


def judged(drawn) -> None:
    """Play the history without the log lines of its many calls, and judge it."""
    history = History(drawn)
    with contextlib.redirect_stdout(io.StringIO()):
        history.plays()
    try:
        history.is_judged()
    except Broken as broken:
        raise Broken(f"{broken}\n{history}") from None


def played(examples: int, number: int) -> None:
    run = given(histories)(judged)
    phases = (Phase.generate, Phase.shrink)
    limits = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=QUIETLY, phases=phases)
    seed(number)(limits(run))()


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_every_promise_about_alerts_is_kept(part):
    played(HOW_MANY // PARTS, FIRST_SEED + part)


def test_the_ladder_holds_for_a_message_whose_task_came_late():
    judged((0, 0, 0, [0, 2], [(OPS.index("storm"), 0, 0, 0)]))


# ── the judge is shown to find each kind of fault ──────────────────────────────────────────────────────────────────


def _said_although(*reasons: str):
    """Return the rule of what is still to be said without those that answer with one of `reasons`."""
    rule = saying.why_not_any_more

    def careless(item, notice, asked):
        why = rule(item, notice, asked)
        return "" if any(reason in why for reason in reasons) else why

    return careless


def _flushed(change):
    rule = looking.flushed

    def flushed(method, settings, now):
        decision = rule(method, settings, now)
        if not decision.creates:
            return decision
        return Decision(decision.document, change(decision.creates[0], method), decision.outcome)

    return flushed


def _with_a_twin(notice, method):
    return notice, notice.but(id=notice_id(method.id, 10_000 + method.batch_count + 100 * len(method.sent_at)))


def _without_the_last(notice, _method):
    return (notice.but(items=notice.items[:-1]),) if len(notice.items) > 2 else (notice,)


def _careless_about(reason: str):
    return [(saying, "why_not_any_more", lambda: _said_although(reason))]


RAISED, SOON, LATER, HELD = ("raises", 0, 0, 0), ("passes", 0, 0, 0), ("passes", 7, 0, 0), ("passes", 2, 0, 0)

PLANTED = {
    "an acknowledgement is ignored when sending": (_careless_about("has it"), 0, RAISED, SOON, ("deed", 0, 0, 0)),
    "a snooze is ignored when sending": (_careless_about("put it off"), 0, RAISED, SOON, ("deed", 0, 3, 3)),
    "an end is ignored when sending": (_careless_about("it is over"), 0, RAISED, SOON, ("deed", 0, 2, 0)),
    "the end is told to everybody": (_careless_about("nobody there"), 0, RAISED, SOON, ("deed", 0, 2, 1)),
    "the end is told to nobody": (
        [(deciding, "_told_that_it_is_over", lambda: lambda alert, _settings, _now: alert)],
        *(0, RAISED, HELD, ("deed", 0, 2, 1), ("passes", 10, 0, 0)),
    ),
    "the source is not asked": (
        [
            (sending, "still_to_say", lambda: _blind_to_sources),
            (looking, "why_over", lambda: lambda _store, _alert: ""),
        ],
        *(0, RAISED, SOON, ("done", 0, 0, 0)),
    ),
    "a batch leaves twice": ([(looking, "flushed", lambda: _flushed(_with_a_twin))], 0, RAISED),
    "a batch loses its last alert": (
        [(looking, "flushed", lambda: _flushed(_without_the_last))],
        *(0, RAISED, ("storm", 0, 0, 0)),
    ),
    "the throttle is off": ([(batching, "free_at", lambda: lambda _sent, _ladder, at: at)], 0, ("storm", 0, 0, 2)),
    "quiet hours are off": (
        [
            (chaining, "quiet_until", lambda: lambda _quiet, _at: None),
            (saying, "quiet_until", lambda: lambda _quiet, _at: None),
        ],
        *(1, ("raises", 0, 1, 0)),
    ),
    "what is critical waits for the morning": ([(chaining, "_quiet", lambda: _even_if_critical)], 1, RAISED),
    "nobody goes on when a message did not arrive": (
        [(sending, "beside", lambda: lambda _notice, _now: ())],
        *(3, ("fails", 0, 2, 4), RAISED),
    ),
    "the last look before sending is left out": (
        [(sending, "_asked_again", lambda: lambda _app, _notice, _items, commit: commit)],
        *(0, RAISED, ("ambush", 2, 0, 0)),
    ),
    "a STOP is ignored": (
        [(sending, "why_unreachable", lambda: lambda *_: "")],
        *(0, RAISED, HELD, ("word", 0, 0, 0)),
    ),
    "a lease never runs out": (
        [(deciding, "_opened_again", lambda: _open_but_idle)],
        *(0, RAISED, SOON, ("deed", 0, 0, 0)),
    ),
    "planned work keeps nothing back": (
        [(deciding, "maintenance_at", lambda: lambda *_: None)],
        *(4, ("passes", 4, 0, 0), RAISED),
    ),
    "a graver alert explains nothing": (
        [(deciding, "muted_by", lambda: lambda *_: None)],
        *(0, ("raises", 3, 0, 0), SOON, ("raises", 2, 0, 0)),
    ),
    "a graver finding changes nothing": (
        [(taking_in, "_more_severe", lambda: lambda alert, _finding, _now: alert)],
        *(0, ("raises", 0, 1, 0), HELD, ("deed", 0, 0, 0), RAISED),
    ),
    "the chain stops at its first step": ([(chaining, "_next_step", lambda: _no_next_step)], 0, RAISED),
    "the first wait is left out": ([(chaining, "_tell", lambda: _told_at_once)], 0, RAISED),
    "a finding is taken in twice": (
        [(looking, "taken_in", lambda: _always_new)],
        0,
        RAISED,
        LATER,
        RAISED,
        LATER,
        RAISED,
    ),
    "the ledger is silent": ([(chaining, "noted", lambda: lambda alert, *_: alert)], 0, RAISED),
}
"""Each fault, and the scene and history in which it shows; the scene plays at ten in the evening where that matters."""


def _blind_to_sources(notice, asked):
    return saying.still_to_say(notice, {key: saying.Asked(each.alert, "", each.heard) for key, each in asked.items()})


def _even_if_critical(_alert, person, settings, now):
    return chaining.quiet_until(settings.people[person].quiet_hours, now)


def _open_but_idle(alert, _now):
    return alert.but(standing=Standing.OPEN, step_at=None, until=None)


def _no_next_step(alert, *_args, **_named):
    return alert.but(step=alert.step + 1, step_at=None)


_tell, _taken_in = chaining._tell, taking_in.taken_in


def _told_at_once(alert, turn, ways, settings, now, *, ready_at=None):
    return _tell(alert, turn, ways, settings, now, ready_at=now)


def _always_new(alert, finding, now):
    if alert is None or finding.over:
        return _taken_in(alert, finding, now)
    return taking_in._more_severe(alert, finding, now)


def _history(scene, *operations):
    at_night = 3 if scene == 1 else 0
    return scene, at_night, 0, [], [(OPS.index(name), *numbers) for name, *numbers in operations]


@pytest.mark.parametrize("fault", PLANTED)
def test_the_judge_finds(fault, monkeypatch):
    faults, *history = PLANTED[fault]
    judged(_history(*history))  # without the fault every promise is kept

    for module, name, make in faults:
        monkeypatch.setattr(module, name, make())
    with pytest.raises(Broken):
        judged(_history(*history))
