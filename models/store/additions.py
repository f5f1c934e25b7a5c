"""Additions to models on this machine: what lies in or beside a model, on the person's list, and in linked folders.

Told by heads alone. Whether one fits a model, its family says.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models import folders
from models.protocol import BadInput
from models.store import scan, told
from models.store.added import Added
from models.store.endings import WEIGHTS
from models.store.files import Files
from models.store.recognising import layouts, recognition
from models.store.recognising.identity import Identity

T = TypeVar("T")
KINDS = ("LoRA", "ControlNet", "Textual inversion", "VAE", "TAESD")
MAX_BESIDE = 2_000
_MOMENT_S = 1.0  # one look at a thousand models asks the disk once


@dataclass(frozen=True)
class Addition:
    """`near` where it lies in the model's own folders, put there for it: then its base need not be told."""

    name: str
    path: Path
    identity: Identity
    near: bool

    @property
    def kind(self) -> str:
        return self.identity.kind

    def fits(self, base: str) -> bool:
        """Whether it says that it goes with models of that base, or says nothing and was put here for this one."""
        return base in self.identity.bases if self.identity.bases and base else self.near


def known(model: Path, kinds: tuple[str, ...] = KINDS) -> list[Addition]:
    """Those that may be the model's at that path, its own first; of one name, the first alone."""
    found: dict[tuple[str, str], Addition] = {}
    for one in (*_near(model), *_elsewhere()):
        if one.kind in kinds and one.path != model:
            found.setdefault((one.kind, one.name), one)
    return list(found.values())


def _weights(place: Path) -> Path:
    """The file itself, where a folder holds nothing else that counts: how the hub keeps LoRAs and learned words."""
    if not place.is_dir() or (place / "config.json").is_file():
        return place
    files = Files(place)
    main = recognition.main_weights(files)
    return files.full(main) if main else place


def around(model: Path) -> tuple[str, ...]:
    """Files and folders that change when one more is there for the model at that path, or one less."""
    home = _home(model)
    near = [home, *_named_folders(home), *(one.path.parent for one in _near(model))]
    lists = [one.path for one in _lists()]
    return tuple(dict.fromkeys((*map(str, (*near, *lists)), *_linked_folders())))


# ── where they lie ────────────────────────────────────────────────────────────


def _home(model: Path) -> Path:
    return model if model.is_dir() else model.absolute().parent


def _near(model: Path) -> list[Addition]:
    """In folders named after what they hold: inside a model's folder, or beside a single file."""
    home = _home(model)
    return _for_a_moment(("near", home, _changed(home)), lambda: _looked_at(_named(home), near=True))


def _elsewhere() -> list[Addition]:
    """On the person's list, and in linked folders that say what they hold."""
    added, links = _lists()
    key = ("elsewhere", added.path, _changed(added.path), _changed(links.path))
    return _for_a_moment(key, lambda: _looked_at(_listed(), near=False))


def _looked_at(places: Iterable[scan.Place], *, near: bool) -> list[Addition]:
    looks = ((place, told.identity(place.path, place.hint)) for place in places)
    return [Addition(p.name, _weights(Path(p.path)), what, near) for p, what in looks if what and what.kind in KINDS]


def _named(home: Path) -> Iterator[scan.Place]:
    count = 0
    for folder in _named_folders(home):
        if (folder / "config.json").is_file():  # a folder of one alone
            yield scan.Place(str(folder), folder.name, layouts.hint(folder.name))
            continue
        for place in scan.below(folder):
            count += 1
            if count > MAX_BESIDE:
                return
            yield place


def _named_folders(home: Path) -> list[Path]:
    def read() -> list[Path]:
        parts = _parts(home)
        try:
            inside = sorted(entry for entry in home.iterdir() if layouts.hint(entry.name) in KINDS)
        except OSError:
            return []
        return [entry for entry in inside if entry.name not in parts and entry.is_dir()]

    return _for_a_moment(("folders", home, _changed(home)), read)


def _parts(home: Path) -> set[str]:
    """Folders of a pipeline's own parts; its "vae" is one."""
    try:
        index = Files(home).json("model_index.json") if (home / "model_index.json").is_file() else {}
    except BadInput:
        return set()
    return {name for name, value in index.items() if isinstance(value, list)}


def _listed() -> list[scan.Place]:
    added, links = _lists()

    def read() -> list[scan.Place]:
        found = [
            scan.Place(e["path"], str(e.get("name") or "") or _stem(e["path"]))
            for e in added.entries()
            if e["path"].lower().endswith(WEIGHTS) or not Path(e["path"], "model_index.json").exists()
        ]
        for link in links.entries():
            if Path(link["path"]).is_dir():
                found += [place for place in scan.places(Path(link["path"])) if place.hint in KINDS]
        return found

    return _for_a_moment(("listed", added.path, _changed(added.path), _changed(links.path)), read)


def _lists() -> tuple[Added, Added]:
    return Added(folders.data() / "models.json"), Added(folders.data() / "folders.json")


def _linked_folders() -> list[str]:
    """Those that additions in linked folders lie in, and the ones above them."""
    added, links = _lists()

    def read() -> list[str]:
        roots = [link["path"] for link in links.entries()]
        lie_in = {os.path.dirname(place.path) for place in _listed()}  # noqa: PTH120 - thousands of them
        found = set(roots)
        for folder in lie_in:
            while any(folder.startswith(root) for root in roots) and folder not in found:
                found.add(folder)
                folder = os.path.dirname(folder)  # noqa: PTH120
        return sorted(found)

    return _for_a_moment(("linked", added.path, _changed(added.path), _changed(links.path)), read)


def _stem(path: str) -> str:
    whole = Path(path)
    return scan.name_of(whole.name, str(whole.parent)) if whole.suffix.lower() in WEIGHTS else whole.name


# ── looked at once ────────────────────────────────────────────────────────────

_MOMENTS: dict[Any, tuple[float, Any]] = {}


def _for_a_moment(key: Any, make: Callable[[], T]) -> T:
    known = _MOMENTS.get(key)
    if known is None or time.monotonic() - known[0] > _MOMENT_S:
        if len(_MOMENTS) > 1000:
            _MOMENTS.clear()
        made = make()  # which may take longer than a moment
        known = _MOMENTS[key] = (time.monotonic(), made)
    return known[1]  # type: ignore[no-any-return]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
