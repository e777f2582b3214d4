"""What became of one message to somebody at the MSP, in a few words."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from infra.alerts.wording import named
from shared.alerts.times import shown_time
from shared.config.alerts import Person
from shared.models.notice import Arrival, Notice
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote

_NOBODY_NEEDS_IT, _QUIET = "nobody_needs_it", "quiet_hours"


def state_of(message: Notice | PsaNote, alert: str, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    """Return what became of the message as far as `alert`, one of those in it, goes."""
    if isinstance(message, PsaNote):
        return _state(message, zone)
    why = next((dropped.why for dropped in message.dropped if dropped.alert == alert), "")
    if why:
        return f"dropped, because {named(why, people)}"
    others = len({item.alert for item in message.items}) - 1
    at = shown_time(message.sent_at or message.decided_at, zone)
    many = (
        f", merged into the digest of {at}" if message.overflow else f", together with {others} more" if others else ""
    )
    return f"{_state(message, zone)}{_arrival(message, zone)}{many}"


def _state(message: Notice | PsaNote, zone: ZoneInfo) -> str:
    reason = message.reason or "no reason was given"
    words = {
        OutgoingState.SENT: f"sent {shown_time(message.sent_at or message.decided_at, zone)}",
        OutgoingState.UNCERTAIN: f"uncertain, it may have gone out ({reason})",
        OutgoingState.HELD: f"not sent: {reason}",
        OutgoingState.DEAD: f"refused: {reason}",
        OutgoingState.CLAIMED: "is being sent",
        OutgoingState.COMMITTING: "is being sent",
    }
    if message.state is OutgoingState.HELD and message.reason == _NOBODY_NEEDS_IT:
        return "dropped, because nobody needed it any more"
    return words.get(message.state) or _pending(message, zone)


def _pending(message: Notice | PsaNote, zone: ZoneInfo) -> str:
    until = f" until {shown_time(message.alarm_at, zone)}" if message.alarm_at else ""
    if message.reason == _QUIET:
        return f"held{until}: quiet hours"
    tried = f", tried {message.attempts} times ({message.reason})" if message.attempts else ""
    return f"waits{until}{tried}"


def _arrival(notice: Notice, zone: ZoneInfo) -> str:
    if notice.arrival is Arrival.UNKNOWN or notice.arrived_at is None:
        return ""
    return f", {notice.arrival} {shown_time(notice.arrived_at, zone)}"
