"""A transformer in one file runs with the other parts of a folder beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.networks import miniature_flow
from models.protocol import BadInput, Request, Unknown
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from tests.models.families.checkpoints import as_gguf

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature Flux in parts: the transformer as two single files, all else in a folder beside them."""
    where = tmp_path_factory.mktemp("shelf")
    miniature_flow.flow_matching("flux").save_pretrained(where / "whole")
    weights = where / "whole" / "transformer" / WEIGHTS
    shutil.copy(weights, where / "alone.safetensors")
    as_gguf(weights, where / "alone-Q8_0.gguf")
    weights.unlink()
    return where


class Silent:
    def __call__(self, event: Any) -> None: ...

    def wants_preview(self) -> bool:
        return False


def made(path: Path) -> Any:
    registry = Registry()
    architecture, match = registry.recognise(path)
    assert (architecture, match.base, match.missing) == ("diffusers", "Flux", "")
    card, task = match.card, match.card.tasks[0]
    settings = card.check({"steps": 2, "width": 256, "height": 256}, task)
    request = Request(str(path), str(path), architecture, task, "a red sailboat", seed=3, settings=settings)
    return np.asarray(registry.families[architecture].load(str(path), Plan()).generate(request, Silent()).image)


def test_it_makes_what_the_whole_folder_makes(shelf: Path, tmp_path: Path) -> None:
    import torch

    from models.runtime.pipelines import any_pipeline_load

    shutil.copytree(shelf / "whole", tmp_path / "whole")
    shutil.copy(shelf / "alone.safetensors", tmp_path / "whole" / "transformer" / WEIGHTS)
    alone = made(shelf / "alone.safetensors")
    assert alone.shape == (256, 256, 3)
    pipeline = any_pipeline_load.pipeline(str(tmp_path / "whole"), Plan(), name="FluxPipeline")
    with torch.no_grad():
        whole = pipeline(
            "a red sailboat", width=256, height=256, num_inference_steps=2, guidance_scale=1.0,
            generator=torch.Generator("cpu").manual_seed(3),
        ).images[0]  # fmt: skip
    assert np.array_equal(alone, np.asarray(whole))


def test_gguf_is_nearly_the_same(shelf: Path) -> None:
    short, long = made(shelf / "alone-Q8_0.gguf"), made(shelf / "alone.safetensors")
    difference = np.abs(short.astype(int) - long.astype(int)).mean()
    assert 0 < difference < 4


def test_without_a_folder_beside_it_does_not_run(shelf: Path, tmp_path: Path) -> None:
    shutil.copy(shelf / "alone.safetensors", tmp_path / "alone.safetensors")
    with pytest.raises((BadInput, Unknown)):
        Registry().recognise(tmp_path / "alone.safetensors")
