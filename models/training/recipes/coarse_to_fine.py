"""The coarse-to-fine starter: sentences to a structure of codes, and the scenes starter's U-Net taught to follow it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from torch.nn import functional as F

from models.families.hybrid.coarse_to_fine import CARD
from models.networks import weights
from models.networks.code_prompt import CodePrompt
from models.networks.structure import Structure
from models.protocol import Request
from models.reader.network import Reader
from models.runtime.pictures.coarse_to_fine import BOTH, STRUCTURE, CoarseToFine
from models.sampling import latent_rgb
from models.store.files import SIDECAR, Files
from models.training import distill, low_rank, writing
from models.training.codebook import k_means
from models.training.encoded import kept, latents, mark, shipped_text_encoder, shipped_vae, shipped_words
from models.training.faithful import READER, prompts, score_pictures
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.measure import finish
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.scenes import schedule, velocity_loss
from models.training.recipes.scenes_autoencoder import LATENTS, SIZE
from models.training.recipes.scenes_text import WIDTH as TEXT_WIDTH
from models.training.starter import SCENES, STARTERS, Silent, as_tensor

BLOCK, SIDE, CODES = 2, 8, 512
WIDTH, LAYERS, INNER = 256, 4, 640
POINTS, ROUNDS = 65_536, 20  # what k-means sees, and how often
THINGS = 4.0  # a block that shows a thing is so much likelier to be among them
WRITING = 0.6  # the transformer's share of the budget: it begins with nothing, the U-Net with the starter's weights
NEAR, MOST_WRONG = 16, 0.3
STRUCTURELESS = 0.1


def structure() -> Structure:
    return Structure(LATENTS, BLOCK, SIDE, CODES, TEXT_WIDTH, WIDTH)


def writer() -> writing.Writer:
    return writing.Writer(writing.llama(CODES, WIDTH, LAYERS, INNER), CodePrompt(TEXT_WIDTH, WIDTH, SIDE**2))


def painter(lab: Lab) -> UNet2DConditionModel:
    """The scenes starter's U-Net, which sees a structure beside the noise and does not mind it yet."""
    base = distill.network(lab)
    made: UNet2DConditionModel = UNet2DConditionModel.from_config({**base.config, "in_channels": 2 * LATENTS})
    known = base.state_dict()
    known["conv_in.weight"] = torch.cat([known["conv_in.weight"], torch.zeros_like(known["conv_in.weight"])], 1)
    made.load_state_dict(known)
    return made.to(lab.device)


# ── the codes ─────────────────────────────────────────────────────────────────


def book(clean: Tensor, shown: Tensor, rough: Structure, draw: torch.Generator) -> Tensor:
    """(codes, numbers), half precision: centres of the blocks of latents `clean` (N, channels, h, w), those blocks more
    often where a thing shows (`shown`, (N, 1, side, side))."""
    share = 1 + THINGS * shown.flatten().float().cpu()
    chosen = torch.multinomial(share, min(POINTS, len(share)), generator=draw).to(clean.device)
    return k_means(rough.blocks(clean).flatten(0, 1)[chosen].float(), CODES, ROUNDS, draw).half().cpu()


@torch.inference_mode()
def coded(clean: Tensor, rough: Structure) -> Tensor:
    """(N, places) as 16-bit numbers."""
    return torch.cat([rough.encode(part).short() for part in clean.split(512)])


@torch.inference_mode()
def told(clean: Tensor, rough: Structure) -> float:
    """What share of the latents' variance their codes tell."""
    some = clean[:2048].float()
    return (1 - (some - rough.decode(rough.encode(some))).var() / some.var()).item()


def spoilt(codes: Tensor, near: Tensor, draw: torch.Generator) -> Tensor:
    """Codes (B, places) with a few of them taken for one of those that are `near` (codes, n).

    The U-Net is not to believe a plan that it will get from a transformer more than that deserves (conditioning
    augmentation, Ho et al. 2022, arXiv:2106.15282, §4.2).
    """
    wrong = torch.rand(codes.shape, generator=draw) < MOST_WRONG * torch.rand(len(codes), 1, generator=draw) ** 2
    which = torch.randint(0, near.shape[1], codes.shape, generator=draw).to(codes.device)
    return torch.where(wrong.to(codes.device), near[codes, which], codes)


# ── the stages ────────────────────────────────────────────────────────────────


@contextmanager
def stage(lab: Lab, share: float, rest: float = 1.0) -> Iterator[Lab]:
    """The bench with so much of its budget, where so much of it is left."""
    budget = replace(lab.budget, steps=max(round(lab.budget.steps * share), 1))
    now = time.monotonic()
    ends = now + (lab.deadline - now) * share / rest
    part = replace(lab, budget=budget, minutes=lab.minutes * share, deadline=ends)
    yield part
    lab.seconds = part.seconds


