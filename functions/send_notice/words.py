"""What a notice says, as SMS, as mail and as chat post: what it is, who has it, since when, what to do. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.alerts.kinds import filled, kind_of
from shared.alerts.standing import span_words
from shared.mail.letter import Letter
from shared.mail.text import cut, one_line
from shared.models.alert import Alert, Errand
from shared.models.contact_method import Code
from shared.models.finding import Severity
from shared.sms.segments import fitted

LONGEST_CLIENT = 24
LISTED_ONE_BY_ONE = 3
CLIENTS_NAMED = 3
_MARK = {Severity.INFO: "", Severity.WARNING: "", Severity.CRITICAL: "CRITICAL "}
_ANSWERS = "{0}a=mine {0}r=done {0}s=later"


@dataclass(frozen=True, slots=True)
class Line:
    """One alert of the notice. `code` are the digits to answer with; 0 if it has none of its own."""

    alert: Alert
    errand: Errand
    code: int = 0

    def brief(self, now: datetime) -> str:
        """Return what it is in one short sentence."""
        client = cut(one_line(self.alert.company or "A client"), LONGEST_CLIENT)
        words = one_line(filled(kind_of(self.alert).brief, self.alert, now, client=client))
        return f"Over: {words}" if self.errand is Errand.RESOLVED else words


def sms(lines: Sequence[Line], codes: Sequence[Code], link: str, now: datetime) -> str:
    """Return the text of at most two segments. The link stands in mid-text: at either end a phone makes a preview."""
    news = [line for line in lines if line.errand is Errand.NEWS]
    answers = " ".join(_answers(news, codes))
    tail = f" {link} {answers}" if link and answers else f" {link or answers}".rstrip()
    if link and not answers:
        tail = f" {link} for more."
    if len(lines) == 1:
        return fitted(_head(lines[0]), _single(lines[0], now), tail)
    if len(lines) <= LISTED_ONE_BY_ONE:
        return fitted(f"{len(lines)} alerts: ", " / ".join(_numbered(line, now) for line in lines), tail)
    return fitted(f"{_counted(lines)}. ", _clients(lines), tail)


def _answers(news: Sequence[Line], codes: Sequence[Code]) -> Iterable[str]:
    if not news or not codes:
        return ()
    if len(codes) == 1:
        return (_ANSWERS.format(codes[0].digits),)
    return (f"{'/'.join(str(code.digits) for code in codes)}+a=mine r=done s=later",)


def _head(line: Line) -> str:
    return "" if line.errand is Errand.RESOLVED else _MARK[line.alert.severity]


def _single(line: Line, now: datetime) -> str:
    if line.errand is Errand.RESOLVED:
        return line.brief(now)
    action = filled(kind_of(line.alert).action, line.alert, now)
    return f"{line.brief(now)} {action}"


def _numbered(line: Line, now: datetime) -> str:
    return f"{line.code}: {line.brief(now)}" if line.code else line.brief(now)


def _counted(lines: Sequence[Line]) -> str:
    """Return "12 alerts, 2 critical, 3 over"."""
    news = [line for line in lines if line.errand is Errand.NEWS]
    critical = sum(line.alert.severity is Severity.CRITICAL for line in news)
    parts = [f"{len(news)} alerts" if len(news) != 1 else "1 alert"]
    parts += [f"{critical} critical"] if critical else []
    parts += [f"{len(lines) - len(news)} over"] if len(lines) > len(news) else []
    return ", ".join(parts)


def _clients(lines: Sequence[Line]) -> str:
    counted = Counter(cut(one_line(line.alert.company or "no client"), LONGEST_CLIENT) for line in lines)
    named = [f"{client} {count}" for client, count in counted.most_common(CLIENTS_NAMED)]
    rest = len(counted) - len(named)
    return ", ".join([*named, *([f"{rest} more clients"] if rest else [])]) + "."


def letter(lines: Sequence[Line], link: str, now: datetime, *, name: str, msp: str, overflow: bool) -> Letter:
    """Return the mail; a digest names every alert that there was no room for."""
    first = lines[0]
    kind = kind_of(first.alert)
    footer = f"{msp} sent this by itself. Answers to this mail are not read: use the button, or the PSA."
    if len(lines) > 1:
        why = "So much came up at once that it is one mail instead of many." if overflow else "They came up together."
        return Letter(
            subject=f"{_counted(lines)}: {_clients(lines)}",
            status=_counted(lines),
            tone="action",
            greeting=f"Hello {name},",
            paragraphs=(why,),
            link=link,
            link_label="Look, and take what is yours",
            entries=tuple((_label(line), line.brief(now)) for line in lines),
            footer=footer,
        )
    over = first.errand is Errand.RESOLVED
    action = filled(kind.action, first.alert, now)
    return Letter(
        subject=f"{_tag(first)} {first.brief(now)}",
        status="Over" if over else kind.title,
        tone="done" if over else "action",
        greeting=f"Hello {name},",
        paragraphs=(_ending(first.alert),) if over else (first.alert.text,),
        asks="" if over else action,
        link=link,
        link_label="Look at it" if over else "I have it",
        rows=_rows(first.alert, now),
        footer=footer,
    )


def chat(lines: Sequence[Line], link: str, now: datetime, *, most: int = 20) -> tuple[str, str]:
    """Return title and text of a post."""
    title = f"{_tag(lines[0])} {kind_of(lines[0].alert).title}" if len(lines) == 1 else _counted(lines)
    listed = [line.brief(now) for line in lines[:most]]
    listed += [f"and {len(lines) - most} more"] if len(lines) > most else []
    return title, "\n".join([*listed, *([f"Take it: {link}"] if link else [])])


def _tag(line: Line) -> str:
    return "[over]" if line.errand is Errand.RESOLVED else f"[{line.alert.severity.value}]"


def _label(line: Line) -> str:
    label = "over" if line.errand is Errand.RESOLVED else line.alert.severity.value
    return f"{label} #{line.alert.number}" if line.alert.number else label


def _ending(alert: Alert) -> str:
    ending = alert.ledger[-1].what if alert.ledger else "it is over"
    return f"You were told of this; nothing is left to do. {ending[:1].upper()}{ending[1:]}."


def _rows(alert: Alert, now: datetime) -> tuple[tuple[str, str], ...]:
    rows = (
        ("Client", alert.company),
        ("Ticket", f"#{alert.number}" if alert.number else None),
        ("Owner", alert.owner),
        ("For", span_words(now - (alert.since or alert.opened_at))),
        ("Told so far", ", ".join(dict.fromkeys(telling.person for telling in alert.tellings))),
    )
    return tuple((label, value) for label, value in rows if value)
