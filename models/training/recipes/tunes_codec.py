"""The codec of the tunes starter: an EnCodec that tells a second of music in 200 codes."""

from __future__ import annotations

import math
import random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import EncodecConfig, EncodecModel

from models.reader.tune import describe, sample
from models.training import hearing
from models.training.codebook import Codebook, perplexity
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.mel import mel
from models.training.pictures import UNSEEN
from models.training.recordings import crops, recordings
from models.training.spectra import compressed, unlike
from models.training.world.tunes import play

RATE, SECONDS = 16_000, 10.0
# 50 frames a second, as MusicGen has. With 25 the decoder, which cannot know the phase of a partial, sounded multiples
# of 25 Hz alone: every key was heard as D minor.
RATIOS, BOOKS, CODES, WIDTH = (8, 5, 4, 2), 4, 1024, 64
FRAME = math.prod(RATIOS)
CROP = 1.28  # seconds, whole frames
LOUD = 10.0  # it learns from tunes so much louder, near 1: from quiet ones it learned nothing but silence
# What it counts how far the wave itself is off, in share of its size, so that codes tell phases too; and how much once
# these are told in codes and the spectra's difference, of about 1, counts beside it. High partials, whose phases few
# codes tell, would be left out otherwise: bells were heard as flutes, and drums not at all.
OF_WAVE, OF_WAVE_IN_CODES = 3.0, 0.3
# For this share of the steps nothing is told in codes: first it learns what to tell (a wave, phases and all, which
# books that learn beside it never come to), then to tell it in few words.
PLAIN = 0.2
# Partials of a kilohertz and more are lost first: quiet beside the low ones, and few beside the noise of drums and the
# room. In square roots of magnitudes they count most. Once these were asked for, strings came from 0.83 to 0.95 of what
# they have between 1 and 2 kHz in 3,000 steps, and clarinets from 0.62 to 0.88.
OF_ROOTS = 2.0
COMMITMENT = 0.25  # van den Oord et al. 2017 (arXiv:1711.00937, eq. 3)
FEWER = 0.15  # of the crops are told by some of the books alone, so that the first ones say what matters most


def network() -> EncodecModel:
    """Défossez et al. 2022 (arXiv:2210.13438), small: 24 channels at the full rate, one LSTM layer."""
    bits = BOOKS * math.log2(CODES) * RATE / FRAME
    config = EncodecConfig(
        sampling_rate=RATE, audio_channels=1, num_filters=24, hidden_size=WIDTH, codebook_dim=WIDTH,
        codebook_size=CODES, upsampling_ratios=list(RATIOS), num_lstm_layers=1, target_bandwidths=[bits / 1000],
        use_causal_conv=False, normalize=False,
    )  # fmt: skip
    return EncodecModel(config)


def played(seeds: range) -> Tensor:
    """(N, samples) in -1..1: the tunes of these seeds."""
    return play([sample(seed) for seed in seeds], SECONDS, RATE)


