"""Flow-matching transformers on real folders: SD3, Flux and PRX are recognised, loaded and run in every task."""

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

from models.families.flow_matching import dit
from models.networks import miniature_flow
from models.protocol import BadInput, Notice, Preview, Progress, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files

KINDS: dict[str, dict[str, Any]] = {
    "prx": {"kind": "prx"},
    "sd3": {"kind": "sd3"},
    "sd3-t5": {"kind": "sd3", "t5": True},
    "schnell": {"kind": "flux"},
    "dev": {"kind": "flux", "guidance_embeds": True},
}
Change = Callable[[dict[str, Any]], Any]


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


@pytest.fixture(scope="module")
def folders_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    for name, options in KINDS.items():
        miniature_flow.flow_matching(**options).save_pretrained(root / name)
    return {name: root / name for name in KINDS}


@pytest.fixture
def copy(folders_of: dict[str, Path], tmp_path: Path) -> Path:
    """A PRX folder that a test may spoil."""
    return Path(shutil.copytree(folders_of["prx"], tmp_path / "copy"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("drawn") / "picture.png"
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(path)
    return {"picture": str(path)}


def ask(
    card: Any, task: str = "text-to-picture", inputs: dict[str, str] | None = None, *, prompt: str = "a red sailboat",
    negative: str = "fog", **settings: Any,
) -> Request:  # fmt: skip
    return Request("m", "m", "dit-flow-matching", task, prompt, negative, seed=5,
                   settings=card.check({"steps": 3, **settings}, task), inputs=inputs or {})  # fmt: skip


def rewrite(path: Path, change: Change) -> None:
    held = json.loads(path.read_text("utf-8"))
    change(held)
    path.write_text(json.dumps(held), "utf-8")


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_recognised_and_runs_its_tasks(
    name: str, folders_of: dict[str, Path], drawn: dict[str, str]
) -> None:
    match = dit.recognise(Files(folders_of[name]))
    assert match is not None and not match.missing
    card = match.card
    native, least = (1024, 256) if KINDS[name]["kind"] == "flux" else (64, 64)
    assert {p.name: p.default for p in card.parameters}["width"] == native
    model = dit.load(str(folders_of[name]), Plan())
    for task, inputs in (("text-to-picture", {}), ("picture-to-picture", drawn)):
        heard = Heard()
        made = model.generate(ask(card, task, inputs, width=least, height=least + 32), heard)
        assert made.size == (least, least + 32)
        previews = [p for p in heard if isinstance(p, Preview)]
        assert len({p.rgb for p in previews}) > 1
        assert (previews[0].width, previews[0].height) == (least // 8, least // 8 + 4)
        assert previews[-1].level == 0
        assert float(made.facts["length of the way"].split()[0]) >= 1


def test_limits_and_defaults_are_the_models_own(folders_of: dict[str, Path]) -> None:
    def told(name: str) -> tuple[Any, ...]:
        match = dit.recognise(Files(folders_of[name]))
        assert match is not None
        card, default = match.card, {p.name: p.default for p in match.card.parameters}
        return (match.base, card.tokenizer, card.prompt_limit, card.negative_prompt, default["shift"],
                default["guidance_scale"], default["steps"])  # fmt: skip

    assert told("prx") == ("PRX", "tokenizer", 77, True, 1.0, 5.0, 28)
    assert told("sd3") == ("SD 3", "tokenizer", 77, True, 3.0, 5.0, 28)
    assert told("sd3-t5")[1:3] == ("tokenizer_3", 256)
    assert told("schnell")[1:] == ("tokenizer_2", 512, True, 3.0, 1.0, 4)
    assert told("dev")[3:6] == (False, 3.0, 3.5)


def test_flux_shifts_by_its_size(folders_of: dict[str, Path], tmp_path: Path) -> None:
    """At 1024² e^1.15, as its scheduler has it for 4096 tokens."""
    path = Path(shutil.copytree(folders_of["dev"], tmp_path / "dev"))
    rewrite(path / "scheduler/scheduler_config.json", lambda held: held.update(use_dynamic_shifting=True))
    match = dit.recognise(Files(path))
    assert match is not None
    assert next(p for p in match.card.parameters if p.name == "shift").default == 3.16


@pytest.mark.parametrize("name", ["sd3", "prx"])
def test_the_picture_is_the_pipelines_own(name: str, folders_of: dict[str, Path]) -> None:
    """With the same noise and times, diffusers itself makes the same picture of what the texts were read as."""
    model = dit.load(str(folders_of[name]), Plan())
    asked = ask(model.card, guidance_scale=4.0, shift=2.0)
    made = model.generate(asked, Heard()).image
    absent = {"text_encoder_3": None, "tokenizer_3": None} if name == "sd3" else {}
    pipeline = type(model._pipeline).from_pretrained(folders_of[name], **absent)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, shift=2.0)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    given = {"latents": noise, "guidance_scale": 4.0, "num_inference_steps": 3, "height": 64, "width": 64}
    if name == "sd3":
        given |= {"prompt": asked.prompt, "negative_prompt": asked.negative_prompt, "sigmas": [1, 2 / 3, 1 / 3]}
    else:
        # Its times cannot be given; those of this scheduler are Flow's.
        pipeline.scheduler = type(model._pipeline.scheduler).from_config(pipeline.scheduler.config, shift=2.0)
        given |= {**model._encoded[1], "use_resolution_binning": False}
    theirs = pipeline(**given).images[0]
    assert np.abs(np.asarray(made, np.int16) - np.asarray(theirs, np.int16)).max() <= 1


def test_a_model_may_look_at_all_places_of_its_text(copy: Path) -> None:
    model = dit.load(str(copy), Plan())
    model.generate(ask(model.card), Heard())
    assert not model._encoded[1]["prompt_attention_mask"].all()
    (copy / "everyform.json").write_text(json.dumps({"whole_text": True}), "utf-8")
    model = dit.load(str(copy), Plan())
    model.generate(ask(model.card), Heard())
    given = model._encoded[1]
    assert given["prompt_attention_mask"].all()
    said = [ask(model.card).prompt.lower()]
    ids = model._pipeline.tokenizer(said, padding="max_length", return_tensors="pt").input_ids
    assert torch.allclose(given["prompt_embeds"], model._pipeline.text_encoder(input_ids=ids)[0], atol=1e-5)


def test_text_and_autoencoder_may_lie_in_another_starter(copy: Path) -> None:
    lender = copy.parent / "lender"
    whole = dit.load(str(copy), Plan())
    asked = ask(whole.card)
    before = whole.generate(asked, Heard()).image.tobytes()
    for part in ("text_encoder", "vae"):
        shutil.move(copy / part, lender / part)
    (copy / "everyform.json").write_text(
        json.dumps({"name": "Small", "shares": {"text_encoder": "lender", "vae": "lender"}, "defaults": {"steps": 9}}),
        "utf-8",
    )
    match = dit.recognise(Files(copy))
    assert match is not None and match.base == ""
    assert next(p for p in match.card.parameters if p.name == "steps").default == 9
    assert dit.load(str(copy), Plan()).generate(asked, Heard()).image.tobytes() == before


def test_less_strength_takes_fewer_steps_and_stays_nearer(drawn: dict[str, str]) -> None:
    model = dit.tiny()
    steps: list[int] = []
    levels: list[float] = []
    for strength in (0.05, 0.5, 1.0):
        heard = Heard()
        model.generate(ask(model.card, "picture-to-picture", drawn, strength=strength, steps=8), heard)
        steps.append(max(p.step for p in heard if isinstance(p, Progress)))
        levels.append(next(p.level or 0.0 for p in heard if isinstance(p, Preview)))
    assert steps == [1, 4, 8]
    assert levels == sorted(levels)


def test_the_negative_prompt_counts_with_guidance_alone() -> None:
    model = dit.tiny()

    def made(negative: str, scale: float) -> bytes:
        return model.generate(ask(model.card, negative=negative, guidance_scale=scale), Heard()).image.tobytes()

    assert made("fog", 5.0) != made("snow", 5.0)
    assert made("fog", 1.0) == made("snow", 1.0)


@pytest.mark.parametrize("name", ["prx", "sd3-t5"])
def test_words_that_find_no_room_are_told(name: str, folders_of: dict[str, Path]) -> None:
    model = dit.load(str(folders_of[name]), Plan())
    heard = Heard()
    model.generate(ask(model.card, prompt="a calm sea at sunset " * 80, guidance_scale=1.0, steps=1), heard)
    told = [event.text for event in heard if isinstance(event, Notice)]
    assert len(told) == 1 and "sunset" in told[0]


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("model_index.json", lambda held: held.update(vae=["diffusers", "AutoencoderDC"]), "is a AutoencoderKL"),
        ("scheduler/scheduler_config.json", lambda held: held.update(_class_name="DDIMScheduler"), "FlowMatchEuler"),
        ("transformer/config.json", lambda held: held.update(in_channels=16), "takes 16 channels"),
        ("transformer/config.json", lambda held: held.update(patch_size="two"), "make no sense"),
    ],
)
def test_what_cannot_be_used_is_told(copy: Path, name: str, change: Change, sentence: str) -> None:
    rewrite(copy / name, change)
    with pytest.raises(BadInput, match=sentence):
        dit.recognise(Files(copy))


def test_what_is_missing_is_named(copy: Path) -> None:
    for path in (copy / "text_encoder").glob("*.safetensors"):
        path.unlink()
    match = dit.recognise(Files(copy))
    assert match is not None and match.missing.startswith("the text encoder's weights")
    with pytest.raises(BadInput, match="text encoder"):
        dit.load(str(copy), Plan())


def test_a_folder_without_a_transformer_is_no_model(copy: Path) -> None:
    shutil.rmtree(copy / "transformer")
    with pytest.raises(BadInput, match="is not complete"):
        dit.recognise(Files(copy))
