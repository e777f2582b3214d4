"""Which phone numbers an SMS may go to. What fraud earns money with, and what surely gets no SMS, is refused.

The rules are those of Google's libphonenumber: the numbering plans of all countries, as of the installed version. It
takes 20 ms to import, so it is imported when a number is looked at.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def country(number: str) -> str:
    """Return the ISO 3166 code of the country of a number in E.164; "" if it has none (satellite phones) or is none."""
    from phonenumbers import region_code_for_number  # noqa: PLC0415

    parsed = _parsed(number)
    region = None if parsed is None else region_code_for_number(parsed)
    return region if region is not None and region.isalpha() else ""


def why_not(number: str, countries: Collection[str]) -> str:
    """Return "" if an SMS may go to `number` (E.164), else a sentence that tells the service manager why not.

    `countries` are the ISO codes of those that are allowed; none means that no number is. The sentence does not repeat
    the number. Whether a mobile number exists cannot be told from its digits.
    """
    from phonenumbers import PhoneNumberType, is_valid_number, number_type  # noqa: PLC0415

    parsed = _parsed(number)
    if parsed is None or not is_valid_number(parsed):
        return "This number cannot exist: it is too short, too long, or in no range that its country has given out."
    kind = number_type(parsed)
    if kind == PhoneNumberType.FIXED_LINE:
        return "This is a landline, which gets no SMS; give a mobile number."
    if kind not in (
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,  # all of North America
        PhoneNumberType.VOIP,  # some get SMS; the provider knows which
    ):
        return f"This is a {_words(kind)} number, not somebody's phone; give a mobile number."
    where = country(number)
    if not where:
        return "This number belongs to no country (a satellite or international network); give a mobile number."
    if where not in countries:
        return f"This number is in {where}, where SMS may not go; add {where} to sms.countries if that is meant."
    return ""


def _parsed(number: str) -> "PhoneNumber | None":
    """Return None for what is no number with its country. Extensions and other text around it make it none."""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse  # noqa: PLC0415

    try:
        parsed = parse(number, None)
    except NumberParseException:
        return None
    return parsed if format_number(parsed, PhoneNumberFormat.E164) == number else None


def _words(kind: int) -> str:
    from phonenumbers import PhoneNumberType  # noqa: PLC0415

    return {
        PhoneNumberType.PREMIUM_RATE: "premium rate",
        PhoneNumberType.SHARED_COST: "shared cost",
        PhoneNumberType.TOLL_FREE: "toll-free",
        PhoneNumberType.PAGER: "pager",
        PhoneNumberType.PERSONAL_NUMBER: "forwarding (personal)",
        PhoneNumberType.UAN: "company",
        PhoneNumberType.VOICEMAIL: "voicemail",
    }.get(kind, "special")
