"""Control networks and styles in and beside a Stable Diffusion folder: found, offered, and doing what they say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps
from safetensors.torch import save_file

from models.families.diffusion import latent_diffusion
from models.networks import miniature
from models.protocol import BadInput, JobCancelled, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.stable_diffusion_plus import chalk
from models.store.files import Files
from models.store.store import Store
from tests.models.families.checkpoints import kohya


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears, and stops the job where it is told to."""

    def __init__(self, stop_at: int = 99) -> None:
        super().__init__()
        self._stop_at = stop_at

    def __call__(self, event: Any) -> None:
        self.append(event)
        if isinstance(event, Progress) and event.step >= self._stop_at:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return True


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, a control and a style beside it, and one of each inside."""
    root = tmp_path_factory.mktemp("shelf")
    pipeline = miniature.stable_diffusion()
    pipeline.save_pretrained(root / "model")
    style = miniature.style(pipeline.unet)
    miniature.control(pipeline.unet).save_pretrained(root / "lines")
    miniature.control(pipeline.unet, seed=1).save_pretrained(root / "model" / "controlnet" / "scribble")
    (root / "ink").mkdir()
    save_file(style, root / "ink" / "pytorch_lora_weights.safetensors")
    (root / "model" / "loras").mkdir()
    save_file(kohya(style), root / "model" / "loras" / "By Kohya.v2.safetensors")
    for part, name in (("lines", "Sketch"), ("ink", "Ink")):
        (root / part / "everyform.json").write_text(json.dumps({"part_of": "model", "name": name}), "utf-8")
    return root


@pytest.fixture(scope="module")
def model(shelf: Path) -> Any:
    return latent_diffusion.load(str(shelf / "model"), Plan())


@pytest.fixture(scope="module")
def sketch(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A circle and a line, dark on white."""
    path = tmp_path_factory.mktemp("sketch") / "sketch.png"
    image = Image.new("RGB", (96, 72), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((30, 20, 60, 50), outline="black", width=2)
    draw.line((0, 55, 96, 55), fill="black", width=2)
    image.save(path)
    return str(path)


def ask(model: Any, task: str = "text-to-picture", sketch: str = "", **settings: Any) -> Request:
    card = model.card
    return Request(
        "m", "m", "latent-diffusion", task, "a red sailboat", seed=5,
        settings=card.check({"steps": 3, **settings}, task), inputs={"sketch": sketch} if sketch else {},
    )  # fmt: skip


def made(model: Any, *given: Any, **settings: Any) -> bytes:
    return model.generate(ask(model, *given, **settings), Heard()).image.tobytes()


# ── found ─────────────────────────────────────────────────────────────────────


def test_what_lies_in_and_beside_the_folder_is_offered(shelf: Path) -> None:
    match = latent_diffusion.recognise(Files(shelf / "model"))
    assert match is not None
    card = match.card
    assert card.tasks[-1] == "sketch-to-picture"
    assert card.task_for(["sketch"]) == "sketch-to-picture"
    known = {p.name: p for p in card.parameters}
    assert known["control"].choices == ("scribble", "sketch")
    assert known["style"].choices == ("none", "By Kohya.v2", "ink")
    assert "control_strength" not in {p.name for p in card.parameters_for("text-to-picture")}


def test_a_plain_folder_offers_nothing_more(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf / "model", tmp_path / "model", ignore=shutil.ignore_patterns("controlnet", "loras"))
    match = latent_diffusion.recognise(Files(tmp_path / "model"))
    assert match is not None
    assert match.card.tasks == latent_diffusion.CARD.tasks
    assert {p.name for p in match.card.parameters} == {p.name for p in latent_diffusion.CARD.parameters}


def test_parts_are_no_models_by_themselves(shelf: Path) -> None:
    store = Store(Registry().recognise, starters=shelf, listed_in=shelf / "none.json")
    assert [model.id for model in store.models()] == ["model"]
    assert store.problems == ()


def test_parts_of_another_or_hostile_ones_add_nothing(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf, tmp_path / "shelf")
    root = tmp_path / "shelf"
    shutil.rmtree(root / "model" / "controlnet")
    shutil.rmtree(root / "model" / "loras")
    (root / "lines" / "config.py").write_text("print('code')", "utf-8")
    (root / "ink" / "everyform.json").write_text('{"part_of": "another"}', "utf-8")
    card = latent_diffusion.recognise(Files(root / "model")).card  # type: ignore[union-attr]
    assert card.tasks == latent_diffusion.CARD.tasks and "style" not in {p.name for p in card.parameters}


def test_a_part_that_comes_later_is_seen(shelf: Path, tmp_path: Path) -> None:
    """What is remembered of a model ends with any change of a folder that its match names."""
    shutil.copytree(shelf, tmp_path / "shelf")
    root = tmp_path / "shelf"
    (root / "ink").rename(tmp_path / "ink")
    store = Store(Registry().recognise, starters=root, listed_in=tmp_path / "none.json")

    def styles() -> tuple[str, ...]:
        (model,) = store.models()
        return next((p.choices for p in model.card.parameters if p.name == "style"), ())

    before = styles()
    (tmp_path / "ink").rename(root / "ink")
    assert set(styles()) - set(before) == {"ink"}


def test_what_was_made_for_other_networks_is_left_out(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf / "model", tmp_path / "model")
    wide = {
        "unet.x.attn2.to_k.lora_A.weight": torch.zeros(2, 768),
        "unet.x.attn2.to_k.lora_B.weight": torch.zeros(8, 2),
    }
    save_file(wide, tmp_path / "model" / "loras" / "wide.safetensors")
    save_file({"emb_params": torch.zeros(1, 32)}, tmp_path / "model" / "loras" / "word.safetensors")
    config = tmp_path / "model" / "controlnet" / "scribble" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"cross_attention_dim": 768}), "utf-8")
    card = latent_diffusion.recognise(Files(tmp_path / "model")).card  # type: ignore[union-attr]
    assert {p.name: p for p in card.parameters}["style"].choices == ("none", "By Kohya.v2")
    assert "sketch-to-picture" not in card.tasks


