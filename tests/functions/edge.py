"""An App for tests of the edge, and the sample functions behind the real framework."""

import os
from pathlib import Path

import functions_framework

from shared.ports import App

TOKEN = "a-token-that-only-this-test-knows-0123456789"
handled = []
"""What reached a sample function. It is kept here because the framework loads their file once per function."""

OURS = {"Authorization": f"Bearer {TOKEN}"}


def app_with(store, clock, caller_is_ours):
    """What a sample function can reach; the edge needs no settings, queue or channel."""
    nothing = None
    return App(
        settings=nothing,
        store=store,
        queue=nothing,
        clock=clock,
        psa_webhook=nothing,
        psa_client=nothing,
        mail=nothing,
        caller_is_ours=caller_is_ours,
    )


def client_of(target):
    os.environ.pop("FUNCTION_SIGNATURE_TYPE", None)  # create_app leaves the previous function's type there
    source = Path(__file__).with_name("sample.py")
    return functions_framework.create_app(target=target, source=str(source)).test_client()
