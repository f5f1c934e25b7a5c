"""The vqvae starter: 128² pictures as 16 × 16 codes out of 512, in the format of diffusers' VQModel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, VQModel
from torch import Tensor

from models.reader.network import Reader
from models.runtime.pictures import codes as coding
from models.training.codebook import Codebook, perplexity
from models.training.encoded import shipped_vae
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.likeness import likeness, renders
from models.training.pictures import Pictures
from models.training.psnr import psnr
from models.training.recipes.scenes_autoencoder import SIZE, crops, difference
from models.training.sharpen import Critic, impressions, verdict
from models.training.starter import STARTERS, ship

CODES, WIDTH = 512, 8
WIDE, NARROW, GROUPS = 128, 96, 16  # the deepest level of the scenes' autoencoder, and ours
COMMITMENT = 0.25  # van den Oord et al. 2017 (arXiv:1711.00937, eq. 3)
# From these shares of the training on: a critic is heard, and whole pictures are seen instead of crops.
JUDGED, WHOLE = 0.6, 0.85
WARM, PERSUASION = 100, 0.5
MEASURED = 500  # unseen renders that its figures are taken on


def network() -> VQModel:
    """No attention in the middle: any size will do. A narrow code vector keeps every code in use (Yu et al. 2022)."""
    return VQModel(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 64, NARROW),
        layers_per_block=1,
        latent_channels=WIDTH,
        vq_embed_dim=WIDTH,
        num_vq_embeddings=CODES,
        norm_num_groups=GROUPS,
        sample_size=SIZE,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )


@torch.no_grad()
def begin_from(model: VQModel, vae: AutoencoderKL) -> None:
    """Start from an autoencoder of continuous latents: what it knows of edges and textures holds for codes as well.

    Its deepest level is wider than ours: of each norm's group the first channels are kept, so that what the norms
    measure stays about the same.
    """
    every = torch.arange(WIDE).view(GROUPS, -1)
    keep = every[:, : NARROW // GROUPS].flatten()
    given = vae.state_dict()
    mean = given["quant_conv.weight"][:WIDTH].flatten(1), given["quant_conv.bias"][:WIDTH]
    given["encoder.conv_out.weight"] = torch.einsum("om,mchw->ochw", mean[0], given["encoder.conv_out.weight"])
    given["encoder.conv_out.bias"] = mean[0] @ given["encoder.conv_out.bias"] + mean[1]
    scale = vae.config.scaling_factor
    given["quant_conv.weight"] = torch.eye(WIDTH).view(WIDTH, WIDTH, 1, 1) * scale
    given["quant_conv.bias"] = torch.zeros(WIDTH)
    given["post_quant_conv.weight"] = given["post_quant_conv.weight"] / scale
    for name, value in model.state_dict().items():
        if name.startswith("quantize"):
            continue
        old = given[name]
        for axis, (has, wants) in enumerate(zip(old.shape, value.shape, strict=True)):
            if has != wants:
                old = old.index_select(axis, keep.to(old.device))
        value.copy_(old)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    model, twin = network().to(lab.device), network().to(lab.device)
    begin_from(model, shipped_vae(lab))
    book = Codebook(model.quantize.embedding).to(lab.device)
    book.begin(_vectors(model, crops(world.batch(torch.arange(512)), lab.generator())), lab.generator())
    average = Average(model, twin, 0.998)
    critic = Critic().to(lab.device)
    reader = Reader.load(READER).to(lab.device).requires_grad_(False)
    learn = torch.optim.AdamW(
        (p for p in model.parameters() if p.requires_grad), lr=0, betas=(0.5, 0.99), weight_decay=0.01
    )
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.0, 0.99))
    kept: dict[str, Any] = {
        "model": model,
        "book": book,
        "average": average,
        "critic": critic,
        "learn": learn,
        "judge": judge,
    }
    told = dict.fromkeys(("loss", "commitment", "critic", "revived"), 0.0)
    for step in lab.steps(kept):
        draw, total = lab.generator(step), lab.budget.steps
        judged = round(JUDGED * total)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        real = crops(world.batch(seeds), draw) if step < WHOLE * total else world.batch(seeds[: len(seeds) // 4])
        speed = rate(step, total, 6e-4)
        with lab.autocast():
            found = model.encode(real).latents.float()
            vectors = found.permute(0, 2, 3, 1).flatten(0, 2)
            codes = book.nearest(vectors)
            exact = book.rows[codes].view(len(found), *found.shape[2:], WIDTH).permute(0, 3, 1, 2)
            # The decoder sees codes; its gradient goes on to the encoder as if they were what it gave (eq. 3).
            made = model.decode(found + (exact - found).detach(), force_not_quantize=True).sample
            commitment = F.mse_loss(found, exact)
            seen = made.detach().float().requires_grad_()
            true = impressions(reader, real)
            alike = difference(seen, real) + sum(
                (a - b).pow(2).sum(1).mean() for a, b in zip(impressions(reader, seen), true, strict=True)
            )
        (toward,) = torch.autograd.grad(alike, seen)
        if step >= judged:
            with lab.autocast():
                asked = -critic(seen).float().mean()
            (pleased,) = torch.autograd.grad(asked, seen)
            if step >= judged + WARM:
                toward = toward + pleased * (PERSUASION * toward.norm() / pleased.norm().clamp(min=1e-12))
        descend((made.float() * toward).sum() + COMMITMENT * commitment, model, learn, speed)
        told["revived"] += book.learn(vectors.detach(), codes, draw)
        average.update(model)
        if step >= judged:
            with lab.autocast():
                doubt = verdict(critic, real, seen.detach())
            told["critic"] += descend(doubt, critic, judge, speed)
        told["loss"] += alike.item()
        told["commitment"] += commitment.item()
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{k: v / 50 for k, v in told.items()})
            told = dict.fromkeys(told, 0.0)
        if lab.due(step, 400):
            look(lab, average.model, renders(32, SIZE))
    average.model.quantize.embedding.weight.copy_(book.rows)
    save(lab, average.model)


@torch.inference_mode()
def _vectors(model: VQModel, pictures: Tensor) -> Tensor:
    parts = [model.encode(part).latents for part in pictures.split(32)]
    return torch.cat(parts).permute(0, 2, 3, 1).flatten(0, 2).float()


@torch.inference_mode()
def look(lab: Lab, model: VQModel, real: Tensor) -> tuple[dict[str, float], Tensor]:
    """Pictures (N, 3, H, W) in 0..1 and what becomes of them, as a sheet; PSNR in dB, and how the codes are used."""
    codes = torch.cat([coding.encode(model, part.to(lab.device) * 2 - 1) for part in real.split(32)])
    made = torch.cat([coding.decode(model, part).cpu() for part in codes.split(32)]).clamp(-1, 1) / 2 + 0.5
    even, used = perplexity(codes, CODES)
    lab.sheet("sheet", torch.stack([real[:32], made[:32]], 1).flatten(0, 1))
    figures = {"psnr_db": round(psnr(made, real), 2), "codes in use": round(used, 4), "perplexity": round(even, 1)}
    lab.say("unseen", **figures)
    return figures, made


def save(lab: Lab, model: VQModel) -> None:
    unseen = renders(2 * MEASURED, SIZE)
    figures, made = look(lab, model, unseen[MEASURED:])
    # Compared with other renders than those that were put into codes.
    figures |= likeness(Reader.load(READER), made, unseen).as_figures()
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    folder = Path(lab.out) / "vqvae"
    model.half().save_pretrained(folder, safe_serialization=True)
    ship(
        lab, folder, name="Scenes in codes", makes=RECIPE.makes,
        parameters=sum(p.numel() for p in model.parameters()), figures=figures,
        about="Pictures of the starter world as 16 × 16 codes, each one of 512, and back.",
    )  # fmt: skip


RECIPE = Recipe("vqvae", "discrete codes: pictures of the starter world as 16 × 16 of 512 codes", run,
                cpu=Budget(steps=1_600, batch=8, pictures=22_528),
                cuda=Budget(steps=15_000, batch=64, pictures=100_000),
                shipped=STARTERS / "vqvae")  # fmt: skip
