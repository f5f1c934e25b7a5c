"""Where presets lie: those that came with the program, and the person's own, one small file each."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from models import folders
from models.outputs import atomic, place
from models.outputs.write import slug
from models.presets import form
from models.presets.preset import Preset
from models.protocol import BadInput, listed

MOST = 5000  # files of one folder that are looked at
_AWAY = ".deleted"  # inside the person's folder: what was deleted last can come back
_AWAY_KEPT = 50


@dataclass(frozen=True)
class Kept:
    """A preset and its file; `shipped` ones came with the program and stay as they are."""

    preset: Preset
    path: Path
    shipped: bool = False


class Presets:
    """Both folders. Nothing is remembered between two looks, so that several processes may use them."""

    def __init__(self, own: Path | None = None, shipped: Path | None = None) -> None:
        self.own = own or folders.data() / "presets"
        self.shipped = shipped or folders.resources() / "presets"
        self.problems: list[str] = []  # sentences on what the last look had to leave out

    def look(self) -> tuple[Kept, ...]:
        """Every preset: the person's own by name, then the shipped ones by their files' names."""
        self.problems = []
        own = sorted(self._in(self.own), key=lambda kept: kept.preset.name.casefold())
        return (*own, *self._in(self.shipped, shipped=True))

    def find(self, name_or_path: str) -> Kept:
        """The preset of that name (the person's own first), or in that file. Raises BadInput."""
        known = self.look()
        wanted = name_or_path.strip().casefold()
        for kept in known:
            if wanted in (kept.preset.name.casefold(), kept.path.stem.casefold()):
                return kept
        if (path := _place(name_or_path)) is not None:
            return Kept(form.read(path), path)
        for problem in self.problems:
            if wanted and problem.casefold().startswith(f"{wanted}{form.ENDING}"):
                raise BadInput(problem)
        names = [kept.preset.name for kept in known]
        close = difflib.get_close_matches(name_or_path, names, 5, 0.4) or names[:5]
        choose = f"choose {listed(close)}, or give" if close else "give"
        raise BadInput(f"There is no preset {name_or_path!r}: {choose} the path of a preset's file.")

    def save(self, preset: Preset, instead: Kept | None = None) -> Kept:
        """Keep it, under another name where one of the person's own has its name; in place of `instead` where that is
        given. Raises BadInput."""
        others = [k for k in self._in(self.own) if instead is None or k.path != instead.path]
        preset = replace(preset, name=_free(preset.name.strip(), {k.preset.name.casefold() for k in others}))
        data = form.dumps(preset).encode()
        try:
            self.own.mkdir(parents=True, exist_ok=True)
            if instead is not None and not instead.shipped and slug(instead.preset.name) == slug(preset.name):
                atomic.write_bytes(instead.path, data)
                return Kept(preset, instead.path)
            path = atomic.write_new(self.own / f"{slug(preset.name) or 'preset'}{form.ENDING}", data)
            if instead is not None and not instead.shipped and instead.path != path:
                instead.path.unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"The preset is not kept: {place.sentence(error, self.own)}") from error
        return Kept(preset, path)

    def rename(self, kept: Kept, name: str) -> Kept:
        """Give one of the person's own another name. Raises BadInput."""
        self._mine(kept, "renamed; save it under another name")
        return self.save(replace(kept.preset, name=called(name)), kept)

    def delete(self, kept: Kept) -> Path:
        """Take one of the person's own away; what `restore` takes to bring it back. Raises BadInput."""
        self._mine(kept, "deleted")
        away = self.own / _AWAY
        try:
            away.mkdir(parents=True, exist_ok=True)
            gone = atomic.write_new(away / kept.path.name, kept.path.read_bytes())
            kept.path.unlink()
            for old in sorted(away.glob(f"*{form.ENDING}"), key=lambda p: p.stat().st_mtime_ns)[:-_AWAY_KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"{kept.preset.name} is not deleted: {place.sentence(error, self.own)}") from error
        return gone

    def restore(self, gone: Path) -> Kept:
        """Bring back what `delete` took away. Raises BadInput."""
        kept = self.save(form.read(gone))
        gone.unlink(missing_ok=True)
        return kept

    def take(self, path: str | Path) -> Kept:
        """Keep a copy of a preset that came from elsewhere; the one that is here where it is the same. Raises
        BadInput."""
        preset = form.read(path)
        same = next((kept for kept in self.look() if kept.preset == preset), None)
        return same or self.save(preset)

    def export(self, kept: Kept, path: str | Path) -> Path:
        """Write it where the person wants it, in place of what is there; where it lies now. Raises BadInput."""
        path = Path(path).expanduser().absolute()
        if path.suffix.lower() != form.ENDING:
            path = path.with_name(path.name + form.ENDING)
        try:
            atomic.write_text(path, form.dumps(kept.preset))
        except OSError as error:
            raise BadInput(place.sentence(error, path.parent)) from error
        return path

    def _in(self, folder: Path, *, shipped: bool = False) -> Iterator[Kept]:
        try:
            paths = sorted(p for p in folder.iterdir() if p.suffix.lower() == form.ENDING and p.name[0] != ".")
        except OSError:
            return
        for path in paths[:MOST]:
            try:
                yield Kept(form.read(path), path, shipped)
            except BadInput as error:
                self.problems.append(str(error))

    def _mine(self, kept: Kept, deed: str) -> None:
        if kept.shipped:
            raise BadInput(f"{kept.preset.name} came with the program and cannot be {deed}.")


def called(name: str) -> str:
    """A name as the person typed it, without spaces around it. Raises BadInput where no preset can be called so."""
    try:
        return form.name(name.strip(), "The name")
    except ValueError as error:
        raise BadInput(f"{error}.") from error


def _place(name: str) -> Path | None:
    """The file that is meant, where it seems to be one."""
    try:
        path = Path(name).expanduser()
        return path if path.suffix.lower() == form.ENDING or path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _free(name: str, taken: set[str]) -> str:
    """The name, or with 2, 3 ... behind it."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        tail = f" {number}"
        free = f"{name[: form.MAX_NAME - len(tail)].rstrip()}{tail}"
    return free
