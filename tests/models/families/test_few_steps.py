"""Distilled Stable Diffusion folders: told apart, loaded, and run in as many passes as they were made for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.families.diffusion import adversarial_distillation, consistency, latent_diffusion
from models.protocol import BadInput, JobCancelled, Match, Preview, Progress, Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.store.files import Files

TRAILING = {"spacing": "trailing"}
# What a folder is made of, and which family it belongs to.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "lcm": ({"scheduler": "LCMScheduler", "guidance_embedding": 16}, "consistency"),
    "lcm-merged": ({"scheduler": "LCMScheduler"}, "consistency"),
    "lcm-xl": ({"scheduler": "LCMScheduler", "xl": True}, "consistency"),
    "sd-turbo": ({"scheduler": "EulerDiscreteScheduler", **TRAILING}, "adversarial-distillation"),
    "sdxl-turbo": (
        {"scheduler": "EulerAncestralDiscreteScheduler", "xl": True, **TRAILING},
        "adversarial-distillation",
    ),
    "euler": ({"scheduler": "EulerDiscreteScheduler"}, "latent-diffusion"),
    "velocity": (
        {"scheduler": "EulerDiscreteScheduler", "prediction_type": "v_prediction", **TRAILING},
        "latent-diffusion",
    ),
}
FAMILIES = {family.CARD.architecture: family for family in (latent_diffusion, consistency, adversarial_distillation)}


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears, and stops the job at a step."""

    stop_at: int | None = None

    def __call__(self, event: Any) -> None:
        self.append(event)
        if isinstance(event, Progress) and event.step == self.stop_at:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return True

    def previews(self) -> list[Preview]:
        return [event for event in self if isinstance(event, Preview)]


@pytest.fixture(scope="module")
def folders_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from models.networks import miniature

    root = tmp_path_factory.mktemp("models")
    for kind, (options, _) in KINDS.items():
        miniature.stable_diffusion(**options).save_pretrained(root / kind)
    index = root / "lcm" / "model_index.json"
    # LCM Dreamshaper's own index names this pipeline.
    told = json.loads(index.read_text("utf-8")) | {"_class_name": "LatentConsistencyModelPipeline"}
    index.write_text(json.dumps(told), "utf-8")
    return {kind: root / kind for kind in KINDS}


def ask(card: Any, task: str = "text-to-picture", inputs: dict[str, str] | None = None, **settings: Any) -> Request:
    takes = {given.name for given in card.inputs_for(task)}
    return Request(
        "m", "m", card.architecture, task, "a red sailboat", seed=5, settings=card.check(settings, task),
        inputs={name: path for name, path in (inputs or {}).items() if name in takes},
    )  # fmt: skip


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def defaults(match: Match) -> dict[str, Any]:
    return {p.name: p.default for p in match.card.parameters}


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_one_family_claims_a_folder(kind: str, folders_of: dict[str, Path]) -> None:
    claims = [name for name, family in FAMILIES.items() if family.recognise(Files(folders_of[kind]))]
    assert claims == [KINDS[kind][1]]
    assert Registry().recognise(folders_of[kind])[0] == KINDS[kind][1]


