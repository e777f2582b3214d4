"""Links for people's answers on one machine: our own address and key, where the settings say nothing of them."""

from dataclasses import replace

from shared import wiring_alerts
from shared.config.secret_references import Secrets
from shared.lazy import Once
from shared.ports import App

KEY = "PROMISEKEEPER_LINK_KEY"
"""The environment variable of the key that the data folder holds."""


def with_local_links(app: App, url: str, key: str) -> App:
    """Return `app` with what its settings lack for links: an address under `url`, and `key` to sign with.

    What the settings have stays, and settings that name nobody need no links.
    """
    alerts = app.settings.alerts
    if not alerts.people or (alerts.link_base is not None and alerts.link_keys):
        return app
    complete = alerts.model_copy(
        update={
            "link_base": alerts.link_base or f"{url.rstrip('/')}/alert_reply",
            "link_keys": alerts.link_keys or (f"env:{KEY}",),
        }
    )
    settings = app.settings.model_copy(update={"alerts": complete})
    if alerts.link_keys:
        return replace(app, settings=settings, alert_links=app.alert_links)
    return replace(app, settings=settings, alert_links=Once(wiring_alerts.links(settings, Secrets({KEY: key}))))
