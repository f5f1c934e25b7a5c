"""Checkpoints in one file: recognised by their tensors, and read with the configs that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPTokenizer

from models import folders
from models.networks import miniature
from models.protocol import Request
from models.registry import Registry
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines import single_file, stable_diffusion_load
from tests.ldm_layout import checkpoint, hollow, unet_name, vae_name

# Weights of the public models, from their cards.
WEIGHTS = {
    ("sd1", "unet"): 859_520_964, ("sd2", "unet"): 865_910_724, ("sdxl", "unet"): 2_567_463_684,
    ("sdxl-refiner", "unet"): 2_259_526_660, ("sd1", "vae"): 83_653_863, ("sd3", "vae"): 83_819_683,
    ("sd1", "text_encoder"): 123_060_480,
    ("sdxl", "text_encoder_2"): 694_659_840, ("sd3", "transformer"): 2_028_328_000,
    ("flux", "transformer"): 11_901_408_320, ("flux", "text_encoder_2"): 4_762_310_656,
}  # fmt: skip


def made_of(base: str, part: str) -> Any:
    """The network that a shipped config describes, without weights."""
    import diffusers
    import transformers

    where = folders.resources() / "configs" / base / part
    told = json.loads((where / "config.json").read_text("utf-8"))
    with torch.device("meta"):
        if "_class_name" in told:
            return getattr(diffusers, told["_class_name"]).from_config(told)
        kind = getattr(transformers, told["architectures"][0])
        return kind(kind.config_class.from_dict(told))


@pytest.mark.parametrize(("base", "part"), sorted(WEIGHTS))
def test_the_configs_that_ship_are_those_of_the_public_models(base: str, part: str) -> None:
    assert sum(p.numel() for p in made_of(base, part).parameters()) == WEIGHTS[base, part]


def test_clip_reads_as_it_always_did() -> None:
    # The example that everybody prints.
    assert single_file.clip_words()("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert single_file.clip_words("!")("a photo of a cat", padding="max_length").input_ids[7:] == [0] * 70


def shapes(base: str, *, enters: int = 4) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a whole checkpoint of that base."""
    unet, vae, text = (made_of(base, part) for part in ("unet", "vae", "text_encoder"))
    found = {
        f"model.diffusion_model.{unet_name(name, unet.config)}": tuple(t.shape) for name, t in unet.state_dict().items()
    }
    first = "model.diffusion_model.input_blocks.0.0.weight"
    found[first] = (found[first][0], enters, *found[first][2:])
    found |= {f"first_stage_model.{vae_name(name, 4)}": tuple(t.shape) for name, t in vae.state_dict().items()}
    home = "conditioner.embedders.0" if base == "sdxl" else "cond_stage_model"
    found |= {f"{home}.transformer.{name}": tuple(t.shape) for name, t in text.state_dict().items()}
    return found


@pytest.mark.parametrize(
    ("base", "file", "architecture", "tasks", "side"),
    [
        ("sd1", "dream-v8.safetensors", "latent-diffusion", "text-to-picture", 512),
        ("sd2", "v2-1_768-ema-pruned.safetensors", "latent-diffusion", "text-to-picture", 768),
        ("sd2", "512-base-ema.safetensors", "latent-diffusion", "text-to-picture", 512),
        ("sdxl", "juggernaut.safetensors", "latent-diffusion", "text-to-picture", 1024),
        ("sdxl", "sd_xl_turbo_1.0.safetensors", "adversarial-distillation", "text-to-picture", 512),
    ],
)
def test_a_checkpoint_is_recognised_by_its_tensors(
    base: str, file: str, architecture: str, tasks: str, side: int, tmp_path: Path
) -> None:
    found, match = Registry().recognise(hollow(tmp_path / file, shapes(base)))
    assert (found, match.missing) == (architecture, "")
    assert match.card.tasks[0] == tasks
    assert next(p.default for p in match.card.parameters if p.name == "width") == side


def test_one_for_inpainting_does_nothing_else(tmp_path: Path) -> None:
    _, match = Registry().recognise(hollow(tmp_path / "paint.safetensors", shapes("sd1", enters=9)))
    assert match.card.tasks == ("inpaint",)


DIT = {
    "SD 3": ("joint_blocks.{}.context_block.adaLN_modulation.1.weight", 38),
    "Flux": ("double_blocks.{}.img_attn.norm.key_norm.scale", 19),
}


@pytest.mark.parametrize(
    ("base", "extra", "lacks"),
    [
        ("SD 3", ("first_stage_model.decoder.conv_in.weight", "text_encoders.clip_l.x", "text_encoders.clip_g.x"), ""),
        ("SD 3", ("text_encoders.clip_l.x", "text_encoders.clip_g.x"), "a VAE"),
        ("SD 3", ("first_stage_model.decoder.conv_in.weight", "text_encoders.clip_g.x"), "the text encoder CLIP-L"),
        ("Flux", ("vae.decoder.conv_in.weight", "text_encoders.clip_l.x", "text_encoders.t5xxl.x"), "T5's word list"),
    ],
)
def test_a_transformer_with_all_its_parts_runs_or_says_what_it_lacks(
    base: str, extra: tuple[str, ...], lacks: str, tmp_path: Path
) -> None:
    pattern, blocks = DIT[base]
    names = [f"model.diffusion_model.{pattern.format(k)}" for k in range(blocks)]
    path = hollow(tmp_path / "all.safetensors", dict.fromkeys([*names, *extra], (2, 2)))
    architecture, match = Registry().recognise(path)
    assert (architecture, match.base) == ("dit-flow-matching", base)
    assert match.missing.startswith(lacks) and bool(match.missing) == bool(lacks)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A miniature as a folder, the same as a checkpoint in one file, and its configs alone."""
    where = tmp_path_factory.mktemp("one file")
    pipeline = miniature.stable_diffusion()
    pipeline.save_pretrained(where / "whole")
    save_file(checkpoint(pipeline), where / "one.safetensors")
    configs = where / "configs"
    for file in (where / "whole").rglob("*.json"):
        if not file.parent.name.startswith("tokenizer"):
            target = configs / file.relative_to(where / "whole")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return where / "whole", where / "one.safetensors", configs


def test_one_file_makes_what_its_folder_makes(both: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from models.families.diffusion import latent_diffusion
    from models.runtime.pipelines.stable_diffusion import StableDiffusion

    whole, one, configs = both
    # The miniature has a word list of its own.
    words = CLIPTokenizer.from_pretrained(whole / "tokenizer")
    monkeypatch.setattr(single_file, "clip_words", lambda *_: words)
    card = latent_diffusion.tiny().card
    request = Request(
        "m", "m", card.architecture, "text-to-picture", "a red sailboat", seed=3,
        settings=card.check({"steps": 2, "width": 64, "height": 64, "style": "none"}, "text-to-picture"),
    )  # fmt: skip
    plain = stable_diffusion_load.pipeline(str(whole), Plan(), variant=None)
    single = stable_diffusion_load.one_file(str(one), Plan(), base="SD 1.x", velocity=False, where=configs)
    pictures = [
        StableDiffusion(pipeline, card, Plan()).generate(request, _Silent()).image.tobytes()
        for pipeline in (plain, single)
    ]
    assert pictures[0] == pictures[1]


class _Silent:
    def __call__(self, event: Any) -> None: ...

    def wants_preview(self) -> bool:
        return False
