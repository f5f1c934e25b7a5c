"""Scenes as a latent network sees them, made once for all recipes: latents, sentences as tokens, where things show."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from functools import partial

import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from models.reader.grammar import describe
from models.reader.scene import Scene
from models.training.lab import Lab, write_atomic
from models.training.pictures import Drawings
from models.training.recipes.scenes_text import as_ids
from models.training.starter import SCENES

WAYS = 6


def kept(lab: Lab, name: str, make: Callable[[], Tensor]) -> Tensor:
    """A tensor that takes minutes to make, from the file that all recipes share, or made now."""
    path = lab.root / "world" / f"{name}.safetensors"
    if not path.exists():
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, lambda partial: save_file({name: made}, partial))
    return load_file(path)[name].to(lab.device)


def kept_parts(lab: Lab, name: str, count: int, make: Callable[[range], Tensor], size: int = 64) -> Tensor:
    """The first `count` rows of what is made of seeds, so many at a time, each part in a file of its own: a making that
    is cut off goes on."""
    parts = [kept_part(lab, name, make, range(start, start + size)) for start in range(0, count, size)]
    return torch.cat(parts)[:count]


def kept_part(lab: Lab, name: str, make: Callable[[range], Tensor], seeds: range) -> Tensor:
    """One of these parts, of the seeds that belong to it."""
    return kept(lab, f"{name}-{seeds.start}", partial(make, seeds))


def mark(vae: AutoencoderKL) -> str:
    """Tells encoders apart: the decoder may have learned on since."""
    parts = (p.detach().cpu().numpy().tobytes() for half in (vae.encoder, vae.quant_conv) for p in half.parameters())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def latents(lab: Lab, vae: AutoencoderKL, world: Drawings, of: str = "") -> Tensor:
    """(N, channels, 16, 16), half precision, scaled, of all the world's pictures; `of` names another world."""
    return kept(lab, f"latents-{of}{world.count}-{mark(vae)}", lambda: _encode(lab, vae, world))


@torch.inference_mode()
def _encode(lab: Lab, vae: AutoencoderKL, world: Drawings) -> Tensor:
    parts = []
    for start in range(0, world.count, 128):
        with lab.autocast():
            spread = vae.encode(world.batch(torch.arange(start, min(start + 128, world.count)))).latent_dist
        parts.append((spread.mode().float() * vae.config.scaling_factor).half().cpu())
    return torch.cat(parts)


def sentences(scenes: list[Scene], words: CLIPTokenizer) -> Tensor:
    """(N, WAYS, tokens) as 16-bit ids: each scene said in several ways, once, because saying is slower than a GPU."""
    said = [describe(scene, random.Random(f"{way} {scene.seed}"))[0] for scene in scenes for way in range(WAYS)]
    parts = [as_ids(words, said[start : start + 4096]).short() for start in range(0, len(said), 4096)]
    return torch.cat(parts).unflatten(0, (len(scenes), WAYS))


def phrased(said: Tensor, silence: Tensor, seeds: Tensor, draw: torch.Generator, wordless: float = 0.1) -> Tensor:
    """(B, tokens): one of the ways that each of seeds (B,) is `said` in; a share is told nothing, as guidance needs."""
    spoken = torch.rand(len(seeds), generator=draw) > wordless
    ways = torch.randint(0, WAYS, seeds.shape, generator=draw)
    return torch.where(spoken[:, None], said[seeds, ways].long(), silence)


def shipped_vae(lab: Lab) -> AutoencoderKL:
    """The scenes starter's autoencoder, for use, in full precision."""
    vae = AutoencoderKL.from_pretrained(SCENES / "vae", torch_dtype=torch.float32, local_files_only=True)
    return vae.to(lab.device).eval().requires_grad_(False)


def shipped_words() -> CLIPTokenizer:
    """The scenes starter's tokenizer."""
    return CLIPTokenizer.from_pretrained(SCENES / "tokenizer", local_files_only=True)


def shipped_text_encoder(lab: Lab) -> CLIPTextModel:
    """The scenes starter's text encoder, for use, in full precision."""
    encoder = CLIPTextModel.from_pretrained(SCENES / "text_encoder", dtype=torch.float32, local_files_only=True)
    return encoder.to(lab.device).eval().requires_grad_(False)
