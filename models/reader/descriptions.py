"""Descriptions of the starter world's scenes: the sentences that say what is to be seen, and the same read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from models.reader.forms import Form, Found, Grammar, Told, each, forms, sentences
from models.reader.grammar import Named, parse
from models.reader.scene import COLOURS, KINDS, SEASONAL, Thing

ASKED = "Describe"
# In this order; a description names a thing in each sentence of things.
BEATS = ("where", "season", "weather", "thing", "rest")
LANDS = {"sea": "at the sea", "mountains": "in the mountains", "forest": "in a forest", "desert": "in the desert",
         "meadow": "on a meadow", "town": "in a town"}  # fmt: skip
SPOTS = {"left": "on the left", "centre": "in the middle", "right": "on the right"}
_VERBS = {"sailboat": "sails along", "balloon": "floats in the air", "bird": "flies by", "windmill": "turns its sails"}
_STANDS = "stands"


def verb_of(kind: str) -> str:
    return _VERBS.get(kind, _STANDS)


FORMS: tuple[Form, ...] = (
    *each("where", "time", {
        "dawn": ("It is dawn {land}.", "A new day begins {land}, and the light is soft.",
                 "The sun has just come up {land}."),
        "day": ("It is the middle of the day {land}.", "Bright daylight lies on everything {land}."),
        "sunset": ("The sun is going down {land}.", "It is evening {land}, and the sky glows red."),
        "night": ("It is night {land}.", "The moon shines on a quiet night {land}."),
    }),
    *each("season", "season", {
        "spring": ("It is spring, and the first flowers are out.", "All is fresh and green, as it is in spring."),
        "summer": ("It is summer, and all is green.", "The air is warm, for it is summer."),
        "autumn": ("It is autumn, and the leaves are gold.", "Autumn has painted the leaves red and yellow."),
        "winter": ("It is winter, and all is white.", "The ground sleeps under the snow of winter."),
    }),
    *each("weather", "weather", {
        "clear": ("The sky is clear.", "There is not a cloud in the sky."),
        "cloudy": ("Clouds cover the sky.", "Heavy clouds drift slowly by."),
        "fog": ("Fog hides what is far away.", "A thin fog makes everything soft and pale."),
        "rain": ("Rain is falling.", "Rain falls in long grey threads."),
        "snow": ("Snow is falling softly.", "Snowflakes dance in the air."),
    }),
    *each("thing", "distance", {
        "near": ("Close by, {spot}, a {colour} {thing} {does}.", "A big {colour} {thing} {does} {spot}.",
                 "{spot_first}, quite near, there is a {colour} {thing}."),
        "far": ("Far away, {spot}, a {colour} {thing} {does}.", "A small {colour} {thing} {does} {spot}, far off.",
                "{spot_first}, far off, there is a {colour} {thing}."),
    }),
    *forms("rest", "All is quiet.", "It is a good place to sit and look.", "Nothing else can be seen.",
           "One could look at it for a long time.", "There is no sound but the wind."),
)  # fmt: skip


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    return Grammar(
        FORMS,
        {
            "land": LANDS.values(), "spot": SPOTS.values(), "spot_first": [s.capitalize() for s in SPOTS.values()],
            "colour": COLOURS, "thing": KINDS, "does": {_STANDS, *_VERBS.values()},
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Account(Told):
    """A description that was read: all that it names, and where it contradicts itself or what was asked for."""

    named: Named
    misfits: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether it says where and when, and shows something."""
        return {"where", "thing"} <= {f.beat for _, f in self.found if f}


def read(text: str) -> Account:
    """Read a description, with or without `Describe ...` in a line before it."""
    asked, found, misfits, last = Named(), [], [], 0
    told: dict[str, str] = {}
    things: list[Thing] = []
    first, _, rest = text.partition("\n")
    if first.startswith(ASKED):
        asked, text = parse(first), rest
    for sentence in sentences(text):
        said = grammar().read(sentence, BEATS[last:])
        found.append((sentence, said))
        if said is None:
            continue
        place = BEATS.index(said.beat)
        if place < last or (place == last and said.beat != "thing" and len(found) > 1):
            misfits.append(f"out of order: {sentence}")
        last = max(last, place)
        if said.beat == "thing":
            thing = _thing(said)
            if any(thing.kind == t.kind or thing.place == t.place for t in things):
                misfits.append(f"again: {sentence}")
            if said.words.get("does", verb_of(thing.kind)) != verb_of(thing.kind):
                misfits.append(f"a {thing.kind} does no such thing: {sentence}")
            things.append(thing)
        told |= {k: v for k, v in said.means.items() if k in ("time", "season", "weather")}
        if "land" in said.words:
            told["terrain"] = _of(LANDS, said.words["land"])
    if "season" in told and told.get("terrain", SEASONAL[0]) not in SEASONAL:
        misfits.append(f"no {told['season']} can be seen at the {told['terrain']}")
    named = Named(**{k: told.get(k) for k in ("time", "weather", "season", "terrain")}, things=tuple(things))
    return Account(tuple(found), named, (*misfits, *_missed(asked, named)))


def _thing(said: Found) -> Thing:
    spot = said.words.get("spot") or said.words["spot_first"].lower()
    return Thing(said.words["thing"], said.words["colour"], _of(SPOTS, spot), said.means["distance"])


def _of(table: dict[str, str], words: str) -> str:
    return next(value for value, said in table.items() if said == words)


def _missed(asked: Named, named: Named) -> Iterator[str]:
    for key in ("time", "weather", "season", "terrain"):
        if getattr(asked, key) and getattr(asked, key) != getattr(named, key):
            yield f"{key} {getattr(asked, key)} is not described"
    for wish in asked.things:
        there = next((t for t in named.things if t.kind == wish.kind), None)
        if there is None or any(v and v != getattr(there, k) for k, v in vars(wish).items()):
            yield f"the {wish.kind} is not described as asked"
