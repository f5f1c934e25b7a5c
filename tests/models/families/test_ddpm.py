"""Diffusion in pixels on real folders, new and old; its loop is diffusers' own, and each solver is what it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.families.diffusion import ddpm
from models.networks import miniature_pixels
from models.protocol import BadInput, Preview, Progress, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.pixel_diffusion import PixelDiffusion
from models.sampling import schedulers
from models.store.files import Files

Change = Callable[[dict[str, Any]], Any]


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each part, as diffusers saves it today."""
    path = tmp_path_factory.mktemp("models") / "new"
    miniature_pixels.ddpm(pipeline="DDIMPipeline").save_pretrained(path)
    return path


@pytest.fixture
def flat(saved: Path, tmp_path: Path) -> Path:
    """All in one folder, as google's first DDPMs lie."""
    path = tmp_path / "flat"
    path.mkdir()
    for file in (saved / "model_index.json", *(saved / "unet").iterdir(), *(saved / "scheduler").iterdir()):
        shutil.copy(file, path / file.name)
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("drawn") / "picture.png"
    Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(path)
    return {"picture": str(path)}


def ask(card: Any, task: str = "sample", inputs: dict[str, str] | None = None, **settings: Any) -> Request:
    return Request("m", "m", "ddpm", task, seed=5, settings=card.check({"steps": 4, **settings}, task),
                   inputs=inputs or {})  # fmt: skip


def rewrite(path: Path, change: Change) -> None:
    held = json.loads(path.read_text("utf-8"))
    change(held)
    path.write_text(json.dumps(held), "utf-8")


def test_both_layouts_are_the_same_model(saved: Path, flat: Path, drawn: dict[str, str]) -> None:
    pictures = []
    for path in (saved, flat):
        match = ddpm.recognise(Files(path))
        assert match is not None and not match.missing
        assert {p.name: p.default for p in match.card.parameters}["width"] == 32
        model = ddpm.load(str(path), Plan())
        pictures.append(model.generate(ask(match.card), Heard()).image)
        assert model.generate(ask(match.card, "picture-to-picture", drawn), Heard()).size == (32, 32)
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_its_loop_is_that_of_the_pipelines() -> None:
    """The same noise, drawn in the same order, gives the picture that diffusers' own pipelines make of it."""
    for kind, solver in (("DDPMPipeline", "DDPM"), ("DDIMPipeline", "DDIM")):
        pipeline = miniature_pixels.ddpm(pipeline=kind)
        pipeline.set_progress_bar_config(disable=True)
        card = ddpm.tiny().card
        ours = PixelDiffusion(pipeline.unet, dict(pipeline.scheduler.config), card)
        made = ours.generate(ask(card, scheduler=solver), Heard()).image
        theirs = pipeline(generator=torch.Generator().manual_seed(5), num_inference_steps=4).images[0]
        assert np.abs(np.asarray(made, np.int16) - np.asarray(theirs, np.int16)).max() <= 1


def test_every_solver_takes_its_own_way() -> None:
    model = ddpm.tiny()
    made = {model.generate(ask(model.card, scheduler=s), Heard()).image.tobytes() for s in schedulers.PIXEL_NAMES}
    assert len(made) == len(schedulers.PIXEL_NAMES)


def test_solvers_without_fresh_noise_agree_in_small_steps() -> None:
    """They follow the same curve, so they end at the same place; those that add noise end elsewhere."""
    model = ddpm.tiny()

    def made(name: str) -> np.ndarray:
        return np.asarray(model.generate(ask(model.card, scheduler=name, steps=32), Heard()).image, np.float32)

    goal = made("Heun")
    assert np.abs(made("DPM++ 2M") - goal).mean() < 12
    assert np.abs(made("Euler a") - goal).mean() > 30


def test_eta_is_for_ddim_alone() -> None:
    model = ddpm.tiny()

    def made(**settings: Any) -> bytes:
        return model.generate(ask(model.card, **settings), Heard()).image.tobytes()

    assert made(eta=0.0) != made(eta=1.0)
    assert made(scheduler="Euler", eta=0.0) == made(scheduler="Euler", eta=1.0)


@pytest.mark.parametrize("solver", ["DDIM", "Heun", "DPM++ 2M SDE"])
def test_less_strength_takes_fewer_steps_and_stays_nearer(solver: str, drawn: dict[str, str]) -> None:
    model = ddpm.tiny()
    start = np.asarray(Image.open(drawn["picture"]), np.float32)
    steps, away = [], []
    for strength in (0.1, 1.0):
        heard = Heard()
        asked = ask(model.card, "picture-to-picture", drawn, strength=strength, steps=10, scheduler=solver)
        made = model.generate(asked, heard).image
        steps.append(max(p.step for p in heard if isinstance(p, Progress)))
        away.append(np.abs(np.asarray(made, np.float32) - start).mean())
        assert all(0 <= (p.level or 0) <= 1 for p in heard if isinstance(p, Preview))
    assert steps == ([1, 19] if solver == "Heun" else [1, 10])
    assert away[0] < away[1]


def test_grey_models_and_models_that_say_how_sure_they_are(drawn: dict[str, str]) -> None:
    import diffusers

    grey = miniature_pixels.ddpm(channels=1)
    for unet, schedule in (
        (grey.unet, dict(grey.scheduler.config)),
        (
            diffusers.UNet2DModel(**{**ddpm.tiny()._unet.config, "out_channels": 6}),
            {"num_train_timesteps": 100, "variance_type": "learned_range"},
        ),
    ):
        model = PixelDiffusion(unet, schedule, ddpm.tiny().card)
        for task, inputs in (("sample", {}), ("picture-to-picture", drawn)):
            assert model.generate(ask(model.card, task, inputs, scheduler="DDPM"), Heard()).size == (32, 32)


def test_sizes_are_free_on_its_grid(saved: Path) -> None:
    model = ddpm.load(str(saved), Plan())
    assert model.generate(ask(model.card, width=48, height=18), Heard()).size == (48, 18)
    with pytest.raises(BadInput, match="multiple of 2"):
        ask(model.card, width=33)


def test_no_more_steps_than_levels_of_noise(flat: Path) -> None:
    rewrite(flat / "scheduler_config.json", lambda held: held.update(num_train_timesteps=40))
    match = ddpm.recognise(Files(flat))
    assert match is not None
    steps = next(p for p in match.card.parameters if p.name == "steps")
    assert (steps.default, steps.maximum, steps.suggested) == (40, 40, (10, 25))


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("model_index.json", lambda held: held.update(unet=["diffusers", "UNet1DModel"]), "is a UNet2DModel"),
        ("config.json", lambda held: held.update(in_channels=4), "4 channels"),
        ("config.json", lambda held: held.update(sample_size="large"), "make no sense"),
    ],
)
def test_what_cannot_be_used_is_told(flat: Path, name: str, change: Change, sentence: str) -> None:
    rewrite(flat / name, change)
    with pytest.raises(BadInput, match=sentence):
        ddpm.recognise(Files(flat))


def test_what_is_missing_is_named(flat: Path) -> None:
    (flat / "diffusion_pytorch_model.safetensors").unlink()
    (flat / "scheduler_config.json").unlink()
    match = ddpm.recognise(Files(flat))
    assert match is not None
    assert "diffusion_pytorch_model.safetensors" in match.missing and "scheduler_config.json" in match.missing
    with pytest.raises(BadInput, match="lacks its weights"):
        ddpm.load(str(flat), Plan())
