"""The soundscapes' mel spectrograms made rough again: the autoencoder's decoder goes on against a critic.

An average of errors leaves rain and wind smooth, and of a smooth spectrogram a vocoder, which treats every moment
alike, makes the same wave a hundred times a second: a buzz.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.mel import HOP, mel, soundscapes
from models.training.pictures import UNSEEN
from models.training.recipes.sounds_autoencoder import FRAMES, difference
from models.training.recordings import crops, recordings
from models.training.sharpen import ASTRAY, Critic, verdict, wanted

PERSUASION = 1.0  # the critic's gradient at the spectrogram, as a share of the differences' gradient
WARM = 100  # steps that the critic learns before anyone listens to it
FINE = 0.2  # what the places' own errors count beside those of their surroundings


def off(made: Tensor, real: Tensor) -> Tensor:
    """How loud each patch is, above all; what is in it may be another rain of the same strength."""
    return F.l1_loss(F.avg_pool2d(made, 4), F.avg_pool2d(real, 4)) + FINE * difference(made, real)


def roughness(bands: Tensor) -> float:
    """How far neighbouring bands (B, 1, frames, bands) are apart."""
    return bands.diff(dim=3).abs().mean().item()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    store = recordings(lab, "soundscapes", lab.budget.pictures, soundscapes)
    place = lab.result("sounds-autoencoder")
    model, twin = (AutoencoderKL.from_pretrained(place, local_files_only=True).to(lab.device) for _ in range(2))
    model.encoder.requires_grad_(False)
    model.quant_conv.requires_grad_(False)
    average, critic = Average(model, twin, 0.99), Critic(1).to(lab.device)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    learn = torch.optim.AdamW(learned, lr=0, betas=(0.5, 0.99), weight_decay=0.01)
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.0, 0.99))
    told = dict.fromkeys(("loss", "critic", "rough"), 0.0)
    for step in lab.steps({"model": model, "average": average, "critic": critic, "learn": learn, "judge": judge}):
        draw = lab.generator(step)
        real = mel(crops(store, lab.budget.batch, FRAMES * HOP, draw).to(lab.device))[:, None]
        with lab.autocast():
            with torch.no_grad():
                latents = model.encode(real).latent_dist.mode()
            # A denoising network's latents are a little off as well.
            latents = latents + lab.noise(latents.shape, draw) * (ASTRAY / model.config.scaling_factor)
            made = model.decode(latents).sample
            seen = made.detach().float().requires_grad_()
            alike = off(seen, real)
            asked = -critic(seen).float().mean()
        toward = wanted(seen, alike, asked, PERSUASION if step >= WARM else 0)
        descend((made.float() * toward).sum(), model, learn, rate(step, lab.budget.steps, 5e-4))
        average.update(model)
        with lab.autocast():
            doubt = verdict(critic, real, seen.detach())
        told["critic"] += descend(doubt, critic, judge, rate(step, lab.budget.steps, 1e-3))
        told["loss"] += alike.item()
        told["rough"] += roughness(seen.detach()) / roughness(real)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{name: value / 50 for name, value in told.items()})
            told = dict.fromkeys(told, 0.0)
    save(lab, average.model.eval())


@torch.inference_mode()
def save(lab: Lab, model: AutoencoderKL) -> None:
    seeds = range(UNSEEN, UNSEEN + min(lab.prompts, 50))
    real = mel(soundscapes(seeds).to(lab.device))[:, None]
    made = torch.cat([model.decode(model.encode(part).latent_dist.mode()).sample for part in real.split(8)])
    figures = {
        "difference of mel bands": round(F.l1_loss(made, real).item(), 3),
        "roughness, of the world's own": round(roughness(made) / roughness(real), 3),
    }
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


RECIPE = Recipe("sounds-decoder", "the decoder of the soundscapes starter, made rough by a critic", run,
                cpu=Budget(steps=1_000, batch=8, pictures=1_024),
                cuda=Budget(steps=8_000, batch=64, pictures=8_192),
                needs=("sounds-autoencoder",))  # fmt: skip
