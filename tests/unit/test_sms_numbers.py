"""Which numbers an SMS may go to, with numbers of many numbering plans; none of them is anybody's."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sms.numbers import country, why_not
from tests.naughty_strings import naughty_strings

EVERYWHERE = ("IE", "GB", "US", "DE", "AU", "JM", "IM", "FR", "IT")

MOBILES = {
    "+353875550142": "IE",
    "+12025550142": "US",
    "+447400123456": "GB",
    "+4915123456789": "DE",
    "+61491570006": "AU",
    "+33612345678": "FR",
    "+393123456789": "IT",
}


@pytest.mark.parametrize(("number", "where"), MOBILES.items())
def test_a_mobile_number_in_an_allowed_country_may_be_sent_to(number, where):
    assert country(number) == where
    assert why_not(number, (where,)) == ""


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("+4930123456", "landline"),
        ("+35312345678", "landline"),
        ("+19005550123", "premium rate"),
        ("+447012345678", "forwarding"),
        ("+353818123456", "company"),
        ("+18005550123", "toll-free"),
        ("+491801234567", "shared cost"),
        ("+8821612345678", "no country"),
        ("+35387555014", "cannot exist"),
        ("+3538755501422222", "cannot exist"),
        ("+9991234567", "cannot exist"),
        ("+12021110142", "cannot exist"),
    ],
)
def test_what_gets_no_sms_or_costs_a_fortune_is_refused_with_its_reason(number, says):
    sentence = why_not(number, EVERYWHERE)

    assert says in sentence
    assert sentence.endswith(".")
    assert number not in sentence


@pytest.mark.parametrize(("number", "where"), [("+18765550123", "JM"), ("+447624123456", "IM")])
def test_a_country_that_shares_another_countrys_code_is_its_own(number, where):
    """The Caribbean islands within +1 are where premium fraud hides behind a number that looks American."""
    assert country(number) == where
    assert where in why_not(number, ("US", "GB"))
    assert why_not(number, (where,)) == ""


def test_no_country_allowed_allows_none():
    assert "IE" in why_not("+353875550142", ())


@pytest.mark.parametrize(
    "number", ["", "+", "0875550142", "+353 87 555 0142", "+353875550142;ext=1", "tel:+353875550142", "+٣٥٣٨٧٥٥٥٠١٤٢"]
)
def test_what_is_not_e164_is_no_number(number):
    assert country(number) == ""
    assert "cannot exist" in why_not(number, EVERYWHERE)


@given(st.text(max_size=40) | st.from_regex(r"\+[0-9]{0,20}", fullmatch=True))
def test_any_text_gets_an_answer(text):
    assert isinstance(why_not(text, EVERYWHERE), str)
    assert country(text) == "" or len(country(text)) == 2


def test_naughty_strings_are_no_numbers():
    assert all(why_not(text, EVERYWHERE) for text in naughty_strings())


def test_the_library_is_loaded_only_when_a_number_is_looked_at():
    code = "import sys, shared.sms.numbers; sys.exit('phonenumbers' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
