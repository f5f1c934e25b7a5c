"""The soundscapes starter: sentences to mel spectrograms by latent diffusion, and a vocoder: a true AudioLDM folder."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AudioLDMPipeline, AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import (
    BatchEncoding,
    ClapTextConfig,
    ClapTextModelWithProjection,
    RobertaTokenizerFast,
    SpeechT5HifiGan,
)

from models.reader.listener import Listener
from models.reader.listener import loss as understood
from models.reader.soundscape import AMOUNTS, DISTANCES, SOUNDS, describe, sample
from models.training import heard, writing
from models.training.encoded import WAYS, kept_parts
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.mel import RATE, SECONDS, mel, soundscapes
from models.training.noticing import prompts, score
from models.training.pictures import UNSEEN
from models.training.quiet import hush
from models.training.recipes.listener import LISTENER
from models.training.recipes.scenes import schedule, velocity_loss
from models.training.recipes.sounds_autoencoder import LATENTS
from models.training.recordings import waves
from models.training.starter import STARTERS, computed_in_full, media, ship_measured
from models.training.world.soundscapes import sound

STEPS, GUIDANCE, UNCONDITIONAL = 24, 3.0, 0.1
HEARD = 64  # soundscapes by which it is told whether words are heard
WIDTH, TOLD, TOKENS, WORDS, LEARNED_FROM = 128, 64, 40, 500, 4_000
LESSONS = 300  # of 32 sentences, by which words are learned first


def vocabulary() -> RobertaTokenizerFast:
    """Byte-pair merges learned from sentences about soundscapes; no byte is unknown."""
    said = [describe(sample(seed), random.Random(seed))[0] for seed in range(LEARNED_FROM)]
    words = RobertaTokenizerFast().train_new_from_iterator([said], vocab_size=WORDS)
    words.model_max_length = TOKENS
    return words


def text_encoder(words: RobertaTokenizerFast) -> ClapTextModelWithProjection:
    """What AudioLDM hears its words by; here it learns on with the rest. Places reach beyond the numbers that a text is
    told in, for the pipeline pads what to keep away from to as many."""
    return ClapTextModelWithProjection(
        ClapTextConfig(
            vocab_size=len(words), hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=2 * WIDTH, max_position_embeddings=max(TOKENS, TOLD) + 4, projection_dim=TOLD,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=words.pad_token_id,
            bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        )
    )  # fmt: skip


def network() -> UNet2DConditionModel:
    """A text is one vector here, beside the time's, as in AudioLDM (Liu et al. 2023, arXiv:2301.12503, §3.3)."""
    model = UNet2DConditionModel(
        sample_size=round(SECONDS * 100 / 8), in_channels=LATENTS, out_channels=LATENTS, layers_per_block=1,
        block_out_channels=(64, 128), down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"), mid_block_type="UNetMidBlock2D", attention_head_dim=32,
        class_embed_type="simple_projection", projection_class_embeddings_input_dim=TOLD, class_embeddings_concat=True,
    )  # fmt: skip
    hush(model)
    nn.init.zeros_(model.conv_out.weight)
    return model


class Painter(nn.Module):
    """The U-Net and the text encoder, which learn together."""

    def __init__(self, words: RobertaTokenizerFast) -> None:
        super().__init__()
        self.unet, self.text_encoder = network(), text_encoder(words)

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        told = F.normalize(self.text_encoder(ids, attention_mask=mask).text_embeds, dim=-1)
        return self.unet(noisy, times, encoder_hidden_states=None, class_labels=told).sample


