"""The form of `resources/catalog.json`, held strictly: a field that is unknown, missing or wrong is refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, get_args

from models.declaration import MEDIA, TASKS, listed
from models.store.catalog.entry import BYTES_A_WEIGHT, OVERHEAD, Entry, Format, Kind

VERSION = 1
FAMILIES = ("diffusion", "flow-matching", "autoregressive", "gan", "vae", "flow", "hybrid")
LIBRARIES = ("diffusers", "transformers", "spandrel", "gguf", "everyform")
# What an entry's facts rest on: its card (licence, gate, tasks), the listing of its files, the count of its weights.
GROUPS = ("card", "files", "parameters")
# A source that is no address: a class of an installed library, whose weights were counted without making them.
INSTALLED = "installed:"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_FILE = re.compile(r"(?!.*\.\.)[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)
_ADDRESS = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./%?=&#+~-]*)?", re.ASCII)


def loads(text: str) -> tuple[Entry, ...]:
    """The entries in that text. Raises ValueError with what is wrong, and with which entry."""
    whole = json.loads(text, object_pairs_hook=_once)
    if not isinstance(whole, dict) or whole.get("everyform_catalog") != VERSION or set(whole) != _WHOLE:
        raise ValueError("it is of another version")
    rule = whole["memory"]
    if not isinstance(rule, dict) or (rule.get("overhead"), rule.get("bytes_a_weight")) != (OVERHEAD, BYTES_A_WEIGHT):
        raise ValueError("its rule for memory is another than the program's")
    if not isinstance(whole["models"], list):
        raise ValueError("it has no list of models")
    entries = tuple(entry(row) for row in whole["models"])
    known = {e.id for e in entries}
    if len(known) != len(entries):
        raise ValueError("a model is in it twice")
    for found in entries:
        if missing := [name for name in found.needs if name not in known]:
            raise ValueError(f"{found.id} needs {listed(missing)}, which is not in it")
    return entries


def entry(row: object) -> Entry:
    """One entry of the file. Raises ValueError where a field is unknown, missing, or not what it must be."""
    if not isinstance(row, dict):
        raise ValueError("an entry is no object")
    name = row.get("id") if isinstance(row.get("id"), str) else "an entry"
    if unlike := set(row) ^ {f.name for f in fields(Entry)}:
        raise ValueError(f"{name} has other fields than the catalog's ({', '.join(sorted(unlike))})")
    values = {}
    for field, check in _CHECKS.items():
        try:
            values[field] = check(row[field])
        except ValueError as error:
            raise ValueError(f"{name} has a wrong {field}: {error}") from None
    found = Entry(**values)
    if found.parts and sum(weights for _, weights in found.parts) != found.parameters:
        raise ValueError(f"{name} has parts that are not its parameters together")
    told = {group for group, _ in found.sources}
    for group, facts in (
        ("card", (found.licence, found.gated)),
        ("files", (found.download_bytes,)),
        ("parameters", (found.parameters,)),
    ):
        if group not in told and any(fact is not None for fact in facts):
            raise ValueError(f"{name} has no source for its {group}")
    return found


# ── what each field must be ───────────────────────────────────────────────────


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once: JSON itself would let the last one win."""
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise ValueError("a field is in it twice")
    return whole


def _words(value: object) -> str:
    if not isinstance(value, str) or not value or value != " ".join(value.split()):
        raise ValueError("it is no text")
    return value


def _one_of(known: Collection[str]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {listed(tuple(known))}")
        return str(value)

    return check


def _like(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is no {what}")
        return value

    return check


def _maybe(check: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else check(value)


def _several(check: Callable[[object], str], least: int = 0) -> Callable[[object], tuple[str, ...]]:
    def checked(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) < least or len({str(v) for v in value}) != len(value):
            raise ValueError("it is no list of different texts")
        return tuple(check(v) for v in value)

    return checked


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError("it is no whole number above 0")
    return value


def _year(value: object) -> int:
    if not 2012 < (year := _count(value)) < 2100:
        raise ValueError(f"{year} is no year of such a model")
    return year


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


def _parts(value: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, Mapping):
        raise ValueError("it is no object")
    return tuple((_words(name), _count(weights)) for name, weights in value.items())


def _source(value: object) -> str:
    if isinstance(value, str) and value.startswith(INSTALLED):
        return _words(value)
    return _like(_ADDRESS, "https address")(value)


def _sources(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping) or not value or not set(value) <= set(GROUPS):
        raise ValueError(f"it is no object of {listed(GROUPS)}")
    return tuple((group, _several(_source, 1)(places)) for group, places in value.items())


_WHOLE = {"everyform_catalog", "looked_up", "notes", "memory", "models"}
_hub_id = _like(_HUB_ID, "hub id")
_address = _like(_ADDRESS, "https address")
_CHECKS: dict[str, Callable[[object], Any]] = {
    "id": _hub_id,
    "name": _words,
    "kind": _one_of(get_args(Kind)),
    "family": _one_of(FAMILIES),
    "medium": _one_of(MEDIA),
    "tasks": _several(_one_of(TASKS), 1),
    "architecture": _words,
    "library": _one_of(LIBRARIES),
    "class_name": _maybe(_words),
    "good_for": _words,
    "licence": _maybe(_words),
    "licence_link": _maybe(_address),
    "gated": _maybe(_yes_or_no),
    "format": _one_of(get_args(Format)),
    "variant": _maybe(_words),
    "file": _maybe(_like(_FILE, "file inside a model's folder")),
    "download_bytes": _maybe(_count),
    "dtype": _words,
    "parameters": _maybe(_count),
    "parts": _parts,
    "base": _maybe(_hub_id),
    "needs": _several(_hub_id),
    "year": _maybe(_year),
    "paper": _maybe(_address),
    "sources": _sources,
}
