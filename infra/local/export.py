"""Writes the pages into a folder, to be opened without the server: the same pages, with files for links."""

from dataclasses import dataclass
from pathlib import Path

from infra.local.pages import Desk, Pages
from infra.local.pages.links import FolderLinks, file_of
from infra.local.wsgi_call import call

MARK = ".played-day"
"""Lies in every folder that we wrote, so that we never clear one that is somebody else's."""


class NotOurFolder(Exception):
    """The folder holds something that we did not write."""


@dataclass(frozen=True, slots=True)
class Exported:
    """`pages` counts the HTML pages; mails as .eml and the style sheet lie beside them."""

    index: Path
    pages: int


def clear(folder: Path) -> None:
    """Remove what an earlier day left in `folder`. Raises NotOurFolder if it holds anything else."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists()):
        raise NotOurFolder(f"{folder} is not empty and not from an earlier demo; choose another with --out")
    for part in ("pages", "mails"):
        for old in (folder / part).glob("*"):
            old.unlink()
    for old in [*folder.glob("*.sqlite3*"), *folder.glob("*.log"), folder / "index.html"]:
        old.unlink(missing_ok=True)


def mark(folder: Path) -> None:
    (folder / MARK).write_text("Everything in this folder is written anew by each demo.\n", encoding="utf-8")


def export(desk: Desk, folder: Path) -> Exported:
    """Write every page that can be reached from the overview, and every mail."""
    wanted, written = {"/"}, set[str]()
    while pending := sorted(wanted - written):
        for path in pending:
            file = folder / file_of(path)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(_page(desk, path, wanted))
            written.add(path)
    return Exported(folder / "index.html", sum(file_of(path).endswith(".html") for path in written))


def _page(desk: Desk, path: str, wanted: set[str]) -> bytes:
    answer = call(Pages(desk, FolderLinks(path, wanted)), "GET", path)
    if answer.status != 200:
        raise RuntimeError(f"the page {path} answered {answer.status}")
    return answer.body
