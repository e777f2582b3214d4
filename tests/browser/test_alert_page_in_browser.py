"""The page of an alert in a real browser: on a phone, by keyboard, in the dark, and under programs that look at links."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.alerts.links import VALID_FOR
from shared.models.alert import Standing
from shared.models.finding import Severity
from tests.browser import chromium
from tests.functions.alerting import AT, AlertDesk, finding
from tests.functions.answering import alert, digest_of, notice_to

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1200, "height": 800}


@pytest.fixture(scope="module")
def browser():
    with chromium.started() as started:
        yield started


@dataclass
class Screen:
    """One person's browser at the page; `faults` is whatever the browser complained of."""

    desk: AlertDesk
    page: Any
    url: str
    faults: list[str]

    def opens(self):
        self.page.goto(self.url)
        return self

    def waits(self, seconds: float = 5):
        """Let so much time go by on the server's clock; nobody sleeps."""
        self.desk.clock.move_to(self.desk.clock.now() + timedelta(seconds=seconds))
        return self

    def presses(self, name: str):
        self.waits().page.get_by_role("button", name=name, exact=True).click()
        return self

    @property
    def status(self) -> str:
        return self.page.get_by_role("status").inner_text()


@contextmanager
def screen(browser, desk: AlertDesk, notice: str, **context: Any):
    with chromium.served(desk) as base:
        opened = browser.new_context(**{"viewport": PHONE, **context})
        page, faults = opened.new_page(), []
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        try:
            yield Screen(desk, page, f"{base}/n/{desk.links.token(notice)}", faults).opens()
        finally:
            opened.close()


def desk_with_one():
    return AlertDesk().finds(finding()).passes(minutes=5)


def digest_desk(count: int = 40):
    desk = AlertDesk()
    kinds = ("client_in_silence", "sweep_blind", "update_overdue", "uncertain_message")
    alerts = [
        alert(
            4711 + n, AT, ("Lakeside Clinic", "Harbor Dental", "Donaudampfschifffahrtsgesellschaft mbH & Co. KG")[n % 3],
            kind=kinds[n % 4], severity=list(Severity)[n % 3], psa="connectwise-main",
        )
        for n in range(count)
    ]  # fmt: skip
    return desk, digest_of(desk, alerts).id


def test_on_a_phone_it_fits_and_every_target_is_big_enough(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id) as at:
        assert at.page.evaluate(chromium.WIDER_THAN_THE_SCREEN) <= 0
        assert at.page.evaluate(chromium.SMALL_TARGETS) == []
        assert at.page.get_by_role("button", name="I have it").bounding_box()["y"] < PHONE["height"] * 0.6
        assert at.faults == []


def test_one_press_takes_it_and_the_page_says_so(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id) as at:
        at.presses("I have it")

        assert at.status == "Done: you have #4711 Lakeside Clinic until 15:05. Nobody else is told meanwhile."
        assert at.page.title() == at.status
        assert desk.alert().by == "dana"
        at.page.reload()
        assert desk.alert().until == AT + timedelta(hours=1, minutes=5, seconds=5)
        assert at.faults == []


