"""Several models on one machine: they stay read from job to job, and the next job's plan comes before them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.emitter import Emitter
from models.generation import ALONE, Generation
from models.planning import warm
from models.planning.machine import GIB, Machine
from models.planning.plan import Need, Peak, Plan
from models.protocol import BadInput, Event, JobCancelled, Match, Notice, Output, Planned, Request
from models.runtime import device
from models.runtime.fitting import outlook
from models.runtime.fitting.slot import Slots
from tests.fakes.talk import of
from tests.models.planning.machines import KNOWN, card, processor
from tests.models.test_generation import CARD, Greedy, _Loaded, make


@pytest.fixture(scope="module", autouse=True)
def frozen() -> Iterator[None]:
    """Every freed model is a collection of all objects; those of the libraries are left out, or it takes a minute."""
    gc.freeze()
    yield
    gc.unfreeze()


class Shop:
    """Several models on one imagined machine, whose memory is what the loaded ones leave of it."""

    def __init__(self, machine: Machine, models: dict[str, str], patch: pytest.MonkeyPatch, where: Path) -> None:
        self.machine, self.where = machine, where
        self.parts = {str(where / name): KNOWN[known] for name, known in models.items()}
        self.families = {name: Greedy(room=10**15) for name in models}
        self.slots = Slots()
        patch.setattr(outlook, "parts_in", lambda path: self.parts[str(path)])
        patch.setattr(device, "detect", self.now)
        patch.setattr(device, "held", lambda: self.loaded.accelerator.total)
        patch.setattr(device, "in_use", lambda: self.now().process)

    @property
    def loaded(self) -> Peak:
        alive = [(name, family._last()) for name, family in self.families.items()]
        return warm.together(
            warm.held(self.parts[str(self.where / name)], model._plan)
            for name, model in alive
            if isinstance(model, _Loaded)
        )

    def now(self) -> Machine:
        taken, machine = self.loaded, self.machine
        return replace(
            machine,
            memory_free=machine.memory_free - taken.accelerator.total,
            ram_free=machine.ram_free - taken.needed,
            process=machine.base + taken.ram.total,
        )

    def make(self, name: str, **wish: str) -> list[Event]:
        return make(self.families[name], self.slots, self.where / "out", model=self.where / name, **wish)

    @property
    def ready(self) -> list[str]:
        return [Path(key[0]).name for key in self.slots.keys]  # type: ignore[index]

    @property
    def reads(self) -> dict[str, int]:
        return {name: len(family.plans) for name, family in self.families.items()}


def plan_of(heard: list[Event]) -> Plan:
    return [planned.plan for planned in of(Planned, heard)][-1]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    models = {"small": "SD 1.5", "large": "SDXL", "huge": "Flux dev"}
    return Shop(card(24, ram=64), models, monkeypatch, tmp_path.resolve())


def test_models_that_fit_together_are_read_once(shop: Shop) -> None:
    for name in ("small", "large", "small", "large", "small"):
        heard = plan_of(shop.make(name))
        assert heard.offload == "none" and heard.quantization == "none"
    assert shop.reads == {"small": 1, "large": 1, "huge": 0}
    assert shop.ready == ["small", "large"]


def test_the_one_not_used_for_longest_makes_room_and_no_plan_is_lower_for_it(shop: Shop) -> None:
    alone = plan_of(shop.make("huge"))
    shop.slots.clear()
    shop.make("small")
    shop.make("large")
    assert replace(plan_of(shop.make("huge")), reasons=()) == replace(alone, reasons=())
    assert shop.ready == ["huge"], "it takes 17 of 22 GB, and the large one 7"
    shop.make("small")
    assert shop.ready == ["small", "huge"]
    assert shop.now().memory_free > 0
    shop.make("large")
    assert shop.ready == ["large", "small"]


def test_one_model_is_never_there_twice(shop: Shop) -> None:
    shop.make("small")
    shop.make("large")
    shop.make("small", plan="small")
    assert shop.ready == ["small", "large"]
    assert shop.reads["small"] == 2
    (shop.where / "small" / "config.json").write_text("{}")
    shop.make("small", plan="small")
    assert shop.ready == ["small", "large"]
    assert shop.reads["small"] == 3


def test_nothing_leaves_for_a_job_that_is_refused(shop: Shop) -> None:
    shop.parts[str(shop.where / "huge")] = KNOWN["Wan 14B"]
    shop.machine = card(4, ram=6)
    shop.make("small")
    with pytest.raises(BadInput, match="too large"):
        shop.make("huge")
    assert shop.ready == ["small"]


def test_where_memory_runs_out_the_others_go_before_the_plan_is_lowered(shop: Shop) -> None:
    shop.make("small")
    shop.make("large")
    family = shop.families["small"]
    plan, others = family.plans[0], shop.slots.keys[0]

    def too_much(plan: Plan) -> bool:
        return shop.slots.holds(others)  # the card has less than it says

    family.is_too_much = too_much  # type: ignore[method-assign]
    heard = shop.make("small")
    assert [notice.text for notice in of(Notice, heard)] == [ALONE]
    assert len(of(Output, heard)) == 1
    assert shop.ready == ["small"]
    assert family.plans == [plan, plan]


def test_a_job_that_is_stopped_leaves_a_model_of_which_it_is_known_what_it_holds(shop: Shop) -> None:
    registry: Any = SimpleNamespace(
        recognise=lambda path: ("greedy", Match(CARD)), families={"greedy": shop.families["large"]}
    )
    (shop.where / "large").mkdir()
    path = str(shop.where / "large")
    request = Request("large", path, "greedy", "text-to-picture", out=str(shop.where / "out"))
    heard: list[Event] = []
    with pytest.raises(JobCancelled):
        emit = Emitter(heard.append, lambda: bool(of(Planned, heard)), 1)
        Generation(request, registry, shop.slots, emit).run()
    (key,) = shop.slots.keys
    assert shop.slots.held(key) == warm.held(KNOWN["SDXL"], shop.families["large"].plans[0])
    assert shop.slots.held(key).accelerator.total > 6 * GIB


def test_what_others_hold_is_not_measured_as_the_jobs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.machine = processor(64, libraries=())
    found = {}
    for name in ("large", "small"):
        registry: Any = SimpleNamespace(
            recognise=lambda path: ("greedy", Match(CARD)), families={"greedy": shop.families[name]}
        )
        monkeypatch.setattr(outlook.Meter, "peak", lambda self: Peak(Need(), Need(0, shop.now().process + GIB)))
        (shop.where / name).mkdir(exist_ok=True)
        request = Request(name, str(shop.where / name), "greedy", "text-to-picture", out=str(shop.where / "out"))
        made = Generation(request, registry, shop.slots, Emitter(lambda event: None, lambda: False, 1))
        made.run()
        assert made.peak is not None
        found[name] = made.peak.ram.total - GIB - shop.machine.base
    assert shop.ready == ["small", "large"]
    for name, known in (("large", "SDXL"), ("small", "SD 1.5")):
        held = warm.held(KNOWN[known], shop.families[name].plans[0]).ram.total
        assert found[name] == pytest.approx(held, rel=0.01)
