"""The one place that has the real time, and chance: everything else is handed a Clock."""

import random
import time
from datetime import UTC, datetime


class SystemClock:
    """Real time. A pause is given or taken a third, so that rivals for one document do not meet again."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        time.sleep(seconds * random.uniform(0.67, 1.33))  # noqa: S311 - spreads load, guards nothing
