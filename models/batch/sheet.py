"""The pictures of a grid on one sheet: X to the right, Y downwards, Z in blocks below each other, all labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.batch.rows import Row
from models.comparing import GROUND, QUIET, TEXT, fitted, fonts, wrapped
from models.outputs import atomic, formats, pictures, place
from models.outputs.media import Picture
from models.outputs.sheets import SHEET
from models.outputs.write import RECORD_VERSION
from models.protocol import BadInput, Output
from models.version import SOFTWARE

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 120_000_000
_MARGIN, _GAP, _LINE = 24, 12, 20
_SIDE, _LEAST_SIDE = 256, 48
_FRAME = "#d8d5cd"


def sheets(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each sheet, by its name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.sheet:
            found.setdefault(row.sheet, []).append(row)
    return found


def save(name: str, rows: list[Row], files: Mapping[str, Path], reasons: Mapping[str, str], folder: Path) -> Output:
    """Write the sheet, in place of an older one, with what it is of inside. `files` and `reasons` are by row. Raises
    BadInput."""
    made = record(rows, folder.name)
    data = pictures.encode(Picture(draw(rows, files, reasons)), formats.find("png", "picture"), made)
    try:
        path = folder / f"{name}.png"
        atomic.write_bytes(path, data)
    except OSError as error:
        raise BadInput(place.sentence(error, folder)) from error
    return Output(str(path), "picture", 0.0, made)


def record(rows: list[Row], batch: str) -> dict[str, Any]:
    """What the sheet is of: it is made of its pictures, and by no model, so it cannot be made again like one."""
    first = rows[0]
    axes = [axis for axis, _ in first.at]
    seeds = {row.request.seed for row in rows}
    return {
        "everyform": RECORD_VERSION,
        "software": SOFTWARE,
        "model": first.request.model_id,
        "model_name": first.source.model.name,
        "architecture": first.request.architecture,
        "task": first.request.task,
        "prompt": "" if "prompt" in axes else first.request.prompt,
        "negative_prompt": "" if "negative" in axes else first.request.negative_prompt,
        **({"seed": first.request.seed} if len(seeds) == 1 else {}),
        "settings": {},
        "inputs": dict(first.request.inputs),
        SHEET: {
            "batch": batch,
            "preset": first.source.preset.name,
            "axes": [[axis, values] for axis, values in zip(axes, _along(rows), strict=True)],
        },
    }


def _along(rows: list[Row]) -> list[list[str]]:
    """The values along each side."""
    return [list(dict.fromkeys(row.at[k][1] for row in rows)) for k in range(len(rows[0].at))]


def draw(rows: list[Row], files: Mapping[str, Path], reasons: Mapping[str, str]) -> Image:
    """Every picture in its cell; an empty frame with the reason where one is missing."""
    from PIL import Image, ImageDraw

    title, name, small = fonts()
    axes = [axis for axis, _ in rows[0].at]
    along = _along(rows)
    xs, ys, zs = (along[k] if k < len(along) else [""] for k in range(3))
    side = _side(len(xs), len(ys) * len(zs))
    head = max((int(small.getlength(_label(axes, 1, y))) for y in ys), default=0)
    left = _MARGIN + (min(head, 220) + _GAP if len(axes) > 1 else 0)
    wide = max(left + len(xs) * (side + _GAP) - _GAP + _MARGIN, 320)
    words = wrapped(about(rows[0]), title, wide - 2 * _MARGIN)[:4]
    top = _MARGIN + 26 * len(words) + 8
    block = (_LINE + 6 if len(axes) > 2 else 0) + _LINE + len(ys) * (side + _GAP) + _GAP
    whole = Image.new("RGB", (wide, top + block * len(zs) + _MARGIN - _GAP), GROUND)
    pen = ImageDraw.Draw(whole)
    for k, line in enumerate(words):
        pen.text((_MARGIN, _MARGIN - 4 + 26 * k), line, TEXT, title)
    for k, z in enumerate(zs):
        down = top + k * block
        if len(axes) > 2:
            pen.text((_MARGIN, down), _label(axes, 2, z), TEXT, name)
            down += _LINE + 6
        for column, x in enumerate(xs):
            pen.text((left + column * (side + _GAP), down), _cut(_label(axes, 0, x), small, side), QUIET, small)
        for k_y, y in enumerate(ys if len(axes) > 1 else []):
            middle = down + _LINE + k_y * (side + _GAP) + side // 2 - 8
            pen.text((_MARGIN, middle), _cut(_label(axes, 1, y), small, 220), QUIET, small)
    for row in rows:
        at = [along[k].index(row.at[k][1]) for k in range(len(axes))] + [0] * (3 - len(axes))
        across = left + at[0] * (side + _GAP)
        down = top + at[2] * block + (_LINE + 6 if len(axes) > 2 else 0) + _LINE + at[1] * (side + _GAP)
        if row.id in files:
            with Image.open(files[row.id]) as made:
                shown = made.convert("RGB").resize(fitted(made.size, side), Image.Resampling.LANCZOS)
            whole.paste(shown, (across + (side - shown.width) // 2, down + (side - shown.height) // 2))
            continue
        pen.rectangle((across, down, across + side - 1, down + side - 1), outline=_FRAME)
        for k, line in enumerate(wrapped(reasons.get(row.id, "not made"), small, side - 16)[: (side - 12) // _LINE]):
            pen.text((across + 8, down + 8 + k * _LINE), line, QUIET, small)
    return whole


def _side(columns: int, lines: int) -> int:
    """The cells' size: as large as it can be on a sheet that still opens everywhere. Raises BadInput."""
    side = _SIDE
    while (columns * (side + _GAP) + 300) * (lines * (side + _LINE + _GAP) + 300) > MAX_PIXELS:
        side //= 2
        if side < _LEAST_SIDE:
            raise BadInput(f"A grid of {columns} × {lines} is too large for a sheet: ask for fewer values.")
    return side


def _label(axes: list[str], axis: int, value: str) -> str:
    return f"{axes[axis].replace('_', ' ')} {value}" if axis < len(axes) else ""


def about(row: Row) -> str:
    """What all of its sheet have alike, and what tells it from other sheets of the same preset: its title."""
    request, source = row.request, row.source
    axes = {axis for axis, _ in row.at}
    usual = {p.name: p.default for p in source.model.card.parameters} | dict(source.preset.settings)
    said = [] if "prompt" in axes else [request.prompt]
    said += [Path(path).name for path in request.inputs.values()]
    said += [f"{n.replace('_', ' ')} {v}" for n, v in request.settings.items() if n not in axes and v != usual.get(n)]
    said += [] if "seed" in axes or request.task in source.model.card.seedless else [f"seed {request.seed}"]
    return f"{source.preset.name}: {', '.join(part for part in said if part)}".rstrip(": ")


def _cut(text: str, font: object, width: int) -> str:
    if font.getlength(text) <= width:  # type: ignore[attr-defined]
        return text
    while text and font.getlength(f"{text}…") > width:  # type: ignore[attr-defined]
        text = text[:-1]
    return f"{text}…"
