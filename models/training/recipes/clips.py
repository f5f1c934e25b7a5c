"""The clips starter: the scenes' U-Net taught to see sixteen moments at once, a true AnimateDiff folder at 128²."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AnimateDiffPipeline, AutoencoderKL, DDIMScheduler
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from transformers import CLIPTokenizer

from models.reader.network import Reader
from models.runtime.pipelines import first_frame
from models.training import heard, moving, watched, writing
from models.training.directing import Director, director
from models.training.encoded import phrased, shipped_vae, shipped_words
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.recipes import scenes
from models.training.recipes.scenes_autoencoder import SIZE
from models.training.recipes.scenes_text import as_ids
from models.training.starter import SCENES, STARTERS, computed_in_full, ship

STEPS, GUIDANCE, UNCONDITIONAL = 20, 3.4, 0.1
# Of so many of the clips the first frame is given, without noise: so a still can be set in motion, and a clip of words
# alone is begun by one, `STILLS` of which are learned beside at each step.
STARTED, STILLS = 0.75, 8
# Until that share of the steps it is so of all, and while few frames are seen half the pairs have clouds that go: a
# pattern that drifts shows its way only by what it was before. Without this no word of clouds was heard in 1,500 steps.
BEGUN = 0.45
# The largest of the noise's betas. With the scenes' own, 0.012, a 200th of the power is left at the end: too little to
# tell of one picture, but sixteen that hold together show through it where things go (a model that is given it has a
# third of the error that it has without), and what the words say of that was never learned.
LOUDEST = 0.03
MOVING = 4.0  # an error at what moves counts so much more
APART = 8.0  # while few frames are seen, it counts so much what a pair's errors differ by: that is which way things go
SETTLED = 0.6  # what an error counts at least: where things go is settled in much noise
# Until that share of the steps every so many-th frame alone is seen, of as many more clips: where things go shows in
# few frames, and to hear it in the words takes many clips.
SEEN = ((0.6, 4), (0.8, 2), (1.0, 1))
# What it counts how the middle of the U-Net knows where things are on their way (0.05 it errs where nothing is known).
# From the diffusion's loss alone it did not learn in 200,000 clips to ask the words, not even where it was given the
# first frame: what a word and a moment mean together shows, but neither shows anything alone. So for the first steps it
# is taught hardly anything else, which takes it 150.
ON_THE_WAY, FIRST, HUSHED = 20.0, 0.15, 0.05
UNDERSTOOD, LESSONS = 0.1, 4  # what it counts how the text encoder understands ways, and so many more sentences of it
PROMPTS = 100
HEARD = 16  # clips by which it is told whether words are heard


def schedule() -> DDIMScheduler:
    """The scenes' noise, but nothing shows through it at the end (Lin et al. 2023, arXiv:2305.08891, §3.1)."""
    return DDIMScheduler.from_config(scenes.schedule().config, beta_end=LOUDEST)


def clip_loss(
    model: Director, noise: DDIMScheduler, clean: Tensor, ids: Tensor, draw: torch.Generator, every: int = 1,
    started: float = STARTED,
) -> Tensor:  # fmt: skip
    """Squared error of the velocity of clips (B, T, C, h, w), as of the scenes' pictures; what moves counts more.
    The frames are every so many-th; where they are not all, more of the times are late ones, full of noise.

    Two clips after one another are a pair, `moving.clips`, and have the same noise: what is wrong with both is then
    the same, and what is left in the gradient of the words that differ is which way things go, whose part of the error
    counts APART there. Of a share of the pairs, `started`, the first frames are given as they are, and nothing is asked
    of them.
    """
    pairs = len(clean) // 2

    def of_both(drawn: Tensor) -> Tensor:
        return drawn.repeat_interleave(2, 0).to(clean.device)

    times = of_both(torch.randint(0, 1000, (2 if every > 1 else 1, pairs), generator=draw).amax(0))
    grain = of_both(torch.randn((pairs, *clean.shape[1:]), generator=draw))
    noisy = noise.add_noise(clean, grain, times)
    given = of_both(torch.rand(pairs, generator=draw) < started)
    noisy[given, 0] = clean[given, 0]
    signal = noise.alphas_cumprod.to(clean.device)[times]
    wrong = model(noisy, times, ids, every).float() - noise.get_velocity(clean, grain, times)
    both = wrong.unflatten(0, (pairs, 2)).mean(1).repeat_interleave(2, 0)
    error = both.square() + (APART if every > 1 else 1) * (wrong - both).square()
    error = error * (1 + MOVING * moving.motion(clean))
    error[given, 0] = 0
    return (error.mean((1, 2, 3, 4)) * scenes.weight(signal).clamp(min=SETTLED)).mean()


