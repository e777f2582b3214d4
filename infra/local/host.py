"""Every function in one process, each behind functions-framework's own app, as `/<function>/...` of one address."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import functions_framework

from infra.local.wsgi_call import Answer, call

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[2]


def function_names() -> list[str]:
    """Return the names in `infra/functions.json`, the one list of functions."""
    listed = json.loads((ROOT / "infra" / "functions.json").read_text(encoding="utf-8"))
    return [entry["name"] for entry in listed["functions"]]


class FunctionHost:
    """A WSGI application made of all functions. `/<name>` is cut off before a function sees the path, as in a cloud."""

    def __init__(self, names: Iterable[str] | None = None) -> None:
        self.apps: dict[str, WSGIApplication] = {name: _app(name) for name in (names or function_names())}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        name, _, rest = environ.get("PATH_INFO", "/").lstrip("/").partition("/")
        app = self.apps.get(name)
        if app is None:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"There is no such function.\n"]
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{name}"
        environ["PATH_INFO"] = f"/{rest}"  # never empty: Flask would answer with a redirect
        return app(environ, start_response)

    def post(self, function: str, body: bytes, headers: Mapping[str, str], path: str = "/") -> Answer:
        """POST to one function in this process."""
        return call(self.apps[function], "POST", path, body, headers)


def _app(name: str) -> "WSGIApplication":
    os.environ.pop("FUNCTION_SIGNATURE_TYPE", None)  # create_app leaves the previous function's type there
    source = ROOT / "functions" / name / "main.py"
    app: WSGIApplication = functions_framework.create_app(target=name, source=str(source))  # type: ignore[no-untyped-call]
    return app
