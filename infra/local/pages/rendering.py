"""From a view to HTML: the templates, and what every one of them may say."""

from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.local.pages import words
from infra.local.pages.alert_words import WAYS
from infra.local.pages.desk import Desk
from infra.local.pages.links import Links
from infra.local.pages.view import View

HERE = Path(__file__).parent


def rendered(view: View, desk: Desk, links: Links) -> str:
    """Return the page. Everything from outside is escaped, and cannot turn a line around."""
    zone = desk.zone
    return (
        _templates()
        .get_template(view.template)
        .render(
            **view.values,
            link=links,
            has_server=links.has_server,
            notice=desk.notice,
            msp=desk.app.settings.msp.name,
            zone=zone.key,
            words=words,
            ways=WAYS,
            today=desk.today(),
            clock_time=partial(words.clock_time, zone=zone),
            day_and_time=partial(words.day_and_time, zone=zone),
            local_day=lambda at: at.astimezone(zone).date(),
        )
    )


_BIDI_CONTROLS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def _without_tricks(value: object) -> object:
    """Return outside text without the controls that turn the rest of a line around; markup is ours and stays."""
    return value.translate(_BIDI_CONTROLS) if type(value) is str else value


@cache
def _templates() -> Environment:
    """Everything is escaped, in every template: titles and names come from whoever can open a ticket."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_without_tricks,
        trim_blocks=True,
        lstrip_blocks=True,
    )
