"""One prompt and one seed, asked of every model that takes them: who is asked, and the sheet of what came."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models import folders
from models.protocol import BadInput, ModelInfo, Output, Request, listed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

TASK = "text-to-picture"
FOUND = "prompt found"  # the fact under which the reader's score of a picture is kept
_CELL, _GAP, _WORDS, _MARGIN = 256, 16, 44, 24
GROUND, TEXT, QUIET = "#fbfaf7", "#1d1d1b", "#6d6a63"


@dataclass(frozen=True)
class Entry:
    """One model's answer; `output` is None where it gave none, and `reason` says why."""

    model: ModelInfo
    output: Output | None = None
    reason: str = ""

    @property
    def found(self) -> str:
        """What the reader found of the prompt ("5 of 6"); empty where it names nothing that the reader knows."""
        return score_of(self.output)


def score_of(output: Output | None) -> str:
    """The reader's score that lies in a finished picture's record; empty where there is none."""
    return str(output.settings.get("facts", {}).get(FOUND, "")) if output else ""


def takers(models: Iterable[ModelInfo], only: Sequence[str] = ()) -> list[ModelInfo]:
    """Those that make a picture of words and lack nothing; `only` names some by id. Raises BadInput."""
    able = [m for m in models if TASK in m.card.tasks and m.card.prompt_limit and not m.missing]
    if not able:
        raise BadInput("No model here makes pictures from words: add one first.")
    known = {m.id: m for m in able}
    for id in only:
        if id not in known:
            raise BadInput(f"{id} cannot be compared: choose {listed(tuple(known))}.")
    return [known[id] for id in only] if only else able


def request_for(model: ModelInfo, prompt: str, seed: int, out: str = "") -> Request:
    """Its own usual settings, and the picture scored."""
    card = model.card
    return Request(
        model.id,
        model.path,
        card.architecture,
        TASK,
        prompt,
        seed=seed,
        settings=card.check({}, TASK),
        out=out,
        score=True,
    )


def caption(entry: Entry) -> str:
    """`0.62 s · 5 of 6 found`, or why there is no picture."""
    if entry.output is None:
        return entry.reason or "nothing was made"
    seconds = entry.output.seconds
    return f"{seconds:.2f} s" + (f" · {entry.found} found" if entry.found else "")


def sheet(entries: Sequence[Entry], prompt: str) -> Image:
    """Every answer in a grid, each with its model's name, time and score, under the prompt."""
    from PIL import Image, ImageDraw

    title, name, small = fonts()
    columns = max(1, min(4, math.ceil(math.sqrt(len(entries)))))
    wide = _MARGIN * 2 + columns * _CELL + (columns - 1) * _GAP
    lines = wrapped(prompt, title, wide - 2 * _MARGIN)
    head = _MARGIN + 26 * len(lines) + 10
    rows = math.ceil(len(entries) / columns)
    whole = Image.new("RGB", (wide, head + rows * (_CELL + _WORDS + _GAP) + _MARGIN - _GAP), GROUND)
    pen = ImageDraw.Draw(whole)
    for k, line in enumerate(lines):
        pen.text((_MARGIN, _MARGIN - 4 + 26 * k), line, TEXT, title)
    for k, entry in enumerate(entries):
        left = _MARGIN + k % columns * (_CELL + _GAP)
        top = head + k // columns * (_CELL + _WORDS + _GAP)
        if entry.output is not None:
            with Image.open(entry.output.path) as made:
                shown = made.convert("RGB").resize(fitted(made.size), Image.Resampling.LANCZOS)
            whole.paste(shown, (left + (_CELL - shown.width) // 2, top + (_CELL - shown.height) // 2))
        else:
            pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), outline="#d8d5cd")
        pen.text((left, top + _CELL + 6), entry.model.name, TEXT, name)
        words = wrapped(caption(entry), small, _CELL)
        pen.text((left, top + _CELL + 25), words[0] + (" …" if len(words) > 1 else ""), QUIET, small)
    return whole


def fonts() -> tuple[FreeTypeFont, FreeTypeFont, FreeTypeFont]:
    """The letters of a sheet: of its title, of a name, and of what stands small."""
    from PIL import ImageFont

    folder = folders.resources() / "fonts"
    of = (("Medium", 18), ("SemiBold", 14), ("Regular", 13))
    title, name, small = (ImageFont.truetype(folder / f"Inter-{weight}.ttf", size) for weight, size in of)
    return title, name, small


def save_sheet(entries: Sequence[Entry], prompt: str, seed: int, folder: Path) -> Path:
    """Write the sheet beside its pictures; its path. Raises BadInput where the folder does not take it."""
    import io

    from models.outputs import atomic, place
    from models.outputs.write import slug

    buffer = io.BytesIO()
    sheet(entries, prompt).save(buffer, "PNG")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return atomic.write_new(folder / f"compare-{seed}-{slug(prompt)}.png", buffer.getvalue())
    except OSError as error:
        raise BadInput(place.sentence(error, folder)) from error


def fitted(size: tuple[int, int], side: int = _CELL) -> tuple[int, int]:
    """The size of a picture that fits a square of that side, in its own shape."""
    scale = side / max(size)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def wrapped(text: str, font: object, width: int) -> list[str]:
    """The text in lines of at most that many pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:  # type: ignore[attr-defined]
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
