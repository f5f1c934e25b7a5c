"""Steps that are kept: a loop that was broken off goes on to the very same picture, whatever solver takes the steps."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import halfway
from models.emitter import Emitter
from models.engine_process import EngineDied, EngineProcess
from models.families.diffusion import ddpm, latent_diffusion
from models.generation import Generation
from models.networks import miniature_flow
from models.protocol import Event, JobCancelled, Notice, Output, Plan, Progress, Request, Run
from models.registry import Registry
from models.runtime import halfway as loops
from models.runtime.fitting.slot import Slots
from models.runtime.pipelines.flow_matching import FlowMatching
from models.sampling import schedulers
from tests import tiny
from tests.fakes import killed_engine
from tests.fakes.talk import of

STEPS, BROKEN = 6, 3


class Hears:
    """An `emit` that stops the work at a step."""

    def __init__(self, stops_at: int = 0) -> None:
        self.stops_at, self.heard = stops_at, list[Event]()

    def __call__(self, event: Event) -> None:
        self.heard.append(event)
        if self.stops_at and isinstance(event, Progress) and event.step == self.stops_at:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return False

    @property
    def steps(self) -> list[int]:
        return [event.step for event in of(Progress, self.heard)]


@pytest.fixture(autouse=True)
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps are kept, not those of every ten seconds."""
    monkeypatch.setattr(halfway, "EVERY_S", 0.0)
    monkeypatch.setattr(loops, "_SHARE", float("inf"))


@pytest.fixture(scope="module")
def models() -> Iterator[Callable[[str], Any]]:
    """The miniatures, each made once."""
    from models.families.flow_matching import dit

    made: dict[str, Any] = {}

    def one(name: str) -> Any:
        if name not in made:
            kinds: dict[str, Callable[[], Any]] = {"ddpm": ddpm.tiny, "latent": latent_diffusion.tiny, "prx": dit.tiny}
            if name not in kinds:
                pipeline = miniature_flow.flow_matching(kind=name)
                made[name] = FlowMatching(pipeline, dit.tiny().card, Plan())
            else:
                made[name] = kinds[name]()
        return made[name]

    yield one


def ask(card: Any, task: str, inputs: dict[str, str], **settings: Any) -> Request:
    known = {one.name for one in card.parameters_for(task)}
    side = 32 if card.architecture == "ddpm" else 64
    given = {"steps": STEPS, "width": side, "height": side} | settings
    checked = card.check({name: value for name, value in given.items() if name in known}, task)
    return Request("m", "m", card.architecture, task, "a red boat", "fog", 5, settings=checked, inputs=inputs)


SOLVERS = [
    *(("ddpm", "sample", (), {"scheduler": name, "eta": 0.5}) for name in schedulers.PIXEL_NAMES),
    ("ddpm", "picture-to-picture", ("picture",), {"scheduler": "DPM++ 2M SDE", "strength": 0.9}),
    *(("latent", "text-to-picture", (), {"scheduler": name}) for name in schedulers.NAMES),
    ("latent", "picture-to-picture", ("picture",), {"strength": 0.9, "scheduler": "Euler a"}),
    ("latent", "inpaint", ("picture", "mask"), {"strength": 1.0, "scheduler": "UniPC"}),
    ("latent", "sketch-to-picture", ("sketch",), {}),
    ("prx", "text-to-picture", (), {}),
    ("prx", "picture-to-picture", ("picture",), {"strength": 0.9}),
    ("sd3", "text-to-picture", (), {}),
    ("flux", "text-to-picture", (), {}),
]


@pytest.mark.parametrize(("name", "task", "inputs", "settings"), SOLVERS)
def test_what_was_broken_off_becomes_the_very_same_picture(
    name: str, task: str, inputs: tuple[str, ...], settings: dict[str, Any],
    models: Callable[[str], Any], calls: Callable[[Any], list[int]], drawn: dict[str, str], tmp_path: Path,
) -> None:  # fmt: skip
    model = models(name)
    request = ask(model.card, task, {one: drawn.get(one, drawn["picture"]) for one in inputs}, **settings)
    asked, whole = calls(model), Hears()
    expected = model.generate(request, whole)
    total, each = of(Progress, whole.heard)[-1].total, len(asked)

    held = halfway.Halfway(tmp_path / "steps" / "7.safetensors", "this one")
    with halfway.keeping(held), pytest.raises(JobCancelled):
        model.generate(request, Hears(BROKEN))
    assert halfway.reached(held.path) == (BROKEN, total)

    heard = Hears()
    asked.clear()
    with halfway.keeping(replace(held)):
        made = model.generate(request, heard)
    assert np.array_equal(np.asarray(made.image), np.asarray(expected.image))
    assert made.facts == expected.facts
    assert of(Notice, heard.heard)[-1].text == f"It goes on from step {BROKEN} of {total}."
    assert heard.steps[-(total - BROKEN + 1) :] == list(range(BROKEN, total + 1))
    assert len(asked) * total == each * (total - BROKEN)  # what was done is not done again


