"""The starter that makes a picture in one pass: the consistency starter, taught on by its teacher and a critic."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from diffusers import EulerAncestralDiscreteScheduler, UNet2DConditionModel
from torch import Tensor, nn

from models.reader.grammar import describe
from models.reader.scene import Scene
from models.runtime import adapted
from models.store.files import Files
from models.training.adversarial import HINGE, adam, frozen, update
from models.training.distill import Teacher, Ways, network, pipeline, save, ways
from models.training.encoded import latents, shipped_vae
from models.training.lab import Average, Budget, Lab, Recipe, rate
from models.training.measure import finish
from models.training.pictures import Pictures
from models.training.recipes import consistency
from models.training.recipes.scenes import SIZE, look, schedule
from models.training.recipes.scenes_text import as_ids
from models.training.starter import STARTERS

NOISIEST = 999
# How strongly the critic is heard beside the teacher, as the ratio of what either would change in a picture.
PERSUASION = 1.0
# This share of a batch has the teacher's answer; of that, so much begins with noise alone, the rest further on.
TAUGHT, FROM_NOISE = 0.5, 0.6


def passes() -> EulerAncestralDiscreteScheduler:
    """The teacher's noise levels, from the noisiest on: the sampler that SD Turbo and SDXL Turbo are published with."""
    return EulerAncestralDiscreteScheduler.from_config(schedule().config, timestep_spacing="trailing")


class Critic(nn.Module):
    """Looks at noisy latents through the teacher's first half, as latent ADD does (Sauer et al. 2024,
    arXiv:2403.12015, §3): only small heads learn. The teacher hears the sentence, and so does each head, by the inner
    product of Miyato & Koyama 2018 (arXiv:1802.05637, eq. 3).
    """

    def __init__(self, teacher: UNet2DConditionModel, width: int = 64) -> None:
        super().__init__()
        known = teacher.config
        channels = (*known.block_out_channels, known.block_out_channels[-1])
        self.bodies = nn.ModuleList(
            nn.Sequential(
                nn.GroupNorm(8, c), nn.Conv2d(c, width, 1), nn.SiLU(),
                nn.Conv2d(width, width, 3, padding=1), nn.SiLU())
            for c in channels)  # fmt: skip
        self.verdicts = nn.ModuleList(nn.Conv2d(width, 1, 1) for _ in channels)
        self.spoken = nn.ModuleList(nn.Linear(known.cross_attention_dim, width) for _ in channels)

    def forward(self, seen: Sequence[Tensor], sentence: Tensor) -> Tensor:
        """Features as `impression` gives them and sentences (B, 128) to scores (B, places)."""
        scores = []
        for features, body, verdict, spoken in zip(seen, self.bodies, self.verdicts, self.spoken, strict=True):
            found = body(features)
            fits = torch.einsum("bchw,bc->bhw", found, spoken(sentence)) / found.shape[1] ** 0.5
            scores.append((verdict(found)[:, 0] + fits).flatten(1))
        return torch.cat(scores, 1)


def impression(teacher: UNet2DConditionModel, noisy: Tensor, times: Tensor, states: Tensor) -> list[Tensor]:
    """What each level of the U-Net's way down, and its middle, make of noisy latents: (B, C, h, w) each."""
    moment = teacher.time_embedding(teacher.time_proj(times).to(noisy.dtype))
    now, seen = teacher.conv_in(noisy), []
    for block in teacher.down_blocks:
        said = {"encoder_hidden_states": states} if getattr(block, "has_cross_attention", False) else {}
        now, levels = block(hidden_states=now, temb=moment, **said)
        seen.append(levels[0])  # before it is halved
    return [*seen, teacher.mid_block(now, moment, encoder_hidden_states=states)]


