"""How each model of the catalog would do on a machine, planned as a model that is there would be."""

from __future__ import annotations

from collections.abc import Iterable

from models.planning import guess
from models.planning.fit import Fit, fit
from models.planning.machine import Machine
from models.store.catalog.entry import Entry


def fits(entries: Iterable[Entry], machine: Machine) -> dict[str, Fit]:
    """By id, those of which enough is known. What adds to a model fits as that model does."""
    known = {entry.id: entry for entry in entries}
    found: dict[str, Fit] = {}
    for entry in known.values():
        if entry.kind == "model":
            told = _of_model(entry, machine)
        else:
            needed = [_of_model(known[id], machine) for id in entry.needs if id in known]
            told = next((one for one in needed if one.verdict == "too large"), Fit())
        if told.verdict:
            found[entry.id] = told
    return found


def _of_model(entry: Entry, machine: Machine) -> Fit:
    counts = entry.parts or ((("", entry.parameters),) if entry.parameters else ())
    gguf = entry.format == "gguf"
    if not counts or (gguf and not entry.download_bytes):
        return Fit()
    parts = guess.from_counts(counts, medium=entry.medium, gguf=gguf, file_bytes=entry.download_bytes or 0)
    return fit(parts, machine)
