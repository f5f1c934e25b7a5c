"""The autoencoder of the soundscapes starter: mel spectrograms as latents of an eighth of their sides."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.mel import HOP, mel, soundscapes
from models.training.pictures import UNSEEN
from models.training.recordings import crops, recordings

LATENTS, FRAMES = 8, 128


def network() -> AutoencoderKL:
    """As AudioLDM has it (Liu et al. 2023, arXiv:2301.12503, §3.2), small, and with an eighth for a fourth."""
    return AutoencoderKL(
        in_channels=1, out_channels=1, latent_channels=LATENTS, block_out_channels=(24, 32, 64, 96),
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=1,
        norm_num_groups=8, mid_block_add_attention=False, sample_size=FRAMES,
    )  # fmt: skip


def difference(made: Tensor, real: Tensor) -> Tensor:
    """L1 of bands, of their means over small patches, and of the steps from each to the next."""
    loss = F.l1_loss(made, real) + F.l1_loss(F.avg_pool2d(made, 4), F.avg_pool2d(real, 4))
    steps = F.l1_loss(made.diff(dim=2), real.diff(dim=2)) + F.l1_loss(made.diff(dim=3), real.diff(dim=3))
    return loss + 0.3 * steps


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    store = recordings(lab, "soundscapes", lab.budget.pictures, soundscapes)
    model, twin = network().to(lab.device), network().to(lab.device)
    average = Average(model, twin, 0.997)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        real = mel(crops(store, lab.budget.batch, FRAMES * HOP, draw).to(lab.device))[:, None]
        with lab.autocast():
            spread = model.encode(real).latent_dist
            made = model.decode(spread.sample()).sample
        # A touch of KL keeps the latents near a unit ball without blurring them (Rombach et al. 2022, §3.1).
        loss = difference(made.float(), real) + 1e-6 * spread.kl().mean()
        total += descend(loss, model, optimizer, rate(step, lab.budget.steps, 1e-3))
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
    save(lab, average.model.eval())


@torch.inference_mode()
def save(lab: Lab, model: AutoencoderKL) -> None:
    count = min(lab.prompts, 50)
    real = mel(soundscapes(range(UNSEEN, UNSEEN + count)).to(lab.device))[:, None]
    found = torch.cat([model.encode(part).latent_dist.mode() for part in real.split(8)])
    made = torch.cat([model.decode(part).sample for part in found.split(8)])
    lab.sheet("there and back", torch.stack([_shown(real[:8]), _shown(made[:8])], 1).flatten(0, 1), columns=2)
    model.register_to_config(scaling_factor=round(1 / found.std().item(), 5))
    figures = {"difference of mel bands": round(F.l1_loss(made, real).item(), 3)}
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


def _shown(bands: Tensor) -> Tensor:
    """Spectrograms (B, 1, frames, bands) as pictures (B, 3, bands, frames) in 0..1, low sounds below."""
    return (bands.transpose(2, 3).flip(2) / 5 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1)


RECIPE = Recipe("sounds-autoencoder", "the autoencoder of the soundscapes starter: mel spectrograms to latents", run,
                cpu=Budget(steps=1_000, batch=8, pictures=1_024),
                cuda=Budget(steps=8_000, batch=64, pictures=8_192))  # fmt: skip
