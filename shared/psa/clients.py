"""The PSAs that we can read and write: which client serves which `kind` of the settings. Only that one is loaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    import requests

    from shared.config.settings import Connection
    from shared.ports import PsaClient


def client_for(
    connection: "Connection", secret_lookup: Callable[[str], str], session: "requests.Session | None" = None
) -> "PsaClient":
    """Return the REST client of `connection`. It makes no call yet.

    Secrets are looked up when they are needed. A `session` takes the place of the client's own, with its bounds on how
    long a header may take. Raises ConfigurationError if the connection has no REST interface or a wrong address.
    """
    system = connection.system
    match system.kind:
        case "connectwise":
            from shared.psa.connectwise.rest import ConnectWiseClient  # noqa: PLC0415

            return ConnectWiseClient(system, secret_lookup, session)
        case "autotask":
            from shared.psa.autotask.rest import AutotaskClient  # noqa: PLC0415

            return AutotaskClient(system, secret_lookup, session)
        case "halopsa":
            from shared.psa.halopsa.rest import HaloPsaClient  # noqa: PLC0415

            return HaloPsaClient(system, secret_lookup, session)
        case "generic":
            from shared.psa.generic.rest import GenericClient  # noqa: PLC0415

            return GenericClient(system, secret_lookup, session)
        case unknown:
            assert_never(unknown)
