"""The models on this machine: starters, added ones, and those in linked folders of other programs, where they lie."""

from __future__ import annotations

import datetime
import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import folders
from models.protocol import BadInput, Found, ModelInfo, listed
from models.store import discard, scan
from models.store.added import Added
from models.store.cache import Cache
from models.store.checksum import Verdict, checksums, verified
from models.store.edition import edition as edition_of
from models.store.entry import Recognise
from models.store.files import PART_OF, SIDECAR, Files
from models.store.recognising import layouts
from models.store.shelf import Reader, Shelf, free_id

_SIDECAR_BYTES = 2**20
_MOST_NAMED = 12


@dataclass(frozen=True)
class Linked:
    """A folder of another program whose models are on the list; `count` is how many files and folders of them."""

    path: str
    program: str
    count: int


class Store:
    """Starters, added and linked models. `recognise` is `Registry.recognise`; nothing here imports a heavy library.

    Models stay where they are: adding writes a line in a list, removing takes it away, and no weight is ever copied,
    moved or deleted; `discard` alone moves files, into the system's bin. Several processes may use one list.
    `edition` says for how long what was recognised holds; where none is given it is that of the registry, and where
    `recognise` is no registry's, nothing is remembered.
    """

    def __init__(
        self,
        recognise: Recognise,
        starters: str | Path | None = None,
        listed_in: str | Path | None = None,
        edition: str | None = None,
    ) -> None:
        self._starters = Path(starters) if starters is not None else folders.resources() / "starter"
        self._added = Added(Path(listed_in) if listed_in is not None else folders.data() / "models.json")
        self._links = Added(self._added.path.with_name("folders.json"), "linked folders")
        if edition is None:
            package = getattr(getattr(recognise, "__self__", None), "package", "")
            edition = edition_of(package) if package else ""
        self.cache = Cache(self._added.path.with_name("recognised.sqlite3"), edition)
        self._reader = Reader(recognise, self.cache)
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences on what the last look had to leave out."""
        return (*self._problems, *self._added.problems, *self._links.problems)

    def look(self) -> Shelf:
        """Everything that is there, starters first."""
        self._added.problems, self._links.problems = [], []
        self.cache.look_again()
        shelf = Shelf(self._reader)
        for path in self._starter_folders():
            shelf.take_starter(path)
        shelf.take_added(self._added.entries())
        for link in self._links.entries():
            shelf.take_linked(Path(link["path"]))
        self._reader.keep()
        self._problems = shelf.problems
        return shelf

    def models(self) -> tuple[ModelInfo, ...]:
        """Every model that is there and runs, starters first. Added ones that do not are in `problems`."""
        return tuple(self.look().models)

    def found(self) -> tuple[Found, ...]:
        """Additions to models, and what nothing here runs."""
        return tuple(self.look().found)

    def find(self, id_or_path: str | Path) -> ModelInfo:
        """A model by its id, or any model file or folder by its path (its id is then the path). Raises BadInput."""
        one = self.about(id_or_path)
        if isinstance(one, Found):
            raise BadInput(one.reason)
        return one

    def about(self, id_or_path: str | Path) -> ModelInfo | Found:
        """The same, also for what cannot be run. Raises BadInput where nothing is there, or it is refused."""
        wanted = str(id_or_path)
        shelf = self.look()
        known = shelf.everything
        for one in known:
            if one.id == wanted:
                return one
        if (whole := _existing(wanted)) is not None:
            return self._lying_at(whole, known)
        for problem in self.problems:
            if problem.startswith(f"{wanted}: "):
                raise BadInput(problem.removeprefix(f"{wanted}: "))
        ids = [model.id for model in shelf.models]
        if len(ids) > _MOST_NAMED:  # nobody reads a thousand names
            ids = difflib.get_close_matches(wanted, ids, 5, 0.5)
        choose = f"choose {listed(ids)}, or give the path of a model" if ids else "give the path of a model"
        raise BadInput(f"There is no model {wanted!r}: {choose}.")

    def add(
        self, path: str | Path, name: str = "", progress: Callable[[int, int], None] | None = None
    ) -> ModelInfo | Found:
        """Put a model, or an addition to models, on the list, in place, with the checksums of its weights.

        `progress(done, total)` is called in bytes while they are read. One that is on the list is returned as it is.
        Raises BadInput.
        """
        whole = _place(path)
        shelf = self.look()
        one = self._lying_at(whole, shelf.everything)  # refused before it is read from end to end
        if one.id != str(whole) and not one.found_in:
            return one
        if isinstance(one, Found) and not one.addition:
            raise BadInput(one.reason)
        from models.store.fetch import placing

        # What was checked as it came need not be read again.
        sums = placing.recorded(whole) or checksums(Files(whole), progress)
        with self._added.changing():
            entries = [e for e in self._added.entries() if Path(e["path"]) != whole]
            taken = {e["id"] for e in entries} | {p.name for p in self._starter_folders()}
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            entry = {"id": free_id(Path(name) if name else whole, taken), "path": str(whole)}
            self._added.write([*entries, entry | {"name": name, "added": now, "sha256": sums}])
        known = self._reader.entry(whole)
        if known.card is not None:
            return known.model(entry["id"], whole, name)
        return known.found(entry["id"], whole, name)

    def remove(self, id: str) -> str:
        """Forget an added model; its path, where every file stays. Raises BadInput for a starter or an unknown id."""
        with self._added.changing():
            entries = self._added.entries()
            for entry in entries:
                if entry["id"] == id:
                    self._added.write([e for e in entries if e is not entry])
                    return entry["path"]
        if any(free_id(path, set()) == id for path in self._starter_folders()):
            raise BadInput(f"{id} came with the program and cannot be removed from the list.")
        for one in self.look().everything:
            if one.id == id and one.found_in:
                raise BadInput(f"{id} lies in the linked folder {one.found_in}: unlink that to have none of it listed.")
        ids = tuple(entry["id"] for entry in entries)
        which = f"it may be {listed(ids)}" if ids else "no model has been added"
        raise BadInput(f"There is no added model {id!r} to remove: {which}.")

    def discard(self, id_or_path: str | Path, *, others: bool = False) -> Path:
        """Put a model's files into the system's bin and take it off the list; what went.

        `others`: also out of folders that other programs use. Raises BadInput for a starter, and where it may not be.
        """
        one = self.about(id_or_path)
        discard.check(one, [entry["path"] for entry in self._links.entries()], others=others)
        place = discard.place(one)
        for other in self.look().models:
            if other.path != one.path and any(
                Path(part).is_relative_to(place) for part in self._reader.entry(other.path).shared
            ):
                raise BadInput(f"{other.id} uses a part of {one.id}: put that into the bin first.")
        discard.to_bin(place)
        with self._added.changing():
            entries = self._added.entries()
            self._added.write([e for e in entries if not Path(e["path"]).is_relative_to(place)])
        return place

    def verify(self, id: str = "", progress: Callable[[int, int], None] | None = None) -> Iterator[Verdict]:
        """Read the weights of one model, or of all, against the checksums on record. Raises BadInput (unknown id).

        `progress(done, total)` is called in bytes while the weights of one are read.
        """
        known = {e["id"]: (Path(e["path"]), _sums(e)) for e in self._added.entries()}
        for path in self._starter_folders():
            known.setdefault(free_id(path, set()), (path, _sums(_told(path))))
        if id and id not in known:
            raise BadInput(f"There is no model {id!r} to verify: choose {listed(tuple(known)) or 'one on the list'}.")
        for name in [id] if id else sorted(known):
            yield from verified(name, *known[name], progress)

    # ── folders of other programs ─────────────────────────────────────────────

    def link(self, folder: str | Path) -> Linked:
        """List what lies in a folder, where it is. Raises BadInput where it is no folder, or one model itself."""
        whole = _place(folder)
        if not whole.is_dir():
            raise BadInput(f"{folder} is no folder: give the one that another program has its models in.")
        count = len(scan.places(whole))
        if not count:
            raise BadInput(f"{folder} holds no models: give the folder that another program has its models in.")
        if (whole / "model_index.json").is_file() or whole == self._starters.resolve():
            raise BadInput(f"{folder} is a model itself: add it (`models add`).")
        with self._links.changing():
            entries = self._links.entries()
            for entry in entries:
                other = Path(entry["path"])
                if other != whole and (whole.is_relative_to(other) or other.is_relative_to(whole)):
                    raise BadInput(f"{other} is linked already, and one lies in the other: unlink that first.")
            if not any(entry["path"] == str(whole) for entry in entries):
                now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                self._links.write([*entries, {"id": str(whole), "path": str(whole), "added": now}])
        return Linked(str(whole), layouts.program(whole), count)

    def unlink(self, folder: str | Path) -> str:
        """List nothing of that folder any more; its path. Every file stays. Raises BadInput where it is not linked."""
        with self._links.changing():
            entries = self._links.entries()
            wanted = {str(folder), str(_place(folder))}
            left = [entry for entry in entries if entry["path"] not in wanted]
            if len(left) == len(entries):
                known = tuple(entry["path"] for entry in entries)
                raise BadInput(f"{folder} is not linked: {f'choose {listed(known)}' if known else 'no folder is'}.")
            self._links.write(left)
        return next(entry["path"] for entry in entries if entry["path"] in wanted)

    def links(self) -> tuple[Linked, ...]:
        """The linked folders, as they are now."""
        paths = [Path(entry["path"]) for entry in self._links.entries()]
        return tuple(Linked(str(path), layouts.program(path), len(scan.places(path))) for path in paths)

    # ── paths ─────────────────────────────────────────────────────────────────

    def _starter_folders(self) -> list[Path]:
        if not self._starters.is_dir():
            return []
        # A folder in the making, or one of notes, has no description yet.
        found = sorted(p for p in self._starters.iterdir() if p.is_dir() and any(p.glob("*.json")))
        told = {path: _told(path) for path in found}
        return sorted((p for p in found if PART_OF not in told[p]), key=lambda p: not told[p].get("first"))

    def _lying_at(self, whole: Path, known: tuple[ModelInfo | Found, ...]) -> ModelInfo | Found:
        for one in known:
            if one.path == str(whole) or _place(one.path) == whole:
                return one
        found = self._reader.entry(whole)
        self._reader.keep()
        if found.card is not None:
            return found.model(str(whole), whole)
        if found.identity is None:
            raise BadInput(found.reason)
        return found.found(str(whole), whole)


def _told(path: Path) -> dict[str, Any]:
    """A starter's sidecar, or nothing where it cannot be read: whoever lists or verifies it says why."""
    try:
        with (path / SIDECAR).open("rb") as file:
            value = json.loads(file.read(_SIDECAR_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _existing(path: str) -> Path | None:
    try:
        return _place(path) if Path(path).expanduser().exists() and path else None
    except (OSError, ValueError, RuntimeError):
        return None


def _place(path: str | Path) -> Path:
    """Where it lies. A link to a file stays one: the cache of the hub keeps files under names that tell nothing."""
    path = Path(path).expanduser()
    return path.parent.resolve() / path.name if path.is_symlink() and path.is_file() else path.resolve()


def _sums(holder: dict[str, Any]) -> dict[str, str]:
    given = holder.get("sha256")
    return {n: v for n, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
