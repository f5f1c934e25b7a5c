"""The tunes starter: a small MusicGen that writes the world's tunes as codes of its codec, from a sentence."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import (
    EncodecModel,
    GenerationConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
)

from models.reader.tune import describe, sample
from models.training import heard, hearing, tales, writing
from models.training.encoded import WAYS, kept_parts
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate, write_atomic
from models.training.muon import Muon
from models.training.pictures import UNSEEN
from models.training.recipes.tunes_codec import BOOKS, CODES, FRAME, RATE, SECONDS, codes_of, played
from models.training.recordings import waves
from models.training.starter import STARTERS, computed_in_full, media, ship_measured
from models.training.world.tunes import play

WIDTH, LAYERS, INNER, HEADS = 320, 6, 1280, 5
TEXT = {"d_model": 128, "d_kv": 32, "d_ff": 256, "num_layers": 2, "num_heads": 4, "dropout_rate": 0.0}
WORDS, TOKENS, LEARNED_FROM = 384, 48, 4_000
FRAMES = round(SECONDS * RATE / FRAME)
PLACES = 672  # of which three quarters may be asked for: ten seconds, as long as what it has heard
UNCONDITIONAL = 0.1
# With a guidance of 3 and a temperature of 1, 12 of 100 tunes began anew after their last chord. So none does.
GUIDANCE, TEMPERATURE = 2.0, 0.9
# For this share of the steps three times as many tunes are heard, but a fifth of each, which costs less: what the words
# say is asked for there, as later on a tune tells its own tempo, key and instruments. Any fifth: how 3,000 tunes begin
# was learned by heart in 1,300 steps (0.7 nats a code, and 5.6 of unseen ones).
EARLY, MORE, PART = 0.3, 3, FRAMES // 5
FORGOTTEN = 0.1  # of what its layers say, as it learns
HEARD = 16  # unseen tunes by which it is told whether words are heard


def vocabulary(lab: Lab) -> PreTrainedTokenizerFast:
    """The tokenizer, learned once from sentences about tunes."""
    path = lab.state / "tokenizer.json"
    if not path.exists():
        said = (describe(sample(seed), random.Random(seed))[0] for seed in range(LEARNED_FROM))
        write_atomic(path, lambda partial: tales.learned(said, WORDS).backend_tokenizer.save(str(partial)))
    return tales.as_words(Tokenizer.from_file(str(path)))


def network(words: PreTrainedTokenizerFast, codec: EncodecModel) -> MusicgenForConditionalGeneration:
    """Copet et al. 2023 (arXiv:2306.05284): books in a delayed pattern, words by cross-attention."""
    end = words.eos_token_id
    config = MusicgenConfig(
        text_encoder=T5Config(
            vocab_size=len(words), pad_token_id=end, eos_token_id=end, decoder_start_token_id=end, **TEXT
        ).to_dict(),
        audio_encoder=codec.config.to_dict(),
        decoder=MusicgenDecoderConfig(
            vocab_size=CODES, max_position_embeddings=PLACES, num_hidden_layers=LAYERS, ffn_dim=INNER,
            num_attention_heads=HEADS, hidden_size=WIDTH, num_codebooks=BOOKS, pad_token_id=CODES, bos_token_id=CODES,
            dropout=FORGOTTEN,
        ).to_dict(),
    )  # fmt: skip
    model = MusicgenForConditionalGeneration(config)
    model.audio_encoder.load_state_dict(codec.state_dict())
    model.audio_encoder.requires_grad_(False)
    model.generation_config = GenerationConfig(
        do_sample=True, guidance_scale=GUIDANCE, temperature=TEMPERATURE, top_k=CODES // 4,
        pad_token_id=CODES, bos_token_id=CODES, decoder_start_token_id=CODES, max_length=FRAMES + BOOKS,
    )  # fmt: skip
    return model


def as_ids(words: PreTrainedTokenizerFast, texts: list[str], device: torch.device) -> tuple[Tensor, Tensor]:
    """Sentences as ids (N, tokens) and where these are words."""
    found = words(texts, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt").to(device)
    return found.input_ids, found.attention_mask


@torch.inference_mode()
def coded(lab: Lab, codec: EncodecModel, seeds: range) -> Tensor:
    """(N, BOOKS, FRAMES) as 16-bit numbers."""
    parts = [codes_of(codec, part).short().cpu() for part in waves(lab, "tunes", played, seeds).split(8)]
    return torch.cat(parts)[..., :FRAMES]


def delayed(codes: Tensor) -> tuple[Tensor, Tensor]:
    """What is read (B, BOOKS, L) and what is to be said next, of codes (B, BOOKS, T): each book a step after the one
    before. L = T + BOOKS - 1; what is no code is CODES where it is read, and -100 where it would be said."""
    count, books, frames = codes.shape
    length = frames + books - 1
    read, said = codes.new_full((count, books, length + 1), CODES), codes.new_full((count, books, length), -100)
    for book in range(books):
        read[:, book, book + 1 : book + 1 + frames] = codes[:, book]
        said[:, book, book : book + frames] = codes[:, book]
    return read[..., :length], said


def loss(model: MusicgenForConditionalGeneration, codes: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy of codes (B, BOOKS, T), of all books alike; words are ids (B, tokens), none where the mask is 0."""
    read, said = delayed(codes)
    logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=read.flatten(0, 1), use_cache=False).logits
    return F.cross_entropy(logits.float().flatten(0, 1), said.flatten(), ignore_index=-100)


