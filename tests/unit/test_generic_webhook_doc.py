"""The guide for automation engineers: what it shows works, and what the code reads stands in it."""

import dataclasses
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from shared.config.settings import Connection
from shared.psa.facts import PsaTicket, TicketGone
from tests.psa_products import GENERIC, NOW

GUIDE = (Path(__file__).parents[2] / "docs" / "generic-webhook.md").read_text()
SECRET = "whsec_cHJvbWlzZWtlZXBlci1kb2NzLWV4YW1wbGUta2V5"
BODY = b'{"type":"ticket.deleted","data":{"id":"1042"}}'


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def printed_signature():
    return blocks("text")[0].strip()


def test_the_printed_signature_is_accepted():
    webhook = GENERIC.webhook(SECRET)
    headers = {"webhook-id": "msg_0001", "webhook-timestamp": "1778492643", "webhook-signature": printed_signature()}
    webhook.verify(BODY, headers, datetime.fromtimestamp(1778492643, UTC))

    assert webhook.parse(BODY) == [TicketGone(ticket_id="1042")]


def test_the_python_example_prints_it():
    result = subprocess.run([sys.executable, "-c", blocks("python")[0]], check=True, capture_output=True, text=True)

    assert printed_signature() == result.stdout.strip()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_shell_example_prints_it():
    result = subprocess.run(["sh", "-euc", blocks("sh")[0]], check=True, capture_output=True, text=True)

    assert printed_signature() == result.stdout.strip()


def test_the_example_ticket_is_read_in_full():
    [ticket] = GENERIC.webhook().parse(blocks("json")[0].encode())

    assert isinstance(ticket, PsaTicket)
    assert all(value is not None for value in dataclasses.asdict(ticket).values())
    assert ticket.updated_at < NOW.replace(year=2027)


def test_the_example_settings_are_valid():
    settings = yaml.safe_load(blocks("yaml")[0])

    for connection in settings["psa"].values():
        TypeAdapter(Connection).validate_python(connection)


def test_every_member_that_is_read_is_in_the_table():
    known = {field.name for field in dataclasses.fields(PsaTicket)} - {"company_id"}

    assert {name for name in known if f"`{name}`" not in GUIDE} == set()
