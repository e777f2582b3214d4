"""What a notice says as an SMS: at most two segments with what it is, the link, and the digits to answer with. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.alerts.kinds import filled, kind_of
from shared.mail.text import cut, one_line
from shared.models.alert import Alert, Errand
from shared.models.contact_method import Code
from shared.models.finding import Severity
from shared.sms.segments import fitted

LONGEST_CLIENT = 24
LISTED_ONE_BY_ONE = 3
CLIENTS_NAMED = 3
_MARK = {Severity.INFO: "", Severity.WARNING: "", Severity.CRITICAL: "CRITICAL "}
_BETWEEN = " / "
_ROOM = 300  # septets of two segments, with a few for an ellipsis, which takes three
_LEAST_SHARE = 20
_ANSWERS = "{0}a=mine {0}r=done {0}s=later"


@dataclass(frozen=True, slots=True)
class Line:
    """One alert of the notice. `code` are the digits to answer with; 0 if it has none of its own."""

    alert: Alert
    errand: Errand
    code: int = 0

    def brief(self, now: datetime, *, short: bool = False) -> str:
        """Return what it is in a sentence or two; only the first, if it is to be `short`."""
        template = kind_of(self.alert).brief
        if short and ". " in template:
            template = f"{template.partition('. ')[0]}."
        client = cut(one_line(self.alert.company or "A client"), LONGEST_CLIENT)
        words = one_line(filled(template, self.alert, now, client=client))
        return f"Over: {words}" if self.errand is Errand.RESOLVED else words


@dataclass(frozen=True, slots=True)
class SmsParts:
    """`needed` is what must not be lost; `action` may be cut for want of room; `before` and `after` are never cut."""

    before: str
    needed: str
    action: str
    after: str

    @property
    def outside(self) -> str:
        return f"{self.needed} {self.action}".rstrip()


def sms(lines: Sequence[Line], codes: Sequence[Code], link: str, now: datetime) -> str:
    """Return the text of at most two segments. The link stands in mid-text: at either end a phone makes a preview."""
    parts = sms_parts(lines, codes, link, now)
    return fitted(parts.before, parts.outside, parts.after)


def sms_parts(lines: Sequence[Line], codes: Sequence[Code], link: str, now: datetime) -> SmsParts:
    """Return what the SMS is put together from, whatever its length. News that nobody can take has no answers."""
    news = [line for line in lines if line.errand is Errand.NEWS and kind_of(line.alert).lasting]
    answers = " ".join(_answers(news, codes))
    after = f" {link} {answers or 'for more.'}" if link else f" {answers}".rstrip()
    if len(lines) == 1:
        over = lines[0].errand is Errand.RESOLVED
        return SmsParts(_head(lines[0]), lines[0].brief(now, short=over), _action(lines[0], now), after)
    if len(lines) <= LISTED_ONE_BY_ONE:
        before = f"{len(lines)} alerts: "
        return SmsParts(before, _listed(lines, _ROOM - len(before) - len(after), now), "", after)
    return SmsParts(f"{counted(lines)}. ", clients(lines), "", after)


def counted(lines: Sequence[Line]) -> str:
    """Return "12 alerts, 2 critical, 3 over"."""
    news = [line for line in lines if line.errand is Errand.NEWS]
    critical = sum(line.alert.severity is Severity.CRITICAL for line in news)
    parts = [f"{len(news)} alerts" if len(news) != 1 else "1 alert"]
    parts += [f"{critical} critical"] if critical else []
    parts += [f"{len(lines) - len(news)} over"] if len(lines) > len(news) else []
    return ", ".join(parts)


def clients(lines: Sequence[Line]) -> str:
    """Return "Lakeside Clinic 3, Hill Dental 2, 4 more clients."."""
    each = Counter(cut(one_line(line.alert.company or "no client"), LONGEST_CLIENT) for line in lines)
    named = [f"{client} {count}" for client, count in each.most_common(CLIENTS_NAMED)]
    rest = len(each) - len(named)
    more = [f"{rest} more client{'s' if rest > 1 else ''}"] if rest else []
    return ", ".join([*named, *more]) + "."


def _answers(news: Sequence[Line], codes: Sequence[Code]) -> Iterable[str]:
    if not news or not codes:
        return ()
    if len(codes) == 1:
        return (_ANSWERS.format(codes[0].digits),)
    return (f"{'/'.join(str(code.digits) for code in codes)}+a=mine r=done s=later",)


def _head(line: Line) -> str:
    return "" if line.errand is Errand.RESOLVED else _MARK[line.alert.severity]


def _action(line: Line, now: datetime) -> str:
    return "" if line.errand is Errand.RESOLVED else filled(kind_of(line.alert).action, line.alert, now)


def _listed(lines: Sequence[Line], room: int, now: datetime) -> str:
    """Return each alert with its digits. If there is no room for all, each gets its share: none pays for another."""
    briefs = [(f"{line.code}: " if line.code else "") + line.brief(now, short=True) for line in lines]
    whole = _BETWEEN.join(briefs)
    share = max(room // len(lines) - len(_BETWEEN), _LEAST_SHARE)
    return whole if len(whole) <= room else _BETWEEN.join(cut(brief, share) for brief in briefs)
