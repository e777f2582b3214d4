"""What is stored of the alerts and what still waits, as a person could find it: read beside the running platform."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from shared.models.alert import Alert, Errand, Standing
from shared.models.contact_method import Item
from shared.models.finding import Finding
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.queries import (
    ALERTS,
    FINDINGS,
    NOTICES_BY_STATE,
    OVERDUE_CONTACT_METHODS,
    OVERDUE_FINDINGS,
    OVERDUE_UNREACHED,
)
from tests.faults.history import History
from tests.faults.stock import PAGE, Stock

LONGEST_DELAY = timedelta(minutes=2)  # of the fast clock: what is due now and then is done within it
FAR = timedelta(days=8)
_AT_WORK = (OutgoingState.PENDING, OutgoingState.CLAIMED, OutgoingState.COMMITTING)


class AlertStock(Stock):
    def is_quiet(self) -> bool:
        """True when everybody was told whose turn comes, and every doubt was asked about as often as it will be."""
        until = self.clock.now() + FAR
        waiting = (OVERDUE_FINDINGS, OVERDUE_CONTACT_METHODS, OVERDUE_UNREACHED)
        if any(self._store.find(query, until=until, limit=1) for query in waiting):
            return False
        if any(_is_at_work(notice) for notice in self.notices()):
            return False
        return not any(_goes_on(alert) for alert in self.every(ALERTS))

    def notices(self) -> Iterator[Notice]:
        """Return all notices, by the lists of their states: what is on none of them nobody could find."""
        return (notice for state in OutgoingState for notice in self.every(NOTICES_BY_STATE, state=state))

    def note(self, history: History) -> None:
        for finding in self.every(FINDINGS):
            _note_finding(history, finding)
        for alert in self.every(ALERTS):
            self._note_alert(history, alert)
        for notice in self.notices():
            _note_notice(history, notice)
        self.note_undone(history)

    def _note_alert(self, history: History, alert: Alert) -> None:
        tellings = [
            {
                "turn": [telling.cycle, telling.round, telling.step],
                "person": telling.person,
                "way": telling.way.value,
                "errand": telling.errand.value,
                "notice": telling.notice,
                "unreached": telling.unreached,
            }
            for telling in alert.tellings
        ]
        history.add(
            "alert",
            id=alert.id,
            severity=alert.severity.value,
            standing=alert.standing.value,
            times=alert.times,
            cycle=alert.cycle,
            opened=history.after(self.clock.monotonic(alert.changed_at)),
            chain=alert.chain,
            tellings=tellings,
        )

    def _undone(self) -> Iterator[str]:
        """Looks at alerts never cease: one is left undone if it is late, not if it is due."""
        for letter in self._queue.dead_letters(PAGE):
            yield f"the buried task {letter.name} of {letter.function}: {letter.reason}"
        for document in self._overdue(self.clock.now() - LONGEST_DELAY):
            yield f"the look at {document.id}"


def _is_at_work(notice: Notice) -> bool:
    return notice.state in _AT_WORK or (notice.state is OutgoingState.UNCERTAIN and notice.alarm_at is not None)


def _goes_on(alert: Alert) -> bool:
    if alert.standing is Standing.SNOOZED or alert.to_gather or alert.waiting:
        return True
    return alert.standing is Standing.OPEN and alert.step_at is not None


def _said(notice: Notice) -> Iterable[Item]:
    """Of several items about one alert those were dropped that came first; what is left of one errand is said once."""
    left = Counter(dropped.alert for dropped in notice.dropped)
    said: dict[tuple[str, Errand], Item] = {}
    for item in notice.items:
        if left[item.alert]:
            left[item.alert] -= 1
        else:
            said[item.alert, item.errand] = item
    return said.values()


def _note_finding(history: History, finding: Finding) -> None:
    history.add("stored_finding", id=finding.id, taken=finding.taken)


def _note_notice(history: History, notice: Notice) -> None:
    named = [
        {"alert": item.alert, "turn": [item.cycle, item.round, item.step], "errand": item.errand.value}
        for item in _said(notice)
    ]
    history.add(
        "notice",
        id=notice.id,
        state=notice.state.value,
        reason=notice.reason,
        reference=notice.reference,
        to_be_asked=notice.alarm_at is not None,
        person=notice.person,
        way=notice.way.value,
        overflow=notice.overflow,
        named=named,
    )
