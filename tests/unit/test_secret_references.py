"""From a reference to its secret, and never a secret in an error."""

import pytest

from shared.config.secret_references import Secrets
from shared.errors import ConfigurationError

KEY = "0f3a9c77b1d24e58"


@pytest.fixture
def mounted(tmp_path):
    (tmp_path / "SMTP").write_text("mounted-secret\n")
    return tmp_path


def test_a_secret_comes_from_the_environment_a_file_or_the_secret_manager(mounted):
    secrets = Secrets({"DESK": f" {KEY}\n", "ELSEWHERE": KEY}, mounted)
    (mounted / "key").write_text(f"{KEY}\n")

    assert secrets.value("env:DESK") == KEY
    assert secrets.value(f"file:{mounted / 'key'}") == KEY
    assert secrets.value("secret-manager:SMTP") == "mounted-secret"
    assert secrets.value("secret-manager:ELSEWHERE") == KEY


@pytest.mark.parametrize(
    "reference",
    ["env:NONE", "env:EMPTY", "file:/nowhere/key", "secret-manager:NONE", "file:/", "vault:DESK", "DESK", ""],
)
def test_a_secret_that_is_not_there_is_named(mounted, reference):
    with pytest.raises(ConfigurationError, match=reference if ":/" in reference else "env:NAME|is empty or not set"):
        Secrets({"EMPTY": "  ", "DESK": KEY}, mounted).value(reference)


@pytest.mark.parametrize(
    "value", ["changeme", "CHANGE-ME", "<your key>", "${KEY}", "TODO", "xxxxxxxx", "secret", "password"]
)
def test_a_placeholder_is_no_secret(value):
    with pytest.raises(ConfigurationError, match="env:KEY still holds a placeholder"):
        Secrets({"KEY": value}).value("env:KEY")


def test_a_short_signing_key_proves_nothing_but_a_short_password_is_the_others_business():
    secrets = Secrets({"KEY": "hunter2"})

    assert secrets.value("env:KEY") == "hunter2"
    with pytest.raises(ConfigurationError, match="env:KEY has under 16") as raised:
        secrets.signing_key("env:KEY")
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_not_text_is_no_secret(tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match="not text"):
        Secrets({}).value(f"file:{tmp_path / 'key'}")


def test_a_secret_that_was_rotated_is_seen(tmp_path):
    (tmp_path / "key").write_text(KEY)
    secrets = Secrets({})
    secrets.value(f"file:{tmp_path / 'key'}")
    (tmp_path / "key").write_text(KEY[::-1])

    assert secrets.value(f"file:{tmp_path / 'key'}") == KEY[::-1]
