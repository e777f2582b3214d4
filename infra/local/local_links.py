"""Links for people's answers on one machine: our own address and key, where the settings say nothing of them."""

from collections.abc import Mapping
from dataclasses import replace

from shared import wiring_alerts
from shared.config.secret_references import Secrets
from shared.lazy import Once
from shared.ports import App

KEY = "PROMISEKEEPER_LINK_KEY"
"""The environment variable of the key that the data folder holds."""


def with_local_links(app: App, url: str, environ: Mapping[str, str]) -> App:
    """Return `app` with what its settings lack for links: an address under `url`, and the key in `environ`.

    What the settings have stays, and its secrets are in `environ`, too. Settings that name nobody need no links.
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
    return replace(app, settings=settings, alert_links=Once(wiring_alerts.links(settings, Secrets(environ))))
