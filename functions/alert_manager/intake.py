"""What a finding makes of its alert: a new one, one more time, another cycle, or the end of it. Pure."""

from datetime import datetime

from shared.alerts.standing import FOUND_AGAIN, next_round, noted, resolved
from shared.models.alert import Alert, Standing, alert_id
from shared.models.finding import Finding

REMEMBERED_FINDINGS = 20
REMEMBERED_CYCLES = 2


def taken_in(alert: Alert | None, finding: Finding, now: datetime) -> Alert:
    """Return the alert with the finding in it; the same object if it says nothing new."""
    if finding.over:
        return _over(alert, finding, now)
    if alert is None:
        return _opened(finding, now)
    if finding.id in alert.findings or (alert.over_at is not None and finding.at <= alert.over_at):
        return alert
    return _once_more(alert, finding, now)


def _over(alert: Alert | None, finding: Finding, now: datetime) -> Alert:
    """End the alert, unless it was found again since. The end may be heard of first: then what it ended is no news."""
    if alert is None:
        never = _opened(finding, now)
        return resolved(never, "the system", now, f"over before it was heard of: {finding.text}").but(
            over_at=finding.at, alarm_at=None
        )
    if alert.said_at is not None and finding.at < alert.said_at:
        return alert
    return resolved(alert, "the system", now, f"over: {finding.text}").but(
        over_at=max(alert.over_at or finding.at, finding.at)
    )


def _once_more(alert: Alert, finding: Finding, now: datetime) -> Alert:
    seen = alert.but(
        findings=(*alert.findings, finding.id)[-REMEMBERED_FINDINGS:],
        times=alert.times + 1,
        found_at=now,
        text=finding.text,
        owner=finding.owner,
        source=finding.source,
        said_at=max(alert.said_at or finding.at, finding.at),
    )
    if alert.standing is Standing.RESOLVED:
        return _again(seen, finding, now)
    if finding.severity.weight > alert.severity.weight:
        return _more_severe(seen, finding, now)
    return noted(seen, now, f"{FOUND_AGAIN}{seen.times} times); merged into this alert")


def _opened(finding: Finding, now: datetime) -> Alert:
    alert = Alert(
        id=alert_id(finding.kind, finding.dedup_key),
        kind=finding.kind,
        dedup_key=finding.dedup_key,
        severity=finding.severity,
        audience=finding.audience,
        text=finding.text,
        psa=finding.psa,
        ticket=finding.ticket,
        number=finding.number,
        company=finding.company,
        company_id=finding.company_id,
        team=finding.team,
        owner=finding.owner,
        since=finding.since,
        source=finding.source,
        opened_at=now,
        found_at=now,
        changed_at=now,
        said_at=finding.at,
        first_said_at=finding.at,
        findings=(finding.id,),
        step_at=now,
        alarm_at=now,
    )
    return noted(alert, now, f"found: {finding.text}")


def _again(alert: Alert, finding: Finding, now: datetime) -> Alert:
    """It is back: a new cycle, in which everybody is told anew. Who was told long ago is not remembered for ever."""
    recent = tuple(telling for telling in alert.tellings if telling.cycle > alert.cycle + 1 - REMEMBERED_CYCLES)
    reopened = alert.but(
        cycle=alert.cycle + 1,
        standing=Standing.OPEN,
        severity=finding.severity,
        by="",
        until=None,
        since=finding.since,
        opened_at=now,
        first_said_at=finding.at,
        changed_at=now,
        chain="",
        round=0,
        first_round=0,
        step=0,
        step_at=now,
        tellings=recent,
        waiting=(),
        alarm_at=now,
        alarm_generation=0,
    )
    return noted(reopened, now, f"found again after it was over: {finding.text}")


def _more_severe(alert: Alert, finding: Finding, now: datetime) -> Alert:
    """It got worse: whoever had it or put it off did so for less. Told from the first step on."""
    worse = alert.but(
        severity=finding.severity,
        standing=Standing.OPEN,
        by="",
        until=None,
        changed_at=now,
        chain="",
        round=next_round(alert),
        first_round=next_round(alert),
        step=0,
        step_at=now,
        waiting=(),
        alarm_at=now,
        alarm_generation=0,
    )
    return noted(worse, now, f"became {finding.severity}: {finding.text}")
