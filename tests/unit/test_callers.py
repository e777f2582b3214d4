"""Who may call our private functions."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.callers import OidcClaims, SharedToken

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
OURS = OidcClaims(frozenset({"tasks@project.example"}), frozenset({"https://a.example/worker"}), lambda: NOW)
CLAIMS = {
    "iss": "https://accounts.google.com",
    "aud": "https://a.example/worker",
    "email": "tasks@project.example",
    "email_verified": True,
    "exp": int(NOW.timestamp()) + 3600,
}


def token(claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return {"Authorization": f"Bearer eyJhbGciOiJSUzI1NiJ9.{body}.SIGNATURE_REMOVED_BY_GOOGLE"}


def test_our_own_queue_may_call():
    assert OURS(token(CLAIMS))
    assert OURS({"Authorization": token(CLAIMS)["Authorization"].replace("Bearer", "bearer")})


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "other@project.example"},
        {"email": None},
        {"email": ["tasks@project.example"]},
        {"email_verified": False},
        {"email_verified": "true"},
        {"aud": "https://a.example/another"},
        {"aud": ["https://a.example/worker"]},
        {"aud": "https://a.example/worker/"},
        {"exp": int(NOW.timestamp())},
        {"exp": "4102444800"},
        {"exp": None},
        {"exp": {}},
    ],
)
def test_a_token_of_somebody_else_for_something_else_or_too_old_is_refused(wrong):
    assert not OURS(token({**CLAIMS, **wrong}))


@pytest.mark.parametrize("body", ["", "e30", "bnVsbA", "W10", "!!!!", "W" * 50_000, "_w", "a"])
def test_what_is_no_token_is_refused(body):
    assert not OURS({"Authorization": f"Bearer a.{body}.b"})


@given(st.dictionaries(st.sampled_from(["Authorization", "X"]), st.text(max_size=60)))
def test_no_header_breaks_the_check(headers):
    assert not OURS(headers)
    assert not SharedToken("x" * 32)(headers)


@given(st.text(max_size=40))
def test_no_credentials_break_the_check(text):
    assert not OURS({"Authorization": f"Bearer {text}"})
    assert not SharedToken("x" * 41)({"Authorization": f"Bearer {text}"})


def test_an_empty_token_opens_nothing():
    assert not SharedToken("x" * 32)({})
    assert not SharedToken("x" * 32)({"Authorization": "Bearer"})
