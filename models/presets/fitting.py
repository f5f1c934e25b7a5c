"""Which model here a preset names, whether that takes what is set, and where to get one that is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from models.outputs import formats
from models.presets.preset import After, ModelKey, Preset
from models.protocol import BadInput, Card, ModelInfo, Value, listed
from models.store.catalog import catalog
from models.store.catalog.entry import HUB, Entry

_NOTE = "everyform.json"  # beside a model's files
_NOTE_BYTES = 2**20


def key(model: ModelInfo) -> ModelKey:
    """What this model is recognised by elsewhere."""
    architecture = model.card.architecture
    return ModelKey(model.id, model.name, architecture, model.base, model.numbers, hub_name(model.path))


def afterwards(format: str, upscaler: ModelInfo | None = None) -> After:
    """What is done with what is made, from a request's format (`After.written`) and the model that enlarges."""
    name, _, quality = format.partition(":")
    return After(key(upscaler) if upscaler else None, name, int(quality) if quality.isdecimal() else None)


def hub_name(path: str) -> str:
    """The hub's name of a model that was fetched from there ("owner/name"); empty of any other."""
    place = Path(path)
    note = (place if place.is_dir() else place.parent) / _NOTE
    try:
        if note.stat().st_size > _NOTE_BYTES:
            return ""
        told = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    source = told.get("source") if isinstance(told, dict) else None
    name = source.get("id") if isinstance(source, dict) else None
    return name if isinstance(name, str) and len(name) < 200 and name.isprintable() else ""


def find(wanted: ModelKey, models: Iterable[ModelInfo]) -> ModelInfo | None:
    """The same model here; None where there is none.

    Of one architecture, and of the same origin on the hub, or of the same id and name; or of one of these two, and its
    networks have as many numbers, where both are known. Another of that kind is not taken: it makes something else.
    """
    alike = [m for m in models if m.card.architecture == wanted.architecture]
    if wanted.hub:
        for model in alike:
            if hub_name(model.path) == wanted.hub:
                return model
    rank = {m.id: (m.id == wanted.id) + (m.name.casefold() == wanted.name.casefold()) for m in alike}
    best = max(alike, key=lambda m: rank[m.id], default=None)
    if best is not None and (rank[best.id] == 2 or (rank[best.id] == 1 and not _differ(best.numbers, wanted.numbers))):
        return best
    return None


def absent(wanted: ModelKey, entries: Iterable[Entry] | None = None) -> str:
    """What is missing, and where to get it, in a sentence; `entries` are the catalog's, read here where not given."""
    if entries is None:
        try:
            entries = catalog.read()
        except BadInput:
            entries = ()
    known = list(entries)
    found = catalog.find(known, wanted.hub) if wanted.hub else None
    if found is None:
        found = next((e for e in known if e.kind == "model" and e.name.casefold() == wanted.name.casefold()), None)
    name = _plain(wanted.name)
    kind = f" ({_plain(wanted.base)})" if wanted.base and wanted.base not in wanted.name else ""
    if found is not None:
        where = f"fetch it in the room of models, or by `models download {found.id}` ({found.address})"
    elif wanted.hub:
        hub = _plain(wanted.hub)
        where = f"fetch it by `models download {hub}` ({HUB}{hub})"
    else:
        where = f"it is no public model of the catalog, so get the {_plain(wanted.architecture)} model where the preset"
        where += " came from, and add it"
    return f"{name}{kind} is not here: {where}."


def checked(preset: Preset, model: ModelInfo, settings: Mapping[str, object] | None = None) -> dict[str, Value]:
    """Every setting of the preset's task for this model, `settings` laid over the preset's own, defaults filled in.

    Raises BadInput with the preset's name and what its model does not take.
    """
    card = model.card
    try:
        takes(preset, card)
        return card.check({**preset.settings, **(settings or {})}, preset.task)
    except BadInput as error:
        raise BadInput(f"{preset.name}: {error}") from error


def takes(preset: Preset, card: Card) -> None:
    """Raises BadInput where the card has not that task, no words to leave out, or no such format."""
    if preset.task not in card.tasks:
        raise BadInput(f"{card.name} cannot do {preset.task}; it can do {listed(card.tasks)}.")
    if preset.negative_prompt and not card.negative_prompt:
        raise BadInput(f"{card.name} takes no negative prompt; take it out.")
    formats.find(preset.after.written, card.medium)
    if preset.after.upscale is not None and card.medium != "picture":
        raise BadInput(f"only pictures are enlarged, and {card.name} makes {card.medium}; take that out.")


def _differ(here: int, there: int) -> bool:
    """Whether both are known, and not the same."""
    return bool(here and there) and here != there


def _plain(text: str) -> str:
    """Text out of somebody's file, for a sentence of ours."""
    return " ".join(text.split())[:120]
