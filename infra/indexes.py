"""Writes infra/firestore.indexes.json from the questions in the code; `--check` says whether the file is up to date.

The emulator answers every question without an index; Firestore itself refuses one that it has no index for.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shared import models, queries
from shared.models.document import Document
from shared.ports import Query

FILE = Path(__file__).with_name("firestore.indexes.json")
_SCOPE = "COLLECTION"
_ASCENDING = "ASCENDING"


def collections() -> set[str]:
    """Return the collections of all documents in `shared.models`."""
    for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        importlib.import_module(module.name)
    return {model.collection for model in _kinds_of(Document) if "collection" in vars(model)}


def definition(asked: Iterable[Query[Any]], kept_in: Iterable[str]) -> dict[str, Any]:
    """Return the file's content: an index for each question with equalities, and no index for what nobody asks for.

    A question without equalities needs its field's own index only. Every field has one by default, up and down, and
    each costs a write: so they are switched off for all fields ("*") but those.
    """
    asked = sorted(asked, key=lambda query: (query.model.collection, query.equals, query.order_by))
    alone = {(query.model.collection, query.order_by) for query in asked if not query.equals}
    overrides: dict[tuple[str, str], list[dict[str, str]]] = {(collection, "*"): [] for collection in kept_in}
    overrides |= {field: [{"order": _ASCENDING, "queryScope": _SCOPE}] for field in alone}
    return {
        "indexes": [_composite(query) for query in asked if query.equals],
        "fieldOverrides": [
            {"collectionGroup": collection, "fieldPath": field, "indexes": indexes}
            for (collection, field), indexes in sorted(overrides.items())
        ],
    }


def text() -> str:
    return json.dumps(definition(queries.ALL, collections()), indent=2) + "\n"


def main(arguments: Sequence[str] | None = None, file: Path = FILE) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing; 1 if the file is not up to date"
    )
    if not parser.parse_args(arguments).check:
        file.write_text(text())
        print(f"written: {file}")
        return 0
    if file.exists() and file.read_text() == text():
        return 0
    print(f"{file} is not what the questions in shared/queries.py need: run `make indexes`", file=sys.stderr)
    return 1


def _composite(query: Query[Any]) -> dict[str, Any]:
    """The document's name, by which Firestore orders what is equal, is part of every index without being written."""
    fields = [{"fieldPath": name, "order": _ASCENDING} for name in (*query.equals, query.order_by)]
    return {"collectionGroup": query.model.collection, "queryScope": _SCOPE, "fields": fields}


def _kinds_of(model: type[Document]) -> Iterable[type[Document]]:
    for kind in model.__subclasses__():
        if kind.__module__.startswith(f"{models.__name__}."):
            yield kind
        yield from _kinds_of(kind)


if __name__ == "__main__":
    sys.exit(main())
