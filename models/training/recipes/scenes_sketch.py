"""Sketch control for the scenes starter: a ControlNet (Zhang et al. 2023) on its U-Net, in diffusers' own format."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, ControlNetModel, StableDiffusionControlNetPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.reader.grammar import describe
from models.reader.network import Reader
from models.reader.scene import sample
from models.runtime import pixels
from models.training.encoded import latents, phrased, sentences, shipped_text_encoder, shipped_vae, shipped_words
from models.training.faithful import FIRST, READER, score_pictures
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.pictures import Drawings, Pictures
from models.training.recipes.scenes import GUIDANCE, STEPS, schedule, weight
from models.training.recipes.scenes_autoencoder import SIZE
from models.training.recipes.scenes_text import as_ids
from models.training.sketches import drawn_by_hand
from models.training.starter import SCENES, STARTERS, as_tensor, images, ship
from models.training.world.render import render

NAME = "scenes-sketch"
WORDLESS = 0.3  # so often it has to tell from the lines alone (Zhang et al. 2023, §3.4)
COUNT = 100


def draw_lines(seeds: range, size: int, device: str) -> Tensor:
    """(B, 3, size, size) in 0..1: the sketches of these scenes, dark on white."""
    return render([sample(seed) for seed in seeds], size, device).sketch.expand(-1, 3, -1, -1)


def drawings(lab: Lab) -> Drawings:
    """The sketches of the first scenes, whatever their weather, by seed."""
    return Drawings(lab.root / "lines", lab.budget.pictures, SIZE, lab.device, draw_lines)


def network(unet: UNet2DConditionModel) -> ControlNetModel:
    """A copy of the U-Net's encoder that sees a sketch as well, and says nothing yet.

    Its answers begin at zero, so what it makes of the sketch need not: it learns from the first step on.
    """
    control = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16, 32, 64))
    for part in control.controlnet_cond_embedding.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    return control


def chalk(lines: Tensor) -> Tensor:
    """Dark lines on white to what such networks are usually given: white ones on black, three channels, 0..1."""
    return 1 - lines.expand(-1, 3, -1, -1)


class Controlled(nn.Module):
    """The control that is trained, the U-Net that it steers and the text encoder, which are not."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel, control: ControlNetModel) -> None:
        super().__init__()
        self.unet, self.text_encoder = unet.requires_grad_(False), text_encoder.requires_grad_(False)
        self.control = control

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor, lines: Tensor) -> Tensor:
        with torch.no_grad():
            states = self.text_encoder(ids).last_hidden_state
        down, middle = self.control(noisy, times, states, chalk(lines), return_dict=False)
        return self.unet(
            noisy, times, states, down_block_additional_residuals=down, mid_block_additional_residual=middle
        ).sample


