"""The vq-transformer starter: the world's sentences to the codes of the vqvae starter, one after another."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import VQModel
from torch import Tensor

from models.networks import weights
from models.networks.code_prompt import CodePrompt
from models.runtime.pictures import codes as coding
from models.training import writing
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe
from models.training.measure import finish, measure
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.scenes_autoencoder import SIZE
from models.training.recipes.scenes_text import WIDTH as TEXT_WIDTH
from models.training.starter import STARTERS, write_sidecar
from models.training.writing import Writer

WIDTH, LAYERS, INNER, SIDE = 256, 4, 640, 16
EARLY = 0.5  # of the steps, with a fourth of the places
NAMED: dict[str, Any] = {
    "name": "Scenes, code by code",
    "about": "Small landscapes from a sentence, written as codes from the upper left to the lower right.",
    "shares": {"vqvae": "vqvae", "text_encoder": "scenes", "tokenizer": "scenes"},
}


def network(codes: int) -> Writer:
    return Writer(writing.llama(codes, WIDTH, LAYERS, INNER), CodePrompt(TEXT_WIDTH, WIDTH, SIDE**2))


@torch.inference_mode()
def coded(lab: Lab, vqvae: VQModel, world: Pictures) -> Tensor:
    """(N, places) as 16-bit numbers."""
    parts = []
    for start in range(0, world.count, 64):
        pictures = world.batch(torch.arange(start, min(start + 64, world.count)))
        with lab.autocast():
            parts.append(coding.encode(vqvae, pictures).flatten(1).short().cpu())
    return torch.cat(parts)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    vqvae = VQModel.from_pretrained(
        STARTERS / "vqvae", torch_dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False
    )
    vqvae = vqvae.to(lab.device).eval().requires_grad_(False)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    mark = f"{float(vqvae.quantize.embedding.weight.double().sum()):.6f}"
    codes = kept(lab, f"codes-{world.count}-{mark}", lambda: coded(lab, vqvae, world))
    shown = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, SIDE, lab.device))
    spoken = writing.Spoken(lab, world.scenes)
    model = writing.learn(
        lab, partial(network, coding.count(vqvae)), codes, shown, spoken, partial(look, lab), early=EARLY
    )
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    folder = save(model, lab.out / "vq-transformer")
    finish(lab, folder, makes=RECIPE.makes, parameters=writing.parameters(model), **NAMED)


def look(lab: Lab, model: Writer, name: str) -> None:
    """A sheet on the way, made as the studio makes it. It lies beside the starters meanwhile, whose parts it needs."""
    folder = save(model, STARTERS / f".{lab.recipe.name}")
    write_sidecar(folder, NAMED)
    figures, made = measure(folder, 16)
    lab.sheet(name, made, columns=4)
    lab.say(name, **figures["per_cent_found_of_16_unseen_prompts"])
    shutil.rmtree(folder)


def save(model: Writer, folder: Path) -> Path:
    """The starter's own parts."""
    writing.save(model.transformer, folder / "transformer")
    weights.save(model.prompt, folder, "vq-transformer", text_width=TEXT_WIDTH, width=WIDTH, places=SIDE * SIDE)
    return folder


RECIPE = Recipe("vq-transformer", "text to picture by codes: a language model of the vqvae starter's codes", run,
                cpu=Budget(steps=3_000, batch=16, pictures=22_528),
                cuda=Budget(steps=20_000, batch=192, pictures=100_000),
                needs=("vqvae",), shipped=STARTERS / "vq-transformer")  # fmt: skip
