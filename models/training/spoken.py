"""Recordings of espeak-ng's voices with what is said when: IPA, character by character, each with its frames."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.runtime.pronouncing.words import MARKS
from models.training.lab import Lab, write_atomic
from models.training.mel import HOP
from models.training.phrases import sentence
from models.training.recordings import FULL
from models.training.world.speech import SILENCE, VOICES, heard, sounds

# What the voice is told a text in: a pad, marks, stress and length, and the letters of IPA that English needs.
ALPHABET = ["<pad>", " ", *MARKS, *"ˈˌː", *"abdefhijklmnoprstuvwxzæðøŋɐɑɒɔəɚɛɜɡɪɫɹɾʃʉʊʌʍʒʔθᵻʲ\u0329"]
NUMBERS = {one: k for k, one in enumerate(ALPHABET)}
_ALIKE = 0.9  # share of the sounds in what is written that is also heard; with less, what is when is not known
_PART = 64


@dataclass(frozen=True)
class Utterance:
    """`ids` (n,) are numbers of ALPHABET, `frames` (n,) how long each lasts, 1 at least; `wave` (frames * HOP,) in
    -1..1, or as 16-bit numbers where it was kept."""

    ids: Tensor
    frames: Tensor
    voice: int
    wave: Tensor


def utterance(text: str, voice: int) -> Utterance | None:
    """The sentence in that one of VOICES; None where espeak-ng says something that cannot be told in ALPHABET."""
    name = list(VOICES)[voice]
    wave, named = heard(text, name)
    units = _units(text, VOICES[name].partition("+")[0])
    starts = _starts(units, [(at, one) for at, one in named if one != SILENCE])
    written = "".join(units)
    if starts is None or any(c not in NUMBERS for c in written):
        return None
    frames = _frames(_bounds(units, starts, [at for at, one in named if one == SILENCE], len(wave)), len(wave))
    full = torch.nn.functional.pad(wave, (0, max(sum(frames) * HOP - len(wave), 0)))[: sum(frames) * HOP]
    ids = torch.tensor([NUMBERS[c] for c in written])
    return Utterance(ids, torch.tensor(frames), voice, full)


def _units(text: str, variety: str) -> list[str]:
    """Sounds with their stress, " " between words, and marks with a blank after them: together the text in IPA."""
    units: list[str] = []
    for piece in re.findall(rf"[^{re.escape(MARKS)}]+|[{re.escape(MARKS)}]", text):
        if piece in MARKS:
            units.append(f"{piece} ")
            continue
        for word in sounds(piece, variety):
            if units and not units[-1].endswith(" "):
                units.append(" ")
            units += word
    if units:
        units[-1] = units[-1].rstrip(" ")
    return units


def _starts(units: list[str], named: list[tuple[int, str]]) -> list[int | None] | None:
    """At which sample each sound begins, None for marks and what was not heard; None for all if little was."""
    places = [k for k, unit in enumerate(units) if unit[0] not in MARKS and unit != " "]
    written = [units[k].lstrip("ˈˌ") for k in places]
    match = difflib.SequenceMatcher(None, written, [one for _, one in named], autojunk=False)
    found: list[int | None] = [None] * len(units)
    same = 0
    for begin, other, count in match.get_matching_blocks():
        same += count
        for k in range(count):
            found[places[begin + k]] = named[other + k][0]
    return found if same >= _ALIKE * max(len(places), 1) else None


def _bounds(units: list[str], starts: list[int | None], pauses: list[int], samples: int) -> list[float]:
    """At which sample each character begins. A blank begins with the pause that is there, or is none; the characters of
    a sound share its time."""
    begins: list[int] = []
    after = samples
    for k in range(len(units) - 1, -1, -1):  # from the end, as what was not heard is a moment before what was
        here = starts[k]
        if here is None:
            before = next((s for s in reversed(starts[:k]) if s is not None), 0)
            pause = next((p for p in pauses if before < p <= after), None)
            separates = units[k][0] in MARKS or units[k] == " "
            here = pause if separates and pause is not None else after
        begins.append(here)
        after = here
    begins.reverse()
    begins[0] = 0
    found: list[float] = []
    for unit, (begin, end) in zip(units, pairwise([*begins, samples]), strict=True):
        found += [begin + (end - begin) * c / len(unit) for c in range(len(unit))]
    return found


def _frames(bounds: list[float], samples: int) -> list[int]:
    """How many frames each character lasts: to the nearest, and one at least, which those after it give."""
    places = [0]
    for bound in bounds[1:]:
        nearest = round(min(bound, samples) / HOP)
        places.append(max(places[-1] + 1, nearest))
    places.append(max(places[-1] + 1, samples // HOP))
    return [end - begin for begin, end in pairwise(places)]


def utterances(lab: Lab) -> list[Utterance]:
    """`pictures` of the budget, in all voices in turn, spoken once for all recipes of speech."""
    found: list[Utterance] = []
    for start in range(0, lab.budget.pictures, _PART):
        path = lab.root / "world" / f"speech-{start}.safetensors"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _keep(lab, start, path)
        found += _kept(load_file(path))
    return found[: lab.budget.pictures]


def _keep(lab: Lab, start: int, path: Path) -> None:
    """Speak a part of the sentences into that file."""
    made = [utterance(sentence(seed), seed % len(VOICES)) for seed in range(start, start + _PART)]
    good = [one for one in made if one is not None]
    lab.say(f"sentences {start} to {start + _PART} spoken", left_out=_PART - len(good))
    tensors = {
        "ids": torch.cat([one.ids for one in good]).short(),
        "frames": torch.cat([one.frames for one in good]).short(),
        "counts": torch.tensor([len(one.ids) for one in good]),
        "voices": torch.tensor([one.voice for one in good]),
        "waves": torch.cat([(one.wave.clamp(-1, 1) * FULL).short() for one in good]),
    }  # fmt: skip
    write_atomic(path, lambda p: save_file(tensors, p))


def _kept(tensors: dict[str, Tensor]) -> Iterator[Utterance]:
    counts = tensors["counts"].tolist()
    frames = tensors["frames"].split(counts)
    waves = tensors["waves"].split([int(one.sum()) * HOP for one in frames])
    for ids, one, voice, wave in zip(tensors["ids"].split(counts), frames, tensors["voices"], waves, strict=True):
        yield Utterance(ids.long(), one.long(), int(voice), wave)
