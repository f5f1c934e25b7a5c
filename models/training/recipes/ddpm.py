"""The plain diffusion model: land of the starter world in pixels, from nothing but noise, a true DDPM folder.

Land alone, as the other models without words have it: two cores show it too few scenes to learn the things on them.
"""

from __future__ import annotations

import math
from itertools import accumulate
from pathlib import Path

import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from torch import Tensor, nn

from models.training import measure
from models.training.growing import Growing, shrunk, stage
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.land import LAND, Land
from models.training.muon import Muon
from models.training.quiet import hush

SIZE, TIMES, STEPS = 128, 1000, 50
CHANNELS = {"cpu": (16, 24, 48, 96, 128), "cuda": (32, 48, 64, 96, 128)}
# What part of the steps learns on pictures of 16², 32², 64² and 128².
SHARES = {"cpu": (0.4, 0.22, 0.18, 0.2), "cuda": (0.12, 0.13, 0.2, 0.55)}
# Above this a small picture shows so little noise that there is nothing to learn from it.
CLEAR = 4.0


def network(channels: tuple[int, ...]) -> UNet2DModel:
    """One layer a level, attention in the middle alone, at 8²."""
    depth = len(channels)
    model = UNet2DModel(
        sample_size=SIZE, block_out_channels=channels, layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D",) * depth, up_block_types=("UpBlock2D",) * depth,
        time_embedding_dim=128, attention_head_dim=32, resnet_time_scale_shift="scale_shift",
        attn_norm_num_groups=4)  # fmt: skip
    hush(model)
    return model


def log_snr() -> Tensor:
    """(TIMES,): the cosine schedule, moved for 128² so that a 64² copy sees what it would at 64².

    Hoogeboom et al. 2023 (arXiv:2301.11093, eq. 4). From 9 down to -9, where nothing of the picture is left.
    """
    moved = 2 * math.log(64 / SIZE)
    first, last = (math.atan(math.exp(-(end - moved) / 2)) for end in (9.0, -9.0))
    angles = torch.linspace(first, last, TIMES, dtype=torch.float64)
    return -2 * angles.tan().log() + moved


def schedule() -> DDPMScheduler:
    """The same as betas, in the form that every solver reads; predicts velocity (Salimans & Ho 2022)."""
    kept = log_snr().sigmoid()
    betas = 1 - kept / torch.cat([torch.ones(1, dtype=kept.dtype), kept[:-1]])
    return DDPMScheduler(
        num_train_timesteps=TIMES, trained_betas=[float(f"{beta:.6g}") for beta in betas.tolist()],
        prediction_type="v_prediction", clip_sample=True, timestep_spacing="trailing")  # fmt: skip


def shares(snr: Tensor, level: int) -> tuple[Tensor, Tensor]:
    """How much picture and how much noise, for a picture 2^level times smaller: averaging takes noise away."""
    moved = snr + 2 * level * math.log(2)
    return (part.sigmoid().sqrt().view(-1, 1, 1, 1) for part in (moved, -moved))  # type: ignore[return-value]


def velocity_loss(lab: Lab, model: nn.Module, clean: Tensor, snr: Tensor, level: int, draw: torch.Generator) -> Tensor:
    """Squared error of the velocity at times where that level has something to learn."""
    first = int((snr + 2 * level * math.log(2) > CLEAR).sum()) if level else 0
    times = torch.randint(first, TIMES, (len(clean),), generator=draw)
    small = shrunk(clean, level)
    noise = lab.noise(small.shape, draw)
    picture, grain = shares(snr[times].float().to(small.device), level)
    made = model(picture * small + grain * noise, times.to(small.device), level).float()
    return (made - (picture * noise - grain * small)).pow(2).mean()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    channels = CHANNELS[lab.device.type]
    model, twin = (Growing(network(channels)).to(lab.device) for _ in range(2))
    average = Average(model, twin, 0.999)
    optimizer = Muon(model, (w for name, w in model.unet.named_parameters() if w.ndim == 4 and ".resnets." in name))
    snr, total, parts = log_snr(), 0.0, SHARES[lab.device.type]
    joins = list(accumulate(parts))[:-1]  # shares of the steps at which a level is added
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw, level = lab.generator(step), stage(step, parts, lab.budget.steps)
        if any(lab.reaches(share) for share in joins):
            look(lab, average.model, f"level-{level + 1}", level + 1)
            average.begin_anew(model)  # the blocks that join now have learned nothing yet
        clean = world.batch(torch.randint(0, world.count, (lab.budget.batch,), generator=draw))
        # A landscape seen in a mirror is one too.
        clean = torch.where((torch.rand(len(clean), generator=draw) < 0.5).to(lab.device).view(-1, 1, 1, 1),
                            clean.flip(-1), clean)  # fmt: skip
        with lab.autocast():
            value = velocity_loss(lab, model, clean, snr, level, draw)
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3, warm=100))
        average.update(model)
        total += lost
        if step % 50 == 49:
            lab.say(f"step {step + 1} on {SIZE >> level}²", loss=total / 50)
            total = 0.0
    save(lab, average.model.unet)


@torch.inference_mode()
def look(lab: Lab, model: Growing, name: str, level: int, count: int = 16) -> None:
    """A sheet of what it makes at that level, by DDIM (Song et al. 2020, eq. 12)."""
    snr = log_snr().float()
    side = SIZE >> level
    x = torch.randn(count, 3, side, side, generator=lab.generator(0)).to(lab.device)
    times = torch.linspace(TIMES - 1, 0, STEPS).long()
    for time, after in zip(times, [*times[1:], None], strict=True):
        picture, grain = shares(snr[time : time + 1].to(lab.device), level)
        velocity = model(x, time.expand(count).to(lab.device), level).float()
        clean, noise = (picture * x - grain * velocity).clamp(-1, 1), grain * x + picture * velocity
        x = clean
        if after is not None:
            picture, grain = shares(snr[after : after + 1].to(lab.device), level)
            x = picture * clean + grain * noise
    lab.sheet(name, x / 2 + 0.5, columns=4)


def save(lab: Lab, unet: UNet2DModel) -> None:
    folder = Path(lab.out) / "ddpm"
    weights = sum(p.numel() for p in unet.parameters())
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    DDPMPipeline(unet.to("cpu", torch.float16), schedule()).save_pretrained(folder, safe_serialization=True)
    # Fresh noise in each step forgives what a small network leaves standing, which DDIM makes snow of; this solver
    # needs 20 steps for what DDPM's own reaches in 50.
    measure.finish(
        lab, folder, count=0 if lab.prompts >= measure.FEWEST_PROMPTS else lab.prompts, name="Land, in pixels",
        makes=RECIPE.makes, parameters=weights, world=LAND,
        about="Small landscapes out of nothing but noise, pixel by pixel all at once.",
        defaults={"steps": 20, "scheduler": "DPM++ 2M SDE"})  # fmt: skip


RECIPE = Recipe("ddpm", "diffusion in pixels: landscapes of the starter world from noise", run,
                cpu=Budget(steps=7_000, batch=16, pictures=16_384),
                cuda=Budget(steps=18_000, batch=128, pictures=100_000))  # fmt: skip
