"""Every model and addition in a folder of another program, where it lies: found by names alone, looked at later."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.store.endings import SIDECAR, WEIGHTS
from models.store.recognising import layouts

MAX_PLACES = 20_000
MAX_DEPTH = 8
# Folders that hold programs and what they make, not models.
_NOT_MODELS = frozenset(
    {"__pycache__", "node_modules", "venv", "env", "site-packages", "custom_nodes", "output", "outputs", "configs"}
)
_DESCRIBED = ("config.json", "adapter_config.json")  # beside weights, these make one model of a folder
_LATER_SHARD = re.compile(r"-(?!0*1-of-)\d+-of-\d+\.\w+$")
# Names that every model has: its folder's tells it apart.
_EVERYBODYS = ("model", "diffusion_pytorch_model", "pytorch_lora_weights", "learned_embeds", "adapter_model")


@dataclass(frozen=True)
class Place:
    """A file or folder that looks like a model; `name` is what to call it, `hint` the kind its folder is for."""

    path: str
    name: str
    hint: str = ""


def places(folder: Path) -> list[Place]:
    """Those in a folder, in the order of their paths. What may not be read is passed over."""
    found: list[Place] = []
    hub = layouts.program(folder) == layouts.HUB
    for root in layouts.roots(folder):
        for place in _hub(root) if hub else _below(str(root), layouts.hint(root.name)):
            found.append(place)
            if len(found) >= MAX_PLACES:
                return found
    return found


def below(folder: Path) -> list[Place]:
    """What lies in one folder, and in those in it, whoever's it is."""
    return list(_below(str(folder), layouts.hint(folder.name)))


def _below(root: str, hint: str, called: str = "") -> Iterator[Place]:
    """What lies in a folder and in those in it; `called` comes before the names in a hub's repository."""
    waiting = [(root, hint, 0)]
    been: set[tuple[int, int]] = set()  # people link folders to where they have room, and links may lead in circles
    while waiting:
        folder, hint, depth = waiting.pop()
        if (place := _number(folder)) in been:
            continue
        been.add(place)
        files, folders = _entries(folder)
        if depth and _is_one(files):
            yield Place(folder, os.path.basename(folder), hint)  # noqa: PTH119 - many of them
            continue
        for name in files:
            if name.lower().endswith(WEIGHTS) and not _LATER_SHARD.search(name):
                yield Place(f"{folder}{os.sep}{name}", name_of(name, folder, called), hint)
        if depth < MAX_DEPTH:
            inside = (name for name in reversed(folders) if name.lower() not in _NOT_MODELS)
            waiting += [(f"{folder}{os.sep}{name}", layouts.hint(name) or hint, depth + 1) for name in inside]


def _hub(root: Path) -> Iterator[Place]:
    """The newest snapshot of each repository in a cache of the hub."""
    for repository in sorted(root.glob("models--*")):
        name = repository.name.removeprefix("models--").replace("--", "/")
        snapshot = _snapshot(repository)
        if snapshot is None:
            continue
        files, _ = _entries(str(snapshot))
        if _is_one(files):
            yield Place(str(snapshot), name)
        else:
            yield from _below(str(snapshot), "", name)


def _snapshot(repository: Path) -> Path | None:
    """The one that `main` stands for, or the one that was written last."""
    known = [place for place in (repository / "snapshots").glob("*") if place.is_dir()]
    try:
        main = (repository / "refs" / "main").read_text("utf-8")[:200].strip()
    except (OSError, ValueError):
        main = ""
    return next((place for place in known if place.name == main), None) or max(
        known, key=lambda place: place.stat().st_mtime_ns, default=None
    )


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """Names of files and of folders, sorted."""
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file():
                    files.append(entry.name)
    except OSError:
        return [], []
    return sorted(files), sorted(folders)


def _number(folder: str) -> tuple[int, int]:
    """What tells a folder apart under whatever name; (0, 0) where it cannot be looked at."""
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _is_one(files: list[str]) -> bool:
    """Whether a folder is one model, and not one of several."""
    if "model_index.json" in files or SIDECAR in files:
        return True
    weights = any(name.lower().endswith((*WEIGHTS, ".bin")) for name in files)
    return weights and any(name in files for name in _DESCRIBED)


def name_of(file: str, folder: str, called: str = "") -> str:
    """What to call a file of weights: by its own name, or by its folder's where every model has that one."""
    stem = re.sub(r"-0*1-of-\d+$", "", os.path.splitext(file)[0])  # noqa: PTH122 - a name alone
    if stem in _EVERYBODYS:
        return called or os.path.basename(folder)  # noqa: PTH119
    return f"{called}: {stem}" if called else stem
