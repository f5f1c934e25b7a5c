"""How English is said: letters to sounds for words in no list, and the list of those that it says wrongly."""

from __future__ import annotations

import json
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from models.networks.spelling import PLACES, SILENT, Letters
from models.runtime.pronouncing import VARIETIES
from models.runtime.pronouncing.speller import FOLDER, Speller, write_list
from models.training import pronounced
from models.training.edits import error_rate
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate, write_atomic

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
WIDTH, LAYERS = 128, 7
FEWEST = 20  # a sound in fewer words is none that can be learned
TRUSTED = 60.0  # per cent of unseen words right, from which on it is better than asking for another word

Said = dict[str, dict[str, tuple[str, ...]]]  # sounds by word, by variety


def rendered(lab: Lab) -> Said:
    """How espeak-ng says every word of the dictionary (`pictures` of the budget at most), asked once."""
    path = lab.state / "said.json"
    if not path.exists():
        words = pronounced.dictionary()
        few = words[:: max(1, len(words) // lab.budget.pictures)]
        said = pronounced.everything(few)
        write_atomic(path, lambda p: p.write_text(json.dumps(said, ensure_ascii=False), "utf-8"))
    read = json.loads(path.read_text("utf-8"))
    return {variety: {word: tuple(one) for word, one in words.items()} for variety, words in read.items()}


def inventory(said: Said) -> list[str]:
    """The sounds that are learned, after the empty one that stands for none."""
    counts: dict[str, int] = {}
    for one in said.values():
        for sounds in one.values():
            for sound in sounds:
                counts[sound] = counts.get(sound, 0) + 1
    return ["", *sorted(sound for sound, count in counts.items() if count >= FEWEST)]


class Words:
    """What is learned from, by length: `letters` (N, length), `varieties` (N,), `sounds` (N, most), `counts` (N,)."""

    def __init__(self, said: Said, sounds: list[str]) -> None:
        letters, numbers = ({one: k for k, one in enumerate(all_)} for all_ in (LETTERS, sounds))
        rows: dict[int, list[tuple[list[int], int, list[int]]]] = {}
        for which, variety in enumerate(VARIETIES):
            for word, one in said.get(variety, {}).items():
                if pronounced.held_out(word) or len(one) > PLACES * len(word) or not all(s in numbers for s in one):
                    continue
                rows.setdefault(len(word), []).append(([letters[c] for c in word], which, [numbers[s] for s in one]))
        self._by_length = {length: _tensors(found) for length, found in sorted(rows.items())}
        self._weights = torch.tensor([float(len(t[1])) for t in self._by_length.values()])

    def batch(self, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As many words of one length, each length as often as its words are."""
        which = int(torch.multinomial(self._weights, 1, generator=draw))
        parts = list(self._by_length.values())[which]
        rows = torch.randint(0, len(parts[1]), (count,), generator=draw)
        letters, varieties, sounds, counts = (part[rows] for part in parts)
        return letters, varieties, sounds, counts


def _tensors(rows: list[tuple[list[int], int, list[int]]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    most = max(len(sounds) for _, _, sounds in rows)
    padded = [sounds + [SILENT] * (most - len(sounds)) for _, _, sounds in rows]
    counts = torch.tensor([len(sounds) for _, _, sounds in rows])
    return torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows]), torch.tensor(padded), counts


def loss(logits: Tensor, sounds: Tensor, counts: Tensor) -> Tensor:
    """How unlikely these sounds (B, most) are, of logits (B, places, sounds): a mean over sounds."""
    likely = logits.float().log_softmax(-1).transpose(0, 1)
    places = torch.full((len(counts),), len(likely))
    return F.ctc_loss(likely, sounds, places, counts, blank=SILENT, zero_infinity=True)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    said = rendered(lab)
    sounds = inventory(said)
    words = Words(said, sounds)

    def network() -> Letters:
        return Letters(len(LETTERS), len(sounds), len(VARIETIES), WIDTH, LAYERS).to(lab.device)

    model = network()
    average = Average(model, network(), min(0.998, 1 - 6 / lab.budget.steps))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        letters, varieties, wanted, counts = words.batch(lab.budget.batch, lab.generator(step))
        logits = model(letters.to(lab.device), varieties.to(lab.device))
        value = loss(logits, wanted.to(lab.device), counts)
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 50 == 49:
            lab.say(f"step {step + 1}", loss=total / 50)
            total = 0.0
    save(lab, average.model.eval().cpu(), said, sounds)


def save(lab: Lab, model: Letters, said: Said, sounds: list[str]) -> None:
    """Measure it on words that it has not seen; then list all that it says wrongly, and lay both down."""
    halved = {name: weight.half().contiguous() for name, weight in model.state_dict().items()}
    model.load_state_dict({name: weight.float() for name, weight in halved.items()})
    speller = Speller(model, LETTERS, sounds, {})
    figures = measured(speller, said, lab.prompts * 10)
    listed = {variety: wrong(speller, one, variety) for variety, one in said.items()}
    count = sum(len(one) for one in said.values())
    figures["of known words in the list, per cent"] = round(100 * sum(map(len, listed.values())) / count, 1)
    for variety in VARIETIES:
        listed[variety] |= pronounced.together(variety)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, **figures)
    lab.say(f"done: {figures}")
    places = [lab.state / "result"]
    if figures["unseen words right, per cent"] >= TRUSTED:
        places.append(FOLDER)
    config = {"letters": LETTERS, "sounds": sounds, "width": WIDTH, "layers": LAYERS}
    stage = {k: v for k, v in lab.told(RECIPE.name).items() if k not in figures}
    count = sum(p.numel() for p in model.parameters())
    told = {"makes": RECIPE.makes, "parameters": count, "stages": [stage], "figures": figures}
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / "speller.safetensors", lambda p: save_file(halved, p))
        write_atomic(place / "config.json", lambda p: p.write_text(json.dumps(config, ensure_ascii=False), "utf-8"))
        write_atomic(place / "training.json", lambda p: p.write_text(json.dumps(told, indent=1), "utf-8"))
        write_atomic(place / "words.tsv", lambda p: p.write_text(write_list(listed), "utf-8"))


def measured(speller: Speller, said: Said, most: int) -> dict[str, Any]:
    """On words that were held out: whole words right, the same without their stress, and sounds wrong."""
    right, plain, pairs = 0, 0, list[tuple[list[str], list[str]]]()
    for variety, one in said.items():
        words = [word for word in one if pronounced.held_out(word)][:most]
        for word, guess in zip(words, speller.guess(words, variety), strict=True):
            meant = "".join(one[word])
            right += guess == meant
            plain += _unstressed(guess) == _unstressed(meant)
            pairs.append((list(guess), list(meant)))
    share = 100 / max(len(pairs), 1)
    return {
        "unseen words": len(pairs),
        "unseen words right, per cent": round(share * right, 1),
        "right but for their stress, per cent": round(share * plain, 1),
        "unseen sounds wrong, per cent": error_rate(pairs),
    }


def _unstressed(sounds: str) -> str:
    return sounds.replace("ˈ", "").replace("ˌ", "")


def wrong(speller: Speller, said: dict[str, tuple[str, ...]], variety: str) -> dict[str, str]:
    """The words that the network says otherwise than they are said, and how they are."""
    words = list(said)
    guesses = speller.guess(words, variety)
    return {w: "".join(said[w]) for w, guess in zip(words, guesses, strict=True) if guess != "".join(said[w])}


RECIPE = Recipe("speech-spelling", "how English words are said: letters to sounds, in three accents", run,
                cpu=Budget(steps=3_000, batch=256, pictures=100_000),
                cuda=Budget(steps=20_000, batch=512, pictures=100_000),
                shipped=FOLDER / "speller.safetensors")  # fmt: skip
