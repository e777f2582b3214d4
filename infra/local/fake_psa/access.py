"""The fake's keys and passwords, and the settings section that fits them. None of them opens anything else."""

import base64

from shared.config.settings import Autotask, ConnectWise, Generic, HaloPsa

Kind = str
KINDS: tuple[Kind, ...] = ("connectwise", "autotask", "halopsa", "generic")

COMPANY = "examplemsp"
WEBHOOK_USER = "halo-hooks"

SECRETS = {
    "env:FAKE_CW_PUBLIC_KEY": "cwPublicKey0001",
    "env:FAKE_CW_PRIVATE_KEY": "cwPrivateKey0001",
    "env:FAKE_CW_CLIENT_ID": "5b0c8f3a-1f6e-4d6e-9a3b-7c2d1e0f9a8b",
    "env:FAKE_CW_SIGNING_KEY": "cw-fake-signing-key-0001",
    "env:FAKE_AT_USERNAME": "api@examplemsp.example",
    "env:FAKE_AT_SECRET": "at-fake-api-key-0001",
    "env:FAKE_AT_INTEGRATION_CODE": "ATFAKEINTEGRATIONCODE0001",
    "env:FAKE_AT_SIGNING_KEY": "at-fake-signing-key-0001",
    "env:FAKE_HALO_CLIENT_ID": "00000000-1111-4222-8333-444444444444",
    "env:FAKE_HALO_CLIENT_SECRET": "halo-fake-client-key-0001",
    "env:FAKE_HALO_WEBHOOK_PASSWORD": "halo-fake-webhook-pass-0001",
    "env:FAKE_GENERIC_TOKEN": "generic-fake-token-0001",
    "env:FAKE_GENERIC_SIGNING_KEY": "whsec_" + base64.b64encode(b"generic fake signing key 00001").decode(),
}
"""Reference -> value, for a `secret_lookup` or for the environment (without `env:`)."""

_BASE_URLS = {
    "connectwise": "https://api-na.fakewise.test/v4_6_release/apis/3.0",
    "autotask": "https://webservices14.fakeotask.test/atservicesrest/v1.0",
    "halopsa": "https://examplemsp.fakehalo.test",
    "generic": "https://psa.fake.test/api",
}


def secret(reference: str) -> str:
    return SECRETS[reference]


def base_url(kind: Kind) -> str:
    """Where the fake seems to live when it is mounted in process."""
    return _BASE_URLS[kind]


def system_settings(kind: Kind, api_member_id: int, api_login: str) -> ConnectWise | Autotask | HaloPsa | Generic:
    """Return the `system` section of a connection to the fake."""
    url = base_url(kind)
    if kind == "connectwise":
        return ConnectWise(
            kind="connectwise",
            base_url=url,
            company=COMPANY,
            public_key="env:FAKE_CW_PUBLIC_KEY",
            private_key="env:FAKE_CW_PRIVATE_KEY",
            client_id="env:FAKE_CW_CLIENT_ID",
            signing_keys=("env:FAKE_CW_SIGNING_KEY",),
            api_member=api_login,
        )
    if kind == "autotask":
        return Autotask(
            kind="autotask",
            base_url=url,
            username="env:FAKE_AT_USERNAME",
            secret="env:FAKE_AT_SECRET",  # noqa: S106 - a reference, not a secret
            integration_code="env:FAKE_AT_INTEGRATION_CODE",
            signing_keys=("env:FAKE_AT_SIGNING_KEY",),
            api_resource_id=str(api_member_id),
        )
    if kind == "halopsa":
        return HaloPsa(
            kind="halopsa",
            base_url=url,
            tenant=COMPANY,
            client_id="env:FAKE_HALO_CLIENT_ID",
            client_secret="env:FAKE_HALO_CLIENT_SECRET",  # noqa: S106 - a reference, not a secret
            webhook_user=WEBHOOK_USER,
            webhook_passwords=("env:FAKE_HALO_WEBHOOK_PASSWORD",),
            api_agent_id=str(api_member_id),
        )
    if kind == "generic":
        return Generic(
            kind="generic",
            base_url=url,
            token="env:FAKE_GENERIC_TOKEN",  # noqa: S106 - a reference, not a secret
            signing_keys=("env:FAKE_GENERIC_SIGNING_KEY",),
            api_user=api_login,
        )
    raise ValueError(f"no PSA is called {kind}; there are {', '.join(KINDS)}")
