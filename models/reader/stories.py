"""Stories of the starter world read back: which sentences are its grammar's, and whether the story holds together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from models.reader.forms import Found, Grammar, Told, sentences
from models.reader.scene import COLOURS, SEASONS, TERRAINS
from models.reader.story_events import EVENTS
from models.reader.story_forms import BEATS, OPTIONAL, PROMPTS, TOLD
from models.reader.story_world import (
    HELPS,
    KINDS,
    NAMES,
    SIGHTS,
    TERRAIN_OF,
    TIMES_OF_DAY,
    TRAITS,
    TROUBLES,
    WISHES,
    names_of,
    pronoun,
    traits_of,
)

PRONOUNS = {"they": ("she", "he"), "them": ("her", "him"), "their": ("her", "his")}


@dataclass(frozen=True)
class Story:
    """What a story tells, whatever its words: a hero with a wish, a trouble on the way, a friend whose help fits."""

    name: str
    kind: str
    trait: str
    home: str
    wish: str
    season: str
    time: str
    trouble: str
    friend: str
    fkind: str
    ftrait: str
    help: str

    @property
    def terrain(self) -> str:
        return TERRAIN_OF[self.home]


@dataclass(frozen=True)
class Reading(Told):
    """`told` are a story's attributes as far as they were told. `mixed_up` says where a character changes (name, kind,
    trait, she and he), `misfits` where a cause and what follows from it do not fit, or the order is lost.
    """

    told: Mapping[str, str]
    mixed_up: tuple[str, ...]
    misfits: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether it has a beginning, a trouble, a help and an ending: all beats that may not be left out."""
        beats = {f.beat for _, f in self.found if f}
        return all(beat in beats or beat in OPTIONAL for beat in BEATS)

    @property
    def story(self) -> Story | None:
        """The whole story, where all of it was told."""
        names = [field.name for field in fields(Story)]
        return Story(**{n: self.told[n] for n in names}) if all(n in self.told for n in names) else None


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    kinds, traits = tuple(KINDS), (*TRAITS, *COLOURS)
    return Grammar(
        (*TOLD, *EVENTS, *PROMPTS),
        {
            "name": NAMES, "friend": NAMES, "kind": kinds, "fkind": kinds, "trait": traits, "ftrait": traits,
            "home": tuple(TERRAIN_OF), "wish": tuple(WISHES), "season": SEASONS, "time": TIMES_OF_DAY,
            "went": {k.went for k in KINDS.values()}, "colour": COLOURS,
            "sight": {sight for sights in SIGHTS.values() for sight in sights},
            **PRONOUNS, **{slot.title(): [w.title() for w in words] for slot, words in PRONOUNS.items()},
            **{f"f{slot}": words for slot, words in PRONOUNS.items()},
        },
    )  # fmt: skip


def read(text: str) -> Reading:
    """Read a story, with or without the prompt that asked for it in a line before it."""
    found: list[tuple[str, Found | None]] = []
    told: dict[str, str] = {}
    mixed_up: list[str] = []
    misfits: list[str] = []
    last = -1
    for sentence in sentences(text):
        # The most likely beat comes soon after the last one.
        said = grammar().read(sentence, (*BEATS[last + 1 : last + 4], "prompt"))
        if said is None and not found:
            asked = sentence.replace("Tell me a story", "Tell a story", 1).rstrip(".") + "."
            said = grammar().read(asked, ("prompt",))
        if said is not None and said.beat == "prompt" and not found:
            told.update(said.words)
            continue
        found.append((sentence, said))
        if said is None:
            continue
        place = BEATS.index(said.beat) if said.beat in BEATS else len(BEATS)
        if place <= last:
            misfits.append(f"out of order: {sentence}")
        last = max(last, min(place, len(BEATS) - 1))
        mixed_up += [f"{fault}: {sentence}" for fault in _strangers(said, told)]
        for key, value in {**said.words, **said.means}.items():
            if key == "season" and said.beat == "close":  # when they meet again
                continue
            if key in _TOLD_OF and told.setdefault(key, value) != value:
                fault = f"{key} {told[key]} becomes {value}: {sentence}"
                (misfits if key in _OF_EVENTS else mixed_up).append(fault)
        mixed_up += [f"{fault}: {sentence}" for fault in _pronouns(said, told)]
    mixed_up += list(_unlikely(told))
    misfits += list(_causes(told))
    return Reading(tuple(found), told, tuple(mixed_up), tuple(misfits))


_OF_EVENTS = ("home", "wish", "trouble", "help", "season", "time", "terrain")
_TOLD_OF = (*(field.name for field in fields(Story)), "terrain")
_INTRODUCES = {"open": "name", "meet": "friend"}


def _strangers(said: Found, told: Mapping[str, str]) -> Iterator[str]:
    """Whoever acts without having been introduced."""
    for slot in ("name", "friend"):
        if slot in said.words and slot not in told and _INTRODUCES.get(said.beat) != slot:
            yield f"nobody has met {said.words[slot]}"


def _pronouns(said: Found, told: Mapping[str, str]) -> Iterator[str]:
    for slot, word in said.words.items():
        owner, plain = ("friend", slot[1:].lower()) if slot.startswith("f") else ("name", slot.lower())
        if plain in PRONOUNS and owner in told:
            wanted = PRONOUNS[plain][("she", "he").index(pronoun(told[owner]))]
            if word.lower() != wanted:
                yield f"{word} for {told[owner]}"


def _unlikely(told: Mapping[str, str]) -> Iterator[str]:
    """Characters that cannot be: two of one name, a girl named Tom, a fox that floats in the sea."""
    if "name" in told and told["name"] == told.get("friend"):
        yield f"both are named {told['name']}"
    for name, kind, trait in (("name", "kind", "trait"), ("friend", "fkind", "ftrait")):
        if kind in told and name in told and told[name] not in names_of(told[kind]):
            yield f"a {told[kind]} named {told[name]}"
        if kind in told and trait in told and told[trait] not in traits_of(told[kind]):
            yield f"a {told[trait]} {told[kind]}"
        if kind in told and "home" in told and TERRAIN_OF[told["home"]] not in KINDS[told[kind]].terrains:
            yield f"a {told[kind]} {told['home']}"


def _causes(told: Mapping[str, str]) -> Iterator[str]:
    """Wishes, troubles and helps that cannot be of these characters in this place."""
    terrain = told.get("terrain", TERRAIN_OF.get(told.get("home", ""), ""))
    if "home" in told and terrain != TERRAIN_OF[told["home"]]:
        yield f"{told['home']} is not {terrain}"
    if "kind" in told and terrain in TERRAINS:
        for what, table in (("wish", WISHES), ("trouble", TROUBLES)):
            if what in told and not table[told[what]].suits(told["kind"], terrain):
                yield f"{told[what]} is not for a {told['kind']}"
    if "help" in told and "trouble" in told:
        fit = HELPS[told["trouble"]].get(told["help"])
        if fit is None:
            yield f"{told['help']} is no help against {told['trouble']}"
        elif "fkind" in told and terrain in TERRAINS and not fit.suits(told["fkind"], terrain):
            yield f"a {told['fkind']} cannot help with {told['help']}"
