"""What the sections of the settings are made of: a strict base, and the fields that occur in several of them."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.calendar_spec import clock_time
from shared.mail.address import BadAddress, mail_address


class Section(BaseModel):
    """Base of all sections: frozen, and a key that is not known is an error, not a wish unheard."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _secret_reference(value: str) -> str:
    if not re.fullmatch(r"(env|file|secret-manager):\S+", value):
        raise ValueError("a secret is given by reference, never by value: env:NAME, file:/path or secret-manager:NAME")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value!r} is not an IANA time zone; write for example Europe/Berlin") from None
    return value


def _address(value: str) -> str:
    try:
        return mail_address(value)
    except BadAddress as error:
        raise ValueError(
            f"{value!r} is not one plain mail address ({error}); write for example support@example.com"
        ) from None


def _time_of_day(value: object) -> str:
    if not isinstance(value, str):  # YAML reads a bare 22:00 as the number 1320
        raise ValueError('a time of day stands in quotes: "22:00"')  # noqa: TRY004 - pydantic wants a ValueError
    if clock_time(value) >= timedelta(days=1):
        raise ValueError(f"{value!r} is not a time of day: the latest is 23:59")
    return value


SecretReference = Annotated[str, AfterValidator(_secret_reference)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
HttpsUrl = Annotated[str, Field(pattern=r"^https?://[^\s@]+$")]
Minutes = Annotated[float, Field(ge=0, le=7 * 24 * 60)]
BusinessHours = Annotated[float, Field(gt=0, le=1000)]
TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]
