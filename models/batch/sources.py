"""What the rows of a batch are crossed from: lines of prompts, a table of settings, a folder of files, seeds, axes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from models.outputs import formats
from models.protocol import MAX_SEED, BadInput

MAX_BYTES = 32 * 2**20
MAX_ROWS = 100_000
AXES = ("X", "Y", "Z")
MOST_VALUES = 1000  # of one range
_NUMBER = r"-?\d{1,9}(?:\.\d{1,9})?"
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


@dataclass(frozen=True)
class Line:
    """One line of prompts: what it says, and nothing (None, no key) where it leaves that to the preset.

    `values` are the other columns of a table by name, as they stand there; `place` is what a sentence calls the line.
    """

    place: str = ""
    prompt: str | None = None
    negative: str | None = None
    seed: int | None = None
    preset: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """One side of a grid: a setting, "seed", "prompt" or "negative", and the values that it takes, as text."""

    name: str
    values: tuple[str, ...]


def prompts(path: str | Path) -> tuple[Line, ...]:
    """The lines of a text file (empty ones and those that begin with # are passed over), or of a CSV table with a
    head. Raises BadInput."""
    path = Path(path).expanduser()
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
        text = "" if data is None else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text in UTF-8: save it as UTF-8.") from error
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}: check its name.") from error
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{path} cannot be read ({(getattr(error, 'strerror', None) or str(error)).lower()})."
        ) from error
    if data is None:
        raise BadInput(f"{path.name} is larger than {MAX_BYTES >> 20} MB: cut it into several.")
    if path.suffix.lower() != ".csv":
        return lines(text, path.name)
    if not (rows := tuple(_table(text, path.name))):
        raise BadInput(f"{path.name} has no prompts: write one a line.")
    return rows


def lines(text: str, name: str) -> tuple[Line, ...]:
    """A prompt a line; empty ones and those that begin with # are passed over. `name` is what a sentence calls the
    whole. Raises BadInput where there are none."""
    if not (found := tuple(_lines(text, name))):
        raise BadInput(f"{name} has no prompts: write one a line.")
    return found


def seeds(text: str) -> tuple[int, ...]:
    """`1-8,12` as numbers, each once. Raises BadInput."""
    found: dict[int, None] = {}
    for part in text.split(","):
        range_of = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        low, high = (int(range_of[1]), int(range_of[2] or range_of[1])) if range_of else (1, 0)
        if not low <= high <= MAX_SEED:
            raise BadInput(f"Seeds are numbers from 0 to {MAX_SEED} and ranges, such as 1-8,12, not {text!r}.")
        if high - low >= MAX_ROWS:
            raise BadInput(f"Seeds {part.strip()} are more than {MAX_ROWS:,}: ask for fewer.")
        found |= dict.fromkeys(range(low, high + 1))
    return tuple(found)


def axes(words: list[str]) -> tuple[Axis, ...]:
    """`steps=4,8,16`, `steps=4-8` or `scale=0.5-1.5:0.25` once for each side, three at most; values that have commas
    are parted by |. Raises BadInput."""
    found: list[Axis] = []
    for word in words:
        name, equals, values = word.partition("=")
        name = name.strip().replace("-", "_")
        name = "negative" if name == "negative_prompt" else name
        parted = tuple(dict.fromkeys(v.strip() for v in values.split("|" if "|" in values else ",") if v.strip()))
        if name == "seed" and parted:
            parted = tuple(str(seed) for seed in seeds(",".join(parted)))
        elif name not in ("prompt", "negative"):
            parted = tuple(dict.fromkeys(value for part in parted for value in _ranged(name, part)))
        if not equals or not name or not parted:
            raise BadInput(f"A grid has NAME=VALUE,VALUE, not {word!r}: for example steps=4,8,16.")
        if any(axis.name == name for axis in found):
            raise BadInput(f"The grid has {name} twice: name each setting once.")
        found.append(Axis(name, parted))
    if len(found) > len(AXES):
        raise BadInput(f"A grid has {len(AXES)} sides at most, X, Y and Z: leave some out.")
    return tuple(found)


def _ranged(name: str, text: str) -> tuple[str, ...]:
    """`1-8` and `0.5-1.5:0.25` as their numbers, both ends among them; what is no range as it stands. Raises
    BadInput."""
    found = re.fullmatch(rf"({_NUMBER})\s*-\s*({_NUMBER})(?:\s*:\s*({_NUMBER}))?", text, re.ASCII)
    if found is None:
        return (text,)
    low, high = Decimal(found[1]), Decimal(found[2])
    if found[3] is None and (low % 1 or high % 1):
        raise BadInput(f"{name} {text} needs a step: such as {text}:0.25.")
    step = Decimal(found[3] or 1)
    if step <= 0 or high < low or (high - low) / step >= MOST_VALUES:
        raise BadInput(f"{name} {text} is no range from low to high of up to {MOST_VALUES:,} values: such as 4-16:4.")
    return tuple(f"{low + step * k:f}" for k in range(int((high - low) / step) + 1))


def files(path: str | Path, medium: str) -> tuple[Path, ...]:
    """The file, or the files of that medium in the folder, by name; told by their endings. Raises BadInput."""
    path = Path(path).expanduser().absolute()
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise BadInput(f"There is no file or folder {path}: check its name.")
    try:
        found = sorted((p for p in path.iterdir() if fits(p, medium) and p.is_file()), key=lambda p: _natural(p.name))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    if not found:
        raise BadInput(f"{path} has no {medium} in it: choose another folder.")
    return tuple(found)


def fits(path: Path, medium: str) -> bool:
    """Whether its ending is one of that medium's files."""
    if path.name.startswith("."):
        return False
    ending = path.suffix.lower()
    return ending in _PICTURES if medium == "picture" else formats.medium_of(ending) == medium


def _natural(name: str) -> list[tuple[int, int, str]]:
    """`a2` before `a10`."""
    parts = re.split(r"(\d{1,15})", name.casefold())
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts]


def _lines(text: str, name: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if words and not words.startswith("#"):
            yield Line(f"{name}, line {number}", words)


def _table(text: str, name: str) -> Iterator[Line]:
    first = text.partition("\n")[0]
    between = max(",;\t", key=first.count)  # spreadsheets write what their country has
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        head = [cell.strip().lower().replace("-", "_").replace(" ", "_") for cell in next(reader, [])]
        head = ["negative" if cell == "negative_prompt" else cell for cell in head]
        if not any(head):
            return
        if twice := next((c for c in head if c and head.count(c) > 1), ""):
            raise BadInput(f"{name} has the column {twice} twice: leave one out.")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(head, cells, f"{name}, line {reader.line_num}")
    except csv.Error as error:
        raise BadInput(f"{name} is no sound table at line {reader.line_num} ({error}): mend it there.") from error


def _row(head: list[str], cells: list[str], place: str) -> Line:
    if any(cell.strip() for cell in cells[len(head) :]) or any(
        cell.strip() and not column for column, cell in zip(head, cells, strict=False)
    ):
        raise BadInput(f"{place} has a cell without a column: give every column a name in the first line.")
    said = {column: cell.strip() for column, cell in zip(head, cells, strict=False) if column and cell.strip()}
    seed = None
    if "seed" in said:
        try:
            (seed,) = seeds(said.pop("seed"))
        except ValueError as error:
            raise BadInput(f"{place}: seed is one whole number from 0 to {MAX_SEED}.") from error
    return Line(place, said.pop("prompt", None), said.pop("negative", None), seed, said.pop("preset", ""), said)
