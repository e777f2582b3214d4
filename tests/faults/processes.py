"""Processes of ours that are killed and started again, and the way in which each begins and ends."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = "CRASH_RUN_READY"  # the file in which a process says that it is at work


class Mortal:
    """One process that can die at any moment; its output goes to `<folder>/<name>.log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        *,
        fds: Sequence[int] = (),
    ) -> None:
        """`command` is a module of ours and its arguments; `fds` are the open files that it inherits."""
        self.name = name
        self._command = [sys.executable, "-m", *command]
        self._fds = fds
        self._folder = folder
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = folder / f"{name}.ready"

    def start(self) -> None:
        self._ready.unlink(missing_ok=True)
        environ = {**self._environ, READY: str(self._ready)}
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=self._fds
            )

    @property
    def is_ready(self) -> bool:
        return self._ready.exists()

    @property
    def has_ended(self) -> bool:
        """True if it ended by itself, which it never should."""
        return self._process is not None and self._process.poll() is not None

    def kill(self) -> None:
        """kill -9: nothing in it runs any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()


def wait_until_ready(processes: Sequence[Mortal], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not all(process.is_ready for process in processes):
        if time.monotonic() > until:
            raise TimeoutError("a process did not start; its log says why")
        time.sleep(0.01)


def i_am_ready() -> None:
    """Called in such a process when it can work. It also ends by itself when whoever started it is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    Path(os.environ[READY]).touch()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
