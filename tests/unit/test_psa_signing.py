"""Secrets that are worth the name, and base64 with one spelling only."""

import base64

import pytest

from shared.errors import ConfigurationError
from shared.psa.signing import decode_base64, usable_secrets


def test_sixteen_characters_are_enough_and_fifteen_are_not():
    assert usable_secrets(("abcdefghijklmnop",), "key") == (b"abcdefghijklmnop",)
    with pytest.raises(ConfigurationError, match="key 1 is shorter than 16"):
        usable_secrets(("abcdefghijklmno",), "key")


def test_a_few_characters_over_and_over_are_a_placeholder():
    assert usable_secrets(("abcde" * 4,), "key")
    with pytest.raises(ConfigurationError, match="placeholder"):
        usable_secrets(("abcd" * 5,), "key")


@pytest.mark.parametrize(
    ("secret", "problem"), [(" abcdefghijklmnop", "white space"), ("abcdefghijklmnop\n", "white space"), ("abcdefghijklmnop\ud800", "not valid text")]
)  # fmt: skip
def test_the_error_says_which_secret_and_what_is_wrong_but_not_the_secret(secret, problem):
    with pytest.raises(ConfigurationError, match=f"^key 2 .*{problem}") as found:
        usable_secrets(("abcdefghijklmnop", secret), "key")

    assert "abcdefgh" not in str(found.value)


def test_letters_beyond_ascii_are_utf_8():
    assert usable_secrets(("sécret-über-lang-genug",), "key") == ("sécret-über-lang-genug".encode(),)


def test_no_secret_at_all_is_an_error():
    with pytest.raises(ConfigurationError, match="there is no key"):
        usable_secrets((), "key")


def test_base64_is_decoded_at_its_size_and_in_its_one_spelling():
    text = base64.b64encode(bytes(range(20))).decode()

    assert decode_base64(text, 20) == bytes(range(20))
    for size in (19, 21):
        assert decode_base64(text, size) is None
    for other in [
        "",
        text[:-1],
        text + "=",
        text[:-2] + "F=",
        " " + text,
        text + "\n",
        text.replace("A", "-"),
        "é" * 28,
    ]:
        assert decode_base64(other, 20) is None
