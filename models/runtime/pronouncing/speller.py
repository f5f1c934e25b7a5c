"""Words as sounds: by the network, and by a list of those that it says otherwise than they are said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch

from models.networks.spelling import Letters, read
from models.protocol import BadInput
from models.runtime.pronouncing import VARIETIES

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "spelling"
_LONGEST = 40  # letters; in what is longer no sound depends on one so far away


class Speller:
    """`letters` and `sounds` (in IPA, stress before a vowel; the first is none) are what the network's numbers mean;
    `listed` has for each variety what it is not to be asked for."""

    def __init__(
        self, network: Letters, letters: str, sounds: Sequence[str], listed: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.network, self.letters, self.sounds = network.eval(), letters, tuple(sounds)
        self.listed = listed
        self._numbers = {letter: k for k, letter in enumerate(letters)}
        self._known: dict[tuple[str, str], str] = {}

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Speller:
        """The one in that folder. Raises BadInput where it is not whole."""
        from safetensors.torch import load_file

        try:
            told = json.loads((folder / "config.json").read_text("utf-8"))
            network = Letters(len(told["letters"]), len(told["sounds"]), len(VARIETIES), told["width"], told["layers"])
            network.load_state_dict({k: v.float() for k, v in load_file(folder / "speller.safetensors").items()})
            listed = read_list((folder / "words.tsv").read_text("utf-8").splitlines())
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise BadInput(
                f"What tells how English words are said is not whole ({folder.name}): install Everyform again."
            ) from error
        return cls(network, told["letters"], told["sounds"], listed)

    def spell(self, words: Iterable[str], variety: str) -> dict[str, str]:
        """Each of these words, in small letters, in IPA; "" for one without letters that are known."""
        wanted = dict.fromkeys(words)
        listed = self.listed.get(variety, {})
        asked = [w for w in wanted if w not in listed and (w, variety) not in self._known]
        for word, said in zip(asked, self.guess(asked, variety), strict=True):
            self._known[word, variety] = said
        return {w: listed[w] if w in listed else self._known[w, variety] for w in wanted}

    @torch.inference_mode()
    def guess(self, words: Sequence[str], variety: str) -> list[str]:
        """What the network says, whatever the list has."""
        numbers = [[self._numbers[c] for c in word if c in self._numbers][:_LONGEST] for word in words]
        found = [""] * len(words)
        for length in sorted({len(n) for n in numbers} - {0}):
            places = [k for k, n in enumerate(numbers) if len(n) == length]
            for begin in range(0, len(places), 512):
                part = places[begin : begin + 512]
                which = torch.full((len(part),), VARIETIES.index(variety))
                logits = self.network(torch.tensor([numbers[k] for k in part]), which)
                for k, said in zip(part, read(logits), strict=True):
                    found[k] = "".join(self.sounds[number] for number in said)
        return found


def read_list(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """Words by variety, of lines with a word and how each of VARIETIES says it, nothing where the network knows."""
    found: dict[str, dict[str, str]] = {variety: {} for variety in VARIETIES}
    for line in lines:
        word, *said = line.split("\t")
        for variety, one in zip(VARIETIES, said, strict=True):
            if one:
                found[variety][word] = one
    return found


def write_list(listed: Mapping[str, Mapping[str, str]]) -> str:
    """The lines for `read_list`, in the words' order."""
    words = sorted({word for one in listed.values() for word in one})
    return "".join("\t".join([w, *(listed[v].get(w, "") for v in VARIETIES)]) + "\n" for w in words)


@lru_cache(maxsize=1)
def shipped() -> Speller:
    """The one that comes with the program. Raises BadInput where it is not whole."""
    return Speller.load()
