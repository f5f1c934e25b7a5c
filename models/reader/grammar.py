"""Scenes to English sentences, in many ways, and such sentences back to the attributes that they name."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.reader.scene import COLOURS, DISTANCES, IN_THE_SKY, KINDS, SEASONAL, Scene, Thing

# ── words ─────────────────────────────────────────────────────────────────────

_TIME = {
    "dawn": ("at dawn", "at daybreak", "at sunrise", "early in the morning", "in the first light"),
    "day": ("at noon", "by day", "in daylight", "in the middle of the day", "in the afternoon"),
    "sunset": ("at sunset", "at dusk", "in the evening", "under a sunset sky", "as the sun goes down"),
    "night": ("at night", "by night", "by moonlight", "under the moon", "late at night"),
}
_WEATHER = {
    "clear": ("under a clear sky", "in clear weather", "with a cloudless sky", "in fine weather"),
    "cloudy": ("under a cloudy sky", "with clouds above", "under heavy clouds", "in cloudy weather"),
    "fog": ("in fog", "in thick fog", "in the mist", "on a foggy day", "with fog all around"),
    "rain": ("in the rain", "in heavy rain", "while it rains", "in rainy weather"),
    "snow": ("in falling snow", "while it snows", "in a snowfall", "in snowy weather"),
}
_SEASON = {
    "spring": ("in spring", "in springtime", "in the spring"),
    "summer": ("in summer", "in summertime", "in the summer"),
    "autumn": ("in autumn", "in the fall", "in the autumn"),
    "winter": ("in winter", "in wintertime", "in the winter"),
}
_TERRAIN = {
    "sea": ("on a calm sea", "at sea", "on the ocean", "by the sea", "on the water"),
    "mountains": ("in the mountains", "below high mountains", "among mountain peaks", "before snowy peaks"),
    "forest": ("in a forest", "at the edge of a wood", "in the woods", "among trees in a forest"),
    "desert": ("in the desert", "in a sandy desert", "among desert dunes", "on the dunes"),
    "meadow": ("in a meadow", "on a wide meadow", "among rolling fields", "in the fields"),
    "town": ("in a town", "in an old town", "on a town square", "among the houses of a town"),
}
_KIND = {
    "sailboat": ("sailboat", "sailing boat", "boat"),
    "lighthouse": ("lighthouse",),
    "house": ("house", "cottage"),
    "windmill": ("windmill", "mill"),
    "tree": ("tree",),
    "balloon": ("balloon", "hot-air balloon", "hot air balloon"),
    "bridge": ("bridge", "stone bridge"),
    "bird": ("bird",),
    "tent": ("tent",),
    "castle": ("castle",),
}
_PLACE = {
    "left": ("on the left", "to the left", "on the left side", "at left"),
    "centre": ("in the centre", "in the middle", "in the center", "at the centre"),
    "right": ("on the right", "to the right", "on the right side", "at right"),
}
_DISTANCE = {
    "near": ("close by", "in the foreground", "up close", "nearby"),
    "far": ("far away", "in the distance", "in the background", "far off"),
}
_SIZE_WORDS = {"near": ("big", "large"), "far": ("small", "tiny")}
# Other words that people use; understood, but not used in our own sentences.
_ALSO = {
    "dawn": ("sunrise", "morning", "dawn", "daybreak"),
    "day": ("noon", "daytime", "midday", "sunny", "afternoon"),
    "sunset": ("sunset", "dusk", "evening", "twilight"),
    "night": ("night", "moonlight", "moonlit", "midnight", "starry"),
    "clear": ("clear sky", "cloudless"),
    "cloudy": ("cloudy", "overcast", "clouds"),
    "fog": ("fog", "foggy", "mist", "misty"),
    "rain": ("rain", "rainy", "raining"),
    "snow": ("snowing", "snowfall", "snowy weather"),
    "spring": ("spring",),
    "summer": ("summer",),
    "autumn": ("autumn",),
    "winter": ("winter", "wintry"),
    "sea": ("sea", "ocean", "water"),
    "mountains": ("mountains", "mountain", "peaks", "alps"),
    "forest": ("forest", "wood", "woods"),
    "desert": ("desert", "dunes", "sand"),
    "meadow": ("meadow", "fields", "field", "grassland", "countryside"),
    "town": ("town", "village", "city"),
}


@dataclass(frozen=True)
class Named:
    """What a sentence names; None or an empty place is left open. `things` hold "" for what is not said of them."""

    time: str | None = None
    weather: str | None = None
    season: str | None = None
    terrain: str | None = None
    things: tuple[Thing, ...] = field(default_factory=tuple)


# ── to words ──────────────────────────────────────────────────────────────────


def describe(scene: Scene, rng: random.Random, full: bool = False) -> tuple[str, Named]:
    """A sentence for a scene, and what it names. `full` names everything that can be seen."""

    def says(chance: float) -> bool:
        return full or rng.random() < chance

    time = scene.time if says(0.85) else None
    weather = scene.weather if says(0.55 if scene.weather == "clear" else 0.9) else None
    season = scene.season if scene.terrain in SEASONAL and says(0.6) else None
    terrain = scene.terrain if says(0.92) else None
    things = tuple(
        Thing(t.kind, t.colour if says(0.9) else "", t.place if says(0.65) else "", t.distance if says(0.6) else "")
        for t in scene.things
    )
    things = tuple(rng.sample(things, len(things)))
    named = Named(time, weather, season, terrain, things)
    setting = [
        rng.choice(words[value])
        for words, value in ((_TERRAIN, terrain), (_SEASON, season), (_WEATHER, weather), (_TIME, time))
        if value
    ]
    if rng.random() < 0.5:
        setting = rng.sample(setting, len(setting))
    nouns = [_phrase(t, rng) for t in things]
    if rng.random() < 0.22 and setting:
        sentence = f"{', '.join(setting)}, {listed(nouns)}"
    elif rng.random() < 0.3:
        sentence = ", ".join([*nouns, *setting])
    else:
        cut = rng.randint(1, len(setting)) if setting else 0
        sentence = ", ".join([" ".join([listed(nouns), *setting[:cut]]), *setting[cut:]])
    if rng.random() < 0.25:
        sentence = sentence[0].upper() + sentence[1:] + "."
    return sentence, named


def listed(parts: Sequence[str]) -> str:
    """`a house, a tree and a bird`"""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _phrase(thing: Thing, rng: random.Random) -> str:
    words = [thing.colour, rng.choice(_KIND[thing.kind])]
    after = [rng.choice(_PLACE[thing.place])] if thing.place else []
    if thing.distance:
        if rng.random() < 0.5:
            words.insert(0, rng.choice(_SIZE_WORDS[thing.distance]))
        else:
            after.insert(rng.randint(0, len(after)), rng.choice(_DISTANCE[thing.distance]))
    text = " ".join(w for w in words if w)
    article = "an" if text[0] in "aeiou" else "a"
    return " ".join([article, text, *after])


# ── from words ────────────────────────────────────────────────────────────────


def _finder(*tables: Mapping[str, tuple[str, ...]]) -> list[tuple[str, re.Pattern[str]]]:
    """(value, pattern) of every phrase, longest first, so that "hot-air balloon" is not a "balloon" with a rest."""
    pairs = [(value, words) for table in tables for value, phrases in table.items() for words in phrases]
    pairs.sort(key=lambda pair: -len(pair[1]))
    return [(value, re.compile(rf"\b{re.escape(words)}\b")) for value, words in pairs]


def _only(table: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {value: (*phrases, *_ALSO[value]) for value, phrases in table.items()}


_FIND_SETTING = {
    "terrain": _finder(_only(_TERRAIN)),
    "weather": _finder(_only(_WEATHER)),
    "season": _finder(_only(_SEASON)),
    "time": _finder(_only(_TIME)),
}
_FIND_KIND = _finder({k: (*v, *(f"{w}s" for w in v)) for k, v in _KIND.items()})
_FIND_PLACE = _finder(_PLACE)
_FIND_DISTANCE = _finder(_DISTANCE)
_COLOUR = re.compile(rf"\b({'|'.join(COLOURS)})\b")


def blanked(text: str, start: int, end: int) -> str:
    """The text without what was read of it. Not cut: other words keep their place in the sentence."""
    return text[:start] + "#" * (end - start) + text[end:]


def parse(text: str) -> Named:
    """The attributes that a sentence names. Words that mean nothing here are passed over."""
    rest = text.lower()
    setting: dict[str, str] = {}
    for attribute, finder in _FIND_SETTING.items():
        for value, pattern in finder:
            if found := pattern.search(rest):
                setting[attribute] = value
                rest = blanked(rest, *found.span())
                break
    spots: list[tuple[int, int, str]] = []
    for kind, pattern in _FIND_KIND:
        while found := pattern.search(rest):
            spots.append((found.start(), found.end(), kind))
            rest = blanked(rest, *found.span())
    spots.sort()
    things = tuple(_thing(rest, spots, k) for k in range(len(spots)))
    return Named(**{key: setting.get(key) for key in _FIND_SETTING}, things=things)


def _thing(text: str, spots: list[tuple[int, int, str]], k: int) -> Thing:
    """Colour and size stand before the noun, place and distance after it, up to the next noun's own words."""
    start, end, kind = spots[k]
    before = text[spots[k - 1][1] if k else 0 : start]
    after = text[end : spots[k + 1][0] if k + 1 < len(spots) else len(text)]
    colours = _COLOUR.findall(before)
    size = next((d for d in DISTANCES for w in _SIZE_WORDS[d] if re.search(rf"\b{w}\b", before)), "")
    place = next((value for value, pattern in _FIND_PLACE if pattern.search(after)), "")
    distance = next((value for value, pattern in _FIND_DISTANCE if pattern.search(after)), "")
    return Thing(kind, colours[-1] if colours else "", place, size or distance)


assert set(_KIND) == set(KINDS) and set(IN_THE_SKY) <= set(KINDS)
