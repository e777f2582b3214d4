"""Google's own Firestore emulator, started for the tests, and a way to its documents past our code."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from urllib.parse import quote

import requests

OWNER = {"Authorization": "Bearer owner"}


def why_no_emulator() -> str | None:
    """Return what this machine lacks, or None."""
    lacking = [name for name in ("gcloud", "java") if shutil.which(name) is None]
    return f"the Firestore emulator needs {' and '.join(lacking)}" if lacking else None


class FirestoreEmulator:
    """An emulator at `host`; `group` is its process group if it is ours to freeze and to end."""

    def __init__(self, host: str, group: int | None) -> None:
        self.host = host
        self._group = group

    @property
    def is_ours(self) -> bool:
        return self._group is not None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        os.killpg(self._group, signal.SIGSTOP)
        try:
            while self._still_answers():
                pass  # the signal was sent, but not every thread over there has met it
            yield
        finally:
            os.killpg(self._group, signal.SIGCONT)

    def _still_answers(self) -> bool:
        try:
            requests.get(f"http://{self.host}/", timeout=0.2)
        except requests.Timeout:
            return False
        return True

    def read(self, project: str, collection: str, document_id: str) -> dict[str, object] | None:
        answer = requests.get(self._address(project, collection, document_id), headers=OWNER, timeout=30)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return _fields_from(answer.json())

    def write(self, project: str, collection: str, document_id: str, fields: dict[str, object]) -> bool:
        """Write the document, whatever was there. Return False if the emulator refuses it."""
        answer = requests.patch(
            self._address(project, collection, document_id),
            json={"fields": {name: _to_wire(value) for name, value in fields.items()}},
            headers=OWNER,
            timeout=30,
        )
        if answer.status_code == 400:
            return False
        answer.raise_for_status()
        return True

    def _address(self, project: str, collection: str, document_id: str) -> str:
        place = f"{collection}/{quote(document_id, safe='')}"
        return f"http://{self.host}/v1/projects/{project}/databases/(default)/documents/{place}"


@contextlib.contextmanager
def started() -> Iterator[FirestoreEmulator]:
    """Run an emulator in a process group of its own until the end of the block."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{chosen.getsockname()[1]}"
    command = ["gcloud", "emulators", "firestore", "start", f"--host-port={host}", "--quiet"]
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-Xmx1g", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
        emulator = FirestoreEmulator(host, process.pid)
        try:
            _wait(emulator, process, output)
            yield emulator
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(emulator: FirestoreEmulator, process: subprocess.Popen, output) -> None:
    """Return after the first write: it loads half of Java and takes as long as a thousand others."""
    end = time.monotonic() + 60
    while True:
        try:
            if emulator.write("warm-up", "things", "first", {"text": "x"}):
                return
        except requests.RequestException:
            if process.poll() is not None or time.monotonic() > end:
                output.seek(0)
                raise RuntimeError(f"the emulator did not start: {output.read().decode(errors='replace')}") from None
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)


def _to_wire(value: object) -> dict[str, object]:
    kinds = {bool: "booleanValue", float: "doubleValue", str: "stringValue", type(None): "nullValue"}
    match value:
        case list():
            return {"arrayValue": {"values": [_to_wire(item) for item in value]}}
        case dict():
            return {"mapValue": {"fields": {name: _to_wire(item) for name, item in value.items()}}}
        case int() if not isinstance(value, bool):
            return {"integerValue": str(value)}
    return {kinds[type(value)]: value}


def _from_wire(value: dict[str, object]) -> object:
    [(kind, inner)] = value.items()
    match kind:
        case "arrayValue":
            return [_from_wire(item) for item in inner.get("values", [])]
        case "mapValue":
            return _fields_from(inner)
        case "integerValue":
            return int(inner)
    return inner


def _fields_from(container: dict[str, object]) -> dict[str, object]:
    return {name: _from_wire(value) for name, value in container.get("fields", {}).items()}
