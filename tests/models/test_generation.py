"""Memory that runs out: the model is freed, read again on the next lower plan, and the item tried once more."""

from __future__ import annotations

import random
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from models.emitter import Emitter
from models.failures import MEMORY_SENTENCE, explain
from models.generation import Generation
from models.outputs.media import Picture
from models.protocol import Card, Emit, Event, Match, Notice, Output, Progress, Request
from models.runtime.plan import Plan
from models.runtime.slot import Slot
from tests.fakes.talk import of

CARD = Card("greedy", "Greedy", "diffusion", "picture", ("text-to-picture",), ())


class Greedy:
    """A family whose models need more memory than there is, unless their plan is one that saves some.

    `while_loading` it runs out there, else after some previews of item `at`; `always` on every plan.
    """

    def __init__(self, at: int = 0, while_loading: bool = False, always: bool = False) -> None:
        self.at, self.while_loading, self.always = at, while_loading, always
        self.plans: list[Plan] = []
        self._last: weakref.ref[Any] = weakref.ref(self)

    def load(self, path: str, plan: Plan) -> Any:
        assert not self.plans or self._last() is None, "the one before still lies in memory"
        self.plans.append(plan)
        model = _Loaded(self, plan)
        self._last = weakref.ref(model)
        if self.while_loading and self.is_too_much(plan):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return model

    def is_too_much(self, plan: Plan) -> bool:
        return self.always or plan == Plan()


class _Loaded:
    def __init__(self, family: Greedy, plan: Plan) -> None:
        self._family, self._plan = family, plan

    def generate(self, request: Request, emit: Emit) -> Picture:
        for step in range(1, 4):
            emit(Progress(step, 3))
            if step == 2 and request.seed == self._family.at and self._family.is_too_much(self._plan):
                held = torch.zeros(8)
                raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {held.nbytes} bytes")
        return Picture(Image.new("RGB", (8, 8)))


@pytest.fixture
def slot() -> Slot:
    return Slot()


def make(family: Greedy, slot: Slot, out: Path, count: int = 1) -> list[Event]:
    """Everything that was said. Raises what a job ends with."""
    registry: Any = SimpleNamespace(recognise=lambda path: ("greedy", Match(CARD)), families={"greedy": family})
    model = out / "model"
    model.mkdir(parents=True, exist_ok=True)
    request = Request("greedy", str(model), "greedy", "text-to-picture", count=count, out=str(out))
    heard: list[Event] = []
    Generation(request, registry, slot, Emitter(heard.append, lambda: False, count)).run()
    return heard


def test_twenty_of_twenty_finish_on_a_lower_plan(tmp_path: Path) -> None:
    chance = random.Random(20)
    for job in range(20):
        family = Greedy(at=chance.randrange(3), while_loading=chance.random() < 0.3)
        heard = make(family, Slot(), tmp_path / str(job), count=3)
        assert [output.item for output in of(Output, heard)] == [0, 1, 2]
        first, lower = family.plans
        assert lower.tile_above < first.tile_above
        (notice,) = of(Notice, heard)
        assert notice.text == lower.reasons[0]
        assert "small tiles" in notice.text


def test_what_was_made_before_is_not_made_again(slot: Slot, tmp_path: Path) -> None:
    heard = make(Greedy(at=2), slot, tmp_path, count=4)
    assert [output.settings["seed"] for output in of(Output, heard)] == [0, 1, 2, 3]


def test_a_lower_plan_stays_while_the_model_is_warm(slot: Slot, tmp_path: Path) -> None:
    family = Greedy()
    make(family, slot, tmp_path)
    assert not of(Notice, make(family, slot, tmp_path))
    assert len(family.plans) == 2
    slot.clear()
    make(family, slot, tmp_path)
    assert len(family.plans) == 4  # as the machine is best used, then lower


@pytest.mark.parametrize("while_loading", [True, False])
def test_where_the_lower_plan_is_too_much_as_well_it_is_the_sentence(
    slot: Slot, tmp_path: Path, while_loading: bool
) -> None:
    family = Greedy(while_loading=while_loading, always=True)
    with pytest.raises(torch.OutOfMemoryError) as error:
        make(family, slot, tmp_path)
    assert explain(error.value, "generating").reason == MEMORY_SENTENCE
    assert len(family.plans) == 2
