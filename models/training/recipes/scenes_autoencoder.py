"""The autoencoder of the scenes starter: 128² pictures to 16 × 16 latents of eight channels and back."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn

from models.reader.scene import sample
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.pictures import UNSEEN, Pictures, as_bytes, as_signed
from models.training.psnr import psnr
from models.training.quiet import hush
from models.training.world.render import render

SIZE, CROP, LATENTS = 128, 64, 8
MANY = 100  # prompts from which on figures are meant, and not only that everything runs


def network() -> AutoencoderKL:
    """No attention in the middle: then 64² crops teach what 512² pictures need."""
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 64, 128),
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=16,
        sample_size=SIZE,
        mid_block_add_attention=False,
    )
    _begin_linear(model)
    return model


def _begin_linear(model: AutoencoderKL) -> None:
    """Start as a linear map that keeps what it sees: residual branches at zero, orthogonal steps.

    From the usual start a thousand steps go by before any colour comes through; from here, fifty.
    """
    hush(model)
    for name, part in model.named_modules():
        if isinstance(part, nn.Conv2d) and any(word in name for word in ("sampler", "conv_in", "shortcut", "quant")):
            nn.init.orthogonal_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    # And with a narrow posterior: at the usual width of 1 the decoder sees mostly noise.
    nn.init.constant_(model.quant_conv.bias[LATENTS:], -6.0)


def crops(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """A random CROP × CROP window of each picture, on the 8-pixel grid of the latents, mirrored half of the time."""
    places = torch.randint(0, (SIZE - CROP) // 8 + 1, (len(pictures), 2), generator=generator) * 8
    flips = torch.rand(len(pictures), generator=generator) < 0.5
    parts = [p[:, y : y + CROP, x : x + CROP] for p, (y, x) in zip(pictures, places.tolist(), strict=True)]
    return torch.stack([p.flip(2) if f else p for p, f in zip(parts, flips.tolist(), strict=True)])


def difference(made: Tensor, real: Tensor) -> Tensor:
    """L1 at three scales, the coarse ones for colour, and L1 of the differences to the neighbours, for sharp edges."""
    loss = F.l1_loss(made, real)
    for scale in (4, 8):
        loss = loss + F.l1_loss(F.avg_pool2d(made, scale), F.avg_pool2d(real, scale))
    for scale in (1, 2):
        small, true = (F.avg_pool2d(t, scale) if scale > 1 else t for t in (made, real))
        edges = F.l1_loss(small.diff(dim=2), true.diff(dim=2)) + F.l1_loss(small.diff(dim=3), true.diff(dim=3))
        loss = loss + 0.4 * edges
    return loss


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    model = network().to(lab.device)
    average = Average(model, network().to(lab.device))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        real = crops(world.batch(torch.randint(0, world.count, (lab.budget.batch,), generator=draw)), draw)
        with lab.autocast():
            spread = model.encode(real).latent_dist
            made = model.decode(spread.sample()).sample
        # A touch of KL keeps the latents near a unit ball without blurring them (Rombach et al. 2022, §3.1).
        loss = difference(made.float(), real) + 2e-6 * spread.kl().mean()
        lost = descend(loss, model, optimizer, rate(step, lab.budget.steps, 1e-3))
        average.update(model)
        if step % 200 == 0:
            lab.say(f"step {step}", loss=lost)
    finish(lab, average.model)


@torch.inference_mode()
def finish(lab: Lab, model: AutoencoderKL) -> None:
    """Fit what is measured on latents (scale, the preview's colour map), score on unseen pictures, save."""
    real = torch.cat(
        [
            as_signed(as_bytes(render([sample(UNSEEN + k) for k in range(s, s + 32)], SIZE, lab.device).picture))
            for s in range(0, 256 if lab.prompts >= MANY else 32, 32)
        ]
    )
    latents = torch.cat([model.encode(part).latent_dist.mode() for part in real.split(32)])
    made = torch.cat([model.decode(part).sample for part in latents.split(32)]).clamp(-1, 1)
    found = psnr(made / 2 + 0.5, real / 2 + 0.5)
    model.register_to_config(scaling_factor=1.0 / latents.std().item())
    folder = lab.state / "result"
    model.save_pretrained(folder, safe_serialization=True)
    small = F.avg_pool2d(real, 8).permute(0, 2, 3, 1).reshape(-1, 3)
    points = (latents * model.config.scaling_factor).permute(0, 2, 3, 1).reshape(-1, LATENTS)
    columns = torch.cat([points, torch.ones_like(points[:, :1])], 1)
    fitted = torch.linalg.lstsq(columns.cpu(), (small.cpu() + 1) / 2).solution
    lab.figures(
        samples=lab.budget.steps * lab.budget.batch,
        psnr_db=round(found, 2),
        parameters=sum(p.numel() for p in model.parameters()),
        latent_rgb={"weight": fitted[:-1].tolist(), "bias": fitted[-1].tolist()},
    )
    lab.sheet("sheet", torch.stack([real[:32], made[:32]], 1).flatten(0, 1) / 2 + 0.5)
    lab.say("done", psnr_db=found, scaling_factor=model.config.scaling_factor)


RECIPE = Recipe(
    "scenes-autoencoder",
    "the autoencoder of the scenes starter",
    run,
    cpu=Budget(steps=6_000, batch=8, pictures=40_960),
    cuda=Budget(steps=12_000, batch=64, pictures=100_000),
)
