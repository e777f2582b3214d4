"""The scheduler's crons: what they match, when they fire next, what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cron import Cron, CronError
from infra.local.scheduler import Ticker, jobs

TUESDAY = datetime(2026, 3, 10, 7, 3, 20, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
CRONS = st.sampled_from(
    ["*/5 * * * *", "* * * * *", "0 * * * *", "30 6 * * *", "*/7 */3 * * *", "0 0 1 * *", "15,45 8 * * 1", "0 0 29 2 *"]
)


def at(hour: int, minute: int, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_every_five_minutes_means_the_round_ones():
    cron = Cron.read("*/5 * * * *")

    assert cron.after(TUESDAY) == at(7, 5)
    assert cron.latest(TUESDAY) == at(7, 0)
    assert cron.after(at(7, 5)) == at(7, 10), "a firing is not its own successor"
    assert cron.latest(at(7, 5)) == at(7, 5), "but it is the latest when its minute has begun"


def test_a_daily_cron_goes_over_midnight():
    cron = Cron.read("30 6 * * *")

    assert cron.after(TUESDAY) == at(6, 30, day=11)
    assert cron.latest(at(6, 29)) == at(6, 30, day=9)


@pytest.mark.parametrize("sunday", ["0", "7"])
def test_sunday_has_two_numbers(sunday):
    assert Cron.read(f"0 9 * * {sunday}").after(TUESDAY) == at(9, 0, day=15)


def test_day_of_month_and_weekday_together_mean_either():
    cron = Cron.read("0 9 12 * 5")

    assert [cron.after(TUESDAY), cron.after(at(9, 0, day=12))] == [at(9, 0, day=12), at(9, 0, day=13)]


def test_the_leap_day_is_found_years_ahead_and_back():
    cron = Cron.read("0 0 29 2 *")

    assert cron.after(TUESDAY) == datetime(2028, 2, 29, tzinfo=UTC)
    assert cron.latest(TUESDAY) == datetime(2024, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "*/0 * * * *",
        "1-5 * * * *",
        "a * * * *",
        "*/ * * *",
    ],
)
def test_what_is_not_understood_is_refused_by_name(text):
    with pytest.raises(CronError):
        Cron.read(text)


def test_a_day_that_no_month_has_is_refused_when_it_is_looked_for():
    with pytest.raises(CronError, match="never fires"):
        Cron.read("0 0 30 2 *").after(TUESDAY)


@given(CRONS, INSTANTS)
def test_next_and_latest_are_matches_with_nothing_in_between(text, moment):
    cron = Cron.read(text)
    latest, following = cron.latest(moment), cron.after(moment)

    assert latest <= moment < following
    assert cron.matches(latest)
    assert cron.matches(following)
    assert cron.after(latest) == following
    assert cron.latest(following - timedelta(microseconds=1)) == latest


def test_every_cron_of_the_function_list_is_understood():
    assert {job.function for job in jobs()} >= {"psa_sweep", "alarm_sweep"}


def test_ticks_that_were_slept_through_fire_once_as_the_latest():
    ticker = Ticker(Cron.read("*/5 * * * *"))

    assert ticker.due(at(7, 3)) == at(7, 0), "what happened while we were off is repaired at once"
    assert ticker.due(at(7, 4)) is None
    assert ticker.due(at(7, 5)) == at(7, 5)
    assert ticker.due(at(11, 59)) == at(11, 55)
    assert ticker.due(at(11, 59)) is None


def test_a_clock_set_back_fires_nothing_twice():
    ticker = Ticker(Cron.read("*/5 * * * *"))
    ticker.due(at(8, 0))

    assert ticker.due(at(7, 30)) is None
    assert ticker.due(at(8, 5)) == at(8, 5)
