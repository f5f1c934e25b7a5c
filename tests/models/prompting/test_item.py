"""What an item's request becomes on its way: expanded by its seed, its template kept, without signs where need be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models import folders
from models.families.autoregressive.llm import CARD as WRITER
from models.families.diffusion.latent_diffusion import CARD
from models.outputs import read, write
from models.outputs.media import Picture
from models.prompting import item, reading
from models.protocol import BadInput, Request

ASKED = Request("m", "/m", "latent-diffusion", "text-to-picture", "a {red|blue} (boat:1.3)", "{fog|rain}", seed=4)


def test_the_seed_settles_what_is_said_and_the_template_is_kept() -> None:
    said = item.said(ASKED, CARD)
    assert said.prompt in ("a red (boat:1.3)", "a blue (boat:1.3)")
    assert (said.template, said.negative_template) == (ASKED.prompt, ASKED.negative_prompt)
    assert item.said(ASKED, CARD) == said
    assert {item.said(replace(ASKED, seed=s), CARD).prompt for s in range(12)} == {
        "a red (boat:1.3)",
        "a blue (boat:1.3)",
    }
    assert item.said(said, CARD) == said, "made again from its own record, it says the same"


def test_weights_reach_those_that_weigh_and_no_other() -> None:
    said = item.said(ASKED, CARD)
    assert item.heard(said, CARD) == (said, False)
    heard, lost = item.heard(said, replace(CARD, weighs_words=False))
    assert lost
    assert "(" not in heard.prompt
    assert heard.template == said.template


def test_what_is_said_to_a_language_model_is_as_it_stands() -> None:
    asked = replace(ASKED, architecture="llm", task="chat", prompt="# Why {a|b} (c:1.2)? [d]")
    assert item.said(asked, WRITER) == asked
    assert item.heard(asked, WRITER) == (asked, False)


def test_a_mistake_is_told_before_anything_is_read() -> None:
    with pytest.raises(BadInput, match="line 1, column 3"):
        item.said(replace(ASKED, prompt="a {red"), CARD)


def test_the_file_holds_what_was_said_and_what_was_written(tmp_path: Path) -> None:
    from PIL import Image

    said = item.said(ASKED, CARD)
    path, record = write.save(Picture(Image.new("RGB", (8, 8))), said, "M", tmp_path)
    found = read.bare(read.read_settings(path))
    assert found == record
    assert found["prompt"] == said.prompt
    assert found["template"] == ASKED.prompt
    assert "template" not in write.record(replace(ASKED, prompt="a boat"))


def test_a_prompt_is_read_while_it_is_written() -> None:
    path = str(folders.resources() / "starter" / "scenes")
    weighed = reading.read("a (red:1.4) boat", 1, path, CARD)
    plain = reading.read("a red boat", 1, path, CARD)
    assert weighed.used == plain.used > 0, "signs are no tokens"
    assert not weighed.unweighed
    assert reading.read("a (red:1.4) boat", 1, path, replace(CARD, weighs_words=False)).unweighed
    long = reading.read("(a red sailboat:1.2), " * 60, 1, path, CARD)
    assert long.kept is not None
    assert "a red sailboat"[0] in ("(a red sailboat:1.2), " * 60)[: long.kept]
    assert reading.read("a {red|blue} boat", 1, path, CARD).said in ("a red boat", "a blue boat")
    assert [p.fatal for p in reading.read("a {red", 1, path, CARD).problems] == [True]
    assert reading.read("# {", 1, "", WRITER).problems == ()


def test_what_is_read_while_one_writes_is_what_is_said() -> None:
    for seed in range(6):
        asked = replace(ASKED, negative_prompt="{fog|rain|snow|hail}", seed=seed)
        told = reading.read(asked.negative_prompt, seed, "", CARD, item.AVOID)
        assert told.said == item.said(asked, CARD).negative_prompt


def test_a_prompt_of_comments_alone_has_no_tokens() -> None:
    path = str(folders.resources() / "starter" / "scenes")
    assert reading.read("# a red boat", 1, path, CARD).used == reading.read("", 1, path, CARD).used
