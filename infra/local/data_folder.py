"""The folder in which the platform of one machine keeps everything: store, queue, mailbox, phone, its own secrets."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TOKEN_BYTES = 32
_ONLY_ME = 0o600
_MY_FOLDER = 0o700


class UnusableFolder(Exception):
    """The folder cannot be written. The message says why."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Make one with `DataFolder.at`: then it exists and can be written."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "DataFolder":
        """Make the folder if need be. Raises UnusableFolder."""
        try:
            path.mkdir(mode=_MY_FOLDER, parents=True, exist_ok=True)  # clients' names and mails lie in it
            probe = path / ".writable"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise UnusableFolder(f"{path} cannot be used as data folder: {error.strerror}") from error
        return cls(path.resolve())

    @property
    def store(self) -> Path:
        return self.path / "store.sqlite3"

    @property
    def queue(self) -> Path:
        """A file of its own: whoever takes tasks does not wait for whoever writes documents."""
        return self.path / "queue.sqlite3"

    @property
    def mailbox(self) -> Path:
        return self.path / "mailbox.sqlite3"

    @property
    def phone(self) -> Path:
        return self.path / "phone.sqlite3"

    @property
    def settings(self) -> Path:
        """A copy of the settings that ran here last: whoever reads the store later needs its zone and its names."""
        return self.path / "settings-used.yaml"

    def keep_settings(self, settings: Path) -> None:
        """Copy the settings that run here. Raises UnusableFolder."""
        draft = self.path / f"settings-used.{os.getpid()}"
        try:
            draft.touch(_ONLY_ME)
            shutil.copyfile(settings, draft)
            draft.replace(self.settings)
        except OSError as error:
            raise UnusableFolder(f"{self.path} cannot keep the settings: {error.strerror}") from error

    def token(self) -> str:
        """Return the token by which functions know our own queue and scheduler."""
        return self._drawn_once("task-token")

    def link_key(self) -> str:
        """Return the key that signs the links by which people answer, where the settings name none."""
        return self._drawn_once("link-key")

    def _drawn_once(self, name: str) -> str:
        """Return the secret in the file `name`: drawn once, for its owner's eyes."""
        file = self.path / name
        if not file.exists():
            draft = self.path / f"{name}.{os.getpid()}"
            draft.touch(_ONLY_ME)
            draft.write_text(secrets.token_urlsafe(_TOKEN_BYTES), encoding="ascii")
            with contextlib.suppress(FileExistsError):  # another process was faster: its secret counts
                os.link(draft, file)
            draft.unlink()
        file.chmod(_ONLY_ME)
        return file.read_text(encoding="ascii").strip()

    def environment(self, settings: Path, outside: Mapping[str, str]) -> dict[str, str]:
        """Return what wiring reads: `outside` (it has the secrets) with our own files and token laid over it."""
        cloud = ("PROMISEKEEPER_INVOKERS", "PROMISEKEEPER_AUDIENCES", "PROMISEKEEPER_URL_BASE")
        return {
            **{name: value for name, value in outside.items() if name not in cloud},
            "PROMISEKEEPER_SETTINGS": str(settings),
            "PROMISEKEEPER_STORE": f"sqlite:{self.store}",
            "PROMISEKEEPER_QUEUE": f"embedded:{self.queue}",
            "PROMISEKEEPER_MAILBOX": str(self.mailbox),
            "PROMISEKEEPER_PHONE": str(self.phone),
            "PROMISEKEEPER_TASK_TOKEN": self.token(),
        }
