"""Any diffusers folder: what its signature says, which family takes it, and a sample of the zoo from end to end."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch

from models import folders
from models.families.diffusion import diffusers_folder, diffusers_inputs, diffusers_settings, diffusers_table
from models.protocol import TASKS, BadInput, Loading, Progress
from models.registry import Registry
from models.runtime.pipelines.look import laid_out
from models.runtime.pipelines.steps import Bar, Steps

ROOT = Path(__file__).resolve().parents[3]
STORED = json.loads((folders.resources() / "diffusers" / "pipelines.json").read_text("utf-8"))
# Pictures, films and sounds; U-Nets and transformers; words, pictures, masks, films and sketches; all three hooks.
SAMPLE = (
    "DiTPipeline", "PixArtSigmaPipeline", "StableDiffusionInstructPix2PixPipeline", "KandinskyV22CombinedPipeline",
    "StableDiffusionXLControlNetInpaintPipeline", "MarigoldDepthPipeline", "AmusedPipeline", "FluxControlPipeline",
    "IFSuperResolutionPipeline", "WanPipeline", "AnimateDiffVideoToVideoPipeline", "StableVideoDiffusionPipeline",
    "LTXPipeline", "StableAudioPipeline", "AudioLDMPipeline",
)  # fmt: skip


# ── what the sources say ──────────────────────────────────────────────────────


def test_the_table_is_that_of_the_installed_library() -> None:
    spec = importlib.util.spec_from_file_location("make", folders.resources() / "diffusers" / "make.py")
    assert spec is not None and spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    some = frozenset((*SAMPLE, "QwenImageEditPipeline", "HunyuanVideoPipeline", "SanaPipeline", "LLaDA2Pipeline"))
    assert STORED["diffusers"] == metadata.version("diffusers"), "run resources/diffusers/make.py"
    assert make.table(some)["pipelines"] == {name: STORED["pipelines"][name] for name in sorted(some)}


@pytest.mark.parametrize("name", sorted(STORED["pipelines"]))
def test_every_pipeline_has_a_card_or_a_reason(name: str) -> None:
    signature = diffusers_table.find(name)
    assert signature is not None
    if diffusers_folder.unusable(signature):
        return
    files = diffusers_inputs.files(signature)
    assert files.tasks and set(files.tasks) <= set(TASKS)
    assert len({given.name for given in files.inputs}) == len(files.inputs) == len(files.given)
    known = {argument for argument, _ in diffusers_settings.parameters(signature, {})}
    told = {argument for argument, _ in files.given.values()}
    assert set(signature.needs) <= known | told | {"prompt"}, "nobody can give it what it needs"


# ── which family ──────────────────────────────────────────────────────────────


def index(folder: Path, name: str, **parts: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": name, **parts}), "utf-8")
    return folder


def test_a_hand_made_card_comes_first(tiny_stable_diffusion: Path) -> None:
    assert Registry().recognise(tiny_stable_diffusion)[0] == "latent-diffusion"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("KandinskyV22PriorPipeline", "another pipeline goes on from"),
        ("StableCascadeDecoderPipeline", "choose the whole model"),
        ("OnnxStableDiffusionPipeline", "ONNX"),
        ("CosmosTextToWorldPipeline", "safety checker"),
        ("MyOwnPipeline", "somebody's own"),
    ],
)
def test_what_cannot_run_says_why_in_a_sentence(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Registry().recognise(index(tmp_path / "model", name))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_modular_pipeline_says_so(tmp_path: Path) -> None:
    (tmp_path / "modular_model_index.json").write_text("{}", "utf-8")
    with pytest.raises(BadInput, match="modular"):
        Registry().recognise(tmp_path)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    parts = {"transformer": ["diffusers", "PixArtTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
    _, match = Registry().recognise(index(tmp_path / "model", "PixArtSigmaPipeline", **parts))
    assert "transformer" in match.missing and "vae" in match.missing


def test_nothing_heavy_is_loaded_to_recognise_one(tmp_path: Path) -> None:
    folder = index(tmp_path / "model", "PixArtSigmaPipeline", vae=["diffusers", "AutoencoderKL"])
    script = (
        "import sys; from models.registry import Registry; "
        f"print(Registry().recognise({str(folder)!r})[0], 'torch' in sys.modules, 'diffusers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["diffusers", "False", "False"], done.stderr


# ── on the way ────────────────────────────────────────────────────────────────


def test_latents_of_every_layout_become_pictures() -> None:
    plain = torch.arange(4 * 6 * 8.0).view(1, 4, 6, 8)
    assert torch.equal(laid_out(plain, 4, 64, 48, 8), plain)
    film = torch.stack([plain, plain + 1], 2)  # (B, C, T, h, w)
    assert torch.equal(laid_out(film, 4, 64, 48, 8), torch.cat([plain, plain + 1]))
    assert torch.equal(laid_out(film.transpose(1, 2), 4, 64, 48, 8), torch.cat([plain, plain + 1]))
    squares = plain.view(1, 4, 3, 2, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(1, 12, 16)  # as Flux packs them
    assert torch.equal(laid_out(squares, 4, 64, 48, 8), plain)
    assert laid_out(torch.zeros(1, 7, 5), 4, 64, 48, 8) is None


def test_steps_are_counted_once_whatever_tells_them() -> None:
    said: list[Any] = []
    steps = Steps(said.append, (4,))
    for _ in Bar(steps, range(3)):  # a start picture leaves out one
        steps.to(0)
    for _ in Bar(steps, range(9)):  # what comes after is not counted, but a stop is heard
        pass
    steps.finish()
    progress = [(event.step, event.total) for event in said if isinstance(event, Progress)]
    assert progress == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert any(isinstance(event, Loading) for event in said)


def test_stages_with_settings_of_their_own_are_one_way() -> None:
    said: list[Any] = []
    steps = Steps(said.append, (2, 3))
    for stage in (2, 3):
        for _ in Bar(steps, range(stage)):
            pass
    steps.finish()
    progress = [(event.step, event.total) for event in said if isinstance(event, Progress)]
    assert progress == [(step, 5) for step in range(6)]


# ── a sample of the zoo ───────────────────────────────────────────────────────


def test_audioldm_2_runs_with_the_gpt_2_of_its_published_folders(tmp_path: Path) -> None:
    from tests.diffusers_zoo import build, ours

    made = build.build("AudioLDM2Pipeline")
    made.register_modules(language_model=made.language_model.transformer)
    made.save_pretrained(tmp_path / "model")
    index = json.loads((tmp_path / "model" / "model_index.json").read_text("utf-8"))
    assert index["language_model"] == ["transformers", "GPT2Model"]
    verdict = ours.judge(tmp_path / "model", "AudioLDM2Pipeline", tmp_path / "work", Registry())
    assert verdict.wrong == () and verdict.architecture == "spectrogram-diffusion"


@pytest.mark.parametrize("name", SAMPLE)
def test_it_runs_as_it_does_in_diffusers(name: str, tmp_path: Path) -> None:
    """The whole way: a saved miniature, two items, a stop, the second item alone, the files (`tests.diffusers_zoo`)."""
    from tests.diffusers_zoo import build, ours

    build.build(name).save_pretrained(tmp_path / "model")
    verdict = ours.judge(tmp_path / "model", name, tmp_path / "work", Registry())
    assert verdict.wrong == ()
    own = {"video": "video-diffusion", "sound": "spectrogram-diffusion"}
    assert verdict.architecture == own.get(verdict.medium, "diffusers")
