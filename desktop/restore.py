"""What a dropped or pasted thing is: work with its settings inside, a plain file to start from, or nothing for us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage

from desktop.inputs import dropped_file, new_file
from models.protocol import BadInput, Medium, ModelInfo


@dataclass(frozen=True)
class Found:
    """A file, its medium, and the record in it; without a record it is a plain file."""

    path: str
    record: dict[str, Any] | None
    medium: Medium = "picture"


def read(path: str) -> Found:
    """Look into a file. Slow (decoders are imported); any thread. Raises BadInput."""
    from models.outputs.read import read_settings, seen

    return Found(path, read_settings(path), seen(path).medium)


def local_copy(image: QImage) -> str:
    """A picture from the clipboard as a file of our own. Any thread. Raises BadInput."""
    from models.outputs import atomic

    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image.isNull() or not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise BadInput("What was pasted is not a picture that can be read.")
    path = new_file("pasted", ".png")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, bytes(held.data()))
    except OSError as error:
        raise BadInput(f"What was pasted could not be kept in {path.parent}: {error.strerror or error}.") from error
    return str(path)


def in_mime(mime: QMimeData) -> str | QImage | None:
    """The file, or the bare picture, that a drop or the clipboard holds."""
    if path := dropped_file(mime):
        return path
    if mime.hasImage():
        image = mime.imageData()
        return image if isinstance(image, QImage) else QImage(image)
    return None


def model_for(record: dict[str, Any], models: tuple[ModelInfo, ...], current: ModelInfo | None) -> ModelInfo | None:
    """The model that made it, by id, then by name, then any of its architecture; else the one in use."""
    for key, get in (
        ("model", lambda m: m.id),
        ("model_name", lambda m: m.name),
        ("architecture", lambda m: m.card.architecture),
    ):
        if wanted := str(record.get(key) or "").strip():
            found = [m for m in models if get(m) == wanted]
            if current in found:
                return current
            if found:
                return found[0]
    return current


def texts(record: dict[str, Any], model: ModelInfo) -> tuple[tuple[str, str], str]:
    """The prompt and what to avoid as they were written, where their seed still makes the same of them here; else as
    they were said, and a sentence why."""
    from models.outputs.read import TEMPLATES
    from models.prompting.expand import expand
    from models.prompting.item import AVOID, takes_signs

    said = (str(record.get("prompt") or ""), str(record.get("negative_prompt") or ""))
    written = tuple(str(record.get(name) or "") for name in TEMPLATES)
    if not any(written) or not takes_signs(model.card, str(record.get("task") or "")):
        return said, ""
    found = (written[0] or said[0], written[1] or said[1])
    try:
        seed = int(record["seed"])
        if (expand(found[0], seed), expand(found[1], seed, AVOID)) == said:
            return found, ""
    except (BadInput, KeyError, ValueError, TypeError):
        pass
    return said, "Its lists of words are others by now, so the prompt is back as it was said."


def draft_values(record: dict[str, Any], model: ModelInfo) -> tuple[dict[str, Any], list[str]]:
    """The record as `draft.fitted` reads it, and sentences on what this model cannot take."""
    from models.outputs.read import fit

    settings, left = fit(record, model.card)
    inputs = record.get("inputs")
    there = {k: v for k, v in inputs.items() if Path(v).is_file()} if isinstance(inputs, dict) else {}
    if isinstance(inputs, dict):
        left += [f"{Path(v).name} is no longer where it was." for k, v in inputs.items() if k not in there]
    held: dict[str, Any] = {"settings": settings, "inputs": there, "keep_seed": "seed" in record}
    held["task"] = record.get("task", "")
    if "seed" in record:
        held["seed"] = record["seed"]
    return held, left