def lessons(words: RobertaTokenizerFast, seeds: range) -> tuple[BatchEncoding, Tensor]:
    """Sentences, and what they say of each sound as `listener.targets` has it, -1 where they leave it open."""
    texts, wanted = [], torch.zeros(len(seeds), len(SOUNDS), 3)
    wanted[..., 1:] = -1
    for row, seed in zip(wanted, seeds, strict=True):
        text, named = describe(sample(seed), random.Random(f"lesson {seed}"))
        texts.append(text)
        for layer in named:
            row[SOUNDS.index(layer.sound)] = torch.tensor([
                1, AMOUNTS.index(layer.amount) if layer.amount else -1,
                DISTANCES.index(layer.distance) if layer.distance else -1,
            ])  # fmt: skip
    given = words(texts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    return given, wanted


def learn_words(
    lab: Lab, encoder: ClapTextModelWithProjection, words: RobertaTokenizerFast, count: int = LESSONS
) -> float:
    """Let the text encoder learn to understand sentences, before it is listened to: a minute, where the noise of a
    diffusion's loss would take hours to tell it what words mean. The share of sounds understood in new ones."""
    head = nn.Linear(TOLD, 3 * len(SOUNDS)).to(lab.device)
    both = nn.ModuleList([encoder, head])
    optimizer = torch.optim.AdamW(both.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.01)

    def read(given: BatchEncoding) -> Tensor:
        told = F.normalize(encoder(**given.to(lab.device)).text_embeds, dim=-1)
        return head(told * TOLD**0.5).unflatten(1, (len(SOUNDS), 3))

    for step in range(count):
        given, wanted = lessons(words, range(step * 32, (step + 1) * 32))
        descend(understood(read(given), wanted.to(lab.device)), both, optimizer, rate(step, count, 1e-3, 30))
    given, wanted = lessons(words, range(UNSEEN, UNSEEN + 256))
    with torch.no_grad():
        right = ((read(given)[..., 0] > 0).cpu() == (wanted[..., 0] > 0)).float().mean().item()
    lab.say("words learned", sounds_understood=100 * right)
    return right


@torch.inference_mode()
def _latents(lab: Lab, vae: AutoencoderKL, seeds: range) -> Tensor:
    """(N, LATENTS, frames / 8, bands / 8), half precision, scaled."""
    made = waves(lab, "soundscapes", soundscapes, seeds)
    parts = [vae.encode(mel(part)[:, None]).latent_dist.mode() for part in made.split(8)]
    return (torch.cat(parts).float() * vae.config.scaling_factor).half().cpu()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    place = lab.state / "tokenizer"
    if not place.exists():
        vocabulary().save_pretrained(place)
    words = RobertaTokenizerFast.from_pretrained(place, local_files_only=True)
    vae = AutoencoderKL.from_pretrained(lab.result("sounds-decoder"), local_files_only=True).to(lab.device).eval()
    count = lab.budget.pictures
    clean = kept_parts(lab, f"sounds-{vae.config.scaling_factor}", count, partial(_latents, lab, vae))
    said = [describe(sample(seed), random.Random(f"{way} {seed}"))[0] for seed in range(count) for way in range(WAYS)]
    noise, model = schedule(), Painter(words).to(lab.device)
    if not (lab.state / "checkpoint.pt").exists():
        learn_words(lab, model.text_encoder, words)
    average = Average(model, Painter(words).to(lab.device), min(0.9995, 1 - 6 / lab.budget.steps))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    some = torch.arange(min(HEARD, count))
    asked = words([said[s * WAYS] for s in some], padding="max_length", truncation=True, max_length=TOKENS,
                  return_tensors="pt")  # fmt: skip

    def as_told(whose: Tensor) -> Tensor:
        given = BatchEncoding({name: ids[whose] for name, ids in asked.items()}).to(lab.device)
        return loss(average.model, noise, clean[some].float(), given, lab.generator())

    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, count, (lab.budget.batch,), generator=draw)
        ways = torch.randint(0, WAYS, seeds.shape, generator=draw)
        spoken = torch.rand(len(seeds), generator=draw) > UNCONDITIONAL
        texts = [said[s * WAYS + w] if on else "" for s, w, on in zip(seeds, ways, spoken, strict=True)]
        given = words(texts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
        with lab.autocast():
            value = loss(model, noise, clean[seeds].float(), given.to(lab.device), draw)
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 8e-4))
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        heard.tell(lab, step, as_told, len(some))
    save(lab, average.model.eval(), vae, words)


def loss(model: Painter, noise: DDIMScheduler, clean: Tensor, given: Any, draw: torch.Generator) -> Tensor:
    """The scenes' loss, of latents in which no place counts more than another; `given` is what the tokenizer gave."""

    def told(noisy: Tensor, times: Tensor, ids: Tensor) -> Tensor:
        return model(noisy, times, ids, given.attention_mask)

    return velocity_loss(told, noise, clean, given.input_ids, torch.zeros(()), draw)


def save(lab: Lab, model: Painter, vae: AutoencoderKL, words: RobertaTokenizerFast) -> None:
    folder = Path(lab.out) / "soundscapes"
    vocoder = SpeechT5HifiGan.from_pretrained(lab.result("sounds-vocoder"), local_files_only=True)
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    told: dict[str, Any] = {
        "name": "Soundscapes", "makes": RECIPE.makes, "parameters": writing.parameters(model, vae, vocoder),
        "stages": ("sounds-autoencoder", "sounds-decoder", "sounds-vocoder"),
        "about": "Five seconds of sea, wind, rain, birds, bells, an engine or steps, from a sentence that says what is "
                 "near and what is far.",
        "defaults": {"steps": STEPS, "guidance_scale": GUIDANCE, "seconds": SECONDS},
    }  # fmt: skip
    pipe = AudioLDMPipeline(vae, model.text_encoder, words, model.unet, schedule(), vocoder)
    pipe.to("cpu").to(torch.float16)
    pipe.save_pretrained(folder, safe_serialization=True)
    for name in ("text_encoder", "vocoder"):
        computed_in_full(getattr(pipe, name), folder / name)
    ship_measured(lab, folder, lambda: measured(folder, min(lab.prompts, 100)), **told)


def measured(folder: Path, count: int) -> dict[str, Any]:
    """What the listener hears through the studio, and in the world's own."""
    asked, named, own = prompts(count)
    listener = Listener.load(LISTENER)
    waves = [torch.from_numpy(made.waveform[0]) for made in media(folder, len(asked), prompts=asked)]
    return {
        f"per cent heard of {len(asked)} unseen prompts": score(listener, waves, named),
        "in the world's own soundscapes": score(listener, list(sound(own, SECONDS, RATE)), named),
    }


RECIPE = Recipe("soundscapes", "soundscapes of the starter world from a sentence, by diffusion of spectrograms", run,
                cpu=Budget(steps=2_000, batch=16, pictures=3_072),
                cuda=Budget(steps=12_000, batch=128, pictures=32_768),
                needs=("sounds-decoder", "sounds-vocoder", "listener"),
                shipped=STARTERS / "soundscapes")  # fmt: skip
