"""The files that lists of words are read from: text (a word a line), YAML and JSON, all of it in UTF-8."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.protocol import BadInput

ENDINGS = (".txt", ".yaml", ".yml", ".json")
MOST_FILES = 5_000
MOST_BYTES = 32 * 2**20
MOST_WORDS = 500_000  # of one file, and lists: names of YAML that stand for each other make many of little
REMEMBERED = 2_000  # files

Word = tuple[str, float]  # and how likely it is beside the others


@dataclass(frozen=True)
class File:
    """The lists in one file by their names, which a folder's name goes before; `problem` is a sentence on what of it
    could not be read."""

    lists: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    problem: str = ""


def text(path: Path) -> str:
    """A file in UTF-8, with or without its mark. Raises BadInput with the file and what to do: letters that were left
    out would be missed in pictures long after."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{_said(path)} is larger than {MOST_BYTES >> 20} MB: cut it into several.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{_said(path)} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{_said(path)} is not in UTF-8: open it and save it as UTF-8.") from error


def _said(path: Path) -> str:
    """The file as a sentence has it."""
    return f"{path.name} in the folder {path.parent.name}"


def places(folder: Path, endings: tuple[str, ...] = ENDINGS) -> list[Path]:
    """Every such file in the folder and those inside, hidden ones left out, in order of their paths."""
    found: list[Path] = []
    seen: set[str] = set()
    for here, below, names in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(here)) in seen:  # a link that leads back
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [Path(here) / name for name in names if name[0] != "." and name.lower().endswith(endings)]
        if len(found) > MOST_FILES:
            break
    return sorted(found[:MOST_FILES])


def stamps(folder: Path, endings: tuple[str, ...] = ENDINGS) -> tuple[tuple[str, int, int], ...]:
    """What is another one once anything in the folder is."""
    return tuple((str(path), *_stamp(path)) for path in places(folder, endings))


def read(folder: Path) -> Iterator[tuple[str, File]]:
    """Each file of the folder, as its path in it without the ending (`animals/birds`); the names of its lists are
    whole. A file is read again only where it has changed."""
    for path in places(folder):
        stem = path.relative_to(folder).with_suffix("").as_posix()
        yield stem, _read(str(path), stem, *_stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        held = path.stat()
    except OSError:
        return 0, 0
    return held.st_mtime_ns, held.st_size


@lru_cache(maxsize=REMEMBERED)
def _read(path: str, stem: str, changed_ns: int, size: int) -> File:
    place = Path(path)
    try:
        whole = text(place)
        if place.suffix.lower() == ".txt":
            lines = (line.strip() for line in io.StringIO(whole, newline=None))
            return File({stem: tuple((line, 1.0) for line in lines if line and not line.startswith("#"))})
        return _structured(whole, place, stem)
    except BadInput as error:
        return File(problem=str(error))
    except _TooMany as error:
        return File(problem=f"{_said(place)} has more than {MOST_WORDS:,} words up to {error}: cut it into several.")
    except RecursionError:
        return File(problem=f"{_said(place)} is nested too deeply to hold lists of words: make it flat.")


def _structured(whole: str, place: Path, stem: str) -> File:
    """Of a mapping, a list for each name (`artists/dutch` for one in another); of a plain list, the file's own."""
    held = _parsed(whole, place)
    above = stem.rpartition("/")[0]
    gathered = _Gathered(f"{above}/" if above else "")
    if isinstance(held, dict):
        gathered.names(held, ())
    elif isinstance(held, list):
        gathered.words(place.stem, held)
    elif held not in (None, ""):
        return File(problem=f"{_said(place)} holds no lists of words: write a name, a colon, and the words below it.")
    wrong = f"{_said(place)}: {gathered.wrong}." if gathered.wrong else ""
    return File(gathered.found, wrong)


def _parsed(whole: str, place: Path) -> Any:
    """Its plain values: all of a YAML file's are texts, for `no` and `1960` are words here. Raises BadInput with the
    place."""
    if place.suffix.lower() == ".json":
        try:
            return json.loads(whole)
        except json.JSONDecodeError as error:
            at = f"line {error.lineno}, column {error.colno}"
            raise BadInput(f"{_said(place)} is no JSON from {at} on: mend it there.") from error
        except ValueError as error:
            raise BadInput(f"{_said(place)} is no JSON that can be read ({error}).") from error
    import yaml

    try:
        return yaml.load(whole, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" from line {mark.line + 1}, column {mark.column + 1} on: mend it there" if mark else ": mend it"
        raise BadInput(f"{_said(place)} is no YAML{at}.") from error
    except ValueError as error:
        raise BadInput(f"{_said(place)} is no YAML that can be read ({error}).") from error


class _TooMany(Exception):
    """More words than a file may have."""


class _Gathered:
    """The lists of one file as they are found; `wrong` is the first thing that is none."""

    def __init__(self, above: str) -> None:
        self.found: dict[str, tuple[Word, ...]] = {}
        self.wrong = ""
        self._above, self._count = above, 0

    def names(self, held: Mapping[Any, Any], over: tuple[str, ...]) -> None:
        for key, value in held.items():
            name = (*over, str(key))
            self._count_on(1, name[-1])
            if isinstance(value, dict):
                self.names(value, name)
            elif value not in (None, "", []):
                self.words("/".join(name), value if isinstance(value, list) else [value])

    def _count_on(self, more: int, name: str) -> None:
        self._count += more
        if self._count > MOST_WORDS:
            raise _TooMany(name)

    def words(self, name: str, held: list[Any]) -> None:
        self._count_on(len(held), name)
        words: list[Word] = []
        for one in held:
            if one in (None, ""):
                continue
            if (word := _word(one)) is not None:
                words += [word] if word[1] else []
            else:
                self.wrong = self.wrong or f"something in the list {name} is no word: write one, or text and weight"
        if words:
            self.found[f"{self._above}{name}"] = tuple(words)


def _word(held: Any) -> Word | None:
    """`red`, `2::red`, or an object of `text` (or `content`) and `weight`; None of anything else."""
    weight: Any = 1.0
    if isinstance(held, dict):
        held, weight = held.get("text") or held.get("content"), held.get("weight", 1.0)
    elif isinstance(held, str) and held[0].isdigit() and "::" in held:
        chance, _, rest = held.rpartition("::")
        if (number := _number(chance)) is not None:
            return rest, number
    if isinstance(held, int | float) and not isinstance(held, bool):
        held = str(held)
    number = _number(weight)
    return (held, number) if isinstance(held, str) and held and number is not None else None


def _number(held: Any) -> float | None:
    """A weight: a number that is not below 0."""
    try:
        number = float(held)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e6 else None
