"""The way of one notice: what of it is still to be said, to whom, then the channel."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from functions.send_notice.asking import ask
from functions.send_notice.consent import learned_from, ran_out
from functions.send_notice.news import NOBODY_NEEDS_IT, beside
from functions.send_notice.postings import Posting, posting_for
from functions.send_notice.rules import (
    NO_ROOM,
    QUIET_HOURS,
    another_place,
    put_off,
    quiet_end,
    still_to_say,
    why_unreachable,
)
from shared.edge.task_call import TaskCall
from shared.models.contact_method import ContactMethod, Item
from shared.models.notice import Dropped, Notice
from shared.models.outgoing import OutgoingState
from shared.outgoing.claim import NotNow, given_up, held, why_not_now
from shared.outgoing.delivery import Delivery
from shared.ports import App, Found, SendFailed
from shared.step import Decision, step

AT_ONCE = timedelta(seconds=5)


def deliver(call: TaskCall, app: App, found: Found[Notice]) -> str:
    """Send the notice or note why not; return what came of it in one word."""
    notice = found.document
    via = f"{notice.way}:{app.settings.alerts.sms.channel if notice.way == 'sms' else app.settings.mail.channel}"
    delivery = Delivery(call, app, found, via=via, beside=beside)
    not_now = why_not_now(notice, app.clock.now())
    if not_now is NotNow.IN_DOUBT:
        state = delivery.look_up(lambda: posting_for(app, notice, (), {}).was_sent(since=notice.decided_at))
        if state is not OutgoingState.PENDING:
            return state
        not_now = why_not_now(delivery.document, app.clock.now())  # its time may have run out meanwhile
    if not_now is NotNow.TRIES_RAN_OUT:
        return delivery.conclude(given_up)
    if not_now is NotNow.EXPIRED:
        return delivery.conclude(partial(held, reason="expired"))
    return _say(app, delivery)


def _say(app: App, delivery: Delivery[Notice]) -> str:
    notice, settings = delivery.document, app.settings.alerts
    asked = ask(app.store, notice)
    items, dropped = still_to_say(notice, asked)
    if not items:
        return delivery.conclude(partial(not_needed, dropped=dropped))
    reason = _why_unreachable(app, notice)
    if reason:
        return delivery.conclude(partial(held, reason=reason))
    until = quiet_end(notice, items, settings, app.clock.now())
    if until is not None:
        return delivery.conclude(partial(put_off, until=until, reason=QUIET_HOURS))
    until = _no_room_until(app, notice)
    if until is not None:
        return delivery.conclude(partial(put_off, until=until, reason=NO_ROOM))
    posting = posting_for(app, notice, items, {key: each.alert for key, each in asked.items() if each.alert})
    outcome = delivery.hand_over(
        lambda commit: posting.send(_asked_again(app, notice, items, commit)),
        commit_at_once=posting.knows_ids,
        change=partial(_frozen, posting=posting, dropped=dropped),
    )
    if outcome == OutgoingState.DEAD and not ran_out(delivery.document.reason):
        step(app, ContactMethod, notice.method, partial(learned_from, delivery.document.reason))
    return outcome


def _why_unreachable(app: App, notice: Notice) -> str:
    method = app.store.get(ContactMethod, notice.method)
    return why_unreachable(notice, method.document if method else None, app.settings.alerts, app.clock.now())


def _no_room_until(app: App, notice: Notice) -> datetime | None:
    """Return when the throttle ladder has room; None if it has now, and then the place is taken.

    A notice that leaves as soon as it was made has had its place since then. One that was put off, that could not leave
    at the first try, or whose task came late, has to move its place to now: what comes later counts later.
    """
    if notice.attempts == 0 and app.clock.now() - notice.decided_at <= AT_ONCE:
        return None
    free: datetime | None = None

    def take(method: ContactMethod | None, now: datetime) -> Decision[ContactMethod]:
        nonlocal free
        after, free = another_place(method, notice, app.settings.alerts, now)
        return Decision(after)

    step(app, ContactMethod, notice.method, take)
    return free


def not_needed(notice: Notice, now: datetime, *, dropped: tuple[Dropped, ...]) -> Notice:
    """Return the notice as held, with what it would have spoken of. What is over, or in other hands, stays as it is."""
    after = held(notice, now, NOBODY_NEEDS_IT)
    return after if after is notice else after.but(dropped=dropped)


def _frozen(notice: Notice, _now: datetime, *, posting: Posting, dropped: tuple[Dropped, ...]) -> Notice:
    return notice.but(text=posting.text, dropped=dropped)


def _asked_again(app: App, notice: Notice, items: tuple[Item, ...], commit: Callable[[], None]) -> Callable[[], None]:
    """Return what runs right before the point of no return: a last-moment "I have it" or STOP is heard."""

    def before_commitment() -> None:
        now_is, _ = still_to_say(notice, ask(app.store, notice, only={item.alert for item in items}))
        if len(now_is) < len(items) or _why_unreachable(app, notice):
            raise SendFailed("overtaken: somebody took it just now", permanent=False, retry_after=1.0)
        commit()

    return before_commitment
