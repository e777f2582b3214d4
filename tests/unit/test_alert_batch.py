"""What one contact method gets: together within the first wait, a digest in a storm, each alert in exactly one."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.alert_manager.batch import CODES, flushed, gathered
from shared.alerts.throttle import free_at
from shared.models.alert import Telling, Way
from shared.models.contact_method import ContactMethod, contact_method_id
from shared.models.finding import Severity
from tests.unit.alert_paper import AT, MINUTE, SECOND, opened, settings_of

SETTINGS = settings_of()


class Phone:
    """One contact method: `takes` an alert, `passes` time in which whatever is due leaves."""

    def __init__(self, **changes):
        self.settings = settings_of(**changes) if changes else SETTINGS
        self.method = ContactMethod(id=contact_method_id(Way.SMS, "+353871110001"), person="dana", way=Way.SMS)
        self.now = AT
        self.left = []
        self.promised = {}

    def takes(self, key, severity=Severity.CRITICAL):
        alert = opened(self.now, severity, key)
        telling = Telling(
            cycle=1,
            round=0,
            step=0,
            person="dana",
            way=Way.SMS,
            at=self.now,
            ready_at=self.now + self.settings.first_wait,
        )
        self.method, self.promised[alert.id] = gathered(self.method, telling, alert, self.settings, self.now)
        return self

    def passes(self, span):
        end = self.now + span
        while self.method.alarm_at is not None and self.method.alarm_at <= end:
            self.now = max(self.now, self.method.alarm_at)
            decision = flushed(self.method, self.settings, self.now)
            self.method = decision.document
            self.left += decision.creates
        self.now = end
        return self

    @property
    def sizes(self):
        return [len(notice.items) for notice in self.left]


def test_what_comes_up_within_the_first_wait_is_one_message():
    phone = Phone().takes("a").passes(20 * SECOND).takes("b").passes(2 * MINUTE)

    assert phone.sizes == [2]
    assert phone.left[0].decided_at == AT + 50 * SECOND


def test_nothing_leaves_before_the_first_wait():
    assert Phone().takes("a").passes(29 * SECOND).left == []


def test_what_comes_after_is_a_message_of_its_own_as_soon_as_the_ladder_has_room():
    phone = Phone().takes("a").passes(31 * SECOND).takes("b").passes(5 * MINUTE)

    assert phone.sizes == [1, 1]
    assert phone.left[1].decided_at - phone.left[0].decided_at >= MINUTE


def test_many_at_once_soon_after_another_message_wait_for_the_digest():
    phone = Phone().takes("first").passes(MINUTE)
    for n in range(20):
        phone.takes(f"storm-{n}", Severity.WARNING).passes(SECOND)
    phone.passes(15 * MINUTE)

    assert phone.sizes == [1, 20]
    assert phone.left[1].overflow
    assert phone.left[1].decided_at - AT - MINUTE <= 11 * MINUTE


def test_a_digest_with_something_critical_comes_sooner():
    def waited(severity):
        phone = Phone().takes("first").passes(MINUTE)
        for n in range(20):
            phone.takes(f"storm-{n}", severity if n == 10 else Severity.WARNING)
        phone.passes(15 * MINUTE)
        return phone.left[1].decided_at - AT - MINUTE

    assert waited(Severity.CRITICAL) == 6 * MINUTE
    assert waited(Severity.WARNING) == 10 * MINUTE


def test_a_batch_leaves_once_however_often_it_is_let_out():
    phone = Phone().takes("a")
    late = flushed(phone.method, SETTINGS, AT + MINUTE)
    again = flushed(late.document, SETTINGS, AT + MINUTE)

    assert len(late.creates) == 1
    assert again.creates == ()


def test_the_notice_that_leaves_is_the_one_that_the_alert_was_promised():
    phone = Phone().takes("a").passes(40 * SECOND).takes("b").takes("c").passes(20 * MINUTE)

    assert {item.alert: notice.id for notice in phone.left for item in notice.items} == phone.promised


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=60))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_in_exactly_one_message_within_the_ladder_and_in_time(coming):
    phone, since = Phone(), {}
    for n, (gap, grave) in enumerate(coming):
        phone.passes(gap * SECOND).takes(f"key-{n}", Severity.CRITICAL if grave else Severity.WARNING)
        since.update({alert: phone.now for alert in phone.promised if alert not in since})
    phone.passes(timedelta(hours=12))

    carried = {item.alert: notice for notice in phone.left for item in notice.items}
    times = [notice.decided_at for notice in phone.left]
    assert sum(phone.sizes) == len(coming)
    assert {alert: notice.id for alert, notice in carried.items()} == phone.promised
    assert phone.method.batches == ()
    assert all(free_at(times[:n], SETTINGS.throttle, at) == at for n, at in enumerate(times))
    assert all(earlier < later for earlier, later in pairwise(times))
    for alert, at in since.items():
        before = [time for time in times if time <= carried[alert].decided_at]
        full = len(before) > 5
        assert carried[alert].decided_at - at <= (timedelta(hours=3) if full else 17 * MINUTE)


# ── the digits to answer with ──────────────────────────────────────────────────────────────────────────────────────


def digits(notice):
    return [code.digits for code in notice.codes]


def test_each_alert_of_a_short_message_has_digits_of_its_own():
    phone = Phone().takes("a").takes("b").takes("c").passes(MINUTE)

    assert digits(phone.left[0]) == [1, 2, 3]
    assert [code.target for code in phone.left[0].codes] == [item.alert for item in phone.left[0].items]


def test_a_message_about_many_has_digits_as_a_whole():
    phone = Phone().takes("a").takes("b").takes("c").takes("d").passes(MINUTE)

    assert [(code.digits, code.target) for code in phone.left[0].codes] == [(1, phone.left[0].id)]


def test_the_same_alert_keeps_its_digits_in_a_later_message():
    phone = Phone().takes("a").passes(3 * MINUTE).takes("b").passes(3 * MINUTE).takes("a").passes(3 * MINUTE)

    assert [digits(notice) for notice in phone.left] == [[1], [2], [1]]


def test_a_mail_needs_no_digits():
    phone = Phone()
    phone.method = phone.method.but(way=Way.EMAIL)

    assert phone.takes("a").passes(MINUTE).left[0].codes == ()


def test_after_all_digits_are_used_the_oldest_are_given_again_and_none_twice():
    phone = Phone(throttle=[])
    for n in range(CODES + 30):
        phone.takes(f"key-{n}").passes(2 * MINUTE)

    given_out = [digits(notice)[0] for notice in phone.left]
    assert given_out == [*range(1, CODES + 1), *range(1, 31)]
    assert len(phone.method.codes) == CODES
    assert len({code.digits for code in phone.method.codes}) == CODES


def test_digits_are_never_shared_within_three_days():
    phone = Phone(throttle=[])
    for n in range(50):
        phone.takes(f"a-{n}").takes(f"b-{n}").takes(f"c-{n}").passes(5 * MINUTE)

    for notice in phone.left:
        assert len(set(digits(notice))) == 3
    assert len({code.digits for code in phone.method.codes}) == len(phone.method.codes)
