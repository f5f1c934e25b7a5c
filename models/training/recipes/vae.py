"""The vae starter: land from a ladder of latents over those of the scenes' autoencoder, with which it shares its eyes.

Of scenes with things on them it learned to go there and back, but what it drew by chance was a heap of coloured blocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.networks import weights
from models.networks.ladder_vae import LadderVAE
from models.reader.network import Reader
from models.reader.scene import SEASONAL, Scene
from models.training.adversarial import HINGE, frozen
from models.training.encoded import latents, shipped_vae
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.land import LAND, Land, land, land_likeness
from models.training.measure import finish
from models.training.psnr import psnr
from models.training.recipes.scenes_autoencoder import LATENTS, SIZE
from models.training.starter import STARTERS

# What a latent may be off, in its own deviations: finer than that would cost bits that nobody sees.
BLUR = 0.3
WARM_UP = 0.15  # of the training, until what the latents tell costs in full (Sønderby et al. 2016, §2.3)
PARTLY = 4  # every fourth picture is told by its first latents alone, so that these hold as much as they can
JUDGED, WARM, PERSUASION = 0.6, 100, 0.3
SETTLED = 4096  # pictures, enough for means
OF_TIME, OF_WEATHER, OF_SEASON = ("dawn", "day", "sunset", "night"), ("fog", "rain", "snow"), ("autumn", "winter")
NAMES = (*OF_TIME, *OF_WEATHER, *OF_SEASON)
CONFIG: dict[str, Any] = {
    "channels": LATENTS, "size": SIZE // 8, "whole": 64, "widths": [48, 96, 96], "rungs": [4, 3, 1],
    "latents": [4, 8, 12], "deep": 2, "attributes": list(NAMES),
}  # fmt: skip


class Critic(nn.Sequential):
    """(B, channels, 16, 16) to (B, 1, 4, 4): how much like a render's latents each part is."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for wide, out, stride in ((LATENTS, 64, 1), (64, 96, 2), (96, 128, 2)):
            size = 3 if stride == 1 else 4
            layers += [spectral_norm(nn.Conv2d(wide, out, size, stride, 1)), nn.LeakyReLU(0.2)]
        super().__init__(*layers, spectral_norm(nn.Conv2d(128, 1, 3, padding=1)))


def draws(model: LadderVAE, count: int, draw: torch.Generator, device: torch.device) -> list[Tensor]:
    """Latents of `count` pictures, before anything is known of them."""
    return [torch.randn((count, *shape), generator=draw).to(device) for shape in model.shapes]


