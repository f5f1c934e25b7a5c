"""Public models that a person may fetch: `resources/catalog.json`, read strictly, searched, filtered and sorted.

Data, not code: each fact was looked up, with its sources beside it, and what could not be confirmed is None. Nothing
heavy is imported, so the window reads it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args

from models import folders
from models.declaration import MEDIA, BadInput, listed
from models.store.catalog import form as catalog_form
from models.store.catalog.entry import Entry
from models.store.catalog.form import FAMILIES

Order = Literal["name", "memory", "download", "year"]

ORDERS: tuple[Order, ...] = get_args(Order)

_MAX_BYTES = 4 * 2**20


def path() -> Path:
    return folders.resources() / "catalog.json"


def read(where: Path | None = None) -> tuple[Entry, ...]:
    """Every entry, in the file's order. Raises BadInput where the file is missing or not of its form."""
    where = where or path()
    try:
        if where.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too large")
        return catalog_form.loads(where.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"The catalog of models cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The catalog of models is broken: {error}. Install the program again.") from error


def select(
    entries: Iterable[Entry],
    words: str = "",
    medium: str = "",
    family: str = "",
    fit_bytes: int | None = None,
    order: Order = "name",
) -> list[Entry]:
    """Those that have every word, and are of the medium and family where one is given.

    `fit_bytes` leaves what is known to run in so much memory. Sorted by `order`; what has no such figure comes last.
    Raises BadInput for a medium, family or order that there is not.
    """
    _hold(medium, "medium", MEDIA)
    _hold(family, "family", FAMILIES)
    _hold(order, "order", ORDERS)
    wanted = words.casefold().split()
    known = {e.id: e for e in entries}
    found = [
        e
        for e in known.values()
        if medium in ("", e.medium)
        and family in ("", e.family)
        and (fit_bytes is None or _fits(e, fit_bytes, known))
        and all(word in _text(e) for word in wanted)
    ]
    return sorted(found, key=lambda e: (*_rank(e, order), e.name.casefold(), e.id))


def _hold(value: str, name: str, known: Sequence[str]) -> None:
    if value and value not in known:
        raise BadInput(f"There is no {name} {value!r}: choose {listed(list(known))}.")


def _fits(found: Entry, free_bytes: int, known: Mapping[str, Entry]) -> bool:
    """Whether it is known to run in so much memory; what adds to a model fits where that model does."""
    needed = [found] if found.kind == "model" else [found, *(known[id] for id in found.needs if id in known)]
    return all(e.fits(free_bytes) for e in needed)


def find(entries: Iterable[Entry], id: str) -> Entry | None:
    """The entry of that hub id, whatever its case, as the hub takes it."""
    return next((e for e in entries if e.id.casefold() == id.casefold()), None)


def to_dict(found: Entry) -> dict[str, Any]:
    """The entry as the file has it, with its address and the memory that it needs."""
    row = {f.name: getattr(found, f.name) for f in fields(Entry)}
    row |= {"tasks": list(found.tasks), "needs": list(found.needs), "parts": dict(found.parts)}
    row["sources"] = {group: list(places) for group, places in found.sources}
    return row | {name: getattr(found, name) for name in ("address", "memory_bytes", "least_memory_bytes")}


def _text(found: Entry) -> str:
    parts = (found.id, found.name, found.architecture, found.good_for, found.licence or "", found.kind, *found.tasks)
    return " ".join((*parts, found.medium, found.family, found.format, found.dtype)).casefold()


def _rank(found: Entry, order: Order) -> tuple[bool, int]:
    """What an entry is sorted by before its name: no figure last, the newest year first."""
    figures = {
        "name": 0,
        "memory": found.memory_bytes,
        "download": found.download_bytes,
        "year": None if found.year is None else -found.year,
    }
    figure = figures[order]
    return figure is None, figure or 0