def denoiser(model: Any) -> Any:
    """The network that is asked at every step."""
    pipelines = getattr(model, "_pipelines", None)
    pipeline = next(iter(pipelines.values())) if pipelines else getattr(model, "_pipeline", None)
    return model._unet if pipeline is None else getattr(pipeline, "unet", None) or pipeline.transformer


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[int]]:
    """A list that grows by one whenever a model's denoiser computes."""

    def of_model(model: Any) -> list[int]:
        made: list[int] = []
        kind = type(denoiser(model))
        forward = kind.forward

        def counting(*given: Any, **named: Any) -> Any:
            made.append(1)
            return forward(*given, **named)

        monkeypatch.setattr(kind, "forward", functools.wraps(forward)(counting))
        return made

    return of_model


@pytest.mark.parametrize("spoil", ["other", "cut", "none", "foreign"])
def test_a_file_of_something_else_is_not_gone_on_from(spoil: str, models: Callable[[str], Any], tmp_path: Path) -> None:
    model = models("ddpm")
    request = ask(model.card, "sample", {})
    expected = model.generate(request, Hears())
    held = halfway.Halfway(tmp_path / "7.safetensors", "this one")
    with halfway.keeping(held), pytest.raises(JobCancelled):
        model.generate(request, Hears(BROKEN))
    if spoil == "other":
        held.mark = "another one"
    elif spoil == "cut":
        held.path.write_bytes(held.path.read_bytes()[:-9])
    elif spoil == "none":
        held.path.unlink()
    else:
        held.path.write_bytes(b"\xff" * 400)
    heard = Hears()
    with halfway.keeping(replace(held)):
        made = model.generate(request, heard)
    assert heard.steps == list(range(STEPS + 1)) and not of(Notice, heard.heard)
    assert np.array_equal(np.asarray(made.image), np.asarray(expected.image))


def test_it_is_written_now_and_then_and_a_disk_that_refuses_stops_nothing(
    models: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models("ddpm")
    request = ask(model.card, "sample", {})
    (tmp_path / "file").write_text("a file where the folder should be")
    with halfway.keeping(halfway.Halfway(tmp_path / "file" / "7.safetensors", "")):
        model.generate(request, Hears())
    monkeypatch.setattr(halfway, "EVERY_S", 1e6)
    with halfway.keeping(halfway.Halfway(tmp_path / "7.safetensors", "")):
        model.generate(request, Hears())
    assert not (tmp_path / "7.safetensors").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_an_engine_killed_in_the_middle_of_a_picture_is_followed_by_one_that_goes_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny.stable_diffusion_folder(tmp_path / "models" / "model", size=64)
    settings = {"steps": STEPS, "width": 64, "height": 64, "scheduler": "DPM++ 2M Karras"}
    request = Request(str(model), str(model), "latent-diffusion", "text-to-picture", "a red boat", "fog", 5,
                      settings=settings, out=str(tmp_path / "out"))  # fmt: skip
    kept = tmp_path / "steps" / "7.safetensors"
    monkeypatch.setenv(killed_engine.AT, str(BROKEN))
    with EngineProcess(serve=killed_engine.serve) as engine:
        engine.send(Run(1, request, halfway=str(kept)))
        with pytest.raises(EngineDied, match="killed"):
            while True:
                engine.receive()  # until it is gone, however long it takes to get there
    assert halfway.reached(kept) == (BROKEN, STEPS)
    assert not list((tmp_path / "out").glob("*.png"))

    registry, slots = Registry(), Slots()

    def make(out: str, file: str) -> tuple[bytes, list[Event]]:
        heard: list[Event] = []
        emit = Emitter(heard.append, lambda: False)
        Generation(replace(request, out=str(tmp_path / out)), registry, slots, emit, halfway=file).run()
        (output,) = of(Output, heard)
        return Path(output.path).read_bytes(), heard

    unbroken, _ = make("unbroken", "")
    went_on, heard = make("out", str(kept))
    assert f"It goes on from step {BROKEN} of {STEPS}." in [one.text for one in of(Notice, heard)]
    assert went_on == unbroken
    assert not kept.exists()  # it is made