@pytest.mark.parametrize("kind", [kind for kind, (_, family) in KINDS.items() if family != "latent-diffusion"])
def test_every_kind_runs_its_tasks(kind: str, folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    family = FAMILIES[KINDS[kind][1]]
    match = family.recognise(Files(folders_of[kind]))
    assert match is not None and not match.missing
    model = family.load(str(folders_of[kind]), Plan())
    for task in match.card.tasks:
        heard = Heard()
        assert model.generate(ask(match.card, task, drawn), heard).size == (64, 64)
        assert len({p.rgb for p in heard.previews()}) > 2


def test_settings_are_those_the_model_was_taught(folders_of: dict[str, Path]) -> None:
    lcm = consistency.recognise(Files(folders_of["lcm"]))
    merged = consistency.recognise(Files(folders_of["lcm-merged"]))
    turbo = adversarial_distillation.recognise(Files(folders_of["sd-turbo"]))
    assert lcm and merged and turbo
    assert (defaults(lcm)["steps"], defaults(merged)["steps"], defaults(turbo)["steps"]) == (4, 4, 1)
    assert defaults(lcm)["guidance_scale"] == 7.5
    assert "guidance_scale" not in defaults(merged) and "guidance_scale" not in defaults(turbo)
    assert not lcm.card.negative_prompt and not turbo.card.negative_prompt


def test_a_sidecar_names_the_family(folders_of: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    mine = Path(shutil.copytree(folders_of["velocity"], tmp_path / "mine"))
    (mine / "everyform.json").write_text(json.dumps({"architecture": "adversarial-distillation"}), "utf-8")
    assert Registry().recognise(mine)[0] == "adversarial-distillation"
    (mine / "everyform.json").write_text(json.dumps({"architecture": "no such thing"}), "utf-8")
    assert Registry().recognise(mine)[0] == "latent-diffusion"


@pytest.mark.parametrize("kind", ["lcm", "lcm-merged", "sd-turbo", "sdxl-turbo"])
def test_pictures_are_those_of_plain_diffusers(kind: str, folders_of: dict[str, Path]) -> None:
    import diffusers
    import torch

    model = FAMILIES[KINDS[kind][1]].load(str(folders_of[kind]), Plan())
    if kind == "lcm":  # and that of its own pipeline, which is another
        plain = diffusers.LatentConsistencyModelPipeline.from_pretrained(folders_of[kind])
        given: dict[str, Any] = {"guidance_scale": 7.5, "original_inference_steps": 50}
    else:
        plain = diffusers.DiffusionPipeline.from_pretrained(folders_of[kind])
        given = {"guidance_scale": 1.0}
    plain.set_progress_bar_config(disable=True)
    steps = model.card.check({}, "text-to-picture")["steps"]
    expected = plain(
        "a red sailboat", num_inference_steps=steps, width=64, height=64,
        generator=torch.Generator("cpu").manual_seed(5), **given,
    ).images[0]  # fmt: skip
    assert np.abs(pixels(model.generate(ask(model.card), Heard()).image) - pixels(expected)).max() <= 1


@pytest.mark.parametrize("kind", ["lcm", "sd-turbo"])
def test_each_step_is_one_pass_through_the_network(kind: str, folders_of: dict[str, Path]) -> None:
    model = FAMILIES[KINDS[kind][1]].load(str(folders_of[kind]), Plan())
    batches: list[int] = []
    model._pipelines["text-to-picture"].unet.register_forward_pre_hook(lambda _, given: batches.append(len(given[0])))
    for steps in (1, 3):
        batches.clear()
        model.generate(ask(model.card, steps=steps), Heard())
        assert batches == [1] * steps


def test_one_pass_shows_the_noise_then_latents_then_the_picture(folders_of: dict[str, Path]) -> None:
    model = adversarial_distillation.load(str(folders_of["sd-turbo"]), Plan())
    heard = Heard()
    made = model.generate(ask(model.card), heard).image
    noise, latents, picture = heard.previews()
    assert (noise.width, latents.width, picture.width) == (8, 8, 128)
    assert noise.level is not None and noise.level > 0.99 and latents.level == picture.level == 0
    shown = Image.frombytes("RGB", (picture.width, picture.height), picture.rgb)
    assert (pixels(shown)[::2, ::2] == pixels(made)).all()


@pytest.mark.parametrize(("strength", "begins"), [(1.0, 999), (0.5, 499), (0.3, 249), (0.05, 49)])
def test_one_pass_from_a_picture_begins_at_its_strength(
    strength: float, begins: int, folders_of: dict[str, Path], drawn: dict[str, str]
) -> None:
    model = adversarial_distillation.load(str(folders_of["sd-turbo"]), Plan())
    times: list[float] = []
    unet = model._pipelines["text-to-picture"].unet
    unet.register_forward_pre_hook(lambda _, given: times.append(float(given[1])))
    for steps in (1, 2):
        times.clear()
        request = ask(model.card, "picture-to-picture", drawn, strength=strength, steps=steps)
        model.generate(request, Heard())
        assert len(times) == steps
        # On a grid of whole steps that is fine enough for what was asked, and not above it.
        assert times[0] <= 1000 * strength
        assert steps > 1 or times[0] == pytest.approx(begins, abs=2)


@pytest.mark.parametrize("kind", ["lcm", "sd-turbo"])
def test_what_is_black_in_the_mask_stays(kind: str, folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = FAMILIES[KINDS[kind][1]].load(str(folders_of[kind]), Plan())
    made = pixels(model.generate(ask(model.card, "inpaint", drawn), Heard()).image)
    original = pixels(Image.open(drawn["picture"]))
    assert (made[:, :28] == original[:, :28]).all()
    assert (made[:, 33:] != original[:, 33:]).mean() > 0.9


def test_a_stop_leaves_the_model_as_it_was(folders_of: dict[str, Path]) -> None:
    model = consistency.load(str(folders_of["lcm"]), Plan())
    before = model.generate(ask(model.card), Heard()).image.tobytes()
    heard = Heard()
    heard.stop_at = 2
    with pytest.raises(JobCancelled):
        model.generate(ask(model.card), heard)
    assert isinstance(heard[-1], Progress) and heard[-1].step == 2
    assert model.generate(ask(model.card), Heard()).image.tobytes() == before


def test_other_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for family in (consistency, adversarial_distillation):
        with pytest.raises(BadInput, match="no Stable Diffusion folder"):
            family.load(str(tmp_path / "empty"), Plan())