def test_by_keyboard_alone_it_is_read_and_taken(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id, viewport=LAPTOP) as at:
        names = []
        for _ in range(7):
            at.page.keyboard.press("Tab")
            names.append(at.page.evaluate("() => document.activeElement.textContent.trim()"))
            outline = at.page.evaluate("() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
            assert outline >= 2, names[-1]

        later = ["30 min", "1 hour", "4 hours", "Tue 08:00"]
        assert names == ["I have it", "It is resolved", *later, "Everything that was decided"]
        at.page.keyboard.press("Enter")
        assert at.page.get_by_text("round 1, step 1: dana by sms and email").is_visible()
        for _ in range(6):
            at.page.keyboard.press("Shift+Tab")
        at.waits().page.keyboard.press("Enter")
        at.page.get_by_role("status").wait_for()
        assert desk.alert().by == "dana"


def test_it_can_be_heard(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id) as at:
        for role in ("banner", "main", "contentinfo", "article"):
            assert at.page.get_by_role(role).count() == 1, role
        assert at.page.get_by_role("heading", level=1).inner_text() == "#4711 Lakeside Clinic: A client hears nothing"
        assert at.page.get_by_role("group", name="Later").get_by_role("button").count() == 4
        assert at.page.locator("html").get_attribute("lang") == "en"
        at.presses("I have it")
        assert at.page.get_by_role("status").count() == 1


def test_in_a_digest_every_button_names_its_alert(browser):
    desk, notice = digest_desk()
    with screen(browser, desk, notice) as at:
        for name in ("I have it #4711 Lakeside Clinic", "It is resolved #4711 Lakeside Clinic"):
            assert at.page.get_by_role("button", name=name, exact=True).count() == 1
        at.page.get_by_text("Later, and details #4711 Lakeside Clinic").click()
        assert at.page.get_by_role("group", name="Later #4711 Lakeside Clinic").count() == 1
        assert at.page.get_by_role("navigation", name="Clients").get_by_role("link").count() == 3
        ids = at.page.evaluate("() => [...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert len(ids) == len(set(ids))
        levels = at.page.evaluate("() => [...document.querySelectorAll('h1,h2,h3')].map((each) => +each.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_digest_fits_a_phone_and_is_taken_at_one_press(browser):
    desk, notice = digest_desk()
    with screen(browser, desk, notice) as at:
        assert at.page.evaluate(chromium.WIDER_THAN_THE_SCREEN) <= 0
        assert at.page.evaluate(chromium.SMALL_TARGETS) == []
        at.presses("I have all of them")
        assert at.status == "Done: you have 40 alerts now."
        assert {each.by for each in desk.alerts()} == {"dana"}
        assert at.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(browser, scheme):
    desk, notice = digest_desk(12)
    with screen(browser, desk, notice, color_scheme=scheme) as at:
        assert at.page.evaluate(chromium.CONTRAST) == []
        at.page.get_by_role("button").first.click()  # at once: asked to press once more
        assert at.page.evaluate(chromium.CONTRAST) == []
        at.presses("Yes: I have all of them")
        assert at.status.startswith("Done")
        assert at.page.evaluate(chromium.CONTRAST) == []
        desk.clock.move_to(AT + VALID_FOR)
        at.opens()
        assert at.page.evaluate(chromium.CONTRAST) == []


def test_a_link_that_is_too_old_says_so(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id) as at:
        desk.clock.move_to(AT + timedelta(days=15))
        at.opens()
        assert at.page.get_by_role("heading", level=1).inner_text() == "This link is too old"
        assert at.page.get_by_role("button").count() == 0
        assert at.page.evaluate(chromium.WIDER_THAN_THE_SCREEN) <= 0


# ── programs that look at links ────────────────────────────────────────────────────────────────────────────────────


def standings(desk):
    return {each.standing for each in desk.alerts()}


def test_a_scanner_that_opens_runs_and_follows_everything_takes_nothing(browser):
    desk, notice = digest_desk()
    with screen(browser, desk, notice) as at:
        at.waits(60)
        for method in ("GET", "HEAD"):
            assert at.page.request.fetch(at.url, method=method).status == 200
        at.opens().page.wait_for_load_state("networkidle")
        links = at.page.evaluate("() => [...document.querySelectorAll('[href], [src], [action]')].map((each) => "
                                 "new URL(each.getAttribute('href') || each.getAttribute('action'), location).href)")  # fmt: skip
        assert links
        for link in sorted(set(links)):
            at.page.goto(link)
        assert standings(desk) == {Standing.OPEN}


@pytest.mark.parametrize("count", [1, 3])
def test_a_scanner_that_presses_every_button_at_once_takes_nothing(browser, count):
    desk, notice = digest_desk(count)
    with screen(browser, desk, notice) as at:
        buttons = at.page.locator("button").count()
        assert buttons >= 6 * count
        for place in range(buttons):
            at.waits(60).opens().page.evaluate(
                "() => document.querySelectorAll('details').forEach((e) => (e.open = true))"
            )
            at.page.locator("button").nth(place).click()
            assert at.status.startswith("Nothing was changed yet")
        assert standings(desk) == {Standing.OPEN}


def test_a_scanner_that_submits_every_form_at_once_takes_nothing(browser):
    desk, notice = digest_desk(3)
    with screen(browser, desk, notice) as at:
        for place in range(at.page.locator("form").count()):
            at.opens()
            with at.page.expect_navigation():
                at.page.evaluate(
                    "n => { const f = document.forms[n]; f.requestSubmit(f.querySelector('button')); }", place
                )
        assert standings(desk) == {Standing.OPEN}


def test_a_form_on_somebody_elses_page_takes_nothing(browser):
    desk = desk_with_one()
    with screen(browser, desk, notice_to(desk).id) as at:
        mark = at.page.locator("input[name=shown]").first.get_attribute("value")
        elsewhere = f"http://localhost:{urlsplit(at.url).port}/alert_reply/elsewhere"
        fields = {"deed": "acknowledge", "alert": desk.alert().id, "shown": mark}
        inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
        html = f'<form method="post" action="{at.url}">{inputs}<button>Win</button></form>'
        at.page.route(elsewhere, lambda route: route.fulfill(body=html, content_type="text/html"))
        at.waits().page.goto(elsewhere)
        at.page.get_by_role("button", name="Win").click()
        assert at.status.startswith("Nothing was changed yet")
        assert desk.alert().is_open
