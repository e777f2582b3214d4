"""`make bench`: every figure in one run, side by side. It measures; it judges nothing.

python -m tests.bench [--quick] [--only replay|webhook|parts|imports]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import parts, replay, webhook
from tests.bench.figures import Figure, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the log's first 8,000 changes, three times")
    parser.add_argument("--only", choices=("replay", "webhook", "parts", "imports"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sections = {
            "parts": lambda: [*parts.store(folder), *parts.queue(folder), *parts.letter(), *parts.calendar()],
            "imports": parts.imports,
            "webhook": lambda: webhook.figures(folder),
            "replay": lambda: replay.figures(folder, quick=options.quick),
        }
        figures: list[Figure] = []
        for section, measure in sections.items():
            if options.only in (None, section):
                print(f"measuring {section} ...", file=sys.stderr)
                figures += measure()
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
