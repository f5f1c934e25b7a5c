"""The scenes starter: latent diffusion on the starter world, a true Stable Diffusion folder at 128²."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.reader.network import Reader
from models.training.encoded import kept, latents, phrased, sentences
from models.training.faithful import READER, prompts, score_pictures
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.quiet import hush
from models.training.recipes.scenes_autoencoder import LATENTS, SIZE
from models.training.recipes.scenes_text import WIDTH, as_ids
from models.training.starter import SCENES, computed_in_full, ship

GUIDANCE, STEPS, UNCONDITIONAL = 4.0, 24, 0.1
# Things cover an eighth of a picture and are what a sentence mostly speaks of: there an error counts so much more.
THINGS = 4.0


def network() -> UNet2DConditionModel:
    """Attention at 8 × 8 alone, where it settles who stands where: half as fast again as with attention at 16 × 16."""
    model = UNet2DConditionModel(
        sample_size=SIZE // 8, in_channels=LATENTS, out_channels=LATENTS, layers_per_block=1,
        block_out_channels=(64, 128), cross_attention_dim=WIDTH, attention_head_dim=(2, 4),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"))  # fmt: skip
    hush(model)
    nn.init.zeros_(model.conv_out.weight)
    return model


def schedule() -> DDIMScheduler:
    """Stable Diffusion's noise levels, so that every solver for it fits; predicts velocity (Salimans & Ho 2022)."""
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        clip_sample=False, set_alpha_to_one=False, steps_offset=1, timestep_spacing="trailing")  # fmt: skip


class Painter(nn.Module):
    """The U-Net that is trained, and the text encoder that it listens to, which is not: it parses sentences already."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet, self.text_encoder = unet, text_encoder.requires_grad_(False)

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor) -> Tensor:
        with torch.no_grad():
            states = self.text_encoder(ids).last_hidden_state
        return self.unet(noisy, times, states).sample


def painter(lab: Lab) -> Painter:
    encoder = CLIPTextModel.from_pretrained(lab.result("scenes-text") / "text_encoder", local_files_only=True)
    return Painter(network(), encoder).to(lab.device)


def weight(signal: Tensor) -> Tensor:
    """What an error counts where the signal has that share of the power: most where shapes are decided, around a half,
    as the logit-normal times of Esser et al. 2024 (arXiv:2403.03206, §3.1) have it."""
    return 4 * signal * (1 - signal) + 0.2


def velocity_loss(
    model: Callable[..., Tensor], noise: DDIMScheduler, clean: Tensor, ids: Tensor, shown: Tensor, draw: torch.Generator
) -> Tensor:
    """Squared error of the velocity that `model` tells of noisy latents, times and ids, where the choices are made: at
    middling noise (`weight`), and at the things (`shown`).
    """
    times = torch.randint(0, 1000, (len(clean),), generator=draw).to(clean.device)
    grain = torch.randn(clean.shape, generator=draw).to(clean.device)
    noisy = noise.add_noise(clean, grain, times)
    signal = noise.alphas_cumprod.to(clean.device)[times]
    made = model(noisy, times, ids).float()
    error = (made - noise.get_velocity(clean, grain, times)).pow(2) * (1 + THINGS * shown)
    return (error.mean((1, 2, 3)) * weight(signal)).mean()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words = CLIPTokenizer.from_pretrained(lab.result("scenes-text") / "tokenizer")
    vae = AutoencoderKL.from_pretrained(lab.result("scenes-decoder"), local_files_only=True).to(lab.device).eval()
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    clean = latents(lab, vae, world)
    shown = kept(lab, f"presence-{lab.budget.pictures}", lambda: presence(world.scenes, clean.shape[-1], lab.device))
    noise = schedule()
    model = painter(lab)
    if lab.device.type == "cpu":
        model.unet.set_attn_processor(AttnProcessor())  # its backward is twice as fast as the fused kernel's there
    average = Average(model, painter(lab), 0.9995)
    optimizer = torch.optim.AdamW(model.unet.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    said, silence = sentences(world.scenes[: len(clean)], words), as_ids(words, [""])
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(clean), (lab.budget.batch,), generator=draw)
        ids = phrased(said, silence, seeds, draw, UNCONDITIONAL)
        with lab.autocast():
            value = velocity_loss(model, noise, clean[seeds].float(), ids.to(lab.device), shown[seeds], draw)
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 8e-4))
        average.update(model)
        total += lost
        if step % 100 == 99:
            lab.say(f"step {step + 1}", loss=total / 100)
            total = 0.0
        if lab.due(step, 2000):
            look(lab, pipeline(vae, average.model, words, noise), f"step-{step + 1}", 64)
    save(lab, pipeline(vae, average.model, words, noise))


def pipeline(vae: AutoencoderKL, model: Painter, words: CLIPTokenizer, noise: DDIMScheduler) -> StableDiffusionPipeline:
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=model.text_encoder, tokenizer=words, unet=model.unet, scheduler=noise,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.inference_mode()
def look(
    lab: Lab, pipe: StableDiffusionPipeline, name: str, count: int, steps: int = STEPS, guidance: float = GUIDANCE
) -> dict[str, float]:
    """Make pictures of unseen prompts: a sheet to look at, and the reader's score of them."""
    said, named = prompts(count)
    draws = [torch.Generator("cpu").manual_seed(k) for k in range(count)]
    made = []
    for start in range(0, count, 32):
        part = slice(start, start + 32)
        made.append(pipe(said[part], generator=draws[part], num_inference_steps=steps, guidance_scale=guidance,
                         output_type="pt").images.float().cpu())  # fmt: skip
    pictures = torch.cat(made)
    lab.sheet(name, pictures[:64])
    if not READER.exists():
        return {}
    reader = Reader.load(READER).to(lab.device)
    figures = score_pictures(reader, pictures, named)
    lab.say(name, **figures)
    return figures


