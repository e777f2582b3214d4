"""Every fixture is authentic, and says what its author expects."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared import errors
from shared.instant import format_instant
from shared.psa.facts import PsaEvent
from tests.psa_products import FIXTURES, NOW, PRODUCTS, webhook_with

BODIES = sorted(
    path
    for product in PRODUCTS
    for path in (FIXTURES / product.kind).glob("*.json")
    if not path.name.endswith((".headers.json", ".expected.json")) and path.name != "connection.json"
)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def beside(body: Path, what: str) -> Any:
    return json.loads(body.with_suffix(f".{what}.json").read_text())


def arrival(headers: dict[str, str]) -> datetime:
    """When the request came: its own timestamp where it is signed with one."""
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC) if "webhook-timestamp" in headers else NOW


def as_json(event: PsaEvent) -> dict[str, Any]:
    fields = dataclasses.asdict(event)
    plain = {name: format_instant(value) if isinstance(value, datetime) else value for name, value in fields.items()}
    return {"event": type(event).__name__, **plain}


@pytest.mark.parametrize("path", BODIES, ids=name_of)
def test_a_fixture_is_authentic_and_says_what_is_expected(path):
    """Verified with the connection's secret, then parsed, event by event."""
    secrets = json.loads((path.parent / "connection.json").read_text())["secrets"]
    webhook = webhook_with(path.parent.name, *secrets)
    body, headers, expected = path.read_bytes(), beside(path, "headers"), beside(path, "expected")

    if expected == "Unauthenticated":
        with pytest.raises(errors.Unauthenticated):
            webhook.verify(body, headers, arrival(headers))
    else:
        webhook.verify(body, headers, arrival(headers))

        assert expected == [as_json(event) for event in webhook.parse(body)]


@pytest.mark.parametrize("path", BODIES, ids=name_of)
def test_a_fixture_is_for_this_connection_only(path):
    """With other secrets the same request is refused: the fixture does not pass by accident."""
    headers = beside(path, "headers")
    other = next(product.other_secret for product in PRODUCTS if product.kind == path.parent.name)

    with pytest.raises(errors.Unauthenticated):
        webhook_with(path.parent.name, other).verify(path.read_bytes(), headers, arrival(headers))


def test_there_are_fixtures_for_every_product():
    assert {product.kind for product in PRODUCTS} == {path.parent.name for path in BODIES}


def test_no_fixture_lacks_its_body():
    """A headers or expected file without a body would be checked by nobody."""
    described = {path.name.split(".")[0] for p in PRODUCTS for path in (FIXTURES / p.kind).glob("*.*.json")}

    assert described <= {path.stem for path in BODIES}


def test_autotask_bodies_are_escaped_as_on_the_wire():
    """`&`, quotes and letters beyond ASCII as upper-case escapes; so a re-serialised body has another signature."""
    body = (FIXTURES / "autotask" / "ticket-create.json").read_bytes()

    assert body.isascii()
    assert rb"\u0026" in body
    assert rb"\u00EB" in body
    assert json.dumps(json.loads(body), separators=(",", ":")).encode() != body
