"""A whole job with a template: each item says what its seed chooses, and its file remembers both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from models.emitter import Emitter
from models.generation import Generation
from models.outputs import read
from models.outputs.media import Picture
from models.prompting.expand import expand
from models.prompting.item import UNWEIGHED
from models.prompting.weights import plain
from models.protocol import BadInput, Card, Emit, Event, Match, Notice, Output, Progress, Request
from models.runtime.fitting.slot import Slots
from tests.fakes.talk import of

CARD = Card(
    "hearing", "Hearing", "diffusion", "picture", ("text-to-picture",), (), prompt_limit=77, negative_prompt=True
)
TEMPLATE = "a {red|blue|green|white} (boat:1.3) {2$$ and $$at dawn|in fog|far away}"


class Hearing:
    """A family whose model remembers what it was asked."""

    def __init__(self) -> None:
        self.heard: list[Request] = []
        self.loads = 0

    def load(self, path: str, plan: Any) -> Hearing:
        self.loads += 1
        return self

    def generate(self, request: Request, emit: Emit) -> Picture:
        self.heard.append(request)
        emit(Progress(1, 1))
        return Picture(Image.new("RGB", (8, 8)))


def make(family: Hearing, card: Card, out: Path, **asked: Any) -> list[Event]:
    registry: Any = SimpleNamespace(recognise=lambda path: ("hearing", Match(card)), families={"hearing": family})
    (out / "model").mkdir(parents=True, exist_ok=True)
    request = Request("m", str(out / "model"), "hearing", "text-to-picture", out=str(out), **asked)
    said: list[Event] = []
    Generation(request, registry, Slots(), Emitter(said.append, lambda: False, request.count)).run()
    return said


@pytest.mark.parametrize("weighs", [True, False])
def test_each_item_says_what_its_seed_chooses(tmp_path: Path, weighs: bool) -> None:
    family = Hearing()
    said = make(family, replace(CARD, weighs_words=weighs), tmp_path, prompt=TEMPLATE, seed=3, count=4)
    wanted = [expand(TEMPLATE, 3 + k) for k in range(4)]
    assert len(set(wanted)) > 1
    assert [one.prompt for one in family.heard] == (wanted if weighs else [plain(text) for text in wanted])
    for output, text in zip(of(Output, said), wanted, strict=True):
        found = read.read_settings(output.path)
        assert found is not None
        assert (found["prompt"], found["template"]) == (text, TEMPLATE)
    assert [notice.text for notice in of(Notice, said)] == ([] if weighs else [UNWEIGHED])


def test_made_again_from_its_record_the_model_hears_the_same(tmp_path: Path) -> None:
    family = Hearing()
    first = of(Output, make(family, CARD, tmp_path, prompt=TEMPLATE, negative_prompt="{fog|rain}", seed=8))[0]
    texts = {name: first.settings[name] for name in ("prompt", "negative_prompt", "seed")}
    make(family, CARD, tmp_path / "again", **texts)
    assert family.heard[0].prompt == family.heard[1].prompt
    assert family.heard[0].negative_prompt == family.heard[1].negative_prompt


def test_a_fault_ends_the_job_before_the_model_is_read(tmp_path: Path) -> None:
    family = Hearing()
    with pytest.raises(BadInput, match="line 2, column 1"):
        make(family, CARD, tmp_path, prompt="a\n{red")
    assert not family.loads
