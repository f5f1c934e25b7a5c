"""What an empty room says: one sentence and one button for each medium, as the chosen model would have it."""

from __future__ import annotations

from desktop.task import sketch_input, starts_from_file
from models import samples
from models.protocol import Card

# What stands there before the engine has said which models there are, as if there were one.
HOPE = "text-to-picture"
NO_MODEL = "There is no model here yet. Add one that you have: a folder of Stable Diffusion 1, 2 or XL."
ADD = "Add your own model…"
NONE = {
    "sound": "No model here makes sound yet. Get one, and say what you would like to hear.",
    "video": "No model here makes video yet. Get one, and say what you would like to see move.",
    "text": "No model here writes yet. Get one, and it goes on from what you write.",
}
LOOK = {"sound": "See models for sound", "video": "See models for video", "text": "See models for text"}
_WELCOME = {
    "picture": ("Say below what you would like to see, or begin at once.", "Make the first picture"),
    "sound": ("Say below what you would like to hear, or begin at once.", "Make the first sound"),
    "video": ("Say below what you would like to see move, or begin at once.", "Make the first video"),
    "text": ("Write the beginning, or begin at once.", "Write something"),
}
_WITHOUT_WORDS = "This model needs no words: each seed is another {thing}."
_DRAW = ("Draw a few lines, and see with every stroke what becomes of them.", "Draw a sketch")
_STARTS = "This model starts from a {thing} of yours: drop one here, or choose it."
_CHOOSE = "Choose a {thing}…"

Words = tuple[str, str, tuple[str, ...]]


def words(medium: str, card: Card | None, sure: bool = True) -> Words:
    """Sentence, word of the button and suggestions; `sure` that there is no model where `card` is None."""
    first = _WELCOME[medium]
    if card is None:
        if sure:
            return (NO_MODEL, ADD, ()) if medium == "picture" else (NONE[medium], LOOK[medium], ())
        return *first, samples.for_task(HOPE) if medium == "picture" else ()
    if starts_from_file(card):
        if sketch_input(card):
            return *_DRAW, ()
        thing = next((i.medium for i in card.inputs if i.required), medium)
        return _STARTS.format(thing=thing), _CHOOSE.format(thing=thing), ()
    if card.prompt_limit:
        return *first, samples.for_card(card)
    return _WITHOUT_WORDS.format(thing=medium), first[1], ()
