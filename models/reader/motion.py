"""Moving scenes of the starter world: what moves where, in words and back."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from models.reader.grammar import Named, blanked, describe, parse
from models.reader.scene import TIMES, Scene
from models.reader.scene import sample as sample_scene

DIRECTIONS = ("left", "right", "up", "down")
# Who moves, and where to. What else moves (sails of mills, waves, rain) does so always, and no sentence says it.
MOVES = {"sailboat": ("left", "right"), "bird": ("left", "right"), "balloon": DIRECTIONS}
CLOUDED = ("cloudy", "rain", "snow")
# A time of day turns into a later one.
TURNS = {"dawn": ("day",), "day": ("sunset", "night"), "sunset": ("night",), "night": ("dawn",)}
_SAID = {
    "sailboat": ("boat", "sailboat"), "bird": ("bird",), "balloon": ("balloon",), "clouds": ("clouds",),
}  # fmt: skip
_VERB = {"sailboat": "sails", "bird": "flies", "balloon": "floats", "clouds": "drift"}
_TO = {"left": ("to the left", "left"), "right": ("to the right", "right"), "up": ("up",), "down": ("down",)}


@dataclass(frozen=True)
class Clip:
    """A scene, where each of its things goes ("" where it stays), where its clouds go, and what time it becomes."""

    scene: Scene
    moves: tuple[str, ...]
    clouds: str = ""
    until: str = ""


@dataclass(frozen=True)
class NamedMotion:
    """What a sentence names: the scene, (kind, direction) of what moves, the clouds' way, and the time it becomes."""

    named: Named
    moves: tuple[tuple[str, str], ...] = ()
    clouds: str = ""
    until: str = ""


def sample(seed: int) -> Clip:
    """The clip of a seed: something in it moves, or the light changes."""
    k = 0
    while True:
        scene = replace(sample_scene(seed + 7_919_000_000 * k), seed=seed)
        rng = random.Random(f"clip {seed} {k}")
        ways = [MOVES.get(thing.kind, ()) for thing in scene.things]
        moves = tuple(rng.choice(way) if way and rng.random() < 0.85 else "" for way in ways)
        clouds = rng.choice(("left", "right")) if scene.weather in CLOUDED and rng.random() < 0.6 else ""
        until = rng.choice(TURNS[scene.time]) if rng.random() < 0.25 else ""
        if any(moves) or clouds or until:
            return Clip(scene, moves, clouds, until)
        k += 1


def describe_clip(clip: Clip, rng: random.Random) -> tuple[str, NamedMotion]:
    """A sentence for a clip, and what it names: every motion, and of the scene what `describe` names."""
    sentence, named = describe(clip.scene, rng)
    sentence = sentence.rstrip(".")
    moved = [(t.kind, way) for t, way in zip(clip.scene.things, clip.moves, strict=True) if way]
    parts = [_moves(kind, way, rng) for kind, way in moved]
    if clip.clouds:
        parts.append(_moves("clouds", clip.clouds, rng))
    if clip.until:
        parts.append(f"{clip.scene.time} turns to {clip.until}")
        named = replace(named, time=clip.scene.time)
    rng.shuffle(parts)
    return f"{sentence}; {' and '.join(parts)}", NamedMotion(named, tuple(sorted(moved)), clip.clouds, clip.until)


def _moves(who: str, way: str, rng: random.Random) -> str:
    noun = rng.choice(_SAID[who])
    if who == "balloon" and way in ("up", "down") and rng.random() < 0.7:
        return f"the {noun} {'rises' if way == 'up' else 'sinks'}"
    return f"the {noun} {_VERB[who]} {rng.choice(_TO[way])}"


_WAY = re.compile(
    r"\b(?:sail(?:s|ing)?|fl(?:y|ies|ying)|drift(?:s|ing)?|float(?:s|ing)?|mov(?:es?|ing)|glid(?:es?|ing))\s"
    r"(?:slowly\s)?(?:(?:to|towards?)\s(?:the\s)?)?(left|right|up|down)(?:wards?)?\b"
)
_HEIGHT = re.compile(r"\b(?:(ris(?:es?|ing)|climb(?:s|ing)?)|(sink(?:s|ing)?|descend(?:s|ing)?))\b")
_TIME = "|".join(TIMES)
_TURN = re.compile(rf"\b({_TIME}) (?:turn|chang|fad|becom)(?:s|es|e|ing)?(?: in)?(?: ?to)? ({_TIME})\b")
_WHO = [
    ("sailboat", re.compile(r"\b(?:sail(?:ing )?)?boats?\b")), ("bird", re.compile(r"\bbirds?\b")),
    ("balloon", re.compile(r"\bballoons?\b")), ("clouds", re.compile(r"\bclouds?\b")),
]  # fmt: skip


def parse_motion(text: str) -> NamedMotion:
    """What a sentence names: whatever moves is what was named last before its verb."""
    rest = text.lower()
    until, start = "", None
    if turn := _TURN.search(rest):
        start, until = turn[1], turn[2]
        rest = blanked(rest, *turn.span())
    moves: dict[str, str] = {}
    for pattern in (_WAY, _HEIGHT):
        while found := pattern.search(rest):
            way = found[1] if pattern is _WAY else "up" if found[1] else "down"
            owners = [(m.end(), m.start(), who) for who, words in _WHO for m in words.finditer(rest, 0, found.start())]
            cut = found.start()
            if owners:
                _, began, who = max(owners)
                moves.setdefault(who, way)
                # "the boat sails left" after the scene names the boat again: it is no second boat.
                if rest[:began].endswith("the "):
                    cut = began - len("the ")
            rest = blanked(rest, cut, found.end())
    named = parse(rest)
    if start:
        named = replace(named, time=start)
    clouds = moves.pop("clouds", "")
    return NamedMotion(named, tuple(sorted(moves.items())), clouds, until)
