"""A read-only view of a model's file or folder: what a family recognises it by, and all that it may look at."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from models.protocol import BadInput
from models.store import safety
from models.store.endings import MAX_DEPTH, MAX_NAMES
from models.store.endings import SIDECAR as SIDECAR
from models.store.heads import gguf, header, onnx, pickled
from models.store.home import at_home

ADAPTER = "adapter_model.safetensors"  # PEFT's name for one
PART_OF = "part_of"  # in a sidecar: the folder beside it whose model this adds something to; it is none by itself
MAX_JSON_BYTES = 8 * 2**20  # Python takes up to twenty-five times that
MAX_WORDS_BYTES = 64 * 2**20  # the largest tokenizers have 40 MB
KEPT_BYTES = 2**20  # larger files are read again where they are asked for again


class Files:
    """Names, JSON and tensor heads below `path`; nothing is opened but to read, and every answer is kept.

    Making one refuses what could run code or is broken (`safety.check`): raises BadInput.
    A single file is a folder of one name. A folder may lack parts that it shares with a model beside it, and say in
    its sidecar whose they are: {"shares": {"vae": "scenes"}}. They are read as if they lay here. The part may be all
    of the other model, where that has no folder of its name. With {"adapts": {"unet": "scenes"}} what lies here in the
    part's folder comes beside the other model's files: an adapter (`ADAPTER`) for its weights.
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
        self._heads: dict[str, header.Head | gguf.Head | onnx.Graph] = {}
        self.shared: dict[str, Path] = {}  # parts that lie beside the folder, and where
        self.adapted: dict[str, Path] = {}  # parts of which an adapter lies here, and where the rest lies
        for part, owner in self._shares("adapts"):
            self.adapted |= self._take(part, owner)
        for part, owner in self._shares("shares"):
            if not any(name.startswith(f"{part}/") for name in self.names):  # one that lies here itself comes first
                self.shared |= self._take(part, owner)
        safety.check(self)

    def _shares(self, what: str) -> list[tuple[str, str]]:
        """Names of parts, and of the folders beside this one that have them. Raises BadInput where they lead away."""
        told = self.sidecar.get(what) if self.path.is_dir() else None
        if not isinstance(told, dict):
            return []
        for name in (*told, *told.values()):
            if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise BadInput(f"{SIDECAR} shares parts with what is no folder beside it: get the model again.")
        return list(told.items())

    def _take(self, part: str, owner: str) -> dict[str, Path]:
        """Add those names of another model's part that are not here; the part, and where it lies."""
        place = self.path.absolute().parent / owner
        # A model that is one network alone has no folders inside.
        place = place / part if (place / part).is_dir() else place
        if not place.is_dir():
            raise BadInput(f"{self.path.name} needs the {part} of {owner}, which is not beside it: put them together.")
        there = {f"{part}/{name}": place / name for name in _names(place)}
        self._places |= {name: where for name, where in there.items() if name not in self._known}
        self.names = tuple(sorted({*self.names, *self._places}))
        self._known = frozenset(self.names)
        return {part: place}

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
    def borrowed(self) -> tuple[Path, ...]:
        """The folders beside this one that hold parts of the model."""
        return (*self.shared.values(), *self.adapted.values())

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

    @property
    def title(self) -> str:
        """What to call the model: as its sidecar does, else its folder, else its file without the ending."""
        return str(self.sidecar.get("name") or (self.path.name if self.path.is_dir() else self.path.stem))

    def value(self, name: str) -> Any:
        """Whatever JSON value that file holds. Raises BadInput as `json` does."""
        if name in self._json:
            return self._json[name]
        most = MAX_WORDS_BYTES if safety.is_word_list(name) else MAX_JSON_BYTES
        try:
            value = json.loads(self.text(name, most))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{name} is broken: it is no JSON.") from error
        if self.size(name) <= KEPT_BYTES:
            self._json[name] = value
        return value

    def text(self, name: str, most: int = MAX_JSON_BYTES) -> str:
        """What that file says, `most` bytes of it. Raises BadInput where it is missing, larger or no text."""
        path = self.full(name)
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
            if len(data) > most:
                raise BadInput(f"{name} is too large for a description of a model ({self.size(name) >> 20:,} MB).")
            return data.decode("utf-8")
        except OSError as error:
            raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
        except UnicodeDecodeError as error:
            raise BadInput(f"{name} is broken: it is no text.") from error

    def tensors(self, name: str) -> header.Tensors:
        """Data type and shape of every tensor in that file of weights, from its head alone. Raises BadInput."""
        return self._head(name).tensors

    def notes(self, name: str) -> Mapping[str, Any]:
        """What that file of weights says of itself: a safetensors file's metadata, a GGUF file's. Raises BadInput."""
        return self._head(name).notes

    def graph(self, name: str) -> onnx.Graph:
        """What the graph in that ONNX file takes and gives. Raises BadInput."""
        found = self._head(name)
        assert isinstance(found, onnx.Graph)
        return found

    def _head(self, name: str) -> header.Head | gguf.Head | onnx.Graph:
        if name not in self._heads:
            path, ending = self.full(name), PurePosixPath(name).suffix.lower()
            if ending in pickled.ENDINGS:
                self._heads[name] = header.Head({}, pickled.heads(path))
            elif ending == onnx.ENDING:
                self._heads[name] = onnx.graph(path)
            else:
                self._heads[name] = gguf.head(path) if ending == ".gguf" else header.head(path)
        return self._heads[name]


def _names(root: Path) -> tuple[str, ...]:
    """Files below a folder, as sorted relative paths with /; hidden ones are no part of a model."""
    found: list[str] = []
    waiting = [("", os.fspath(root), 0)]
    while waiting:
        before, folder, depth = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:  # what may not be looked at is not there for us
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting += [(f"{before}{entry.name}/", entry.path, depth + 1)] if depth < MAX_DEPTH else []
            elif entry.is_file():
                _check_entry(root, entry)
                found.append(before + entry.name)
        if len(found) > MAX_NAMES:
            raise BadInput(f"{root} holds more than {MAX_NAMES:,} files: choose the folder of one model.")
    return tuple(sorted(found))


def _check_entry(root: Path, entry: os.DirEntry[str]) -> None:
    """Refuse a file that lies elsewhere in truth, and a name that would spoil every sentence with it in."""
    if not entry.name.isprintable():
        raise BadInput(f"{root.name} holds a file with an unprintable name ({ascii(entry.name)[:80]}): rename it.")
    if entry.is_symlink() and not at_home(Path(entry.path).resolve(), root.resolve()):
        raise BadInput(f"{entry.name} in {root.name} is a link to another place: put the file itself there.")