# ── sketches ──────────────────────────────────────────────────────────────────


def test_control_changes_the_picture_and_none_of_it_does_not(model: Any, sketch: str) -> None:
    without = made(model)
    pictures = {made(model, "sketch-to-picture", sketch, control_strength=strength) for strength in (0.5, 1.0, 2.0)}
    assert len(pictures) == 3 and without not in pictures
    assert made(model, "sketch-to-picture", sketch, control_strength=0) == without
    both = {made(model, "sketch-to-picture", sketch, control=name) for name in ("scribble", "sketch")}
    assert len(both) == 2


def test_paper_and_blackboard_are_the_same_sketch(model: Any, sketch: str, tmp_path: Path) -> None:
    ImageOps.invert(Image.open(sketch)).save(tmp_path / "chalk.png")
    assert chalk(sketch, 64, 64).tobytes() == chalk(tmp_path / "chalk.png", 64, 64).tobytes()
    assert np.asarray(chalk(sketch, 64, 64)).mean() < 64
    one, other = (made(model, "sketch-to-picture", path) for path in (sketch, str(tmp_path / "chalk.png")))
    assert one == other


def test_a_sketch_that_is_no_picture_is_told(model: Any, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match="not a picture"):
        made(model, "sketch-to-picture", str(tmp_path / "no.png"))


# ── styles ────────────────────────────────────────────────────────────────────


def test_a_style_is_worn_as_strongly_as_asked_and_taken_off_again(model: Any) -> None:
    plain = made(model)
    pictures = [made(model, style="ink", style_strength=strength) for strength in (0.5, 1.0)]
    assert len({plain, *pictures}) == 3
    assert made(model, style="ink", style_strength=0) == plain
    assert made(model) == plain
    assert made(model, style="ink") == pictures[1]


def test_diffusers_and_kohyas_names_mean_the_same(model: Any) -> None:
    one, other = (np.frombuffer(made(model, style=name), np.uint8).astype(int) for name in ("ink", "By Kohya.v2"))
    assert np.abs(one - other).max() <= 1


def test_a_style_holds_for_every_task(model: Any, sketch: str) -> None:
    assert len({made(model, "sketch-to-picture", sketch, style=name) for name in ("none", "ink")}) == 2


def test_a_stop_under_a_style_leaves_the_model_as_it_was(model: Any, sketch: str) -> None:
    plain, styled = made(model), made(model, style="ink")
    with pytest.raises(JobCancelled):
        model.generate(ask(model, "sketch-to-picture", sketch, style="ink"), Heard(stop_at=1))
    assert made(model) == plain
    assert made(model, style="ink") == styled


def test_a_style_of_another_network_is_told_and_leaves_no_trace(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf / "model", tmp_path / "model")
    # It says of which width it reads texts, and then changes layers that are not there.
    broken = {
        name.replace("attn2", "attn1") if "to_k" in name else name: torch.zeros(2, 5)
        if "_A" in name
        else torch.zeros(7, 2)
        for name, value in miniature.style(miniature.stable_diffusion().unet).items()
        if "attn1" in name
    }
    save_file(broken, tmp_path / "model" / "loras" / "broken.safetensors")
    model = latent_diffusion.load(str(tmp_path / "model"), Plan())
    plain = made(model)
    with pytest.raises(BadInput, match="made for another model"):
        made(model, style="broken")
    assert made(model) == plain
    assert made(model, style="By Kohya.v2") != plain
    with pytest.raises(BadInput, match="made for another model"):
        made(model, style="broken")
    assert made(model) == plain


# ── other models, other plans ─────────────────────────────────────────────────


def test_sdxl_takes_both(tmp_path: Path, sketch: str) -> None:
    pipeline = miniature.stable_diffusion(xl=True)
    pipeline.save_pretrained(tmp_path / "xl")
    miniature.control(pipeline.unet).save_pretrained(tmp_path / "xl" / "controlnet")
    (tmp_path / "xl" / "loras").mkdir()
    save_file(miniature.style(pipeline.unet), tmp_path / "xl" / "loras" / "ink.safetensors")
    model = latent_diffusion.load(str(tmp_path / "xl"), Plan())
    pictures = {made(model, "sketch-to-picture", sketch, style=style) for style in ("none", "ink")}
    assert len({made(model), *pictures}) == 3


def test_short_numbers_compute_nearly_the_same(shelf: Path, model: Any, sketch: str) -> None:
    short = latent_diffusion.load(str(shelf / "model"), Plan(dtype="bfloat16"))
    one, other = (
        np.frombuffer(made(m, "sketch-to-picture", sketch, style="ink"), np.uint8).astype(int) for m in (model, short)
    )
    assert 0 < np.abs(one - other).mean() < 6