def matrices(model: MusicgenForConditionalGeneration) -> list[nn.Parameter]:
    """The weights between hidden layers, which Muon moves."""
    layers = [*model.decoder.model.decoder.layers.parameters(), *model.text_encoder.encoder.block.parameters()]
    return [weight for weight in layers if weight.ndim == 2 and min(weight.shape) >= TEXT["d_model"]]


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    words = vocabulary(lab)
    place = lab.result("tunes-codec")
    codec = EncodecModel.from_pretrained(place, dtype=torch.float32, local_files_only=True)
    codec = codec.to(lab.device).eval().requires_grad_(False)
    mark = f"{float(codec.quantizer.layers[0].codebook.embed.double().sum()):.4f}"
    count = lab.budget.pictures
    codes = kept_parts(lab, f"tune-codes-{mark}", count, partial(coded, lab, codec))
    said = [describe(sample(seed), random.Random(f"{way} {seed}"))[0] for seed in range(count) for way in range(WAYS)]
    ids, known = as_ids(words, said, lab.device)
    model, twin = (network(words, codec).to(lab.device) for _ in range(2))
    average = Average(model, twin, min(0.9995, 1 - 6 / lab.budget.steps))
    optimizer = Muon(model, matrices(model), betas=(0.9, 0.98), weight_decay=0.03)
    played_so = coded(lab, codec, range(UNSEEN, UNSEEN + HEARD))[..., :PART].long().to(lab.device)
    asked, told_by = as_ids(words, hearing.prompts(HEARD)[0], lab.device)

    def told(whose: Tensor) -> Tensor:
        return loss(average.model.eval(), played_so, asked[whose], told_by[whose])

    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw, early = lab.generator(step), step < EARLY * lab.budget.steps
        seeds = torch.randint(0, count, (lab.budget.batch * (MORE if early else 1),), generator=draw)
        ways = torch.randint(0, WAYS, seeds.shape, generator=draw)
        rows = (seeds * WAYS + ways).to(lab.device)
        spoken = (torch.rand(len(seeds), 1, generator=draw) > UNCONDITIONAL).to(lab.device)
        shown = codes[seeds].long()
        if early:
            starts = torch.randint(0, FRAMES - PART + 1, seeds.shape, generator=draw)
            shown = shown.gather(2, (starts[:, None, None] + torch.arange(PART)).expand(-1, BOOKS, -1).to(shown.device))
        with lab.autocast():
            value = loss(model, shown, ids[rows], known[rows] * spoken)
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
        heard.tell(lab, step, told, HEARD)
    save(lab, average.model.eval(), words)


def save(lab: Lab, model: MusicgenForConditionalGeneration, words: PreTrainedTokenizerFast) -> None:
    folder = Path(lab.out) / "tunes"
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    model.to("cpu", torch.float16).save_pretrained(folder, safe_serialization=True)
    computed_in_full(model, folder)
    words.save_pretrained(folder)
    told: dict[str, Any] = {
        "name": "Tunes", "makes": RECIPE.makes, "parameters": writing.parameters(model),
        "stages": ("tunes-codec",),
        "about": "Ten seconds of a simple tune from a sentence that says its mood, key, tempo and instruments. Such "
                 "as: A sad waltz for flute and piano in D minor.",
        "defaults": {"seconds": SECONDS},
    }  # fmt: skip
    ship_measured(lab, folder, lambda: measured(folder, min(lab.prompts, 100)), **told)


def measured(folder: Path, count: int) -> dict[str, Any]:
    """What is heard through the studio, and in the world's own tunes."""
    asked, named, wanted = hearing.prompts(count)
    settings = {"seconds": SECONDS}
    waves = [torch.from_numpy(made.waveform[0]) for made in media(folder, len(asked), prompts=asked, settings=settings)]
    return {
        f"per cent heard of {len(asked)} unseen prompts": hearing.score(waves, RATE, named),
        "in the world's own tunes": hearing.score(play(wanted, SECONDS, RATE), RATE, named),
    }


RECIPE = Recipe("tunes", "music code by code: a MusicGen of the world's tunes, from a sentence", run,
                cpu=Budget(steps=1_500, batch=16, pictures=3_072),
                cuda=Budget(steps=12_000, batch=64, pictures=16_384),
                needs=("tunes-codec",), shipped=STARTERS / "tunes")  # fmt: skip
