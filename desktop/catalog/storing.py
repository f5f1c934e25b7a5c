"""What the room of models does to the list and to files; all of it waits for the disk, so it runs on other threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.gallery.bin import Binned, put_back, to_bin
from models import folders
from models.protocol import PACKAGE, BadInput, Found, Match, ModelInfo

if TYPE_CHECKING:
    from models.store.duplicates import Copies
    from models.store.store import Linked, Store

Progress = Callable[[int, int], None]  # bytes read, of how many; what it raises ends the work


@dataclass(frozen=True)
class Thrown:
    """What went to the bin: where it lies now, and the lines of the list that went with it."""

    name: str
    binned: Binned
    lines: tuple[dict[str, Any], ...]


class Theirs(BadInput):
    """The model lies in a folder that other programs use too: it must be asked for again."""


def forget(id: str) -> str:
    """Take it off the list; its path. Raises BadInput."""
    return _store().remove(id)


def link(folder: str) -> Linked:
    """List what lies in another program's folder. Raises BadInput."""
    return _store().link(folder)


def unlink(folder: str) -> str:
    """List nothing of it any more. Raises BadInput."""
    return _store().unlink(folder)


def check(id: str, progress: Progress) -> tuple[str, bool]:
    """Read a model's weights against what they were: a sentence, and whether they are sound. Raises BadInput."""
    verdicts = list(_store().verify(id, progress))
    if broken := [f"{verdict.file}: {verdict.reason}" for verdict in verdicts if verdict.ok is False]:
        return " ".join(broken), False
    if not verdicts:
        return "It has no files of weights to check.", True
    files = f"{len(verdicts)} files of weights" if len(verdicts) != 1 else "file of weights"
    if all(verdict.ok is None for verdict in verdicts):
        return f"Nobody noted what its {files} held when it came, so there is nothing to compare with.", True
    return f"Its {files} {'are' if len(verdicts) != 1 else 'is'} as when it came.", True


def copies(models: Iterable[ModelInfo | Found], progress: Progress) -> tuple[Copies, ...]:
    """Weights that lie here more than once, the largest waste first."""
    from models.store.duplicates import duplicates
    from models.store.edition import edition
    from models.store.store import Store

    return duplicates(models, Store(_recognise_nothing, edition=edition(PACKAGE)).cache, progress)


def throw(model: ModelInfo | Found, models: Iterable[ModelInfo], *, others: bool = False) -> Thrown:
    """Move a model's files to the system's bin and take it off the list.

    `others`: also out of folders that other programs use. Raises Theirs where that must be said, else BadInput.
    """
    from models.store import discard

    links = [one.path for one in _store().links()]
    try:
        discard.check(model, links, others=others)
    except BadInput as error:
        if isinstance(model, ModelInfo) and model.starter:
            raise
        raise Theirs(
            f"{model.name} lies in a folder that other programs use too: they would lack it as well."
        ) from error
    place = discard.place(model)
    for other in models:
        if other.path != model.path and any(part.is_relative_to(place) for part in _shared(other)):
            raise BadInput(f"{other.name} uses a part of {model.name}: put that into the bin first.")
    added = _added()
    lines = tuple(entry for entry in added.entries() if Path(entry["path"]).is_relative_to(place))
    binned = to_bin(str(place))
    with added.changing():
        gone = [entry["id"] for entry in lines]
        added.write([entry for entry in added.entries() if entry["id"] not in gone])
    return Thrown(model.name, binned, lines)


def restore(thrown: Thrown) -> None:
    """Back from the bin, and on the list as it was. Raises BadInput, and then it stays in the bin."""
    put_back(thrown.binned)
    added = _added()
    with added.changing():
        there = added.entries()
        taken = {entry["id"] for entry in there} | {entry["path"] for entry in there}
        back = [e for e in thrown.lines if e["id"] not in taken and e["path"] not in taken]
        added.write([*there, *back])


def _shared(model: ModelInfo) -> list[Path]:
    from models.store.files import Files

    try:
        return list(Files(Path(model.path)).borrowed)
    except (BadInput, OSError):
        return []


def _added() -> Any:
    from models.store.added import Added

    return Added(folders.data() / "models.json")


def _store() -> Store:
    """Nothing is recognised in this process: that is the engine's to do."""
    from models.store.store import Store

    return Store(_recognise_nothing, edition="")


def _recognise_nothing(path: Path) -> tuple[str, Match]:
    raise BadInput(f"{path} is not looked at here.")
