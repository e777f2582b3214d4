"""The queues of `infra/functions.json` for the embedded queue, so that one machine behaves as the cloud does."""

import json
from datetime import timedelta
from typing import Any

from infra.local.host import ROOT
from shared.adapters.queueing.settings import QueueSettings


def queue_settings() -> dict[str, QueueSettings]:
    """Return the settings of every function that gets tasks, by its name."""
    listed = json.loads((ROOT / "infra" / "functions.json").read_text(encoding="utf-8"))
    return {entry["name"]: _settings(entry["queue"]) for entry in listed["functions"] if "queue" in entry}


def _settings(queue: dict[str, Any]) -> QueueSettings:
    return QueueSettings(
        max_attempts=queue["max_attempts"],
        min_backoff=timedelta(seconds=queue["min_backoff_seconds"]),
        max_backoff=timedelta(seconds=queue["max_backoff_seconds"]),
        max_doublings=queue["max_doublings"],
        per_second=queue["per_second"],
        max_concurrent=queue["max_concurrent"],
    )