class Books:
    """The residual books of a codec as they learn: each holds what those before it left (van den Oord et al. 2017;
    Zeghidour et al. 2021, arXiv:2107.03312, §III-C)."""

    def __init__(self, codec: EncodecModel, device: torch.device) -> None:
        tables = (layer.codebook.embed for layer in codec.quantizer.layers)
        # They share the codec's own numbers, which are saved with it.
        self.each = [Codebook(nn.Embedding.from_pretrained(table)).to(device) for table in tables]
        self.parts = nn.ModuleList(self.each)

    def begin(self, vectors: Tensor, draw: torch.Generator) -> None:
        """Put every book's codes where what is left of (N, D) vectors is dense."""
        for book in self.each:
            book.begin(vectors, draw)
            vectors = vectors - book.rows[book.nearest(vectors)]

    def tell(self, vectors: Tensor, draw: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """(BOOKS, N, D) what is told by the first book, the first two and so on, and the codes (BOOKS, N). With a
        `draw` the books learn."""
        left, whole, told, codes = vectors, torch.zeros_like(vectors), [], []
        for book in self.each:
            chosen = book.nearest(left)
            exact = book.rows[chosen]
            if draw is not None:
                book.learn(left, chosen, draw)
            left, whole = left - exact, whole + exact
            told.append(whole)
            codes.append(chosen)
        return torch.stack(told), torch.stack(codes)


@torch.no_grad()
def quantised(books: Books, found: Tensor, draw: torch.Generator) -> Tensor:
    """What the books tell of (B, WIDTH, frames), of some by the first ones alone; they learn from it."""
    count = len(found)
    parts, _ = books.tell(found.transpose(1, 2).flatten(0, 1), draw)
    depth = torch.full((count,), BOOKS - 1)
    some = torch.rand(count, generator=draw) < FEWER
    depth[some] = torch.randint(0, BOOKS - 1, (int(some.sum()),), generator=draw)
    return parts.unflatten(1, (count, -1))[depth, torch.arange(count)].transpose(1, 2)


def unlikeness(made: Tensor, real: Tensor) -> Tensor:
    """How unlike waveforms (B, samples) sound."""
    return unlike(made, real) + F.l1_loss(mel(made), mel(real)) + OF_ROOTS * compressed(made, real)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    store, crop = recordings(lab, "tunes", lab.budget.pictures, played), round(CROP * RATE)
    model, twin = network().to(lab.device), network().to(lab.device)
    books = Books(model, lab.device)
    average = Average(model, twin, 0.997)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=0, betas=(0.8, 0.99), weight_decay=0.01)
    parts: dict[str, Any] = {"model": model, "books": books.parts, "average": average, "optimizer": optimizer}
    told = dict.fromkeys(("sound", "wave", "commitment"), 0.0)
    for step in lab.steps(parts):
        draw = lab.generator(step)
        real = crops(store, lab.budget.batch, crop, draw).to(lab.device)
        found = model.encoder(real[:, None] * LOUD)
        if lab.reaches(PLAIN):
            with torch.no_grad():
                many = model.encoder(crops(store, 64, crop, draw).to(lab.device)[:, None] * LOUD)
                books.begin(many.transpose(1, 2).flatten(0, 1), draw)
        plain = step < PLAIN * lab.budget.steps
        exact = found.detach() if plain else quantised(books, found.detach(), draw)
        made = model.decoder(found + (exact - found).detach())[:, 0] / LOUD
        apart = (F.mse_loss(made, real) / real.square().mean().clamp(min=1e-6)).sqrt()
        off, commitment = real.new_zeros(()) if plain else unlikeness(made, real), F.mse_loss(found, exact)
        loss = off + (OF_WAVE if plain else OF_WAVE_IN_CODES) * apart + COMMITMENT * commitment
        descend(loss, model, optimizer, rate(step, lab.budget.steps, 1e-3))
        average.update(model)
        told["sound"] += off.item()
        told["wave"] += apart.item()
        told["commitment"] += commitment.item()
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{name: value / 50 for name, value in told.items()})
            told = dict.fromkeys(told, 0.0)
    for mine, averaged in zip(model.quantizer.layers, average.model.quantizer.layers, strict=True):
        averaged.codebook.load_state_dict(mine.codebook.state_dict())
    save(lab, quiet(average.model.eval()))


@torch.no_grad()
def quiet(model: EncodecModel) -> EncodecModel:
    """The codec of tunes LOUD times as loud as one of tunes as they are: its first and last layer see to that."""
    first, last = model.encoder.layers[0].conv, model.decoder.layers[-1].conv
    first.parametrizations.weight.original0 *= LOUD
    last.parametrizations.weight.original0 /= LOUD
    last.bias /= LOUD
    return model


@torch.inference_mode()
def codes_of(model: EncodecModel, waves: Tensor) -> Tensor:
    """(B, BOOKS, frames) of waveforms (B, samples)."""
    return model.encode(waves[:, None], bandwidth=model.config.target_bandwidths[0]).audio_codes[0]


@torch.inference_mode()
def there_and_back(model: EncodecModel, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Waveforms (B, samples) as the codec's user hears them, and their codes."""
    codes = codes_of(model, waves)
    return model.decode(codes[None], [None]).audio_values[:, 0], codes


def save(lab: Lab, model: EncodecModel) -> None:
    seeds = range(UNSEEN, UNSEEN + min(lab.prompts, 50))
    named = [describe(sample(seed), random.Random(seed), full=True)[1] for seed in seeds]
    real = played(seeds)
    pairs = [there_and_back(model, part.to(lab.device)) for part in real.split(8)]
    made, codes = torch.cat([wave.cpu() for wave, _ in pairs]), torch.cat([found.cpu() for _, found in pairs])
    figures = {
        "difference of spectra": round(unlike(made, real[:, : made.shape[1]]).item(), 3),
        "per cent heard": hearing.score(made, RATE, named),
        "codes as good as, of the first book": round(perplexity(codes[:, 0], CODES)[0]),
        "of the last": round(perplexity(codes[:, -1], CODES)[0]),
    }
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    model.save_pretrained(lab.state / "result", safe_serialization=True)


RECIPE = Recipe("tunes-codec", "the codec of the tunes starter: sound to codes and back", run,
                cpu=Budget(steps=2_000, batch=12, pictures=768),
                cuda=Budget(steps=12_000, batch=64, pictures=4_096))  # fmt: skip
