"""Latent diffusion on real folders: recognised from their heads, loaded as a user's would be, run in every task."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.families.diffusion import latent_diffusion
from models.protocol import BadInput, Notice, Preview, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files

KINDS: dict[str, dict[str, Any]] = {
    "sd1": {},
    "sd2": {"prediction_type": "v_prediction", "scheduler": "EulerDiscreteScheduler"},
    "sdxl": {"xl": True, "scheduler": "EulerDiscreteScheduler"},
    "eight": {"latent_channels": 8, "scheduler": "DPMSolverMultistepScheduler"},
    "inpainting": {"inpaints": True, "scheduler": "PNDMScheduler"},
}


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


@pytest.fixture(scope="module")
def folders_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from models.networks import miniature

    root = tmp_path_factory.mktemp("models")
    for kind, options in KINDS.items():
        miniature.stable_diffusion(**options).save_pretrained(root / kind)
    return {kind: root / kind for kind in KINDS}


@pytest.fixture
def copy(folders_of: dict[str, Path], tmp_path: Path) -> Path:
    """A folder of the first kind that a test may spoil."""
    return Path(shutil.copytree(folders_of["sd1"], tmp_path / "copy"))


def ask(card: Any, task: str = "text-to-picture", inputs: dict[str, str] | None = None, **settings: Any) -> Request:
    takes = {given.name for given in card.inputs_for(task)}
    return Request(
        "m", "m", "latent-diffusion", task, "a red sailboat", "fog", seed=5,
        settings=card.check({"steps": 4, **settings}, task),
        inputs={name: path for name, path in (inputs or {}).items() if name in takes},
    )  # fmt: skip


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


# ── recognising ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_recognised_and_runs_its_tasks(
    kind: str, folders_of: dict[str, Path], drawn: dict[str, str]
) -> None:
    match = latent_diffusion.recognise(Files(folders_of[kind]))
    assert match is not None and not match.missing
    card = match.card
    assert card.tasks == (("inpaint",) if kind == "inpainting" else latent_diffusion.CARD.tasks)
    assert {p.name: p.default for p in card.parameters}["width"] == 64
    model = latent_diffusion.load(str(folders_of[kind]), Plan())
    for task in card.tasks:
        heard = Heard()
        made = model.generate(ask(card, task, drawn), heard)
        assert made.size == (64, 64)
        assert len({p.rgb for p in heard if isinstance(p, Preview)}) > 1


def test_the_public_kinds_are_told_apart(folders_of: dict[str, Path]) -> None:
    bases = {kind: latent_diffusion.recognise(Files(path)).base for kind, path in folders_of.items()}  # type: ignore[union-attr]
    assert bases["sdxl"] == "SDXL"
    assert bases["sd1"] == bases["eight"] == ""  # a text of 32 numbers is nobody's


def test_defaults_are_the_models_own(folders_of: dict[str, Path], copy: Path) -> None:
    def defaults(path: Path) -> dict[str, Any]:
        match = latent_diffusion.recognise(Files(path))
        assert match is not None
        return {p.name: p.default for p in match.card.parameters}

    assert defaults(folders_of["sd1"])["scheduler"] == "DPM++ 2M Karras"
    told = {"name": "Mine", "licence": "Apache-2.0", "base": "own", "defaults": {"steps": 12, "guidance_scale": 99}}
    (copy / "everyform.json").write_text(json.dumps(told), "utf-8")
    match = latent_diffusion.recognise(Files(copy))
    assert match is not None and match.base == "own"
    assert defaults(copy)["steps"] == 12
    assert defaults(copy)["guidance_scale"] == 7.5  # its own range forbids 99


def test_what_is_missing_is_named(copy: Path) -> None:
    (copy / "text_encoder" / "model.safetensors").unlink()
    match = latent_diffusion.recognise(Files(copy))
    assert match is not None
    assert match.missing == "the text encoder's weights (text_encoder/model.safetensors)"
    with pytest.raises(BadInput, match="lacks the text encoder's weights"):
        latent_diffusion.load(str(copy), Plan())


def test_weights_of_another_model_are_refused_before_they_are_read(copy: Path, folders_of: dict[str, Path]) -> None:
    name = "unet/diffusion_pytorch_model.safetensors"
    shutil.copy(folders_of["eight"] / name, copy / name)
    with pytest.raises(BadInput, match=r"not those that unet/config\.json describes"):
        latent_diffusion.recognise(Files(copy))


def test_other_pipelines_are_not_claimed(copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text("utf-8"))
    (copy / "model_index.json").write_text(json.dumps(index | {"_class_name": "FluxPipeline"}), "utf-8")
    assert latent_diffusion.recognise(Files(copy)) is None


def test_a_folder_with_half_precision_alone_loads(tmp_path: Path) -> None:
    import torch

    from models.networks import miniature

    miniature.stable_diffusion().to(dtype=torch.float16).save_pretrained(tmp_path / "half", variant="fp16")
    match = latent_diffusion.recognise(Files(tmp_path / "half"))
    assert match is not None and not match.missing
    model = latent_diffusion.load(str(tmp_path / "half"), Plan())
    assert model.generate(ask(match.card), Heard()).size == (64, 64)


# ── running ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["sd1", "sd2", "sdxl", "eight"])
def test_pictures_are_those_of_plain_diffusers(kind: str, folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    import diffusers
    import torch

    model = latent_diffusion.load(str(folders_of[kind]), Plan())
    xl = "XL" if kind == "sdxl" else ""
    for task, pipeline_name in (("text-to-picture", ""), ("picture-to-picture", "Img2Img")):
        plain = getattr(diffusers, f"StableDiffusion{xl}{pipeline_name}Pipeline").from_pretrained(folders_of[kind])
        plain.set_progress_bar_config(disable=True)
        plain.scheduler = diffusers.EulerDiscreteScheduler.from_config(plain.scheduler.config)
        given: dict[str, Any] = {"width": 64, "height": 64}
        if task == "picture-to-picture":
            given = {"image": Image.open(drawn["picture"]), "strength": 0.5}
        # The pipeline must be told that nothing is not to be seen: "" and None differ for SDXL.
        expected = plain(
            "a red sailboat", negative_prompt="fog", num_inference_steps=4, guidance_scale=5.0,
            generator=torch.Generator("cpu").manual_seed(5), **given,
        ).images[0]  # fmt: skip
        settings = {"scheduler": "Euler", "guidance_scale": 5.0}
        if task == "picture-to-picture":
            settings["strength"] = 0.5
        made = model.generate(ask(model.card, task, drawn, **settings), Heard()).image
        assert np.abs(pixels(made) - pixels(expected)).max() <= 1


def test_texts_are_encoded_once_and_guidance_is_one_batch(folders_of: dict[str, Path]) -> None:
    model = latent_diffusion.load(str(folders_of["sd1"]), Plan())
    networks = model._pipelines["text-to-picture"]
    batches: dict[str, list[int]] = {"text": [], "unet": []}
    networks.text_encoder.register_forward_pre_hook(lambda _, given: batches["text"].append(len(given[0])))
    networks.unet.register_forward_pre_hook(lambda _, given: batches["unet"].append(len(given[0])))
    request = ask(model.card)
    for _ in range(2):
        model.generate(request, Heard())
    assert batches == {"text": [2], "unet": [2] * 8}
    model.generate(ask(model.card, guidance_scale=1.0), Heard())
    assert batches == {"text": [2, 1], "unet": [2] * 8 + [1] * 4}


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_bfloat16_computes_nearly_the_same(kind: str, folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    import torch

    full = latent_diffusion.load(str(folders_of[kind]), Plan())
    short = latent_diffusion.load(str(folders_of[kind]), Plan(dtype="bfloat16"))
    parts = short._pipelines["text-to-picture"]
    for task in full.card.tasks:
        request = ask(full.card, task, drawn)
        difference = pixels(full.generate(request, Heard()).image) - pixels(short.generate(request, Heard()).image)
        assert 0 < np.abs(difference).mean() < 4
    assert parts.unet.dtype == parts.vae.decoder.conv_in.weight.dtype == torch.bfloat16


def test_large_pictures_are_decoded_in_tiles(folders_of: dict[str, Path]) -> None:
    whole = latent_diffusion.load(str(folders_of["sd1"]), Plan())
    tiled = latent_diffusion.load(str(folders_of["sd1"]), Plan(tile_above=64 * 64))
    request = ask(whole.card, width=128, height=96)
    vae = tiled._pipelines["text-to-picture"].vae
    expected, made = whole.generate(request, Heard()), tiled.generate(request, Heard())
    assert vae.use_tiling and made.size == (128, 96)
    assert np.abs(pixels(made.image) - pixels(expected.image)).mean() < 8
    tiled.generate(ask(whole.card), Heard())
    assert not vae.use_tiling


def test_tiles_are_no_larger_than_what_the_plan_decodes_in_one_piece(folders_of: dict[str, Path]) -> None:
    model = latent_diffusion.load(str(folders_of["sd1"]), Plan(tile_above=32 * 32))
    vae = model._pipelines["text-to-picture"].vae
    decoded: list[int] = []
    vae.decoder.register_forward_hook(lambda network, given, made: decoded.append(made.shape[-1] * made.shape[-2]))
    for _ in range(2):
        assert model.generate(ask(model.card), Heard()).size == (64, 64)
    assert len(decoded) > 2
    assert max(decoded) <= 32 * 32


def test_a_long_prompt_runs_and_says_what_was_left_out(folders_of: dict[str, Path]) -> None:
    from models import tokens

    model = latent_diffusion.load(str(folders_of["sd1"]), Plan())
    prompt = "a red sailboat on a calm sea at sunset, " * 12 + "and a very last lighthouse"
    request = Request("m", "m", "latent-diffusion", "text-to-picture", prompt, settings=ask(model.card).settings)
    heard = Heard()
    assert model.generate(request, heard).size == (64, 64)
    (notice,) = [event for event in heard if isinstance(event, Notice)]
    assert "and a very last lighthouse" in notice.text
    # The editor, which has no model at hand, says the same.
    kept = tokens.count(str(folders_of["sd1"]), model.card, prompt)[2]
    assert notice.text.partition("“")[2].startswith(prompt[kept:].strip()[:40])
    short = Heard()
    model.generate(ask(model.card), short)
    assert not [event for event in short if isinstance(event, Notice)]


# ── from a picture ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["sd1", "eight", "sdxl", "inpainting"])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_what_is_black_in_the_mask_stays(
    kind: str, strength: float, folders_of: dict[str, Path], drawn: dict[str, str]
) -> None:
    model = latent_diffusion.load(str(folders_of[kind]), Plan())
    made = pixels(model.generate(ask(model.card, "inpaint", drawn, strength=strength), Heard()).image)
    original = pixels(Image.open(drawn["picture"]))
    assert (made[:, :28] == original[:, :28]).all()
    assert (made[:, 33:] != original[:, 33:]).mean() > 0.9


def test_all_of_the_strength_owes_the_original_nothing(folders_of: dict[str, Path], tmp_path: Path) -> None:
    """Under a white mask the start picture must not shine through."""
    model = latent_diffusion.load(str(folders_of["eight"]), Plan())
    Image.new("L", (64, 64), 255).save(tmp_path / "mask.png")
    made = []
    for colour in ("black", "white"):
        Image.new("RGB", (64, 64), colour).save(tmp_path / "picture.png")
        inputs = {"picture": str(tmp_path / "picture.png"), "mask": str(tmp_path / "mask.png")}
        made.append(pixels(model.generate(ask(model.card, "inpaint", inputs, strength=1.0), Heard()).image))
    assert (made[0] == made[1]).all()


def test_less_strength_stays_nearer(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = latent_diffusion.load(str(folders_of["sd1"]), Plan())

    def steps(strength: float) -> int:
        heard = Heard()
        model.generate(ask(model.card, "picture-to-picture", drawn, strength=strength, steps=10), heard)
        return sum(isinstance(event, Preview) for event in heard)

    assert [steps(s) for s in (0.05, 0.3, 1.0)] == [1, 3, 10]


def test_pictures_and_masks_that_cannot_be_used_are_told(
    folders_of: dict[str, Path], drawn: dict[str, str], tmp_path: Path
) -> None:
    model = latent_diffusion.load(str(folders_of["sd1"]), Plan())
    Image.new("L", (64, 64), 0).save(tmp_path / "black.png")
    with pytest.raises(BadInput, match="black all over"):
        model.generate(ask(model.card, "inpaint", drawn | {"mask": str(tmp_path / "black.png")}), Heard())
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match="not a picture"):
        model.generate(ask(model.card, "picture-to-picture", {"picture": str(tmp_path / "no.png")}), Heard())
