"""The courses that tickets take: each story yields beats, in minutes after the ticket was opened."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that somebody does `after` minutes. What is None stays as it is.

    `owner` is "me" (the technician of the story) or "other" (a colleague). `note` is internal. `by_client`: no
    technician needs to be at work for it.
    """

    after: float
    state: str | None = None
    owner: str | None = None
    priority: str | None = None
    vendor_reference: str | None = None
    note: str | None = None
    hours: float | None = None
    delete: bool = False
    by_client: bool = False


Story = Callable[[random.Random], Iterator[Beat]]


def fixed_in_the_call(dice: random.Random) -> Iterator[Beat]:
    yield Beat(0.5, state="in_progress", owner="me")
    end = dice.uniform(6, 14)
    yield Beat(end, note="Fixed while the caller was on the line.", hours=0.25)
    yield Beat(end + 0.3, state="resolved")


def handled(dice: random.Random) -> Iterator[Beat]:
    look = dice.uniform(6, 20)
    if dice.random() < 0.5:
        yield Beat(look, priority=dice.choice(("high", "medium", "medium", "low")))
    begin = look + dice.uniform(1, 25)
    yield Beat(begin, state="in_progress", owner="me")
    end = begin + dice.uniform(25, 140)
    yield Beat(begin + (end - begin) * 0.6, note="Looked at the logs; found it.")
    yield Beat(end, hours=round(dice.uniform(0.25, 1.5) * 4) / 4)
    yield Beat(end + 0.5, state="resolved")
    if dice.random() < 0.4:
        yield Beat(end + dice.uniform(40, 90), state="closed")


def question(dice: random.Random) -> Iterator[Beat]:
    begin = dice.uniform(8, 25)
    yield Beat(begin, state="in_progress", owner="me")
    ask = begin + dice.uniform(8, 30)
    yield Beat(ask, note="Asked what is needed and until when.")
    yield Beat(ask + 0.4, state="waiting_on_client")
    answer = ask + dice.uniform(25, 150)
    yield Beat(answer, state="answered", by_client=True)
    again = answer + dice.uniform(4, 12)
    yield Beat(again, state="in_progress")
    yield Beat(again + dice.uniform(20, 80), state="resolved", hours=0.5)


def vendor(dice: random.Random) -> Iterator[Beat]:
    begin = dice.uniform(6, 18)
    yield Beat(begin, state="in_progress", owner="me", priority=dice.choice(("high", "medium")))
    hand_over = begin + dice.uniform(15, 40)
    yield Beat(hand_over, state="waiting_on_vendor", vendor_reference=f"C{dice.randrange(10**6, 10**7)}")
    if dice.random() < 0.6:
        back = hand_over + dice.uniform(90, 240)
        yield Beat(back, state="in_progress", note="The vendor called back.")
        yield Beat(back + dice.uniform(20, 60), state="resolved", hours=0.75)


def flapping(dice: random.Random) -> Iterator[Beat]:
    """Somebody clicks through the statuses, and the PSA's own rules click with them."""
    begin = dice.uniform(7, 15)
    yield Beat(begin, state="in_progress", owner="me")
    at = begin + dice.uniform(20, 50)
    for state in ("waiting_on_client", "in_progress", "waiting_on_vendor", "in_progress"):
        yield Beat(at, state=state)
        at += dice.uniform(0.2, 0.7)
    at += dice.uniform(20, 60)
    for state in ("resolved", "reopened", "resolved"):
        yield Beat(at, state=state)
        at += dice.uniform(0.3, 0.9)


def came_back(dice: random.Random) -> Iterator[Beat]:
    begin = dice.uniform(5, 15)
    yield Beat(begin, state="in_progress", owner="me")
    done = begin + dice.uniform(20, 50)
    yield Beat(done, state="resolved", hours=0.5)
    back = done + dice.uniform(35, 120)
    yield Beat(back, state="reopened", by_client=True)
    yield Beat(back + dice.uniform(8, 20), state="in_progress")
    yield Beat(back + dice.uniform(50, 110), state="resolved", hours=0.75)


def silent(dice: random.Random) -> Iterator[Beat]:
    """Hard work and not a word: the promised time comes before the solution."""
    yield Beat(6, priority="high")
    yield Beat(dice.uniform(9, 14), state="in_progress", owner="me")
    end = dice.uniform(200, 290)
    yield Beat(end / 2, note="Still searching. Compared the two restore points.")
    yield Beat(end, state="resolved", hours=2.5)


def forgotten(dice: random.Random) -> Iterator[Beat]:
    """Picked up in the morning and never touched again."""
    yield Beat(dice.uniform(5, 10), state="in_progress", owner="me", priority="high")


def handed_on(dice: random.Random) -> Iterator[Beat]:
    begin = dice.uniform(6, 15)
    yield Beat(begin, state="in_progress", owner="me")
    hand = begin + dice.uniform(35, 60)
    yield Beat(hand, owner="other", note="This needs somebody who knows the other side.")
    yield Beat(hand + dice.uniform(20, 40), priority="high")
    yield Beat(hand + dice.uniform(70, 150), state="resolved", hours=1.0)


def early(dice: random.Random) -> Iterator[Beat]:
    """Waits for the first technician of the day."""
    yield Beat(5, state="in_progress", owner="me", priority="high")
    yield Beat(dice.uniform(110, 140), state="resolved", hours=0.5)


def untouched(_dice: random.Random) -> Iterator[Beat]:
    """Nobody looks at it on this day."""
    yield from ()


def on_call(dice: random.Random) -> Iterator[Beat]:
    """The one course that runs in the evening: somebody carries the phone."""
    yield Beat(dice.uniform(5, 9), state="in_progress", owner="me", priority="critical", by_client=True)
    yield Beat(dice.uniform(35, 50), state="resolved", hours=0.75, by_client=True)


def spam(dice: random.Random) -> Iterator[Beat]:
    yield Beat(dice.uniform(1, 2), delete=True, by_client=True)


STORIES: dict[str, Story] = {
    "fixed_in_the_call": fixed_in_the_call,
    "handled": handled,
    "question": question,
    "vendor": vendor,
    "flapping": flapping,
    "came_back": came_back,
    "silent": silent,
    "forgotten": forgotten,
    "handed_on": handed_on,
    "early": early,
    "evening": untouched,
    "urgent_evening": on_call,
    "monitoring": handled,
    "no_mail": handled,
    "other_address": question,
    "spam": spam,
    "internal": handled,
}
