"""What every model of transformers' that makes sound keeps to, through `generate PATH`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from models.families.sound_kinds import Table
from models.outputs import read
from models.protocol import JobCancelled, Progress, Request
from tests.models.families.making import REGISTRY, make
from tests.models.families.watch import Watch

# A miniature's maker, a prompt, settings that make it quick, and whether another seed is another sound.
Made = tuple[Callable[[Path], Path], str, dict[str, Any], bool]


class Folders:
    """The miniatures of classes, each made once; treat them as read-only."""

    def __init__(self, place: Path, made: dict[str, Made]) -> None:
        self._place, self._made = place, made

    def __call__(self, kind: str) -> Path:
        path = self._place / kind.lower()[:12]
        if not path.exists():
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(1)
                self._made[kind][0](path)
        return path


def sound(model: Any, prompt: str, seed: int = 1, **settings: Any) -> np.ndarray:
    """What a loaded model makes of the prompt in its usual task: (channels, samples)."""
    task = model.card.tasks[0]
    checked = model.card.check(settings, task)
    asked = Request("m", "m", model.card.architecture, task, prompt, seed=seed, settings=checked)
    return model.generate(asked, Watch()).waveform


def sounds_through_generate_path(model: Path, kind: str, made: Made, table: Table, key: str, work: Path) -> None:
    """It is recognised, counts its steps, writes a file that another library reads, is the same for the same seed and
    stops."""
    _, prompt, settings, chance = made
    architecture, match = REGISTRY.recognise(model)
    assert (architecture, match.base, match.missing) == (key, table.kinds[kind].name, "")
    assert match.card.tasks == table.kinds[kind].tasks
    heard, output = make(model, work / "out", prompt, **settings)
    assert output is not None and output.medium == "sound"
    wave, rate = soundfile.read(output.path, always_2d=True)
    assert rate in (8000, 16_000, 22_050, 24_000) and len(wave) > 20
    assert np.isfinite(wave).all() and np.abs(wave).max() > 0
    steps = [e for e in heard if isinstance(e, Progress)]
    assert len(steps) >= 3 and [e.step for e in steps] == sorted({e.step for e in steps})
    assert steps[-1].step == steps[-1].total
    found = read.read_settings(output.path)
    assert found is not None and found["prompt"] == prompt and found["architecture"] == key
    _, twin = make(model, work / "again", prompt, **settings)
    assert twin is not None and Path(twin.path).read_bytes() == Path(output.path).read_bytes()
    _, other = make(model, work / "other", prompt, seed=8, **settings)
    assert other is not None
    differs = wave.shape != (again := soundfile.read(other.path, always_2d=True)[0]).shape or (wave != again).any()
    assert bool(differs) is chance
    with pytest.raises(JobCancelled):
        make(model, work / "stopped", prompt, stop_after=3, **settings)
    assert not list((work / "stopped").iterdir())


def the_guide_names_every_kind(key: str, table: Table) -> None:
    guide = " ".join((Path(__file__).parents[3] / "resources" / "guides" / f"{key}.md").read_text("utf-8").split())
    for kind in table.kinds.values():
        assert kind.name in guide or kind.name == "SeamlessM4T 2", kind.name


def a_part_that_is_missing_is_named(model: Path, kind: str, part: str, says: str, made: Made, work: Path) -> None:
    """And it may lie beside the folder, if the folder says so."""
    import json
    import shutil

    from models.protocol import BadInput

    copy = work / kind
    shutil.copytree(model, copy)
    shutil.move(copy / part, work / f"{kind}-{part}")
    with pytest.raises(BadInput, match="cannot run: it lacks " + says):
        make(copy, work / "out", "a boat")
    (copy / "everyform.json").write_text(json.dumps({"shares": {part: f"{kind}-{part}"}}))
    assert make(copy, work / "out", "a red fox", **made[2])[1] is not None
