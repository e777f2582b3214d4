"""A header that carries a proof: found in any case, and believed only if there is exactly one plain value."""

import pytest
from werkzeug.datastructures import Headers, MultiDict

from shared.errors import Unauthenticated
from shared.psa.headers import single_header


@pytest.mark.parametrize("name", ["x-proof", "X-Proof", "X-PROOF"])
def test_it_is_found_whatever_its_case_and_its_neighbours(name):
    headers = {"Accept": "*/*", name: "abc", "x-proof-2": "def", None: "ghi"}

    assert single_header(headers, "x-proof") == "abc"
    assert single_header(Headers([("Accept", "*/*"), (name, "abc")]), "x-proof") == "abc"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-other": "abc"},
        {"x-proof": "abc", "X-Proof": "abc"},
        Headers([("X-Proof", "abc"), ("x-proof", "abc")]),
        MultiDict([("x-proof", "abc"), ("x-proof", "def")]),
    ],
)
def test_none_and_several_are_refused(headers):
    """Also if the mapping shows only one of them."""
    with pytest.raises(Unauthenticated, match="once"):
        single_header(headers, "x-proof")


@pytest.mark.parametrize("value", ["", "x" * 8193, None, 5, b"abc", ["abc"]])
def test_what_is_empty_too_long_or_not_text_is_refused(value):
    with pytest.raises(Unauthenticated, match="empty or too long"):
        single_header({"x-proof": value}, "x-proof")


@pytest.mark.parametrize("value", ["é", "а", "a\tb", "a\nb", "a\r\n b", "a\0", "\x7f", "\ud800", "\u202ea"])
def test_what_is_not_printable_ascii_is_refused(value):
    with pytest.raises(Unauthenticated, match="printable ASCII"):
        single_header({"x-proof": value}, "x-proof")


@pytest.mark.parametrize("value", ["x", " ", "x" * 8192])
def test_one_to_8192_characters_are_accepted(value):
    assert single_header({"x-proof": value}, "x-proof") == value
