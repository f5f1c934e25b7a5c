"""Prompts to begin with, for whoever has not thought of one yet: in words that all the starters have learned."""

from __future__ import annotations

from models.protocol import Card

SAMPLES: tuple[str, ...] = (
    "a red sailboat on a calm sea at sunset",
    "a small white house in a meadow in spring, on a cloudy day",
    "a big green lighthouse on the left, at sea, at night under a clear sky",
)
_TUNES = (
    "a slow calm tune for piano and strings in D major",
    "a fast cheerful waltz for flute and strings",
    "a restless piece for clarinet, piano, bass and drums in A minor",
)
_SOUNDSCAPES = (
    "a rough sea close by, and ringing bells in the distance",
    "light rain and many birds",
    "steps nearby and a strong wind far away",
)
# Task -> what to begin with, where it is something else than a picture.
_OF_TASK: dict[str, tuple[str, ...]] = {
    "text-to-sound": (_TUNES[0], _SOUNDSCAPES[0], _TUNES[1]),
    "text-to-speech": (
        "Good morning. The sea is calm today, and the boat is ready.",
        "Two red balloons rise slowly over the white house.",
    ),
    "text-to-video": (
        "a red sailboat sails to the left on a calm sea at sunset",
        "two balloons rise over a meadow in spring",
    ),
    "continue": ("Tell a story about a sailor.", "Once upon a time, in a small white house by the sea,"),
    "chat": ("Tell a story about a sailor.",),
}
# Where starters of one task have learned different words.
_OF_ARCHITECTURE = {
    ("text-to-sound", "codec-lm"): _TUNES,
    ("text-to-sound", "spectrogram-diffusion"): _SOUNDSCAPES,
}


def for_task(task: str, architecture: str = "") -> tuple[str, ...]:
    """What to begin with, in the words that the starters of that task, and of that architecture, have learned."""
    return _OF_ARCHITECTURE.get((task, architecture)) or _OF_TASK.get(task, SAMPLES)


def for_card(card: Card) -> tuple[str, ...]:
    """What to begin with where a model of this card is to make what it makes first of all."""
    return for_task(card.tasks[0], card.architecture)
