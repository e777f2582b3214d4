"""Builds the one source archive that every function is deployed from: the same sources give the same bytes.

Only what runs goes in: the cloud compiles every file of the archive, and one broken test would stop the build.
"""

import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREES = ("functions", "shared")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
_PLAIN_FILE = 0o100644 << 16


def sources(root: Path = ROOT) -> dict[str, Path]:
    """Return what goes into the archive, by its name there, in order."""
    found = {"main.py": root / "infra" / "main.py", "requirements.txt": root / "requirements.txt"}
    found |= {path.relative_to(root).as_posix(): path for tree in TREES for path in _files(root / tree)}
    return dict(sorted(found.items()))


def build(out: Path, root: Path = ROOT) -> str:
    """Write the archive and return its SHA-256. Files are stored as they are: compressors differ by version."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sources(root).items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = 3  # Unix, whatever machine builds it
            entry.external_attr = _PLAIN_FILE
            archive.writestr(entry, path.read_bytes())
    return hashlib.sha256(out.read_bytes()).hexdigest()


def _files(tree: Path) -> Iterator[Path]:
    for path in tree.rglob("*"):
        parts = path.relative_to(tree).parts
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield path


def main(arguments: list[str]) -> int:
    """Build the archive named on the command line and print its SHA-256."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m infra.package OUT.zip\n")
        return 2
    print(build(Path(arguments[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