def told_partly(model: LadderVAE, count: int, draw: torch.Generator) -> Tensor:
    """(count,) how many latents each picture of a batch is told by: most by all, some by those of the first sizes."""
    fields = len(model.shapes)
    coarser = torch.tensor([k for k in range(1, fields) if model.shapes[k] != model.shapes[k - 1]])
    keep = torch.full((count,), fields)
    keep[::PARTLY] = coarser[torch.randint(0, len(coarser), keep[::PARTLY].shape, generator=draw)]
    return keep


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    vae = shipped_vae(lab)
    world = Land(lab.root / LAND, lab.budget.pictures, SIZE, lab.device)
    clean = latents(lab, vae, world, f"{LAND}-")
    model = LadderVAE(**CONFIG).to(lab.device)
    average = Average(model, LadderVAE(**CONFIG).to(lab.device), 0.998)
    critic = Critic().to(lab.device)
    learn = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.0, 0.99), fused=True)
    kept: dict[str, Any] = {"model": model, "average": average, "critic": critic, "learn": learn, "judge": judge}
    told = dict.fromkeys(("error", "nats", "critic"), 0.0)
    batch = lab.budget.batch
    for step in lab.steps(kept):
        total = lab.budget.steps
        judged = round(JUDGED * total)
        if lab.reaches(JUDGED):  # from here on the critic is shown what is drawn
            lab.say("what is drawn was not what is found", nats=model.settle(clean[:SETTLED].float()))
            average.begin_anew(model)
        draw = lab.generator(step)
        real = clean[torch.randint(0, len(clean), (batch,), generator=draw)].float()
        keep = told_partly(model, batch, draw).to(lab.device)
        with lab.autocast():
            made, nats = model(real, draw, keep)
        off = (made.float() - real).square().flatten(1).mean(1)
        whole = keep == len(model.shapes)
        # Where only a part is told, the rest is blur by nature (Rybkin et al. 2021, arXiv:2006.13202, eq. 4).
        blur = torch.where(whole, BLUR**2, off.detach().clamp(min=BLUR**2))
        costs = min(1.0, (step + 1) / (WARM_UP * total))
        wrong = (off / blur).mean() / 2
        loss = wrong + costs * nats.mean() / clean[0].numel()
        speed = rate(step, total, 1e-3)
        if step >= judged:
            made_up = model.decode(draws(model, batch // 2, draw, lab.device)).float()
            seen = made_up.detach().requires_grad_()
            with frozen(critic):
                (pleased,) = torch.autograd.grad(HINGE.generator(critic(seen)), seen)
            (toward,) = torch.autograd.grad(wrong, made, retain_graph=True)
            if step >= judged + WARM:
                share = PERSUASION * toward.float().norm() / pleased.norm().clamp(min=1e-12)
                loss = loss + (made_up * pleased).sum() * share
            # What it says of pictures there and back is heard by nobody, but keeps it from liking their blur.
            unlike = torch.cat([seen.detach(), made.detach().float()[whole][: batch // 4]])
            told["critic"] += descend(HINGE.critic(critic(real), critic(unlike)), critic, judge, 4e-4)
        descend(loss, model, learn, speed)
        average.update(model)
        told["error"] += off[whole].mean().item()
        told["nats"] += nats[whole].mean().item()
        if step % 100 == 99:
            lab.say(f"step {step + 1}", **{k: v / 100 for k, v in told.items()})
            told = dict.fromkeys(told, 0.0)
        if lab.due(step, 1000):
            look(lab, vae, average.model, 64)
    save(lab, vae, average.model, clean, world.scenes)


@torch.inference_mode()
def look(lab: Lab, vae: AutoencoderKL, model: LadderVAE, count: int) -> None:
    """A sheet of drawn pictures, and how like renders they are."""
    made = torch.cat([
        shown(vae, model.decode(draws(model, 32, lab.generator(part), lab.device))) for part in range(count // 32)
    ])  # fmt: skip
    lab.sheet("drawn", made[:64])
    lab.say("drawn", distance=land_likeness(Reader.load(READER), made).distance)


def shown(vae: AutoencoderKL, found: Tensor) -> Tensor:
    """(B, 3, H, W) in 0..1, on the CPU, of latents."""
    return (vae.decode(found / vae.config.scaling_factor).sample.float().clamp(-1, 1) / 2 + 0.5).cpu()


# ── what is measured once it has learned ──────────────────────────────────────


@torch.inference_mode()
def attributes(model: LadderVAE, clean: Tensor, scenes: list[Scene]) -> Tensor:
    """(NAMES, whole): from the mean of all pictures' first latent to the mean of those with the attribute.

    Seasons are compared among pictures that show one.
    """
    found = torch.cat([model.encode(part.float())[0][0] for part in clean.split(256)]).cpu()
    shows = torch.tensor([s.terrain in SEASONAL for s in scenes])
    rows = []
    for name in NAMES:
        has = torch.tensor([name in (s.time, s.weather, s.season) for s in scenes])
        among = shows if name in OF_SEASON else torch.ones_like(shows)
        rows.append(found[has & among].mean(0) - found[among & ~has].mean(0))
    return torch.stack(rows)


@torch.inference_mode()
def directions(model: LadderVAE, draw: torch.Generator, count: int = 64, step: float = 0.5) -> Tensor:
    """(whole, whole): orthonormal directions of the first latent by how much they change, the strongest first.

    Eigenvectors of JᵀJ, J the decoder's change with that latent, over `count` draws of it.
    """
    device = model.directions.device
    at = torch.randn((count, model.whole), generator=draw).to(device)
    moves = torch.eye(model.whole, device=device) * step
    total = torch.zeros(model.whole, model.whole, device=device)
    for z in at:
        changed = (model.decode([z + moves]) - model.decode([z - moves])).flatten(1)
        total += changed @ changed.T
    return torch.linalg.eigh(total).eigenvectors.flip(1).T.contiguous()


@torch.inference_mode()
def save(lab: Lab, vae: AutoencoderKL, model: LadderVAE, clean: Tensor, scenes: list[Scene]) -> None:
    few = clean[:SETTLED]
    lab.say("what is drawn was not what is found", nats=model.settle(few.float()))
    model.attributes.copy_(attributes(model, few, scenes[: len(few)]))
    model.directions.copy_(directions(model, lab.generator()))
    real = land(256, SIZE)
    found = torch.cat([vae.encode(part.to(lab.device) * 2 - 1).latent_dist.mode() for part in real.split(32)])
    found = found * vae.config.scaling_factor
    codes, nats = model.encode(found)
    made = torch.cat([shown(vae, part) for part in model.decode(codes).split(32)])
    lab.sheet("there and back", torch.stack([real[:32], made[:32]], 1).flatten(0, 1))
    figures = {
        "psnr_db": round(psnr(made, real), 2),
        "bits in the whole": round(nats[0].mean().item() * 1.4427, 1),
        "bits in all": round(sum(n.mean().item() for n in nats) * 1.4427, 1),
    }
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    folder = Path(lab.out) / "vae"
    weights.save(model, folder, "vae", **CONFIG)
    finish(
        lab, folder, name="Land by chance", makes=RECIPE.makes, figures=figures,
        parameters=sum(p.numel() for p in model.parameters()), shares={"vae": "scenes"}, world=LAND,
        about="Landscapes drawn from latents, with nothing on them, and pictures of yours there and back.",
    )  # fmt: skip


RECIPE = Recipe("vae", "a variational autoencoder: pictures of the starter world from a ladder of latents", run,
                cpu=Budget(steps=2_200, batch=16, pictures=8_192),
                cuda=Budget(steps=20_000, batch=256, pictures=100_000),
                shipped=STARTERS / "vae")  # fmt: skip
