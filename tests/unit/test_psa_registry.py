"""Each kind of the settings has its webhook, and loading one loads nothing else."""

import subprocess
import sys

import pytest

from shared import errors
from shared.psa import webhook_for
from tests.psa_products import PRODUCTS, connection, every_product, webhook_with


@every_product
def test_each_kind_has_its_webhook(product):
    assert product.kind in type(webhook_with(product.kind, product.secret)).__module__


@every_product
def test_all_secrets_of_a_connection_are_looked_up(product):
    asked = []
    webhook_for(connection(product.kind, 2), lambda reference: asked.append(reference) or product.secret)

    assert asked == ["env:SECRET_0", "env:SECRET_1"]


@every_product
def test_a_secret_that_cannot_be_found_refuses_the_start(product):
    def nowhere(_reference):
        raise errors.ConfigurationError("not set")

    with pytest.raises(errors.ConfigurationError):
        webhook_for(connection(product.kind), nowhere)


@pytest.mark.parametrize("kind", [product.kind for product in PRODUCTS])
def test_answering_a_webhook_loads_no_http_client_and_no_other_psa(kind):
    """ConnectWise gives up after 5 s, cold start included; and a webhook makes no outgoing call."""
    program = f"import sys, shared.psa.{kind}.webhook; print(*sorted(sys.modules))"
    loaded = set(
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    )

    assert not {"requests", "urllib3", "http.client", "grpc"} & loaded
    others = {product.kind for product in PRODUCTS} - {kind}
    assert not {name for name in loaded if name.startswith("shared.psa.") and name.split(".")[2] in others}
