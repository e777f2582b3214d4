"""A recipient is one plain address, or there is a reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.address import BadAddress, mail_address, why_never_mailed


@pytest.mark.parametrize(
    "address",
    [
        "dana@client.example",
        "Dana.O'Neil+it@mail.client.example",
        "d@xn--mller-kva.example",
        "x_y-z@client.xn--p1ai",
        "a" * 64 + "@client.example",
    ],
)
def test_a_plain_address_stays_as_it_is(address):
    assert mail_address(address) == address
    assert mail_address(f" {address} ") == address


@pytest.mark.parametrize(
    "naughty",
    [
        "",
        " ",
        "dana",
        "@client.example",
        "dana@",
        "dana@client",
        "dana@client.example\nBcc: evil@evil.example",
        "dana@client.example\r",
        "dana@client.example, evil@evil.example",
        "dana@client.example;evil@evil.example",
        "Dana <dana@client.example>",
        '"dana"@client.example',
        '"a@b.c> SIZE=1"@client.example',
        "dana@[192.0.2.1]",
        "dana@192.0.2.1",
        "dana@client.example.",
        "dana@client..example",
        "dana@-client.example",
        "dana@client-.example",
        "dana..x@client.example",
        ".dana@client.example",
        "dana.@client.example",
        "da na@client.example",
        "dana(x)@client.example",
        "dana@client.example(x)",
        "dana%evil.example@client.example",
        "evil.example!dana@client.example",
        "=?utf-8?q?dana?=@client.example",
        "-oQ/tmp@client.example",
        "dana@müller.example",
        "dänä@client.example",
        "dana@аррӏе.com",
        "dana＠client.example",
        "ｄａｎａ@client.example",
        "dana@client.example\0",
        "a" * 65 + "@client.example",
        "a" * 60 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + ".example",
        "dana@" + "b" * 64 + ".example",
    ],
)
def test_a_naughty_address_is_refused(naughty):
    with pytest.raises(BadAddress):
        mail_address(naughty)


def test_the_reason_helps_and_never_repeats_the_address():
    with pytest.raises(BadAddress, match="xn--") as refused:
        mail_address("secret@müller.example")

    assert "secret" not in str(refused.value)


@given(st.text() | st.text("ab@.,<>\"' \r\n\\:;()[]-é"))
def test_whatever_passes_is_one_word_with_one_at(text):
    try:
        address = mail_address(text)
    except BadAddress:
        return

    assert address.isascii()
    assert address.count("@") == 1
    assert not set(address) & set(' \r\n\t<>,;:"\\()[]\0')


@pytest.mark.parametrize(
    "address",
    [
        "noreply@client.example",
        "no-reply@client.example",
        "Do-Not-Reply@client.example",
        "MAILER-DAEMON@client.example",
        "bounces+17@client.example",
        "owner-staff@client.example",
        "staff-request@client.example",
        "postmaster@client.example",
    ],
)
def test_nobody_reads_what_a_machine_gets(address):
    assert why_never_mailed(address, ()) == "the address belongs to a machine"


@pytest.mark.parametrize("address", ["help@northwind.example", "x@Sub.Northwind.Example", "intake@psa.example"])
def test_a_mail_to_ourselves_is_a_loop(address):
    assert why_never_mailed(address, ("northwind.example", "intake@psa.example")) == "the address is our own"


@pytest.mark.parametrize(
    "address", ["dana@client.example", "reply@client.example", "norah@notnorthwind.example", "x@psa.example"]
)
def test_people_get_their_mail(address):
    assert why_never_mailed(address, ("northwind.example", "intake@psa.example")) == ""