def paint(
    lab: Lab,
    rough: Structure,
    clean: Tensor,
    shown: Tensor,
    codes: Tensor,
    spoken: writing.Spoken,
    write: writing.Writer,
) -> UNet2DConditionModel:
    """The U-Net that follows structures, averaged."""
    model, noise = painter(lab), schedule()
    if lab.device.type == "cpu":
        model.set_attn_processor(AttnProcessor())  # its backward is twice as fast as the fused kernel's there
    average = Average(model, painter(lab), min(0.999, 1 - 6 / lab.budget.steps))
    near = torch.cdist(rough.codebook.weight, rough.codebook.weight).topk(NEAR + 1, largest=False).indices[:, 1:]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}, "unet"):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(clean), (lab.budget.batch,), generator=draw)
        ids = spoken.ids(seeds, draw)
        with torch.no_grad():
            plan = rough.decode(spoilt(codes[seeds.to(codes.device)].long(), near, draw))
            plan = plan * (torch.rand(len(seeds), 1, 1, 1, generator=draw) > STRUCTURELESS).to(plan)

        def velocity(noisy: Tensor, times: Tensor, ids: Tensor, plan: Tensor = plan) -> Tensor:
            return model(torch.cat([noisy, plan], 1), times, spoken.read(ids)).sample

        with lab.autocast():
            value = velocity_loss(velocity, noise, clean[seeds].float(), ids, shown[seeds], draw)
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 3e-4))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", detail=total / 100)
            total = 0.0
        if lab.due(step, 1000):
            look(lab, assembled(lab, rough, write, average.model), f"detail-{step + 1}", BOTH)
    return average.model


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    vae = shipped_vae(lab)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    clean = latents(lab, vae, world)
    shown = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, clean.shape[-1], lab.device))
    blocks = F.max_pool2d(shown.float(), BLOCK).half()
    rough = structure().to(lab.device).requires_grad_(False)
    centres = kept(
        lab, f"structure-{CODES}-{world.count}-{mark(vae)}", lambda: book(clean, blocks, rough, lab.generator())
    )
    rough.codebook.weight.copy_(centres.float())
    codes, share = coded(clean, rough), told(clean, rough)
    lab.say("codebook", share_of_variance=share, codes_in_use=len(codes.unique()))
    spoken = writing.Spoken(lab, world.scenes)
    untaught = painter(lab)

    def glance(write: writing.Writer, name: str) -> None:
        look(lab, assembled(lab, rough, write, untaught), f"structure-{name}", STRUCTURE)

    with stage(lab, WRITING) as first:
        write = writing.learn(first, writer, codes, blocks, spoken, glance, "transformer")
    with stage(lab, 1 - WRITING, 1 - WRITING) as second:
        unet = paint(second, rough, clean, shown, codes, spoken, write)
    rough.prompt.load_state_dict(write.prompt.state_dict())
    lab.figures(samples=(first.budget.steps + second.budget.steps) * lab.budget.batch)
    folder = save(rough, write, unet, lab.out / "coarse-to-fine")
    finish(
        lab, folder, count=lab.prompts, name="Scenes from coarse to fine", makes=RECIPE.makes,
        about="Small landscapes from a sentence: first their structure, code by code, then their detail out of noise.",
        figures={"per cent of the latents' variance that a structure tells": round(100 * share, 2)},
        parameters=writing.parameters(rough, write.transformer, unet),
        latent_rgb=Files(SCENES).json(SIDECAR)["latent_rgb"],
        shares={"vae": "scenes", "text_encoder": "scenes", "tokenizer": "scenes"}, adapts={"unet": "scenes"},
    )  # fmt: skip


# ── the whole ─────────────────────────────────────────────────────────────────


def assembled(lab: Lab, rough: Structure, write: writing.Writer, unet: UNet2DConditionModel) -> CoarseToFine:
    """The model as it is now, in memory."""
    whole = structure().to(lab.device).requires_grad_(False)
    whole.codebook.load_state_dict(rough.codebook.state_dict())
    whole.prompt.load_state_dict(write.prompt.state_dict())
    parts = {
        "vae": shipped_vae(lab), "unet": unet, "transformer": write.transformer,
        "text_encoder": shipped_text_encoder(lab), "tokenizer": shipped_words(),
    }  # fmt: skip
    colours = latent_rgb.from_json(Files(SCENES).json(SIDECAR)["latent_rgb"], LATENTS)
    return CoarseToFine(parts, whole, dict(schedule().config), CARD, colours)


def look(lab: Lab, model: CoarseToFine, name: str, show: str) -> None:
    """A sheet of unseen prompts, and what the reader finds in those that are pictures."""
    said, named = prompts(16)
    task = CARD.tasks[0]
    settings = CARD.check({"show": show}, task)
    asked = [Request("", "", CARD.architecture, task, text, seed=k, settings=settings) for k, text in enumerate(said)]
    made = torch.stack([as_tensor(model.generate(one, Silent()).image) for one in asked])
    lab.sheet(name, made, columns=4)
    if show == BOTH:
        lab.say(name, **score_pictures(Reader.load(READER), made[..., -SIZE:], named))


def save(rough: Structure, write: writing.Writer, unet: UNet2DConditionModel, folder: Path) -> Path:
    """The starter's own parts, in half precision."""
    weights.save(rough, folder, CARD.architecture, channels=LATENTS, block=BLOCK, side=SIDE, codes=CODES,
                 text_width=TEXT_WIDTH, width=WIDTH)  # fmt: skip
    writing.save(write.transformer, folder / "transformer")
    low_rank.save(unet, folder)
    schedule().save_pretrained(folder / "scheduler")
    return folder


RECIPE = Recipe("coarse-to-fine", "autoregression for a picture's structure, diffusion for its detail", run,
                cpu=Budget(steps=2_500, batch=32, pictures=22_528),
                cuda=Budget(steps=16_000, batch=256, pictures=100_000),
                needs=("scenes",), shipped=STARTERS / "coarse-to-fine")  # fmt: skip
