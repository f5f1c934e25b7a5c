"""The starter world's stories: one of many billions for each seed, and told in one of many ways."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import product

from models.reader.forms import filled
from models.reader.scene import COLOURS, SEASONS
from models.reader.stories import PRONOUNS, Story
from models.reader.story_events import EVENTS
from models.reader.story_forms import BEATS, OPTIONAL, PROMPTS, TOLD
from models.reader.story_world import (
    HELPS,
    HOMES,
    KINDS,
    SIGHTS,
    TERRAIN_OF,
    TIMES_OF_DAY,
    TROUBLES,
    WISHES,
    homes_of,
    names_of,
    pronoun,
    traits_of,
)

SAID = 0.55  # how often a sentence is there that may be left out
_OF_BEAT = {beat: [form for form in (*TOLD, *EVENTS) if form.beat == beat] for beat in BEATS}


def sample(seed: int) -> Story:
    """The story of a seed."""
    rng = random.Random(f"story {seed}")
    while True:
        kind = rng.choice(tuple(KINDS))
        home = rng.choice(homes_of(kind))
        terrain = TERRAIN_OF[home]
        wish, trouble = rng.choice(wishes(kind, terrain)), rng.choice(troubles(kind, terrain))
        choices = friends(kind, terrain, trouble)
        if choices:
            fkind, help = rng.choice(choices)
            break
    name = rng.choice(names_of(kind))
    friend = rng.choice([n for n in names_of(fkind) if n != name])
    return Story(
        name, kind, rng.choice(traits_of(kind)), home, wish, rng.choice(SEASONS), rng.choice(TIMES_OF_DAY), trouble,
        friend, fkind, rng.choice(traits_of(fkind)), help,
    )  # fmt: skip


@cache
def wishes(kind: str, terrain: str) -> tuple[str, ...]:
    return tuple(wish for wish, fit in WISHES.items() if fit.suits(kind, terrain))


@cache
def troubles(kind: str, terrain: str) -> tuple[str, ...]:
    return tuple(trouble for trouble, fit in TROUBLES.items() if fit.suits(kind, terrain))


@cache
def friends(kind: str, terrain: str, trouble: str) -> tuple[tuple[str, str], ...]:
    """Kinds of friends, and how they can help: neighbours of another kind."""
    return tuple(
        (other, help)
        for other, known in KINDS.items()
        if other != kind and terrain in known.terrains
        for help, fit in HELPS[trouble].items()
        if fit.suits(other, terrain)
    )


def tell(story: Story, rng: random.Random) -> str:
    """The story in words, as one paragraph."""
    words = words_of(story)
    known = {**vars(story), "terrain": story.terrain}
    told: list[str] = []
    for beat in BEATS:
        if beat in OPTIONAL and rng.random() > SAID:
            continue
        form = rng.choice([f for f in _OF_BEAT[beat] if all(known[key] == value for key, value in f.means)])
        sight, colour = rng.choice(SIGHTS[story.terrain]), rng.choice(COLOURS)
        again = rng.choice(SEASONS) if beat == "close" else story.season
        told.append(filled(form, {**words, "sight": sight, "colour": colour, "season": again}))
    return " ".join(told)


def words_of(story: Story) -> dict[str, str]:
    """What every slot of a form holds in this story, but for sights along the way."""
    words = {key: str(value) for key, value in vars(story).items()} | {"went": KINDS[story.kind].went}
    for owner, mark in ((story.name, ""), (story.friend, "f")):
        for slot, (she, he) in PRONOUNS.items():
            words[mark + slot] = she if pronoun(owner) == "she" else he
    return words | {slot.title(): words[slot].title() for slot in PRONOUNS}


def prompt(story: Story, rng: random.Random) -> str:
    """How someone might ask for the story: `Tell a story about a fox named Mara.`"""
    asked = filled(rng.choice(PROMPTS), words_of(story))
    if rng.random() < 0.2:
        asked = asked.replace("Tell a story", "Tell me a story", 1)
    return asked.rstrip(".") if rng.random() < 0.3 else asked


def opening(story: Story, rng: random.Random, most: int = 2) -> str:
    """The first words of the story, to be gone on from: one or two sentences, or a part of the first."""
    text = tell(story, rng)
    ends = [at + 1 for at, letter in enumerate(text) if letter == "." and text[at + 1 : at + 2] == " "]
    if rng.random() < 0.3:
        first = text[: ends[0]].split(" ")
        return " ".join(first[: rng.randint(4, len(first) - 2)])
    return text[: ends[rng.randrange(most)]]


def plots() -> Iterator[tuple[tuple[str, ...], int]]:
    """Every plot (kind, home, wish, trouble, friend's kind, help) once, and how many stories have it: those that
    differ in names, traits, season and time of day."""
    moments = len(SEASONS) * len(TIMES_OF_DAY)
    for kind in KINDS:
        for fkind in KINDS:
            mine, other = names_of(kind), names_of(fkind)
            pairs = sum(len(other) - (name in other) for name in mine)
            ways = pairs * len(traits_of(kind)) * len(traits_of(fkind)) * moments
            for terrain in KINDS[kind].terrains:
                for trouble in troubles(kind, terrain):
                    helps = [help for friend, help in friends(kind, terrain, trouble) if friend == fkind]
                    for home, wish, help in product(HOMES[terrain], wishes(kind, terrain), helps):
                        yield (kind, home, wish, trouble, fkind, help), ways
