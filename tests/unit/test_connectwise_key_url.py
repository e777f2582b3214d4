"""A key_url comes from the caller: only ConnectWise's own hosts, or the configured server, may be asked for our key."""

import pytest

from shared.psa.connectwise.key_url import is_trusted_key_url

CLOUD = "https://api-na.myconnectwise.net"
ON_PREMISE = "https://psa.brightwell.example:8443/v4_6_release/apis/3.0"
PATH = "/v2026_1//system/callbackkey/index.rails?companyName=brightwell&id=2f9c3c1e-5a44-4c1b-8f1a-7d1e2b3c4d5e"


@pytest.mark.parametrize(
    "host", ["na.myconnectwise.net", "api-na.myconnectwise.net", "sandbox-na.myconnectwise.net", "api-eu.myconnectwise.net", "au.myconnectwise.net"]
)  # fmt: skip
def test_the_clouds_own_hosts_are_trusted(host):
    assert is_trusted_key_url(f"https://{host}{PATH}", CLOUD)


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        "/v4_6_release/system/callbackkey/index.rails?id=1",
        "/v2026_1//system/callbackkey/index.rails?companyName=My%20MSP&id=1",
    ],
)
def test_the_paths_that_connectwise_sends_are_trusted(path):
    assert is_trusted_key_url(f"https://na.myconnectwise.net{path}", CLOUD)


def test_a_server_of_ones_own_is_trusted_at_its_very_origin():
    assert is_trusted_key_url(f"https://psa.brightwell.example:8443{PATH}", ON_PREMISE)
    for other in [
        "https://psa.brightwell.example",
        "https://psa.brightwell.example:443",
        "http://psa.brightwell.example:8443",
        "https://other.brightwell.example:8443",
        "https://psa.brightwell.example.evil:8443",
        "https://psa.brightwell.example:84430",
    ]:
        assert not is_trusted_key_url(other + PATH, ON_PREMISE)


@pytest.mark.parametrize("base_url", ["", "nonsense", "https://", "HTTPS://PSA.BRIGHTWELL.EXAMPLE:8443/x"])
def test_the_configured_address_may_be_written_in_any_case_but_must_be_one(base_url):
    trusted = is_trusted_key_url(f"https://psa.brightwell.example:8443{PATH}", base_url)

    assert trusted == (base_url.lower().startswith("https://psa."))


def test_plain_http_is_for_a_connectwise_on_this_machine_only():
    assert is_trusted_key_url(f"http://127.0.0.1:8090{PATH}", "http://127.0.0.1:8090")
    assert not is_trusted_key_url(f"http://psa.example:8090{PATH}", "http://psa.example:8090")
    assert not is_trusted_key_url(f"http://127.0.0.1:8090{PATH}", CLOUD)


@pytest.mark.parametrize(
    "origin",
    [
        "http://na.myconnectwise.net", "ftp://na.myconnectwise.net", "file://na.myconnectwise.net", "//na.myconnectwise.net", "na.myconnectwise.net",
        "https://evilmyconnectwise.net", "https://na.myconnectwise.net.evil", "https://evil.na.myconnectwise.net", "https://xx.myconnectwise.net",
        "https://na-myconnectwise.net", "https://na.myconnectwise.net.", "https://na.myconnectwise.network", "https://myconnectwise.net",
        "https://user@na.myconnectwise.net", "https://na.myconnectwise.net@evil.example", "https://na.myconnectwise.net:x@evil.example",
        "https://na.myconnectwise.net\\@evil.example", "https://evil.example\\na.myconnectwise.net", "https://evil.example#na.myconnectwise.net",
        "https://evil.example?na.myconnectwise.net", "https://na.myconnectwise.net%2eevil.example", "https://na%2emyconnectwise.net",
        "https://na。myconnectwise。net", "https://na．myconnectwise.net", "https://ｎａ.myconnectwise.net", "https://nа.myconnectwise.net",
        "https://na.myconnectwise.net:443", "https://na.myconnectwise.net:8443", "https://na.myconnectwise.net:0", "https://api-api-na.myconnectwise.net",
        "https://127.0.0.1", "https://2130706433", "https://0177.0.0.1", "https://0x7f.1", "https://[::1]", "https://[::ffff:127.0.0.1]",
        "https://169.254.169.254", "https://metadata.google.internal", "https://localhost", "https://10.0.0.1",
        "https:// na.myconnectwise.net", " https://na.myconnectwise.net", "https://na.myconnectwise.net\n", "https:///na.myconnectwise.net",
        "HTTPS://NA.MYCONNECTWISE.NET", "https:na.myconnectwise.net", "https:/na.myconnectwise.net", "javascript:https://na.myconnectwise.net",
    ],
)  # fmt: skip
def test_everything_that_only_looks_like_it_is_refused(origin):
    assert not is_trusted_key_url(origin + PATH, CLOUD)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/system/members", "/../system/callbackkey/index.rails?id=1", "/v4_6_release/apis/3.0/system/members?x=/system/callbackkey/", "/a/../system/callbackkey/index.rails?id=1",
     "/v1/system/callbackkey/index.rails", "/v1/system/callbackkey/index.rails?id=1#x", "/v1/system/callbackkey/index.rails?url=https://evil",
     "/v1/system/callbackkey/index.rails?id=" + "1" * 600, "/v1\\system/callbackkey/index.rails?id=1", "/v1/system/callbackkey/index.rails?id=1\r\nX: y"],
)  # fmt: skip
def test_other_paths_of_a_trusted_host_are_refused(path):
    assert not is_trusted_key_url(f"https://na.myconnectwise.net{path}", CLOUD)