class Lessons:
    """Batches: what the student begins with, and what is known of the answer."""

    def __init__(self, lab: Lab, teacher: Teacher) -> None:
        recipe = consistency.RECIPE
        self.solved: Ways = ways(lab, teacher, (recipe.cpu if lab.device.type == "cpu" else recipe.cuda).pictures)
        world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
        self.scenes: list[Scene] = world.scenes
        self.clean = latents(lab, shipped_vae(lab), world)
        self.teacher = teacher

    def said(self, seeds: Tensor, way: str) -> Tensor:
        """The sentences of those scenes, as tokens, said in a way of their own each time."""
        texts = [describe(self.scenes[k], random.Random(f"{way} {k}"))[0] for k in seeds.tolist()]
        return as_ids(self.teacher.words, texts).to(self.clean.device)

    def real(self, size: int, step: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """Latents of renders, and the ids of their sentences."""
        seeds = torch.randint(0, len(self.clean), (size,), generator=draw)
        return self.clean[seeds.to(self.clean.device)].float(), self.said(seeds, f"real {step}")

    def taught(self, size: int, draw: torch.Generator) -> tuple[Tensor, ...]:
        """Points of solved ways as `consistency.batch` gives them, most of them where the way begins."""
        noisy, times, ends, ids, told = consistency.batch(self.solved, size, draw)
        which = torch.randint(0, len(self.solved), (size,), generator=draw).to(ends.device)
        first = (torch.rand(size, generator=draw) < FROM_NOISE).to(ends.device)
        wide = first.view(-1, 1, 1, 1)
        return (
            torch.where(wide, self.solved.points[which, 0].float(), noisy),
            torch.where(first, self.solved.times[which, 0], times),
            torch.where(wide, self.solved.ends[which].float(), ends),
            torch.where(first[:, None], self.solved.ids[which], ids),
            torch.where(wide, self.solved.told[which].float(), told),
        )

    def free(self, size: int, step: int, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Noise that nobody has solved, its time, and ids of sentences."""
        noise = torch.randn((size, *self.clean.shape[1:]), generator=draw).to(self.clean.device)
        seeds = torch.randint(0, len(self.clean), (size,), generator=draw)
        return noise, torch.full((size,), NOISIEST, device=noise.device), self.said(seeds, f"free {step}")


class Glance:
    """Noisy latents as the critic sees them: noise of a random level goes over them first, more often a little."""

    def __init__(self, teacher: Teacher, draw: torch.Generator) -> None:
        self.teacher, self.draw = teacher, draw

    def __call__(self, clean: Tensor, states: Tensor) -> list[Tensor]:
        times = (torch.rand(len(clean), generator=self.draw).square() * NOISIEST).long().to(clean.device)
        signal, grain = self.teacher.levels.at(times)
        noise = torch.randn(clean.shape, generator=self.draw).to(clean.device)
        return [f.float() for f in impression(self.teacher.unet, signal * clean + grain * noise, times, states)]


def pull(taught: Tensor, persuaded: Tensor, count: int) -> Tensor:
    """How to change pictures (B, ...): the teacher's gradient on the first `count`, and everywhere the critic's, made
    PERSUASION times as long for each picture, so that neither drowns the other whatever their scales."""
    length = taught[:count].square().mean().sqrt() * PERSUASION
    return taught + persuaded * (length / persuaded.square().mean().sqrt().clamp(min=1e-12))


def begun(lab: Lab) -> UNet2DConditionModel:
    """What the consistency student has learned, which lies there as an adapter for its teacher's U-Net."""
    place = adapted.places(Files(lab.result("consistency")))["unet"]
    return UNet2DConditionModel.from_pretrained(place, torch_dtype=torch.float32, local_files_only=True)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    teacher = Teacher(lab)
    lessons = Lessons(lab, teacher)
    model = network(lab)
    model.load_state_dict(begun(lab).state_dict())
    average = Average(model, network(lab), 0.995)
    critic = Critic(teacher.unet).to(lab.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.5, 0.99), weight_decay=0.0, fused=True)
    judge = adam(critic, 0.5)
    kept = {"model": model, "average": average, "critic": critic, "optimizer": optimizer, "judge": judge}
    size, count = lab.budget.batch, round(lab.budget.batch * TAUGHT)
    sums = {"distance": 0.0, "critic": 0.0, "doubt": 0.0}
    for step in lab.steps(kept):
        draw = lab.generator(step)
        glance = Glance(teacher, draw)
        noisy, times, ends, ids, told = lessons.taught(count, draw)
        noise, first, more = lessons.free(size - count, step, draw)
        noisy, times, ids = torch.cat([noisy, noise]), torch.cat([times, first]), torch.cat([ids, more])
        clean, right = lessons.real(size, step, draw)
        states, truth = teacher.read(ids), teacher.read(right)
        wrong = truth.roll(1, 0)
        with lab.autocast():
            made = teacher.levels.clean(noisy, model(noisy, times, states).sample.float(), times)
            # Everything up to the picture and everything from it on are differentiated one after the other.
            picture = made.detach().requires_grad_()
            seen = glance(picture, states)
            with torch.no_grad():
                real, false = glance(clean, truth), glance(clean, wrong)
            heard, meant, misled = (s[:, -1] for s in (states, truth, wrong))
            # Real pictures with the wrong words are as bad as made ones (Reed et al. 2016, arXiv:1605.05396, §4.2).
            made_up = torch.cat([critic([f.detach() for f in seen], heard), critic(false, misled)])
            lost = update(HINGE.critic(critic(real, meant), made_up), judge, rate(step, lab.budget.steps, 1e-3, 50))
            with frozen(critic):
                doubt = HINGE.generator(critic(seen, heard))
        (persuaded,) = torch.autograd.grad(doubt, picture)
        apart = consistency.distance(picture[:count], ends, told)
        (taught,) = torch.autograd.grad(apart, picture)
        optimizer.zero_grad(set_to_none=True)
        made.backward(pull(taught, persuaded, count))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, lab.budget.steps, 1.5e-4, 50)
        optimizer.step()
        average.update(model)
        for name, value in zip(sums, (apart.item(), lost, doubt.item()), strict=True):
            sums[name] += value / 50
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **sums)
            sums = dict.fromkeys(sums, 0.0)
        if lab.due(step, 300):
            pipe = pipeline(lab, teacher, average.model, passes())
            look(lab, pipe, f"step-{step + 1}", 32, steps=1, guidance=1.0)
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    folder = lab.out / "adversarial-distillation"
    shared = save(folder, average.model, passes())
    finish(
        lab, folder, name="Scenes at once", makes=RECIPE.makes, stages=(),
        about="The scenes starter's landscapes from a sentence, in a single pass.",
        parameters=sum(p.numel() for p in average.model.parameters()),
        architecture="adversarial-distillation", defaults={"steps": 1}, **shared,
    )  # fmt: skip


RECIPE = Recipe("adversarial-distillation", "adversarial distillation: the scenes starter's pictures in one pass", run,
                cpu=Budget(steps=900, batch=16, pictures=8_192),
                cuda=Budget(steps=8_000, batch=128, pictures=100_000), needs=("consistency",),
                shipped=STARTERS / "adversarial-distillation")  # fmt: skip
