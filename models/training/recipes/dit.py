"""The diffusion transformer: flow matching in the scenes' latents, a true PRX folder at 128²."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, PRXPipeline, PRXTransformer2DModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.reader.network import Reader
from models.training import measure
from models.training.encoded import (
    kept,
    latents,
    phrased,
    sentences,
    shipped_text_encoder,
    shipped_vae,
    shipped_words,
)
from models.training.faithful import READER, prompts, score_pictures
from models.training.flow_teacher import FlowTeacher
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.muon import Muon
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.scenes_autoencoder import LATENTS, SIZE
from models.training.recipes.scenes_text import WIDTH, as_ids
from models.training.starter import SCENES

STEPS, GUIDANCE, SHIFT, UNCONDITIONAL = 20, 3.0, 1.0, 0.1
# Things cover an eighth of a picture and are what a sentence mostly speaks of: there an error counts so much more.
THINGS = 4.0
MIDDLE, SPREAD, BEGINNING = 1.6, 1.4, 6  # of the times, as logits; every so many is noise alone
HIDDEN, HEADS, DEPTH, RATIO = 192, 3, 6, 2.0


def network() -> PRXTransformer2DModel:
    """64 image tokens that look at the words in every block, but words that look at nothing: they are parsed already.

    Blocks that add nothing at first (adaLN-Zero, Peebles & Xie 2023) come with the class; so does the rest of it.
    """
    model = PRXTransformer2DModel(
        in_channels=LATENTS, patch_size=2, context_in_dim=WIDTH, hidden_size=HIDDEN, num_heads=HEADS, depth=DEPTH,
        mlp_ratio=RATIO, axes_dim=[HIDDEN // HEADS // 2] * 2)  # fmt: skip
    nn.init.zeros_(model.final_layer.linear.weight)
    return model


@torch.no_grad()
def words_of(encoder: CLIPTextModel, ids: Tensor) -> Tensor:
    """(B, tokens, width): what the text encoder makes of (B, tokens) ids, those behind the end of a text, too.

    The U-Net that it learned with was given all of them, and it is there that it says what a sentence comes to: with
    the texts alone, time, weather and terrain were told for half of the pictures, however long it learned.
    """
    return encoder(ids).last_hidden_state


def flow_loss(
    model: nn.Module, clean: Tensor, states: Tensor, shown: Tensor, draw: torch.Generator,
    teacher: FlowTeacher | None = None,
) -> Tensor:  # fmt: skip
    """Squared error of the velocity from picture to noise, along straight lines between the two (Liu et al. 2022).

    Times are logit-normal (Esser et al. 2024, arXiv:2403.03206, section 3.1) about a middle that leans to the noise,
    and some are noise alone: that is where light, weather and land are settled, and of the first 80,000 lessons with a
    middle of ½ only a hundred lay in the last twentieth. An error at the things (`shown`) counts more. A teacher tells
    what the lines are on average.
    """
    times = torch.sigmoid(MIDDLE + SPREAD * torch.randn(len(clean), generator=draw)).to(clean.device)
    times[::BEGINNING] = 1
    noise = torch.randn(clean.shape, generator=draw).to(clean.device)
    part = times.view(-1, 1, 1, 1)
    between, wanted = (1 - part) * clean + part * noise, noise - clean
    if teacher is not None:
        wanted = teacher.velocity(between, times, states)
    made = model(between, times, states).sample.float()
    return ((made - wanted).pow(2) * (1 + THINGS * shown)).mean()


def matrices(model: nn.Module) -> list[nn.Parameter]:
    """The weights that Muon moves: those between hidden layers, save for the modulation, which begins as zeros."""
    return [w for name, w in model.named_parameters() if "blocks" in name and w.ndim == 2 and "modulation" not in name]


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words, encoder, vae = shipped_words(), shipped_text_encoder(lab), shipped_vae(lab)
    vae.register_to_config(shift_factor=0.0)  # PRX adds it, and cannot add None
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    clean = latents(lab, vae, world)
    shown = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, clean.shape[-1], lab.device))
    said, silence = sentences(world.scenes, words), as_ids(words, [""])
    model = network().to(lab.device)
    # Where lessons are few, each is told by a teacher; where there are millions, the pictures themselves are enough.
    teacher = FlowTeacher(lab) if lab.device.type == "cpu" else None
    average = Average(model, network().to(lab.device), 0.997 if teacher else 0.9995)
    optimizer = Muon(model, matrices(model))
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(clean), (lab.budget.batch,), generator=draw)
        ids = phrased(said, silence, seeds, draw, UNCONDITIONAL).to(lab.device)
        with lab.autocast():
            value = flow_loss(model, clean[seeds].float(), words_of(encoder, ids), shown[seeds], draw, teacher)
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3, warm=100))
        average.update(model)
        total += lost
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        if not lab.hurried and any(lab.reaches(k / 5) for k in range(1, 5)):
            look(lab, pipeline(vae, average.model, encoder, words), f"step-{step + 1}", 16)
    save(lab, pipeline(vae, average.model, encoder, words))


def pipeline(
    vae: AutoencoderKL, model: PRXTransformer2DModel, encoder: CLIPTextModel, words: CLIPTokenizer
) -> PRXPipeline:
    pipe = PRXPipeline(
        transformer=model, scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT), text_encoder=encoder,
        tokenizer=words, vae=vae, default_sample_size=SIZE)  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.inference_mode()
def look(lab: Lab, pipe: PRXPipeline, name: str, count: int) -> None:
    """Make pictures of unseen prompts on the way: a sheet to look at, and the reader's score of them."""
    told, named = prompts(count)
    made = []
    every = torch.ones(1, pipe.tokenizer.model_max_length, dtype=torch.bool, device=lab.device)
    for k, text in enumerate(told):
        states = words_of(pipe.text_encoder, as_ids(pipe.tokenizer, [text, ""]).to(lab.device))
        noise = torch.randn(1, LATENTS, SIZE // 8, SIZE // 8, generator=lab.generator(k)).to(lab.device)
        made.append(pipe(prompt_embeds=states[:1], negative_prompt_embeds=states[1:], prompt_attention_mask=every,
                         negative_prompt_attention_mask=every, latents=noise, height=SIZE, width=SIZE,
                         num_inference_steps=STEPS, guidance_scale=GUIDANCE, use_resolution_binning=False,
                         output_type="pt").images.float().cpu())  # fmt: skip
    pictures = torch.cat(made)
    lab.sheet(name, pictures)
    lab.say(name, **score_pictures(Reader.load(READER), pictures, named))


def save(lab: Lab, pipe: PRXPipeline) -> None:
    """The starter's folder: the transformer in half precision, all else but the words shared with the scenes."""
    folder = Path(lab.out) / "dit"
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    weights = sum(p.numel() for p in pipe.transformer.parameters())
    pipe.transformer.to("cpu", torch.float16).save_pretrained(folder / "transformer", safe_serialization=True)
    pipe.scheduler.save_pretrained(folder / "scheduler")
    pipe.tokenizer.save_pretrained(folder / "tokenizer")
    pipe.save_config(folder)
    colours = json.loads((SCENES / "everyform.json").read_text("utf-8"))["latent_rgb"]
    measure.finish(
        lab, folder, count=lab.prompts, name="Scenes, by flow", makes=RECIPE.makes, parameters=weights,
        about="Small landscapes from a sentence, by a transformer that learned the straight way from noise to picture.",
        defaults={"steps": STEPS, "guidance_scale": GUIDANCE, "shift": SHIFT, "width": SIZE, "height": SIZE},
        figures={"taught by": "the U-Net of scenes"} if lab.device.type == "cpu" else {},
        shares={"text_encoder": "scenes", "vae": "scenes"}, latent_rgb=colours, whole_text=True)  # fmt: skip


RECIPE = Recipe("dit", "flow matching: pictures of the starter world from a sentence, by a transformer", run,
                cpu=Budget(steps=1_600, batch=32, pictures=8_192),
                cuda=Budget(steps=16_000, batch=512, pictures=100_000))  # fmt: skip
