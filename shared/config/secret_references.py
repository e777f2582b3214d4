"""From a reference in the settings to the secret itself. A missing secret switches off what needs it, and no more."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.errors import ConfigurationError

MOUNTED_SECRETS = Path("/secrets")
"""Where the deployment mounts what the cloud's secret manager holds, one file per name."""

MIN_SIGNING_KEY = 16

_PLACEHOLDER = re.compile(r"<.*>|\$\{.*\}|(?i:change[-_ ]?me|to-?do|x{3,}|secret|password|example|placeholder)")


class Secrets:
    """Looks up `env:NAME`, `file:/path` and `secret-manager:NAME`, anew each time."""

    def __init__(self, environ: Mapping[str, str], mounted: Path = MOUNTED_SECRETS) -> None:
        self._environ = environ
        self._mounted = mounted

    def value(self, reference: str) -> str:
        """Return the secret without the spaces around it. Raises ConfigurationError naming the reference."""
        text = self._read(reference).strip()
        if not text:
            raise ConfigurationError(f"{reference} is empty or not set; what needs it stays switched off")
        if _PLACEHOLDER.fullmatch(text):
            raise ConfigurationError(f"{reference} still holds a placeholder; put the real secret there")
        return text

    def signing_key(self, reference: str) -> str:
        """Return a secret that proves who calls: long enough not to be guessed. Raises ConfigurationError."""
        text = self.value(reference)
        if len(text) < MIN_SIGNING_KEY:
            raise ConfigurationError(f"{reference} has under {MIN_SIGNING_KEY} characters: too short to prove anything")
        return text

    def _read(self, reference: str) -> str:
        kind, _, name = reference.partition(":")
        readers: dict[str, Callable[[str], str]] = {
            "env": lambda name: self._environ.get(name, ""),
            "file": lambda name: self._file(reference, Path(name)),
            "secret-manager": self._managed,
        }
        if kind not in readers:
            raise ConfigurationError("a secret is referred to as env:NAME, file:/path or secret-manager:NAME")
        return readers[kind](name)

    def _managed(self, name: str) -> str:
        path = self._mounted / name
        return self._file(f"secret-manager:{name}", path) if path.is_file() else self._environ.get(name, "")

    def _file(self, reference: str, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not text"
            raise ConfigurationError(
                f"{reference} cannot be read ({reason}); what needs it stays switched off"
            ) from error
