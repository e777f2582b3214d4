"""What a cold review of the alerts broke: settings that change, what does not arrive, a heart that beats for nobody."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from functions.alert_reply.sms_commands import Word, commands_of, word_of
from functions.heartbeat.rules import A_FEW, STUBBORN
from infra.local import entry_points
from shared import queries, wiring, wiring_alerts
from shared.config.secret_references import Secrets
from shared.errors import PsaRefused
from shared.models.alert import Standing, Way
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Moment, Ticket, TicketState, Told, Touchpoint
from shared.ports import Create, Receipt, SendFailed, SendUncertain
from tests.functions.alerting import AT, DANA, PEOPLE, TOKEN, AlertDesk, alert_settings, finding
from tests.functions.answering import method_of, notice_to, texts

DANA_ONLY = {"managers": {"steps": [{"tell": ["dana"]}], "rounds": 1}}
ANOTHER = "+353871110009"
TICKET = f"ticket-{'a' * 32}"


def ticket(*told: Told, key: str = TICKET, **changes) -> Ticket:
    facts = {"created_at": AT, "updated_at": AT, "first_seen": AT, "told": told, **changes}
    moments = (Moment(at=AT, state=TicketState.NEW),)
    return Ticket(
        id=key, psa="main", psa_id="1", number="4711", title="Printer", status="New", moments=moments, **facts
    )


# ── settings that change ───────────────────────────────────────────────────────────────────────────────────────────

HANDED_OVER = {**PEOPLE, "robin": {**PEOPLE["robin"], "phone": DANA}, "dana": {**PEOPLE["dana"], "phone": ANOTHER}}
RENAMED = {"dana-o": PEOPLE["dana"], "robin": PEOPLE["robin"], "kim": PEOPLE["kim"]}


@pytest.mark.parametrize(("people", "told"), [(RENAMED, "dana-o"), (HANDED_OVER, "robin")], ids=["renamed", "handed"])
def test_the_next_alert_reaches_whoever_has_the_phone_by_now(people, told):
    desk = AlertDesk(chains=DANA_ONLY).finds(finding()).passes(minutes=5)
    desk.with_settings(people=people, chains={"managers": {"steps": [{"tell": [told]}], "rounds": 1}})
    desk.finds(finding("other", at=desk.clock.now(), number="5000")).passes(minutes=10)

    assert notice_to(desk, told).state is OutgoingState.SENT
    assert [number for number, text in desk.texts if "5000" in text] == [DANA]


def test_an_answer_from_a_phone_that_was_handed_over_is_the_deed_of_who_has_it_now():
    desk = AlertDesk(chains=DANA_ONLY).finds(finding()).passes(minutes=5)
    desk.with_settings(people=HANDED_OVER, chains=DANA_ONLY)
    texts(desk, "1a")

    assert (desk.alert().standing, desk.alert().by) == (Standing.ACKNOWLEDGED, "robin")


def test_a_chat_in_doubt_whose_address_was_removed_goes_on_to_the_next_way():
    class Silent:
        def send(self, post, before_commitment) -> Receipt:
            before_commitment()
            raise SendUncertain("no_answer")

    def chat(reference):
        return Silent() if reference else wiring_alerts.chat(Secrets({}))(reference)

    chain = {"chains": DANA_ONLY, "ways": {"critical": ["chat"]}}
    desk = AlertDesk(people={**PEOPLE, "dana": {**PEOPLE["dana"], "chat": "env:DANA_CHAT"}}, **chain)
    desk.app = replace(desk.app, chat=chat)
    desk.finds(finding()).passes(minutes=1)
    assert notice_to(desk, way=Way.CHAT).state is OutgoingState.UNCERTAIN
    desk.with_settings(people=PEOPLE, **chain).passes(minutes=30)

    assert len(desk.texts_to(DANA)) == 1


def circle(*rules):
    return [{"parent": parent, "mutes": [muted]} for parent, muted in rules]


@pytest.mark.parametrize(
    "rules",
    [
        [("client_in_silence", "update_overdue"), ("update_overdue", "client_in_silence")],
        [("stuck", "update_overdue"), ("update_overdue", "client_in_silence"), ("client_in_silence", "stuck")],
    ],
    ids=["directly", "through a third"],
)
def test_kinds_that_mute_each_other_in_a_circle_are_refused(rules):
    with pytest.raises(ValidationError, match="mutes itself, directly or through others"):
        alert_settings(inhibitions=circle(*rules))


def test_a_rule_that_lists_its_own_parent_is_harmless():
    kinds = ["client_in_silence", "update_overdue"]
    desk = AlertDesk(chains=DANA_ONLY, inhibitions=[{"parent": "client_in_silence", "mutes": kinds}])
    desk.finds(finding("a"), finding("b", number="5000")).passes(seconds=10)
    desk.finds(finding("c", at=desk.clock.now(), kind="update_overdue", number="6000")).passes(minutes=5)

    (said,) = desk.texts_to(DANA)
    assert [number in said for number in ("4711", "5000", "6000")] == [True, True, False]


@pytest.mark.parametrize("minutes", [-60, 0, 0.9, 7 * 24 * 60 + 1, 1e12, float("nan"), float("inf")])
def test_a_lease_that_is_over_at_once_or_never_is_refused(minutes):
    with pytest.raises(ValidationError, match="lease_minutes"):
        alert_settings(lease_minutes={"critical": minutes})


@pytest.mark.parametrize("name", ["", " ", "\t \n", "\u00a0"])
def test_a_name_of_nothing_but_space_is_refused(name):
    with pytest.raises(ValidationError, match=r"people\.robin\.name"):
        alert_settings(people={**PEOPLE, "robin": {**PEOPLE["robin"], "name": name}})


# ── what does not arrive ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_expired_while_the_provider_was_away_does_not_block_the_number():
    desk = AlertDesk(chains=DANA_ONLY)
    desk.phone.refusals = [SendFailed("twilio: does not let us in (HTTP 401)", permanent=False) for _ in range(50)]
    desk.finds(finding()).passes(minutes=20)
    assert notice_to(desk).reason.startswith("expired")
    desk.phone.refusals = []
    desk.finds(finding("other", at=desk.clock.now(), number="5000")).passes(minutes=5)

    assert method_of(desk).blocked_until is None
    assert len(desk.texts_to(DANA)) == 1


def test_an_alert_whose_note_the_psa_refuses_goes_another_way_and_is_no_undelivered_note():
    dana = {"name": "Dana Ortiz", "phone": DANA, "ways": {"critical": ["psa_note"]}}
    desk = AlertDesk(people={"dana": dana}, chains=DANA_ONLY)
    desk.store.commit([Create(ticket())])
    desk.psa.refusals = [PsaRefused("the ticket is closed to us")]
    desk.finds(finding(ticket=TICKET, source=TICKET)).passes(minutes=5)

    assert [telling.way for telling in desk.alert().tellings] == [Way.PSA_NOTE, Way.SMS]
    assert len(desk.texts_to(DANA)) == 1
    findings = desk.store.find(queries.FINDINGS, limit=9)
    assert [each.document.kind for each in findings] == ["client_in_silence"]


def test_who_has_no_other_address_is_told_on_the_ticket():
    desk = AlertDesk(people={"dana": {"name": "Dana Ortiz", "phone": DANA}}, chains=DANA_ONLY)
    desk.store.commit([Create(ticket())])
    desk.phone.refusals = [SendFailed("unroutable: 21612", permanent=True)]
    desk.finds(finding(ticket=TICKET, source=TICKET)).passes(minutes=5)

    assert [ticket_id for ticket_id, _, _ in desk.psa.notes] == ["1"]


def test_a_client_who_was_told_between_the_finding_and_its_intake_ends_the_alert():
    told = Told(touchpoint=Touchpoint.RECEIVED, at=AT + timedelta(seconds=20), about=AT, order=0, message="m", why="w")
    desk = AlertDesk(chains=DANA_ONLY)
    desk.store.commit([Create(ticket(told))])
    desk.finds(finding(ticket=TICKET, source=TICKET))
    desk.clock.move_to(AT + timedelta(seconds=60))
    desk.passes(minutes=5)

    assert (desk.alert().standing, desk.texts, desk.mail.mails) == (Standing.RESOLVED, [], [])


@pytest.mark.parametrize("text", ["7 end", "7 info", "Конец end", "7. quit!", "stop7"])
def test_an_answer_in_which_a_carriers_word_is_but_a_part_is_none_of_theirs(text):
    desk = AlertDesk(chains=DANA_ONLY).finds(finding()).passes(minutes=2)

    assert (word_of(text), commands_of(text)) == (None, ())
    assert texts(desk, text).startswith("Not understood")
    assert not method_of(desk).opted_out
    assert word_of("  e.n-d! ") is Word.STOP


# ── the heart ──────────────────────────────────────────────────────────────────────────────────────────────────────


def beats(stubborn: int, *, fresh: bool = False) -> int:
    """Return how often the watch was called, with so many stubborn documents before one that waits for five hours."""
    desk, called = AlertDesk(), []
    watch = type("Watch", (), {"beat": lambda _: called.append(1)})()
    desk.app = replace(desk.app, heartbeat=lambda: watch)
    older = {"alarm_at": AT - timedelta(hours=6), "alarm_generation": STUBBORN}
    waiting = [ticket(key=f"ticket-{n}", **older) for n in range(stubborn)]
    waiting += [ticket(alarm_at=AT - timedelta(hours=5))] if fresh else []
    desk.store.commit([Create(each) for each in waiting])
    wiring.use(desk.app)
    answer = entry_points.post("heartbeat", json.dumps({}).encode(), {"Authorization": f"Bearer {TOKEN}"})
    assert answer.status == (200 if called else 503)
    return len(called)


@pytest.mark.parametrize("stubborn", [0, 1, A_FEW, 50, 60])
def test_work_that_waits_behind_stubborn_documents_stops_the_beats(stubborn, monkeypatch):
    monkeypatch.setattr("functions.heartbeat.main.A_FEW", 1000)  # however many there are: the next page is read, too

    assert beats(stubborn) == 1
    assert beats(stubborn, fresh=True) == 0


def test_a_few_stubborn_documents_are_their_own_trouble_and_more_of_them_are_everybodys():
    assert [beats(A_FEW), beats(A_FEW + 1), beats(3 * A_FEW)] == [1, 0, 0]
