"""Presets and models of the light family for the tests of batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from models.batch.rows import Source
from models.presets import form
from models.presets.preset import After, ModelKey, Preset
from models.protocol import ModelInfo
from tests import fakes
from tests.fakes.families.light import larger, steps

STEPS = ModelKey("counter", "The counter", fakes.ARCHITECTURE)
LARGER = ModelKey("larger", "The larger", "fake-larger")
PLAIN = Preset("Plain", STEPS, "text-to-picture", {"steps": 3, "pause_ms": 0}, "a boat")


def models(folder: Path, home: Path) -> None:
    """Both models, and the list of that home with them on it."""
    import json

    fakes.model_folder(folder / "counter", name=STEPS.name)
    fakes.model_folder(folder / "larger", name=LARGER.name, fake="larger")
    home.mkdir(parents=True, exist_ok=True)
    rows = [{"id": name, "path": str(folder / name)} for name in ("counter", "larger")]
    (home / "models.json").write_text(json.dumps({"everyform_models": 1, "models": rows}), encoding="utf-8")


def five(folder: Path) -> list[str]:
    """The files of five presets: other settings, other formats, one that enlarges."""
    made = [
        PLAIN,
        replace(PLAIN, name="Slower", settings={"steps": 6, "pause_ms": 1}),
        replace(PLAIN, name="Small", after=After(format="jpeg", quality=70)),
        replace(PLAIN, name="Webbed", after=After(format="webp")),
        replace(PLAIN, name="Enlarged", after=After(LARGER)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for preset in made:
        (folder / f"{preset.name}.json").write_text(form.dumps(preset), encoding="utf-8")
    return [str(folder / f"{preset.name}.json") for preset in made]


def info(path: str = "/models/counter", card=steps.CARD, key: ModelKey = STEPS) -> ModelInfo:  # type: ignore[no-untyped-def]
    return ModelInfo(key.id, key.name, path, 0, "", False, card)


def source(preset: Preset = PLAIN) -> Source:
    """The preset with the models that it names, as if they were here."""
    upscaler = info("/models/larger", larger.CARD, LARGER) if preset.after.upscale else None
    return Source(preset, info(), upscaler)
