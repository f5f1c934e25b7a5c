"""What one file or folder was found to be: its card where a family runs it, its facts, and why not where none does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import cards
from models.planning import parts as weights
from models.planning.weigh import weigh
from models.protocol import BadInput, Card, Found, Match, ModelInfo, Part, Unknown
from models.store.recognising import identity
from models.store.recognising.identity import Identity

if TYPE_CHECKING:
    from models.store.files import Files

Recognise = Callable[[Path], tuple[str, Match]]


@dataclass(frozen=True)
class Entry:
    """`card` is None where it cannot run, and then `reason` says why. `shared` are folders beside it with its parts,
    `around` as in `Match`.

    `lasting` is False where only the moment was bad: a disk that did not answer, a file that may not be read.
    """

    card: Card | None
    reason: str = ""
    identity: Identity | None = None
    name: str = ""
    licence: str = ""
    base: str = ""
    missing: str = ""
    needs: tuple[str, ...] = ()
    numbers: int = 0
    precision: tuple[tuple[str, float], ...] = ()
    size_bytes: int = 0
    changed: float = 0.0
    shared: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    lasting: bool = True

    def model(self, id: str, path: Path, name: str = "", *, starter: bool = False, found_in: str = "") -> ModelInfo:
        """The same as one of the models on a list. Raises BadInput with the reason where it cannot run."""
        if self.card is None:
            raise BadInput(self.reason)
        return ModelInfo(
            id=id,
            name=name or self.name or path.stem,
            path=str(path),
            size_bytes=self.size_bytes,
            licence=self.licence,
            starter=starter,
            card=self.card,
            missing=self.missing,
            base=self.base,
            # Of a pipeline it is the class, which the card's name tells better.
            detail=self.identity.detail if self.identity is not None and self.identity.kind != "Pipeline" else "",
            numbers=self.numbers,
            precision=self.precision,
            needs=self.needs,
            found_in=found_in,
            changed=self.changed,
            parts=self.parts,
        )

    def found(self, id: str, path: Path, name: str = "", found_in: str = "") -> Found:
        """The same as an addition, or as what cannot be run."""
        told = self.identity
        return Found(
            id=id,
            name=name or self.name or path.stem,
            path=str(path),
            size_bytes=self.size_bytes,
            licence=self.licence,
            addition=self.is_addition,
            kind=told.kind if told is not None else "Unknown",
            reason=self.reason or (identity.reason(path.name, told) if told is not None else ""),
            bases=told.bases if told is not None else (),
            detail=told.detail if told is not None else "",
            medium=told.medium if told is not None else "",
            numbers=self.numbers,
            precision=self.precision,
            needs=self.needs,
            found_in=found_in,
            changed=self.changed,
        )

    @property
    def is_addition(self) -> bool:
        return self.identity is not None and self.identity.role == "addition"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the card."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("card", "identity", "parts")} | {
            "identity": None if self.identity is None else asdict(self.identity),
            "parts": weights.to_rows(self.parts),
        }


def from_dict(row: Mapping[str, Any], card: Card | None) -> Entry:
    """The entry that `to_dict` wrote. Raises ValueError, KeyError and TypeError where the row is not of that form."""
    told = dict(row)
    given = told.pop("identity")
    needs, shared, around = (tuple(told.pop(name)) for name in ("needs", "shared", "around"))
    parts = weights.from_rows(told.pop("parts"))
    found = None
    if given is not None:
        found = Identity(**(given | {"bases": tuple(given["bases"]), "needs": tuple(given["needs"])}))
    return Entry(
        card=card,
        identity=found,
        precision=cards.shares(told.pop("precision")),
        needs=needs,
        shared=shared,
        around=around,
        parts=parts,
        **told,
    )


def read(path: Path, recognise: Recognise, hint: str = "") -> Entry:
    """Look at a file or folder; whatever is wrong with it is its `reason`. `hint` as in `recognition.identify`."""
    from models.store.files import Files
    from models.store.recognising import recognition

    try:
        files = Files(path)
    except BadInput as error:
        return _refused(path, error)
    told = None
    with contextlib.suppress(BadInput):  # whoever asks the families hears of it
        told = recognition.identify(files, hint)
    card, match, reason, lasting = None, None, "", True
    try:
        _, match = recognise(path)
        card = match.card
    except BadInput as error:
        better = told is not None and (told.role == "addition" or isinstance(error, Unknown))
        reason = identity.reason(path.name, told) if told is not None and better else str(error)
        lasting = not _of_the_moment(error)
    try:
        return _entry(files, told, card, match, reason, lasting)
    except BadInput as error:
        return _refused(path, error)


def _entry(
    files: Files, told: Identity | None, card: Card | None, match: Match | None, reason: str, lasting: bool
) -> Entry:
    from models.store.recognising import facts

    counted = facts.numbers(files)
    sidecar = files.sidecar
    base = str(sidecar.get("base") or "") or (told.base if told is not None else "") or (match.base if match else "")
    needs = match.needs if match is not None and match.needs else told.needs if told is not None else ()
    return Entry(
        card=card,
        reason=reason,
        identity=told,
        name=(match.name if match else "") or files.title,
        licence=(match.licence if match else "") or str(sidecar.get("licence") or "") or facts.licence(files),
        base=base,
        missing=match.missing if match else "",
        needs=needs if card is None or (match is not None and match.needs) else (),
        numbers=sum(counted.values()),
        precision=facts.precision(counted),
        size_bytes=files.size_bytes,
        changed=max((_changed(files.full(name)) for name in files.names), default=0.0),
        shared=tuple(str(place) for place in files.borrowed),
        around=match.around if match is not None else (),
        parts=weigh(files) if card is not None else (),
        lasting=lasting,
    )


def _refused(path: Path, error: BadInput) -> Entry:
    size = 0
    with contextlib.suppress(OSError):
        size = path.stat().st_size if path.is_file() else 0
    return Entry(None, str(error), size_bytes=size, changed=_changed(path), lasting=not _of_the_moment(error))


def _of_the_moment(error: BaseException) -> bool:
    return isinstance(error.__cause__, OSError)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
