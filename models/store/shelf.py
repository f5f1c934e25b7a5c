"""Everything that is on this machine, in one look: the starters, what was added, and what lies in linked folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.outputs.write import slug
from models.protocol import BadInput, Found, ModelInfo
from models.store import scan
from models.store.cache import Cache
from models.store.entry import Entry, Recognise, read
from models.store.stamp import stamp

_ENDINGS = (".safetensors", ".gguf")


class Reader:
    """What a path is: from memory where nothing of it has changed, by a look at it otherwise."""

    def __init__(self, recognise: Recognise, cache: Cache) -> None:
        self._recognise = recognise
        self._cache = cache

    def entry(self, path: str | Path, hint: str = "") -> Entry:
        where = str(path)
        known = self._cache.get(where, hint)
        if known is None:
            before = stamp(where)
            known = read(Path(path), self._recognise, hint)
            self._cache.put(where, known, before, hint)
        return known

    def keep(self) -> None:
        """Write down what was found out."""
        self._cache.save()


@dataclass
class Shelf:
    """`models` run, `found` do not, and `problems` are sentences on what had to be left out."""

    reader: Reader
    models: list[ModelInfo] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _paths: set[str] = field(default_factory=set)

    @property
    def everything(self) -> tuple[ModelInfo | Found, ...]:
        return (*self.models, *self.found)

    def take_starter(self, path: Path) -> None:
        id = free_id(path, self._ids)
        try:
            self.models.append(self.reader.entry(path).model(id, path, starter=True))
        except BadInput as error:
            self.problems.append(f"{id}: {error}")
            return
        self._ids.add(id)
        self._paths.add(str(path))

    def take_added(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """What is on the person's list; what has turned bad stays on it, and is told."""
        for one in entries:
            path, name = Path(one["path"]), str(one.get("name") or "")
            self._ids.add(one["id"])
            self._paths.add(one["path"])
            known = self.reader.entry(path)
            if known.card is not None:
                self.models.append(known.model(one["id"], path, name))
            elif known.is_addition:
                self.found.append(known.found(one["id"], path, name))
            else:
                self.problems.append(f"{one['id']}: {known.reason}")

    def take_linked(self, folder: Path) -> None:
        """All that lies in another program's folder."""
        if not folder.is_dir():
            self.problems.append(
                f"The linked folder {folder} is not there: plug in its disk, or unlink it (`models unlink`)."
            )
            return
        for place in scan.places(folder):
            if place.path in self._paths:
                continue
            self._paths.add(place.path)
            known = self.reader.entry(place.path, place.hint)
            id = self._linked_id(place)
            if known.card is not None:
                self.models.append(known.model(id, Path(place.path), place.name, found_in=str(folder)))
            else:
                self.found.append(known.found(id, Path(place.path), place.name, str(folder)))

    def _linked_id(self, place: scan.Place) -> str:
        """Short, and the same tomorrow: where another has the name, a few letters stand for the place."""
        base = slug(place.name) or "model"
        if base in self._ids:
            base = (
                f"{base}-{hashlib.blake2b(place.path.encode('utf-8', 'backslashreplace'), digest_size=3).hexdigest()}"
            )
        self._ids.add(base)
        return base


def free_id(path: Path, taken: set[str]) -> str:
    """A short id from a file's or folder's name that no other model has."""
    name = path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    base = slug(name) or "model"
    return next(i for n in range(1, len(taken) + 2) if (i := base if n == 1 else f"{base}-{n}") not in taken)
