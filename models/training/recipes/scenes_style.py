"""A style for the scenes starter: a LoRA (Hu et al. 2021, arXiv:2106.09685) that prints its pictures with four inks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, get_peft_model_state_dict
from torch import Tensor, nn

from models.training.encoded import kept, mark, phrased, sentences, shipped_text_encoder, shipped_vae, shipped_words
from models.training.faithful import prompts
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.recipes.scenes import GUIDANCE, STEPS, UNCONDITIONAL, schedule, velocity_loss
from models.training.recipes.scenes_autoencoder import SIZE
from models.training.recipes.scenes_sketch import beside_scenes, shipped_unet
from models.training.recipes.scenes_text import as_ids
from models.training.starter import STARTERS, as_tensor, images, ship_measured

NAME = "scenes-print"
RANK = 8
# Attention says what stands where, convolutions how it looks: a style is both.
CHANGED = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "conv1", "conv2", "conv_in", "conv_out")
# From dark to light, and the tones at which one gives way to the next.
INKS = ((0.09, 0.10, 0.24), (0.16, 0.38, 0.48), (0.90, 0.56, 0.33), (0.97, 0.91, 0.78))
EDGES = (0.22, 0.45, 0.70)
COUNT = 64
BOLD = 1.5  # what is learned is laid on so much stronger: an average of many prints is paler than any of them


def printed(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in 0..1 as screen prints: four inks by how light a place is, and strong colours kept."""
    grey = (pictures * torch.tensor([0.3, 0.59, 0.11]).to(pictures).view(1, 3, 1, 1)).sum(1, keepdim=True)
    soft = F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), 3, 1)
    low, high = (soft.flatten(1).quantile(share, dim=1).view(-1, 1, 1, 1) for share in (0.02, 0.98))
    low, high = 0.7 * low, 0.6 * high + 0.4  # half of the way: a night stays darker than a day
    tone = ((soft - low) / (high - low).clamp(min=0.1)).clamp(0, 1)
    inks = torch.tensor(INKS).to(pictures).view(len(INKS), 1, 3, 1, 1)
    made = inks[0]
    for edge, below, above in zip(EDGES, inks, inks[1:], strict=False):
        made = made + (above - below) * torch.sigmoid((tone - edge) * 36)
    colour = pictures - grey
    strong = ((colour.amax(1, keepdim=True) - colour.amin(1, keepdim=True) - 0.35) / 0.25).clamp(0, 1)
    return torch.lerp(made, (pictures * 1.15).clamp(0, 1), strong * 0.8)


@torch.inference_mode()
def latents(lab: Lab, vae: AutoencoderKL, world: Pictures) -> Tensor:
    """(N, channels, 16, 16), half precision, scaled, of all the world's pictures as prints."""

    def encode() -> Tensor:
        parts = []
        for part in torch.arange(world.count).split(64):
            with lab.autocast():
                spread = vae.encode(printed(world.batch(part) / 2 + 0.5) * 2 - 1).latent_dist
            parts.append((spread.mode().float() * vae.config.scaling_factor).half().cpu())
        return torch.cat(parts)

    return kept(lab, f"latents-print-{world.count}-{mark(vae)}", encode)


def adapted(unet: UNet2DConditionModel) -> list[nn.Parameter]:
    """Give the U-Net low-rank changes, which are none yet; its own weights stay. What is to be trained."""
    unet.requires_grad_(False)
    unet.add_adapter(
        LoraConfig(r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=list(CHANGED)), "default"
    )
    return [p for p in unet.parameters() if p.requires_grad]


class Changes(nn.Module):
    """The trained weights alone, for checkpoints."""

    def __init__(self, weights: list[nn.Parameter]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(weights)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words, vae, reads = shipped_words(), shipped_vae(lab), shipped_text_encoder(lab)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    clean = latents(lab, vae, world)
    unet = shipped_unet(lab)
    changes = Changes(adapted(unet))
    optimizer = torch.optim.AdamW(changes.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    noise = schedule()
    said, silence = sentences(world.scenes, words), as_ids(words, [""])

    def velocity(noisy: Tensor, times: Tensor, states: Tensor) -> Tensor:
        return unet(noisy, times, states).sample

    total = 0.0
    for step in lab.steps({"changes": changes, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(clean), (lab.budget.batch,), generator=draw)
        ids = phrased(said, silence, seeds, draw, UNCONDITIONAL).to(lab.device)
        with torch.no_grad():
            states = reads(ids).last_hidden_state
        with lab.autocast():
            value = velocity_loss(velocity, noise, clean[seeds].float(), states, torch.zeros(()), draw)
        total += descend(value, changes, optimizer, rate(step, lab.budget.steps, 1e-3, 50))
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
    save(lab, unet, sum(p.numel() for p in changes.parameters()))


# ── how good it is ────────────────────────────────────────────────────────────


def off_the_inks(pictures: Tensor) -> float:
    """How far places in pictures (N, 3, H, W) in 0..1 are from the nearest ink, on average."""
    places = pictures.permute(0, 2, 3, 1).flatten(0, 2)
    return torch.cdist(places, torch.tensor(INKS).to(places)).amin(1).mean().item()


def save(lab: Lab, unet: UNet2DConditionModel, parameters: int) -> None:
    folder = Path(lab.out) / NAME
    learned = get_peft_model_state_dict(unet)
    found = {name: (value * BOLD if "lora_B" in name else value).half().cpu() for name, value in learned.items()}
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=convert_state_dict_to_diffusers(found))
    told: dict[str, Any] = {
        "name": "Print", "makes": RECIPE.makes, "parameters": parameters, "part_of": "scenes",
        "about": "A style for the starter “Scenes”: screen prints in four inks.",
    }  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    ship_measured(lab, folder, lambda: measured(lab, folder), **told)


def measured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Through the studio, the same prompts and seeds with and without the style."""
    said, _ = prompts(min(COUNT, lab.prompts))
    settings = {"steps": STEPS, "guidance_scale": GUIDANCE}
    with tempfile.TemporaryDirectory() as place:
        model = beside_scenes(Path(place), folder)
        plain, styled = (
            torch.stack([as_tensor(image) for image, _ in images(model, len(said), prompts=said, settings=asked)])
            for asked in (settings, {**settings, "style": "print"})
        )
    lab.sheet("sheet", torch.cat([plain[:8], styled[:8], printed(plain[:8])]))
    return {
        "distance from its inks": round(off_the_inks(styled), 3),
        "without the style": round(off_the_inks(plain), 3),
        "of pictures that were printed": round(off_the_inks(printed(plain)), 3),
    }


RECIPE = Recipe("scenes-style", "a style for scenes: a LoRA that prints with four inks", run,
                cpu=Budget(steps=1_000, batch=16, pictures=2_048),
                cuda=Budget(steps=4_000, batch=64, pictures=16_384),
                needs=("scenes",), shipped=STARTERS / NAME)  # fmt: skip