def shipped_unet(lab: Lab) -> UNet2DConditionModel:
    unet = UNet2DConditionModel.from_pretrained(SCENES / "unet", torch_dtype=torch.float32, local_files_only=True)
    if lab.device.type == "cpu":
        unet.set_attn_processor(AttnProcessor())  # its backward is twice as fast as the fused kernel's there
    return unet.to(lab.device).eval()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words, vae = shipped_words(), shipped_vae(lab)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    lines = drawings(lab)
    clean = latents(lab, vae, world)
    unet = shipped_unet(lab)
    model = Controlled(unet, shipped_text_encoder(lab), network(unet)).to(lab.device)
    average = Average(model.control, network(unet).to(lab.device), 0.998)
    optimizer = torch.optim.AdamW(model.control.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    noise = schedule()
    said, silence = sentences(world.scenes, words), as_ids(words, [""])
    total = 0.0
    for step in lab.steps({"control": model.control, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(clean), (lab.budget.batch,), generator=draw)
        ids = phrased(said, silence, seeds, draw, WORDLESS).to(lab.device)
        sketch = drawn_by_hand(lines.batch(seeds)[:, :1] / 2 + 0.5, draw)
        with lab.autocast():
            value = velocity_loss(model, noise, clean[seeds].float(), ids, sketch, draw)
        total += descend(value, model.control, optimizer, rate(step, lab.budget.steps, 6e-4, 100))
        average.update(model.control)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        if lab.due(step, 400):
            look(lab, vae, model, average.model, words)
    save(lab, average.model)


def velocity_loss(
    model: Controlled, noise: Any, clean: Tensor, ids: Tensor, lines: Tensor, draw: torch.Generator
) -> Tensor:
    """Squared error of the velocity, weighted as the scenes' own training has it.

    More of the times are noisy ones (their square root is uniform): there shapes are decided, which a sketch tells.
    """
    times = (torch.rand(len(clean), generator=draw).sqrt() * 1000).long().to(clean.device)
    grain = torch.randn(clean.shape, generator=draw).to(clean.device)
    noisy = noise.add_noise(clean, grain, times)
    signal = noise.alphas_cumprod.to(clean.device)[times]
    made = model(noisy, times, ids, lines).float()
    error = (made - noise.get_velocity(clean, grain, times)).pow(2).mean((1, 2, 3))
    return (error * weight(signal)).mean()


# ── how good it is ────────────────────────────────────────────────────────────


def unseen(count: int) -> tuple[Tensor, Tensor, list[str], list[Any]]:
    """Sketches (N, 1, S, S), pictures (N, 3, S, S), sentences, and what each names, of scenes no training has seen."""
    scenes = [sample(FIRST + k) for k in range(count)]
    parts = [render(scenes[start : start + 64], SIZE) for start in range(0, count, 64)]
    said = [describe(scene, random.Random(FIRST + k)) for k, scene in enumerate(scenes)]
    sketches, shown = torch.cat([p.sketch for p in parts]), torch.cat([p.picture for p in parts])
    return sketches, shown, [text for text, _ in said], [named for _, named in said]


@torch.inference_mode()
def look(lab: Lab, vae: AutoencoderKL, model: Controlled, control: ControlNetModel, words: CLIPTokenizer) -> None:
    """A sheet: sketches, what becomes of them, and the scenes that they were drawn of."""
    lines, shown, said, _ = unseen(8)
    pipe = StableDiffusionControlNetPipeline(
        vae=vae, text_encoder=model.text_encoder, tokenizer=words, unet=model.unet, controlnet=control,
        scheduler=schedule(), safety_checker=None, feature_extractor=None, requires_safety_checker=False)  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    draws = [torch.Generator("cpu").manual_seed(k) for k in range(len(said))]
    made = pipe(said, image=chalk(lines).to(lab.device), generator=draws, num_inference_steps=12,
                guidance_scale=GUIDANCE, output_type="pt").images.float().cpu()  # fmt: skip
    lab.sheet("sheet", torch.cat([lines.expand(-1, 3, -1, -1), made, shown]))
    lab.say("look", lines_followed=followed(made, lines), of_the_scenes_themselves=followed(shown, lines))


def followed(pictures: Tensor, lines: Tensor) -> float:
    """How well edges in pictures (N, 3, H, W) lie where lines (N, 1, H, W) are: their mean correlation, -1 to 1.

    Both are blurred a little: an edge beside its line is nearly right.
    """
    grey = pictures.mean(1, keepdim=True)
    edges = F.pad(grey.diff(dim=3).abs(), (0, 1)) + F.pad(grey.diff(dim=2).abs(), (0, 0, 0, 1))
    both = [F.avg_pool2d(F.avg_pool2d(t, 3, 1, 1), 3, 1, 1).flatten(1) for t in (edges.clamp(max=0.3), 1 - lines)]
    one, other = (t - t.mean(1, keepdim=True) for t in both)
    return F.cosine_similarity(one, other).mean().item()


def save(lab: Lab, control: ControlNetModel) -> None:
    folder = Path(lab.out) / NAME
    control.to("cpu").half().save_pretrained(folder, safe_serialization=True)
    told: dict[str, Any] = {
        "name": "Sketch", "makes": RECIPE.makes, "parameters": sum(p.numel() for p in control.parameters()),
        "about": "Lets the starter “Scenes” begin with a sketch of yours.", "part_of": "scenes",
    }  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    ship(lab, folder, figures={}, **told)
    figures = measured(lab, folder)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    ship(lab, folder, figures=figures, **told)
    lab.say(f"shipped: {figures}")


def measured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Through the studio: whether the lines are followed, and the sentences still heard."""
    lines, shown, said, named = unseen(min(COUNT, lab.prompts))
    with tempfile.TemporaryDirectory() as place:
        model = beside_scenes(Path(place), folder)
        inputs = [{"sketch": str(Path(place) / f"{k}.png")} for k in range(len(said))]
        for given, drawing in zip(inputs, lines, strict=True):
            pixels.to_image(drawing * 2 - 1).save(given["sketch"])
        asked: dict[str, Any] = {"settings": {"steps": STEPS}, "prompts": said}
        made, free = (
            torch.stack([as_tensor(image) for image, _ in images(model, len(said), **asked, **more)])
            for more in ({"task": "sketch-to-picture", "inputs": inputs}, {"task": "text-to-picture"})
        )
    lab.sheet("sheet", torch.cat([lines[:8].expand(-1, 3, -1, -1), made[:8], shown[:8]]))
    reader = Reader.load(READER)
    return {
        "lines followed (correlation)": round(followed(made, lines), 3),
        "without the sketch": round(followed(free, lines), 3),
        "by the scenes themselves": round(followed(shown, lines), 3),
        f"per_cent_found_of_{len(said)}_unseen_prompts": score_pictures(reader, made, named),
    }


def beside_scenes(place: Path, folder: Path) -> Path:
    """The scenes starter with one part beside it and no other, in a folder of its own; its path."""
    (place / "scenes").symlink_to(SCENES, target_is_directory=True)
    (place / folder.name).symlink_to(folder.resolve(), target_is_directory=True)
    return place / "scenes"


RECIPE = Recipe(NAME, "sketch control for scenes: a ControlNet that was shown the world's sketches", run,
                cpu=Budget(steps=1_600, batch=16, pictures=3_072),
                cuda=Budget(steps=8_000, batch=128, pictures=32_768),
                needs=("scenes",), shipped=STARTERS / NAME)  # fmt: skip
