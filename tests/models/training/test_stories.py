"""Stories of the starter world: more than anyone can read, told in good order, and read back to what they tell."""

from __future__ import annotations

import random
from dataclasses import fields

from models.reader.stories import Story, read
from models.training.world.stories import opening, plots, prompt, sample, tell


def told(seed: int) -> str:
    return tell(sample(seed), random.Random(seed))


def test_three_thousand_stories_are_read_back_whole() -> None:
    texts = set()
    for seed in range(3000):
        text = told(seed)
        reading = read(text)
        assert reading.story == sample(seed), text
        assert reading.parsed == 1 and reading.complete and not reading.mixed_up and not reading.misfits, text
        texts.add(text)
    assert len(texts) == 3000


def test_there_are_more_than_ten_million_stories() -> None:
    """Each differs from all others in what it tells, and what it tells can be read from its words."""
    counted = list(plots())
    seen, count = {plot for plot, _ in counted}, sum(ways for _, ways in counted)
    # Plots that are counted are those that are drawn, no plot is counted twice, and all that is not plot is free.
    drawn = [sample(seed) for seed in range(2000)]
    assert all((s.kind, s.home, s.wish, s.trouble, s.fkind, s.help) in seen for s in drawn)
    assert {f.name for f in fields(Story)} == {
        "kind", "home", "wish", "trouble", "fkind", "help", "name", "friend", "trait", "ftrait", "season", "time",
    }  # fmt: skip
    assert len(seen) == len(counted) > 200_000
    assert count > 10**12


def test_a_seed_is_one_story() -> None:
    assert told(5) == told(5)
    assert {told(seed) for seed in range(5)} != {told(seed + 5) for seed in range(5)}


def test_a_story_is_held_to_what_was_asked_for() -> None:
    for seed in range(300):
        story = sample(seed)
        asked = prompt(story, random.Random(seed))
        reading = read(f"{asked}\n{told(seed)}")
        assert reading.story == story and not reading.mixed_up and not reading.misfits, asked
        assert all(sentence not in asked for sentence, _ in reading.found)
    assert read("Tell a story about a fox named Mara\n" + told(3)).mixed_up


def test_openings_are_beginnings() -> None:
    for seed in range(200):
        start = opening(sample(seed), random.Random(seed))
        assert told(seed).startswith(start) and 3 < len(start.split()) < 60


MARA = (
    "Once upon a time, a little sailboat named Mara lived in a small harbour. "
    "More than anything, Mara wanted to look beyond the horizon. One spring morning, Mara set out at last. "
    "But the water was too shallow, and Mara ran onto a sandbank. Just then, a kind seal named Otto came by. "
    "Otto pushed and pushed, until Mara began to move. Slowly, Mara slid off the sandbank and floated again. "
    "They went on and on, and at last Mara looked beyond the horizon. "
    "And Mara never forgot how kind Otto had been."
)


def test_a_story_that_holds_together() -> None:
    reading = read(MARA)
    assert reading.parsed == 1 and reading.complete and not reading.mixed_up and not reading.misfits
    assert reading.story and (reading.story.help, reading.story.terrain) == ("push", "sea")


def test_a_character_that_changes_is_noticed() -> None:
    assert read(MARA.replace("And Mara never", "And Rosa never")).mixed_up
    assert read(MARA + " Mara was a shy fox who lived in a small harbour.").mixed_up
    assert read(MARA.replace("But the water", "Soon a red lighthouse lay behind him. But the water")).mixed_up
    assert read(MARA.replace("a kind seal named Otto", "a kind girl named Otto")).mixed_up
    assert read(MARA.replace("Just then, a kind seal named Otto came by. ", "")).mixed_up


def test_an_ending_that_does_not_follow_is_noticed() -> None:
    assert read(MARA.replace("Slowly, Mara slid off the sandbank and floated again.", "Soon the fog grew thin, and the "
                             "way lay clear before them.")).misfits  # fmt: skip
    assert read(MARA.replace("They went on and on, and at last Mara looked beyond the horizon.",
                             "Between two stones, Mara found a shell as white as the moon.")).misfits  # fmt: skip
    assert read(MARA.replace("Otto pushed and pushed, until Mara began to move.",
                             "Otto lit a lantern and gave it to Mara.")).misfits  # fmt: skip
    first, rest = MARA.split(". ", 1)
    assert read(f"{rest} {first}.").misfits


def test_what_is_no_sentence_of_the_grammar_is_told() -> None:
    reading = read(MARA.replace("One spring morning, Mara set out at last.", "Mara ate the harbour."))
    assert [sentence for sentence, found in reading.found if found is None] == ["Mara ate the harbour."]
    assert not reading.complete and reading.parsed == 8 / 9
    assert read("A owl came. Once upon a time, an brave fox named Mara lived in a deep forest.").parsed == 0
