"""The speech starter: any English sentence in four voices. Its decoder hears its own text encoder at last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import VitsModel, VitsTokenizer

from models.training import voice, writing
from models.training.lab import Budget, Lab, Recipe, write_atomic
from models.training.phrases import unseen
from models.training.recipes.speech_decoder import FRAMES, crops
from models.training.spoken import ALPHABET, Utterance, utterances
from models.training.starter import STARTERS, computed_in_full, media, ship_measured
from models.training.understood import words_wrong
from models.training.vocoding import learn
from models.training.world.speech import VOICES, heard


@torch.inference_mode()
def told(model: VitsModel, rows: list[Utterance], device: torch.device) -> list[Tensor]:
    """(frames, BANDS), half precision, of each recording: the mel bands that the network makes of what is said."""
    found: list[Tensor] = []
    for start in range(0, len(rows), 16):
        part = rows[start : start + 16]
        bands = voice.tell(model, voice.batch(part, device)).bands.transpose(1, 2).half().cpu()
        found += [one[: int(row.frames.sum())].clone() for one, row in zip(bands, part, strict=True)]
    return found


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    rows = utterances(lab)
    place = lab.result("speech-words")

    def build() -> VitsModel:
        return VitsModel.from_pretrained(place, local_files_only=True)

    bands = told(build().to(lab.device).eval(), rows, lab.device)

    def drawn(step: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
        waves, voices, places = crops(rows, lab.budget.batch, lab.generator(step))
        cut = [bands[row][at : at + FRAMES].float() for row, at in places]
        given = torch.stack([F.pad(one, (0, 0, 0, FRAMES - len(one))) for one in cut]).transpose(1, 2)
        return (given.to(lab.device), voices.to(lab.device)), waves.to(lab.device)

    model = learn(
        lab, build, drawn, lambda model, given: voice.waveform(model, *given),
        weights=lambda model: model.decoder.parameters(), begins=0.1, peak=5e-4,
    )  # fmt: skip
    save(lab, model)


def lay(model: VitsModel, folder: Path) -> None:
    """The model in half precision and its tokenizer, as transformers reads them."""
    model.to("cpu", torch.float16).save_pretrained(folder, safe_serialization=True)
    computed_in_full(model, folder)
    numbers = folder / "vocab.json"
    write_atomic(numbers, lambda p: p.write_text(json.dumps({c: k for k, c in enumerate(ALPHABET)}), "utf-8"))
    pad = ALPHABET[0]
    VitsTokenizer(
        str(numbers), pad_token=pad, unk_token=pad, language="en-us", add_blank=False, normalize=True, phonemize=True
    ).save_pretrained(folder)


def save(lab: Lab, model: VitsModel) -> None:
    folder = Path(lab.out) / "speech"
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    lay(model, folder)
    about: dict[str, Any] = {
        "name": "Speech", "makes": RECIPE.makes, "parameters": writing.parameters(model),
        "stages": ("speech-decoder", "speech-words"),
        "about": "Reads any English sentence aloud, in one of four voices: Anna and Ben are American, Clara is from "
                 "the south of England, and David is a Scot.",
        "voices": {name: told.partition("+")[0] for name, told in VOICES.items()},
    }  # fmt: skip
    ship_measured(lab, folder, lambda: measured(folder, min(lab.prompts, 100), lab.budget.pictures), **about)


def measured(folder: Path, count: int, trained: int) -> dict[str, Any]:
    """How many words the recogniser hears wrongly through the studio, and of espeak-ng itself, each voice in turn."""
    texts = unseen(count, trained)
    turns = [list(VOICES)[k % len(VOICES)] for k in range(count)]
    return {
        f"words wrong of {count} unseen sentences, per cent": words_wrong(_spoken(folder, texts, turns), texts),
        "of espeak-ng's own": words_wrong((heard(t, v)[0] for t, v in zip(texts, turns, strict=True)), texts),
    }


def _spoken(folder: Path, texts: list[str], turns: list[str]) -> Iterator[Tensor]:
    """Text k in voice k, in the order of the texts; each voice is loaded once."""
    made: dict[int, Tensor] = {}
    for name in dict.fromkeys(turns):
        places = [k for k, one in enumerate(turns) if one == name]
        sounds = media(folder, len(places), prompts=[texts[k] for k in places], settings={"voice": name})
        made |= {k: torch.from_numpy(sound.waveform[0]) for k, sound in zip(places, sounds, strict=True)}
    return (made[k] for k in range(len(texts)))


RECIPE = Recipe("speech", "speech: any English sentence in four voices, by a VITS of phonemes", run,
                cpu=Budget(steps=500, batch=12, pictures=3_072),
                cuda=Budget(steps=8_000, batch=64, pictures=16_384),
                needs=("speech-spelling", "speech-words"), shipped=STARTERS / "speech")  # fmt: skip
