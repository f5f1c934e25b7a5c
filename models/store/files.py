"""A read-only view of a model's file or folder: what a family recognises it by, and all that it may look at."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from models.protocol import BadInput
from models.store import header, pickled, safety

MAX_NAMES = 5_000
MAX_DEPTH = 6
SIDECAR = "everyform.json"  # what a model's folder says to us alone
PART_OF = "part_of"  # in a sidecar: the folder beside it whose model this adds something to; it is none by itself
MAX_JSON_BYTES = 32 * 2**20  # the largest tokenizers have 20 MB


class Files:
    """Names, JSON and tensor heads below `path`; nothing is opened but to read, and every answer is kept.

    Making one refuses what could run code or is broken (`safety.check`): raises BadInput.
    A single file is a folder of one name. A folder may lack parts that it shares with a model beside it, and say in
    its sidecar whose they are: {"shares": {"vae": "scenes"}}. They are read as if they lay here. The part may be all
    of the other model, where that has no folder of its name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        # What is no plain file (a pipe, a device) would hold the reader for ever.
        if not (self.path.is_file() or self.path.is_dir()):
            raise BadInput(f"{self.path} is not there: give the path of a model's file or folder.")
        self.names: tuple[str, ...] = _names(self.path) if self.path.is_dir() else (self.path.name,)
        self._known = frozenset(self.names)
        self._places: dict[str, Path] = {}
        self._json: dict[str, Any] = {}
        self._tensors: dict[str, header.Tensors] = {}
        self.shared: dict[str, Path] = {}  # parts that lie beside the folder, and where
        for part, owner in self._shares():
            self._take(part, owner)
        safety.check(self)

    def _shares(self) -> list[tuple[str, str]]:
        """Names of parts, and of the folders beside this one that have them. Raises BadInput where they lead away."""
        told = self.sidecar.get("shares") if self.path.is_dir() else None
        if not isinstance(told, dict):
            return []
        for name in (*told, *told.values()):
            if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise BadInput(f"{SIDECAR} shares parts with what is no folder beside it: get the model again.")
        return list(told.items())

    def _take(self, part: str, owner: str) -> None:
        """Add another model's part to the names; one that lies here itself comes first."""
        place = self.path.absolute().parent / owner
        # A model that is one network alone has no folders inside.
        place = place / part if (place / part).is_dir() else place
        if any(name.startswith(f"{part}/") for name in self.names):
            return
        if not place.is_dir():
            raise BadInput(f"{self.path.name} needs the {part} of {owner}, which is not beside it: put them together.")
        self.shared[part] = place
        self._places |= {f"{part}/{name}": place / name for name in _names(place)}
        self.names = tuple(sorted((*self.names, *self._places)))
        self._known = frozenset(self.names)

    def exists(self, name: str) -> bool:
        return name in self._known

    def full(self, name: str) -> Path:
        """Where a listed name lies. Raises BadInput for any other, so that none leads out of the folder."""
        if name not in self._known:
            raise BadInput(f"{self.path.name} has no file {name}.")
        if name in self._places:
            return self._places[name]
        return self.path / name if self.path.is_dir() else self.path

    def size(self, name: str) -> int:
        """Bytes of one file; 0 where it has gone."""
        try:
            return self.full(name).stat().st_size
        except OSError:
            return 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all files that lie here together."""
        return sum(self.size(name) for name in self.names if name not in self._places)

    def json(self, name: str) -> dict[str, Any]:
        """The JSON object in that file. Raises BadInput where it is missing, too large or none."""
        found = self.value(name)
        if not isinstance(found, dict):
            raise BadInput(f"{name} is broken: it holds no JSON object.")
        return found

    @property
    def sidecar(self) -> dict[str, Any]:
        """What the model says to us alone; empty where it says nothing. Raises BadInput where it is broken."""
        return self.json(SIDECAR) if self.exists(SIDECAR) else {}

    def value(self, name: str) -> Any:
        """Whatever JSON value that file holds. Raises BadInput as `json` does."""
        if name not in self._json:
            path = self.full(name)
            if self.size(name) > MAX_JSON_BYTES:
                raise BadInput(f"{name} is too large for a description of a model ({self.size(name) >> 20} MB).")
            try:
                self._json[name] = json.loads(path.read_text("utf-8"))
            except OSError as error:
                raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
            except (ValueError, RecursionError) as error:
                raise BadInput(f"{name} is broken: it is no JSON.") from error
        return self._json[name]

    def tensors(self, name: str) -> header.Tensors:
        """Data type and shape of every tensor in that file of weights, from its head alone. Raises BadInput."""
        if name not in self._tensors:
            reader = pickled.heads if name.lower().endswith(pickled.ENDINGS) else header.tensors
            self._tensors[name] = reader(self.full(name))
        return self._tensors[name]


def _names(root: Path) -> tuple[str, ...]:
    """Files below a folder, as sorted relative paths with /; hidden ones are no part of a model."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        below = PurePosixPath(Path(folder).relative_to(root).as_posix())
        folders[:] = [] if len(below.parts) >= MAX_DEPTH else sorted(f for f in folders if not f.startswith("."))
        plain = (f for f in files if not f.startswith(".") and Path(folder, f).is_file())
        found += [(below / file).as_posix() for file in plain]
        if len(found) > MAX_NAMES:
            raise BadInput(f"{root} holds more than {MAX_NAMES:,} files: choose the folder of one model.")
    return tuple(sorted(found))
