"""What a soundscape of the starter world is made of: sounds with an amount and a distance; said, and understood."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from models.reader.grammar import blanked, listed

SOUNDS = ("sea", "wind", "rain", "birds", "bells", "engine", "steps")
AMOUNTS = ("little", "much")
DISTANCES = ("near", "far")

# sound: (words for a little of it, for much of it)
_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sea": (("a calm sea", "small waves"), ("a rough sea", "big waves")),
    "wind": (("a light wind", "a gentle breeze"), ("a strong wind", "a storm wind")),
    "rain": (("light rain", "a drizzle"), ("heavy rain", "a downpour")),
    "birds": (("a bird singing", "one bird"), ("many birds", "a chorus of birds")),
    "bells": (("a single bell", "a slow bell"), ("ringing bells", "many bells")),
    "engine": (("a slow engine", "an idling engine"), ("a fast engine", "a racing engine")),
    "steps": (("slow steps", "someone walking"), ("quick steps", "someone running")),
}
_WHERE = {"near": ("close by", "nearby", "very near"), "far": ("far away", "in the distance", "far off")}
# Other words that people use: what is there, without saying how much of it.
_ALSO = {
    "sea": ("sea", "ocean", "waves", "surf"), "wind": ("wind", "breeze", "gusts"), "rain": ("rain", "raining"),
    "birds": ("birds", "bird", "birdsong"), "bells": ("bells", "bell", "chimes"),
    "engine": ("engine", "motor", "motorboat", "engines"), "steps": ("steps", "footsteps", "walking", "running"),
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """One sound of a soundscape; "" where a sentence leaves amount or distance open."""

    sound: str
    amount: str
    distance: str


@dataclass(frozen=True)
class Soundscape:
    layers: tuple[Layer, ...]
    seed: int


def sample(seed: int) -> Soundscape:
    """The soundscape of a seed: one to three different sounds, at most one of them far where there are two."""
    rng = random.Random(f"soundscape {seed}")
    count = rng.choices((1, 2, 3), (4, 4, 2))[0]
    sounds = rng.sample(SOUNDS, count)
    distances = [rng.choice(DISTANCES) for _ in sounds]
    # What is far is not heard behind three things; and something is near, as there is always a nearest.
    distances[0] = "near" if count > 1 else distances[0]
    if count == 3:
        distances[1] = "near"
    return Soundscape(tuple(Layer(s, rng.choice(AMOUNTS), d) for s, d in zip(sounds, distances, strict=True)), seed)


def describe(scape: Soundscape, rng: random.Random, full: bool = False) -> tuple[str, tuple[Layer, ...]]:
    """A sentence for a soundscape, and what it names."""
    parts, named = [], []
    for layer in rng.sample(scape.layers, len(scape.layers)):
        much, far = full or rng.random() < 0.75, full or rng.random() < 0.6
        words = rng.choice(_WORDS[layer.sound][AMOUNTS.index(layer.amount)] if much else _ALSO[layer.sound][:1])
        parts.append(f"{words} {rng.choice(_WHERE[layer.distance])}" if far else words)
        named.append(Layer(layer.sound, layer.amount if much else "", layer.distance if far else ""))
    text = listed(parts)
    return (text[0].upper() + text[1:] + "." if rng.random() < 0.25 else text), tuple(named)


def parse(text: str) -> tuple[Layer, ...]:
    """The sounds that a sentence names, in its order. Words that mean nothing here are passed over."""
    rest = text.lower()
    spots: list[tuple[int, int, str, str]] = []
    exact = [(w, sound, AMOUNTS[k]) for sound, both in _WORDS.items() for k, ws in enumerate(both) for w in ws]
    loose = [(w, sound, "") for sound, ws in _ALSO.items() for w in ws]
    for words, sound, amount in sorted(exact, key=lambda e: -len(e[0])) + sorted(loose, key=lambda e: -len(e[0])):
        while found := re.search(rf"\b{re.escape(words)}\b", rest):
            if all(sound != s for *_, s, _ in spots):
                spots.append((found.start(), found.end(), sound, amount))
            rest = blanked(rest, *found.span())
    spots.sort()
    layers = []
    for k, (_, end, sound, amount) in enumerate(spots):
        after = rest[end : spots[k + 1][0] if k + 1 < len(spots) else len(rest)]
        where = next((d for d, ws in _WHERE.items() if any(re.search(rf"\b{w}\b", after) for w in ws)), "")
        layers.append(Layer(sound, amount, where))
    return tuple(layers)
