"""The models on this machine: the starters that ship, and those that the person has added, each where it lies."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models import folders
from models.outputs.write import slug
from models.protocol import BadInput, Match, ModelInfo, listed
from models.store.added import Added
from models.store.checksum import Verdict, checksums, verified
from models.store.files import PART_OF, Files


class Store:
    """Starters and added models. `recognise` is `Registry.recognise`; nothing here imports a heavy library.

    Models stay where they are: adding writes a line in a list, removing takes it away,
    and no weight is ever copied, moved or deleted. Several processes may use one list.
    """

    def __init__(
        self,
        recognise: Callable[[Path], tuple[str, Match]],
        starters: str | Path | None = None,
        listed_in: str | Path | None = None,
    ) -> None:
        self._recognise = recognise
        self._starters = Path(starters) if starters is not None else folders.resources() / "starter"
        self._added = Added(Path(listed_in) if listed_in is not None else folders.data() / "models.json")
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences on what the last call of `models` had to leave out."""
        return (*self._problems, *self._added.problems)

    def models(self) -> tuple[ModelInfo, ...]:
        """Every model that is there and recognised, starters first. The others are in `problems`."""
        self._problems, self._added.problems = [], []
        found: list[ModelInfo] = []
        for path in self._starter_folders():
            self._try(found, path, _free_id(path, {m.id for m in found}), starter=True)
        for entry in self._added.entries():
            self._try(found, Path(entry["path"]), entry["id"], starter=False, name=str(entry.get("name") or ""))
        return tuple(found)

    def find(self, id_or_path: str | Path) -> ModelInfo:
        """A model by its id, or any model file or folder by its path (its id is then the path). Raises BadInput."""
        wanted = str(id_or_path)
        known = self.models()
        for model in known:
            if model.id == wanted:
                return model
        if (whole := _existing(wanted)) is not None:
            for model in known:
                if Path(model.path).resolve() == whole:
                    return model
            return self._info(whole, str(whole), starter=False)
        for problem in self.problems:
            if problem.startswith(f"{wanted}: "):
                raise BadInput(problem.removeprefix(f"{wanted}: "))
        ids = tuple(model.id for model in known)
        choose = f"choose {listed(ids)}, or give the path of a model" if ids else "give the path of a model"
        raise BadInput(f"There is no model {wanted!r}: {choose}.")

    def add(self, path: str | Path, name: str = "", progress: Callable[[int, int], None] | None = None) -> ModelInfo:
        """Put a model on the list, in place, with the checksums of its weights. Raises BadInput.

        `progress(done, total)` is called in bytes while they are read. One that is on the list is returned as it is.
        """
        whole = Path(path).expanduser().resolve()
        for model in self.models():
            if Path(model.path).resolve() == whole:
                return model
        self._info(whole, str(whole), starter=False)  # recognised, or refused, before it is read from end to end
        sums = checksums(Files(whole), progress)
        with self._added.changing():
            entries = [e for e in self._added.entries() if Path(e["path"]) != whole]
            taken = {e["id"] for e in entries} | {p.name for p in self._starter_folders()}
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            entry = {"id": _free_id(Path(name) if name else whole, taken), "path": str(whole)}
            self._added.write([*entries, entry | {"name": name, "added": now, "sha256": sums}])
        return self._info(whole, entry["id"], starter=False, name=name)

    def remove(self, id: str) -> str:
        """Forget an added model; its path, where every file stays. Raises BadInput for a starter or an unknown id."""
        with self._added.changing():
            entries = self._added.entries()
            for entry in entries:
                if entry["id"] == id:
                    self._added.write([e for e in entries if e is not entry])
                    return entry["path"]
        if any(_free_id(path, set()) == id for path in self._starter_folders()):
            raise BadInput(f"{id} came with the program and cannot be removed from the list.")
        ids = tuple(entry["id"] for entry in entries)
        which = f"it may be {listed(ids)}" if ids else "no model has been added"
        raise BadInput(f"There is no added model {id!r} to remove: {which}.")

    def verify(self, id: str = "") -> Iterator[Verdict]:
        """Read the weights of one model, or of all, against the checksums on record. Raises BadInput (unknown id)."""
        known = {e["id"]: (Path(e["path"]), _sums(e)) for e in self._added.entries()}
        for path in self._starter_folders():
            known.setdefault(_free_id(path, set()), (path, _sums(_told(path))))
        if id and id not in known:
            raise BadInput(f"There is no model {id!r} to verify: choose {listed(tuple(known)) or 'one on the list'}.")
        for name in [id] if id else sorted(known):
            yield from verified(name, *known[name])

    def _starter_folders(self) -> list[Path]:
        if not self._starters.is_dir():
            return []
        # A folder in the making, or one of notes, has no description yet.
        found = sorted(p for p in self._starters.iterdir() if p.is_dir() and any(p.glob("*.json")))
        told = {path: _told(path) for path in found}
        return sorted((p for p in found if PART_OF not in told[p]), key=lambda p: not told[p].get("first"))

    def _try(self, found: list[ModelInfo], path: Path, id: str, *, starter: bool, name: str = "") -> None:
        try:
            found.append(self._info(path, id, starter=starter, name=name))
        except BadInput as error:
            self._problems.append(f"{id}: {error}")

    def _info(self, path: Path, id: str, *, starter: bool, name: str = "") -> ModelInfo:
        files = Files(path)  # refuses what is hostile, whatever recognises it
        _, match = self._recognise(path)
        note = files.sidecar
        return ModelInfo(
            id=id,
            name=name or match.name or str(note.get("name") or path.stem),
            path=str(path),
            size_bytes=files.size_bytes,
            licence=match.licence or str(note.get("licence") or ""),
            starter=starter,
            card=match.card,
            missing=match.missing,
        )


def _told(path: Path) -> dict[str, Any]:
    """A starter's sidecar, or nothing where it cannot be read: whoever lists or verifies it says why."""
    try:
        return Files(path).sidecar
    except BadInput:
        return {}


def _existing(path: str) -> Path | None:
    try:
        return Path(path).expanduser().resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None


def _sums(holder: dict[str, Any]) -> dict[str, str]:
    given = holder.get("sha256")
    return {n: v for n, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}


def _free_id(path: Path, taken: set[str]) -> str:
    """A short id from a file's or folder's name that no other model has."""
    base = slug(path.name.removesuffix(".safetensors")) or "model"
    return next(i for n in range(1, len(taken) + 2) if (i := base if n == 1 else f"{base}-{n}") not in taken)
