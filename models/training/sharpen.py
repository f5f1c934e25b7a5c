"""Edges and textures for an autoencoder, which an average of errors leaves soft: a critic and the reader's eye."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.reader.network import Reader
from models.training.faithful import READER
from models.training.lab import Average, Lab, descend, rate
from models.training.pictures import Pictures
from models.training.recipes.scenes_autoencoder import SIZE, crops, difference, network

WARM = 200  # steps that the critic learns before anyone listens to it
ASTRAY = 0.1  # of the latents' deviation


class Critic(nn.Sequential):
    """(B, channels, H, W) in -1..1 to (B, 1, H/8, W/8): how real each patch looks (Isola et al. 2017,
    arXiv:1611.07004)."""

    def __init__(self, channels: int = 3) -> None:
        layers: list[nn.Module] = []
        for wide, out in ((channels, 32), (32, 64), (64, 128)):
            layers += [spectral_norm(nn.Conv2d(wide, out, 4, 2, 1)), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Conv2d(128, 1, 3, padding=1))


def impressions(reader: Reader, pictures: Tensor) -> list[Tensor]:
    """What the reader notices at a quarter and an eighth of the size, each place's features at unit length."""
    features, seen = reader.stem(torch.cat([pictures, torch.zeros_like(pictures[:, :2])], 1)), []
    for k, layer in enumerate(reader.trunk):
        features = layer(features)
        if k in (2, 5):
            seen.append(F.normalize(features.float(), dim=1))
    return seen


def verdict(critic: Critic, real: Tensor, made: Tensor) -> Tensor:
    """The critic's hinge loss (Lim & Ye 2017, arXiv:1705.02894)."""
    return (F.relu(1 - critic(real).float()) + F.relu(1 + critic(made).float())).mean()


def wanted(seen: Tensor, alike: Tensor, asked: Tensor, persuasion: float) -> Tensor:
    """The gradient at what is `seen` of its difference, `alike`, and of what a critic has `asked`: both losses speak
    there, where their strengths compare (cf. Esser et al. 2021, eq. 7), the second as that share of the first."""
    (toward,) = torch.autograd.grad(alike, seen)
    (pleased,) = torch.autograd.grad(asked, seen)
    return toward + pleased * (persuasion * toward.norm() / pleased.norm().clamp(min=1e-12))


def sharpen(lab: Lab, start: str, persuasion: float, *, decoder_only: bool = False) -> AutoencoderKL:
    """Go on with the autoencoder that the recipe `start` left; the averaged result.

    `persuasion` is the critic's gradient at the picture, as a share of the other losses' gradient.
    With `decoder_only` its latents stay what they are, and the decoder learns to bear latents that are a little off,
    as a denoising network's are.
    """
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    model, twin = network().to(lab.device), network().to(lab.device)
    before = AutoencoderKL.from_pretrained(lab.result(start))
    model.load_state_dict(before.state_dict())
    if decoder_only:
        model.encoder.requires_grad_(False)
        model.quant_conv.requires_grad_(False)
    average = Average(model, twin, 0.998)
    critic = Critic().to(lab.device)
    reader = Reader.load(READER if READER.exists() else lab.result("reader")).to(lab.device).requires_grad_(False)
    learn = torch.optim.AdamW(
        (p for p in model.parameters() if p.requires_grad), lr=0, betas=(0.5, 0.99), weight_decay=0.01
    )
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.0, 0.99))
    told = {"loss": 0.0, "critic": 0.0}
    for step in lab.steps({"model": model, "average": average, "critic": critic, "learn": learn, "judge": judge}):
        draw = lab.generator(step + decoder_only * 10**6)  # other crops than before
        real = crops(world.batch(torch.randint(0, world.count, (lab.budget.batch,), generator=draw)), draw)
        speed = rate(step, lab.budget.steps, 6e-4)
        with lab.autocast():
            spread = model.encode(real).latent_dist
            latents = spread.sample()
            if decoder_only:
                astray = torch.randn(latents.shape, generator=draw).to(latents.device)
                latents = latents + astray * (ASTRAY / before.config.scaling_factor)
            made = model.decode(latents).sample
            seen = made.detach().float().requires_grad_()
            true = impressions(reader, real)
            alike = difference(seen, real) + sum(
                (a - b).pow(2).sum(1).mean() for a, b in zip(impressions(reader, seen), true, strict=True)
            )
            asked = -critic(seen).float().mean()
        toward = wanted(seen, alike, asked, persuasion if step >= WARM else 0)
        told["loss"] += alike.item()
        loss = (made.float() * toward).sum()
        descend(loss if decoder_only else loss + 2e-6 * spread.kl().mean(), model, learn, speed)
        average.update(model)
        with lab.autocast():
            doubt = verdict(critic, real, seen.detach())
        told["critic"] += descend(doubt, critic, judge, speed)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", **{k: v / 100 for k, v in told.items()})
            told = dict.fromkeys(told, 0.0)
    return average.model
