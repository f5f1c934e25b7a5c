"""A finished download put where models lie, with the note that tells where it came from and what its sums are."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic
from models.store.checksum import is_weights
from models.store.fetch import connection
from models.store.fetch.staging import Plan, Staging
from models.store.files import SIDECAR, Files
from models.store.heads.pickled import ENDINGS


def target(place: Path, plan: Plan) -> Path:
    """The model's folder: `owner--name`, and with its version where another version lies there already."""
    name = plan.id.replace("/", "--")
    first = place / name
    if not first.exists() or _source(first) == (plan.id, plan.commit):
        return first
    return place / f"{name}@{plan.commit[:7]}"


def put(staging: Staging, plan: Plan, sums: Mapping[str, str]) -> Path:
    """Move everything that has come to its place, at once where nothing is there yet. Raises OSError.

    `sums` holds the SHA-256 of every file of the plan. Killed halfway, it is done again to the end.
    """
    come = staging.come
    there = target(staging.place, plan)
    note = _read(there / SIDECAR) if there.exists() else {}
    text = json.dumps(_noted(note, staging, plan, sums), indent=1, ensure_ascii=False)
    if not there.exists():
        come.mkdir(parents=True, exist_ok=True)
        atomic.write_text(come / SIDECAR, text)
        come.replace(there)
        atomic.flush_folder(there.parent)
        return there
    for file in plan.files:
        if (come / file.name).is_file():
            (there / file.name).parent.mkdir(parents=True, exist_ok=True)
            (come / file.name).replace(there / file.name)
    atomic.write_text(there / SIDECAR, text)
    return there


def _noted(note: dict[str, Any], staging: Staging, plan: Plan, sums: Mapping[str, str]) -> dict[str, Any]:
    """The note, with what was fetched before under the same version."""
    source = note.get("source")
    before = source if isinstance(source, dict) else {}
    files = {file.name: {"bytes": file.size, "sha256": sums[file.name]} for file in plan.files}
    return note | {
        "name": note.get("name") or plan.id.rpartition("/")[2],
        "licence": plan.licence,
        "sha256": dict(note.get("sha256") or {}) | {name: sums[name] for name in sums if is_weights(name)},
        "source": {
            "hub": connection.endpoint(),
            "id": plan.id,
            "revision": staging.ask.revision or "main",
            "commit": plan.commit,
            "fetched": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "files": dict(before.get("files") or {}) | files,
        },
    }


def _source(folder: Path) -> tuple[str, str] | None:
    source = _read(folder / SIDECAR).get("source")
    return (str(source.get("id")), str(source.get("commit"))) if isinstance(source, dict) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def offered(folder: Path) -> tuple[Path, ...]:
    """What of a finished download to put on the list: the folder, or else the one file of weights that it holds."""
    source = _read(folder / SIDECAR).get("source")
    files = source.get("files") if isinstance(source, dict) else None
    weights = [
        name for name in files or () if name.lower().endswith((".safetensors", ".gguf", ".onnx", ".pt2", *ENDINGS))
    ]
    return (folder, folder / weights[0]) if len(weights) == 1 else (folder,)


def recorded(path: Path) -> dict[str, str]:
    """The sums that were checked as a model's weights came, by name: nothing must be read again for them.

    Empty where `path` (a folder, or a file in one) is no download of ours, or something of it has changed its size.
    """
    folder = path if path.is_dir() else path.parent
    if folder.parent.resolve() != folders.models().resolve():
        return {}
    note = _read(folder / SIDECAR)
    sums, source = note.get("sha256"), note.get("source")
    files = source.get("files") if isinstance(source, dict) else None
    if not isinstance(sums, dict) or not isinstance(files, dict):
        return {}
    names = [n for n in Files(path).names if is_weights(n)]
    as_noted = all(
        name in sums
        and isinstance(files.get(name), dict)
        and files[name].get("bytes") == (folder / name).stat().st_size
        and files[name].get("sha256") == sums[name]
        for name in names
    )
    return {name: sums[name] for name in names} if as_noted else {}
