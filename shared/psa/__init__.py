"""The PSAs that we understand, and which code serves which `kind` of the settings. Only the one needed is loaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from shared.config.settings import Connection
    from shared.ports import PsaWebhook

SecretLookup = Callable[[str], str]
"""Turns a reference of the settings (`env:NAME`) into the secret. Raises ConfigurationError if there is none."""


def webhook_for(connection: "Connection", secret: SecretLookup) -> "PsaWebhook":
    """Return what verifies and reads the webhooks of `connection`.

    Raises ConfigurationError if a secret is missing, short or malformed: then this connection stays shut, and only it.
    """
    system = connection.system
    match system.kind:
        case "connectwise":
            from shared.psa.connectwise.webhook import ConnectWiseWebhook  # noqa: PLC0415 - only the one needed

            return ConnectWiseWebhook(system, tuple(map(secret, system.signing_keys)))
        case "autotask":
            from shared.psa.autotask.webhook import AutotaskWebhook  # noqa: PLC0415 - only the one needed

            return AutotaskWebhook(system, tuple(map(secret, system.signing_keys)))
        case "halopsa":
            from shared.psa.halopsa.webhook import HaloPsaWebhook  # noqa: PLC0415 - only the one needed

            return HaloPsaWebhook(system, tuple(map(secret, system.webhook_passwords)))
        case "generic":
            from shared.psa.generic.webhook import GenericWebhook  # noqa: PLC0415 - only the one needed

            return GenericWebhook(system, tuple(map(secret, system.signing_keys)))
        case unknown:
            assert_never(unknown)
