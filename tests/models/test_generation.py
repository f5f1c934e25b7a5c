"""Memory that runs out: the model is freed, read again on the next lower plan, and so on until it fits."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Iterator
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
from models.planning.machine import GIB
from models.protocol import BadInput, Card, Emit, Event, Match, Notice, Output, Progress, Request
from models.runtime import device
from models.runtime.fitting import outlook
from models.runtime.fitting.plan import Plan
from models.runtime.fitting.slot import Slots
from tests.fakes.talk import of
from tests.models.planning.machines import KNOWN, card, processor

CARD = Card("greedy", "Greedy", "diffusion", "picture", ("text-to-picture",), ())


class Greedy:
    """A family whose models need more memory than there is, unless their plan is one that saves some.

    `while_loading` it runs out there, else after some previews of item `at`; `always` on every plan. `room`, where it
    is given, is what there really is of the card's memory, whatever the card says: plans that are predicted to take
    more fail.
    """

    def __init__(self, at: int = 0, while_loading: bool = False, always: bool = False, room: int = 0) -> None:
        self.at, self.while_loading, self.always, self.room = at, while_loading, always, room
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
        if self.room:
            return self.always or (plan.device != "cpu" and plan.peak.accelerator.total > self.room)
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


@pytest.fixture(scope="module", autouse=True)
def frozen() -> Iterator[None]:
    """Every freed model is a collection of all objects; those of the libraries are left out, or it takes a minute."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def slot() -> Slots:
    return Slots()


def make(family: Greedy, slot: Slots, out: Path, count: int = 1, model: Path | None = None, **wish: str) -> list[Event]:
    """Everything that was said. Raises what a job ends with."""
    registry: Any = SimpleNamespace(recognise=lambda path: ("greedy", Match(CARD)), families={"greedy": family})
    model = model or out / "model"
    model.mkdir(parents=True, exist_ok=True)
    request = Request("greedy", str(model), "greedy", "text-to-picture", count=count, out=str(out), wish=wish)
    heard: list[Event] = []
    Generation(request, registry, slot, Emitter(heard.append, lambda: False, count)).run()
    return heard


def test_twenty_of_twenty_finish_on_a_lower_plan(tmp_path: Path) -> None:
    chance = random.Random(20)
    for job in range(20):
        family = Greedy(at=chance.randrange(3), while_loading=chance.random() < 0.3)
        heard = make(family, Slots(), tmp_path / str(job), count=3)
        assert [output.item for output in of(Output, heard)] == [0, 1, 2]
        first, lower = family.plans
        assert lower.tile_above < first.tile_above
        (notice,) = of(Notice, heard)
        assert notice.text == lower.reasons[0]
        assert "small tiles" in notice.text


def test_what_was_made_before_is_not_made_again(slot: Slots, tmp_path: Path) -> None:
    heard = make(Greedy(at=2), slot, tmp_path, count=4)
    assert [output.settings["seed"] for output in of(Output, heard)] == [0, 1, 2, 3]


def test_a_lower_plan_stays_while_the_model_is_warm(slot: Slots, tmp_path: Path) -> None:
    family = Greedy()
    make(family, slot, tmp_path)
    assert not of(Notice, make(family, slot, tmp_path))
    assert len(family.plans) == 2
    slot.clear()
    make(family, slot, tmp_path)
    assert len(family.plans) == 4  # as the machine is best used, then lower


@pytest.mark.parametrize("while_loading", [True, False])
def test_where_the_lower_plan_is_too_much_as_well_it_is_the_sentence(
    slot: Slots, tmp_path: Path, while_loading: bool
) -> None:
    family = Greedy(while_loading=while_loading, always=True)
    with pytest.raises(torch.OutOfMemoryError) as error:
        make(family, slot, tmp_path)
    assert explain(error.value, "generating").reason == MEMORY_SENTENCE
    assert len(family.plans) == 2


# ── a model with weights, on an imagined card ─────────────────────────────────


@pytest.fixture
def flux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model weighs what Flux dev does, and the machine has a card of 24 GB."""
    monkeypatch.setattr(outlook, "parts_in", lambda path: KNOWN["Flux dev"])
    monkeypatch.setattr(device, "detect", lambda: card(24, ram=64))


@pytest.mark.usefixtures("flux")
def test_it_goes_down_until_it_fits_and_says_each_step(tmp_path: Path) -> None:
    """Twenty times, with ever less of the card really there."""
    depths = set()
    for job in range(20):
        family = Greedy(at=job % 2, while_loading=job % 3 == 0, room=int((20 - job) * GIB * 0.95) + 1)
        monkey = tmp_path / str(job)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EVERYFORM_HOME", str(monkey / "home"))
            heard = make(family, Slots(), monkey, count=2)
        assert [output.item for output in of(Output, heard)] == [0, 1]
        notices = [notice.text for notice in of(Notice, heard)]
        assert len(notices) == len(family.plans) - 1 == len(set(notices))
        assert notices == [plan.reasons[0] for plan in family.plans[1:]]
        assert not family.is_too_much(family.plans[-1])
        needs = [plan.peak.accelerator.total for plan in family.plans]
        assert needs == sorted(needs, reverse=True)
        depths.add(len(family.plans))
    assert max(depths) >= 4, "some of them went down several steps"


@pytest.mark.usefixtures("flux")
def test_where_nothing_is_left_it_is_the_sentence(slot: Slots, tmp_path: Path) -> None:
    family = Greedy(always=True, room=1)
    with pytest.raises(torch.OutOfMemoryError):
        make(family, slot, tmp_path)
    assert len(family.plans) > 4
    assert family.plans[-1].device == "cpu"


@pytest.mark.usefixtures("flux")
def test_what_ran_out_once_is_remembered(tmp_path: Path) -> None:
    """No plan fails twice, so that soon none does."""
    failed: list[str] = []
    for _ in range(4):
        family = Greedy(room=8 * GIB)
        make(family, Slots(), tmp_path, model=tmp_path / "same")
        new = [plan.key() for plan in family.plans[:-1]]
        assert not set(new) & set(failed)
        failed += new
    assert failed and not new


@pytest.mark.usefixtures("flux")
def test_another_wish_is_another_model(slot: Slots, tmp_path: Path) -> None:
    family = Greedy(room=100 * GIB)
    make(family, slot, tmp_path)
    make(family, slot, tmp_path)
    assert len(family.plans) == 1
    make(family, slot, tmp_path, plan="small")
    assert [plan.offload for plan in family.plans] == ["none", "group"]
    with pytest.raises(BadInput, match="choose fast, balanced or small"):
        make(family, slot, tmp_path, plan="huge")


def test_what_fits_nowhere_is_refused_before_it_is_loaded(
    slot: Slots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "parts_in", lambda path: KNOWN["Wan 14B"])
    monkeypatch.setattr(device, "detect", lambda: processor(4))
    family = Greedy()
    with pytest.raises(BadInput, match="too large for this machine"):
        make(family, slot, tmp_path)
    assert not family.plans
