"""One figure: what was measured, how often, and the middle of it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: str
    runs: int
    goal: str = ""


def cores() -> int:
    return len(os.sched_getaffinity(0))


def microseconds(work: Callable[[int], object], times: int, runs: int = 5) -> float:
    """Return the median over `runs` of the time that one of `times` calls takes."""
    found = []
    for run in range(runs):
        start = perf_counter()
        for number in range(times):
            work(run * times + number)
        found.append((perf_counter() - start) / times * 1e6)
    return median(found)


def table(figures: Sequence[Figure]) -> str:
    width = max(len(figure.what) for figure in figures)
    lines = [
        f"{figure.what:<{width}}  {figure.value:>16}  median of {figure.runs}"
        + (f"  (goal {figure.goal})" if figure.goal else "")
        for figure in figures
    ]
    return "\n".join([f"{cores()} cores", *lines])
