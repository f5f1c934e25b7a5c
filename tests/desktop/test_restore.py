"""What comes back of a finished piece of work: the words as they were written, where they still say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desktop import restore
from models.families.autoregressive.llm import CARD as WRITER
from models.families.diffusion.latent_diffusion import CARD
from models.outputs.write import record
from models.prompting import item
from models.protocol import ModelInfo, Request

MODEL = ModelInfo("m", "M", "/m", 1, "", False, CARD)
ASKED = Request("m", "/m", "latent-diffusion", "text-to-picture", "a {red|blue} __mine__", "{fog|rain}", seed=4)


def test_the_words_come_back_as_they_were_written_unless_a_list_has_changed(home: Path) -> None:
    (home / "wildcards").mkdir(parents=True)
    words = home / "wildcards" / "mine.txt"
    words.write_text("owl\njay\n")
    made = record(item.said(ASKED, CARD))
    assert made["prompt"] != ASKED.prompt
    assert restore.texts(made, MODEL) == ((ASKED.prompt, ASKED.negative_prompt), "")
    as_said = (made["prompt"], made["negative_prompt"])
    words.write_text("boat\nhouse\n")
    assert restore.texts(made, MODEL)[0] == as_said and "lists of words" in restore.texts(made, MODEL)[1]
    words.unlink()
    assert restore.texts(made, MODEL)[0] == as_said
    # A model that takes the words as they stand gets those that were said; and so does whoever has an older file.
    assert restore.texts(made, replace(MODEL, card=WRITER)) == (as_said, "")
    assert restore.texts({"prompt": "a {b|c}", "seed": 1}, MODEL) == (("a {b|c}", ""), "")


def test_one_of_the_two_may_be_without_choices(home: Path) -> None:
    made = record(item.said(replace(ASKED, prompt="a boat"), CARD))
    assert "template" not in made and restore.texts(made, MODEL) == (("a boat", "{fog|rain}"), "")