def said_alike(said: Tensor, silence: Tensor, seeds: Tensor, draw: torch.Generator) -> Tensor:
    """(B, tokens): one of the ways that each of seeds (B,) is `said` in, the same for both of a pair."""
    start = draw.get_state()
    firsts = phrased(said, silence, seeds[::2], draw, UNCONDITIONAL)
    draw.set_state(start)
    return torch.stack([firsts, phrased(said, silence, seeds[1::2], draw, UNCONDITIONAL)], 1).flatten(0, 1)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words, vae = shipped_words(), shipped_vae(lab)
    words.model_max_length = moving.TOKENS
    count = lab.budget.pictures
    clean = moving.latents(lab, vae, count, SIZE)
    filmed = moving.clips(range(count))
    said, ways, silence = moving.sentences(filmed, words), moving.ways(filmed), as_ids(words, [""])
    steps = moving.steps(ways)
    drifting = 2 * ways[::2, moving.MOVERS.index("clouds")].nonzero()[:, 0]
    noise, model = schedule(), director(lab)
    if lab.device.type == "cpu":
        model.unet.set_attn_processor(AttnProcessor())  # its backward is twice as fast as the fused kernel's there
    average = Average(model, director(lab), min(0.9995, 1 - 6 / lab.budget.steps))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    some = torch.arange(HEARD) % count
    asked = said[some, 0].long().to(lab.device)

    def told(whose: Tensor) -> Tensor:
        shown = clean[some.to(clean.device), :: moving.FRAMES // 4].float()
        return clip_loss(average.model, noise, shown, asked[whose], lab.generator(), moving.FRAMES // 4)

    total = dict.fromkeys(("loss", "still", "misunderstood", "lost"), 0.0)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        every = next(gap for share, gap in SEEN if step < share * lab.budget.steps)
        begun = step < BEGUN * lab.budget.steps
        first = 2 * torch.randint(0, count // 2, (max(1, lab.budget.batch * every // 2),), generator=draw)
        if every > 1 and len(drifting):
            first[::2] = drifting[torch.randint(0, len(drifting), first[::2].shape, generator=draw)]
        seeds = torch.stack([first, first + 1], 1).flatten()
        ids = said_alike(said, silence, seeds, draw).to(lab.device)
        spoken = (ids != silence.to(lab.device)).any(1)
        with lab.autocast():
            shown = clean[seeds.to(clean.device), ::every].float()
            still = clip_loss(model, noise, shown[:STILLS, :1], ids[:STILLS], draw, started=0)
            value = clip_loss(model, noise, shown, ids, draw, every, 1 if begun else STARTED)
            lost = (model.lost(steps[seeds].to(lab.device)) * spoken).mean()
            lessons = torch.randint(0, count, (lab.budget.batch * LESSONS,), generator=draw)
            given = phrased(said, silence, lessons, draw, 0).to(lab.device)
            wrong = model.misunderstood(given, ways[lessons].to(lab.device))
        counts = HUSHED if step < FIRST * lab.budget.steps else 1
        value = counts * (value + still) + UNDERSTOOD * wrong + ON_THE_WAY * lost
        total["loss"] += descend(value, model, optimizer, rate(step, lab.budget.steps, 6e-4))
        total["still"] += still.item()
        total["misunderstood"] += wrong.item()
        total["lost"] += lost.item()
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{name: value / 50 for name, value in total.items()})
            total = dict.fromkeys(total, 0.0)
        heard.tell(lab, step, told, HEARD, torch.arange(HEARD) ^ 1)
        if lab.due(step, 500):
            look(lab, pipeline(vae, average.model, words), f"step-{step + 1}", 6)
    save(lab, pipeline(vae, average.model, words))


def pipeline(vae: AutoencoderKL, model: Director, words: CLIPTokenizer) -> AnimateDiffPipeline:
    pipe = AnimateDiffPipeline(vae, model.text_encoder, words, model.unet, None, schedule())
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.inference_mode()
def filmed(pipe: AnimateDiffPipeline, said: list[str]) -> list[Tensor]:
    """A clip (T, 3, H, W) in 0..1 of each sentence, begun by a still as in the studio."""
    made = []
    for k, text in enumerate(said):
        asked = {"prompt": text, "height": SIZE, "width": SIZE, "num_inference_steps": STEPS,
                 "guidance_scale": GUIDANCE}  # fmt: skip
        first = first_frame.still(pipe, asked | {"generator": torch.Generator("cpu").manual_seed(k)})
        latents = first_frame.begun(first, moving.FRAMES, torch.Generator("cpu").manual_seed(k))
        shown = {"num_frames": moving.FRAMES, "latents": latents, "output_type": "pt"}
        made.append(pipe(**asked, **shown, **first_frame.kept(first)).frames[0].float().cpu())
    return made


def look(lab: Lab, pipe: AnimateDiffPipeline, name: str, count: int) -> dict[str, float]:
    """Clips of unseen prompts: a sheet with a row for each, eight moments of it, and what the reader finds."""
    said, named, _ = watched.prompts(count)
    clips = filmed(pipe, said)
    lab.sheet(name, torch.cat([clip[::2] for clip in clips[:12]]), columns=moving.FRAMES // 2)
    figures = watched.score(Reader.load(READER), clips, named)
    lab.say(name, **figures)
    return figures


def measured(lab: Lab, pipe: AnimateDiffPipeline, count: int) -> dict[str, Any]:
    """What the reader finds in its clips, and in the world's own."""
    _, named, clips = watched.prompts(count)
    return {
        f"per cent found in clips of {count} unseen prompts": look(lab, pipe, "sheet", count),
        "in the world's own clips": watched.score(
            Reader.load(READER), watched.renders(clips, SIZE, moving.FRAMES), named
        ),
    }


def save(lab: Lab, pipe: AnimateDiffPipeline) -> None:
    count = min(lab.prompts, PROMPTS)
    figures = {} if lab.hurried else measured(lab, pipe, count)
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    folder = Path(lab.out) / "clips"
    pipe.unet.to("cpu", torch.float16).save_pretrained(folder / "unet", safe_serialization=True)
    pipe.text_encoder.to("cpu", torch.float16).save_pretrained(folder / "text_encoder", safe_serialization=True)
    computed_in_full(pipe.text_encoder, folder / "text_encoder")
    pipe.scheduler.save_pretrained(folder / "scheduler")
    pipe.tokenizer.save_pretrained(folder / "tokenizer")
    pipe.save_config(folder)
    colours = json.loads((SCENES / "everyform.json").read_text("utf-8"))["latent_rgb"]
    ship(
        lab, folder, name="Scenes in motion", makes=RECIPE.makes,
        parameters=writing.parameters(pipe.unet, pipe.text_encoder),
        about="Two seconds of a small landscape from a sentence: boats sail, balloons rise, clouds drift, day turns "
              "to night. A still can be its first frame.",
        figures=figures,
        defaults={"steps": STEPS, "guidance_scale": GUIDANCE, "width": SIZE, "height": SIZE, "frames": moving.FRAMES,
                  "fps": moving.FPS},
        shares={"vae": "scenes"}, latent_rgb=colours, first_frame=True, still_first=True,
    )  # fmt: skip


RECIPE = Recipe("clips", "video diffusion: clips of the starter world from a sentence, or from their first frame", run,
                cpu=Budget(steps=1_600, batch=4, pictures=1_536),
                cuda=Budget(steps=12_000, batch=32, pictures=16_384),
                needs=("scenes",), shipped=STARTERS / "clips")  # fmt: skip
