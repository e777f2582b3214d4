"""Where a page links to: to another address of the server, or to a file beside it when the pages lie in a folder."""

import re
from typing import Protocol


class Links(Protocol):
    has_server: bool
    """False where nothing answers: forms and redirects make no sense then."""

    def __call__(self, path: str) -> str:
        """Return the href for `path`, which starts with a slash and may have a query."""
        ...


class ServerLinks:
    has_server = True

    def __call__(self, path: str) -> str:
        return path


class FolderLinks:
    """Links between files, as seen from the page `here`; `wanted` collects the pages that something links to."""

    has_server = False

    def __init__(self, here: str, wanted: set[str]) -> None:
        self._up = "../" * file_of(here).count("/")
        self._wanted = wanted

    def __call__(self, path: str) -> str:
        path, mark, fragment = path.partition("#")
        self._wanted.add(path)
        return f"{self._up}{file_of(path)}{mark}{fragment}"


def file_of(path: str) -> str:
    """Return the file, relative to the folder, that holds the page `path`. Different pages have different files."""
    if path == "/":
        return "index.html"
    if path.startswith("/static/"):
        return f"pages/{path.removeprefix('/static/')}"
    if mail := re.fullmatch(r"/mailbox/([0-9]+)\.eml", path):
        return f"mails/{int(mail[1]):04d}.eml"
    return f"pages/{re.sub(r'[^A-Za-z0-9-]+', '-', path.strip('/'))}.html"