def save(lab: Lab, pipe: StableDiffusionPipeline) -> None:
    """The starter's folder: half precision, in shards that travel, with what the studio adds to it."""
    figures = look(lab, pipe, "sheet", lab.prompts)
    parts = {part: sum(p.numel() for p in getattr(pipe, part).parameters()) for part in ("unet", "vae", "text_encoder")}
    lab.figures(samples=lab.budget.steps * lab.budget.batch, prompts=lab.prompts, per_cent_found=figures)
    before = ("scenes-autoencoder", "scenes-details", "scenes-decoder", "scenes-text")
    decoder = lab.told("scenes-decoder")
    folder = Path(lab.out) / "scenes"
    # Halved on disk; the studio computes in what the machine is good at.
    pipe.to("cpu").to(torch.float16)
    pipe.save_pretrained(folder, safe_serialization=True, max_shard_size="15MB")
    computed_in_full(pipe.text_encoder, folder / "text_encoder")
    ship(
        lab, folder, name="Scenes", makes=RECIPE.makes, parameters=sum(parts.values()), stages=before,
        about="Small landscapes from a sentence, trained on the starter world that Everyform draws itself.",
        figures={"psnr_db": decoder["psnr_db"], f"per_cent_found_of_{lab.prompts}_unseen_prompts": figures},
        defaults={"steps": STEPS, "guidance_scale": GUIDANCE, "width": SIZE, "height": SIZE, "scheduler": "DDIM"},
        latent_rgb=decoder["latent_rgb"], first=True,
    )  # fmt: skip


RECIPE = Recipe("scenes", "latent diffusion: pictures of the starter world from a sentence", run,
                cpu=Budget(steps=18_000, batch=32, pictures=32_768),
                cuda=Budget(steps=20_000, batch=384, pictures=100_000),
                needs=("scenes-decoder", "scenes-text"), shipped=SCENES)  # fmt: skip
