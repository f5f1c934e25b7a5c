"""`main.py models catalog`: public models that may be fetched, what they are good for and what they need."""

from __future__ import annotations

import argparse

from models.commands import DONE, say
from models.store.catalog import catalog
from models.store.catalog.entry import Entry

_GATED = {True: "log in", False: "open", None: "not known"}


def run(arguments: argparse.Namespace) -> int:
    """0 also where nothing matches: that is an answer."""
    words = " ".join(arguments.words)
    found = catalog.select(catalog.read(), words, arguments.medium, arguments.family)
    if arguments.json:
        say.json_line([catalog.to_dict(entry) for entry in found])
    elif found:
        say.table([("ID", "MAKES", "DOWNLOAD", "MEMORY", "LICENCE", "HUB", "GOOD FOR"), *(_row(e) for e in found)])
    else:
        say.sentence("No model of the catalog is like that: try fewer words.")
    return DONE


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.id,
        entry.medium,
        _size(entry.download_bytes),
        _size(entry.memory_bytes),
        entry.licence or "not known",
        _GATED[entry.gated],
        entry.good_for,
    )


def _size(count: int | None) -> str:
    return "not known" if count is None else say.size(count)
