"""The replay of a real service desk's log, or of its first rows: changes per second, its halves, its memory."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]
LOG = ROOT.parent / "shared" / "data" / "bpic2013-incidents.csv.gz"
SETTINGS = ROOT / "tests" / "fixtures" / "bpic2013.yaml"
QUICK_ROWS = 8000


def figures(folder: Path, *, quick: bool) -> list[Figure]:
    if not LOG.exists():
        print(f"The log is not at {LOG}: the replay is not measured.", file=sys.stderr)
        return []
    log, runs = (_first_rows(folder), 3) if quick else (LOG, 1)
    found = [_run(log, folder / f"replay-{run}") for run in range(runs)]
    what = f"replay of {found[0]['events']:,} changes"
    return [
        Figure(what, f"{median(f['events_per_second'] for f in found):.0f} changes/s", runs, "300"),
        Figure(f"{what}: first half", f"{median(f['half_seconds'][0] for f in found):.1f} s", runs),
        Figure(f"{what}: second half, and a day more", f"{median(f['half_seconds'][1] for f in found):.1f} s", runs),
        Figure(f"{what}: memory at most", f"{max(f['peak_megabytes'] for f in found)} MB", runs, "300 MB"),
    ]


def _first_rows(folder: Path) -> Path:
    path = folder / "log.csv"
    lines = gzip.decompress(LOG.read_bytes()).decode().splitlines()[: QUICK_ROWS + 1]
    path.write_text("\n".join(lines) + "\n")
    return path


def _run(log: Path, out: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "infra.local.replay", str(log), str(out), "--settings", str(SETTINGS)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return json.loads((out / "summary.json").read_text())
