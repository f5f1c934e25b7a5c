"""The laws that every architecture keeps, held against the miniature of each: a new family's file is under them too."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from models import folders
from models.outputs import formats, read, write
from models.protocol import (
    MEDIA,
    TASKS,
    Card,
    JobCancelled,
    Loading,
    Notice,
    Parameter,
    Preview,
    Progress,
    Request,
    SoundPreview,
    Token,
    Value,
)
from models.registry import Registry
from models.selftest.asking import ask, quick
from models.store.files import Files

FAMILIES = Registry().families
SAID_BY_A_FAMILY = (Loading, Progress, Preview, SoundPreview, Token, Notice)
HAS_ITS_OWN_TEST = ("stop",)  # it matters where the text has that word in it
MAY_CHANGE_THE_RATE = ("mp3", "ogg")


class Recorder:
    """An `emit` that keeps everything, and stops the job at the `stop_at`-th step."""

    def __init__(self, stop_at: int | None = None, previews: bool = True) -> None:
        self.events: list[Any] = []
        self._stop_at = stop_at
        self._previews = previews

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        if self._stop_at is not None and isinstance(event, Progress) and event.step >= self._stop_at:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return self._previews

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@lru_cache(maxsize=1)
def tiny(architecture: str) -> Any:
    return FAMILIES[architecture].tiny()


def card_of(model: Any, architecture: str) -> Card:
    """The miniature's own card where it has one: its limits are its own."""
    return getattr(model, "card", FAMILIES[architecture].CARD)


@pytest.fixture(params=sorted(FAMILIES))
def architecture(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def model(architecture: str) -> Any:
    return tiny(architecture)


@pytest.fixture
def card(model: Any, architecture: str) -> Card:
    return card_of(model, architecture)


@pytest.fixture
def asked(card: Card, tmp_path: Path) -> Callable[..., Request]:
    """A request for a task, quick unless told otherwise, with every input that the task takes."""

    def asking(task: str = "", seed: int = 7, **settings: Value) -> Request:
        return ask(card, tmp_path, task, seed, **settings)

    return asking


def content(media: Any) -> bytes:
    """The finished thing as bytes that can be compared."""
    if media.medium == "picture":
        return media.image.tobytes()
    if media.medium == "sound":
        return media.waveform.tobytes()
    if media.medium == "video":
        sound = media.sound.waveform.tobytes() if media.sound else b""
        return b"".join(f.tobytes() for f in media) + sound + str(media.fps).encode()
    return media.text.encode()


def check_the_file(path: Path, media: Any, kind: formats.Format) -> None:
    """That the file holds what was made: as large, as long, and in the words."""
    seen = read.seen(path)
    assert seen.medium == media.medium
    if media.medium == "text":
        assert read.open_text(path) == media.text
        return
    if media.medium == "picture":
        assert read.picture_size(path) == media.size
        return
    assert seen.seconds == pytest.approx(media.seconds, abs=0.12)
    if media.medium == "video":
        assert kind.name == "frames" or (seen.width, seen.height) == tuple(side + side % 2 for side in media.size)
    elif kind.name not in MAY_CHANGE_THE_RATE:
        assert (seen.sample_rate, seen.channels) == (media.sample_rate, media.channels)


@pytest.fixture(autouse=True)
def set_aside() -> Iterator[None]:
    """What is there before a test, a million objects of libraries, is not looked through for each collection."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_there_is_a_family_and_none_is_broken() -> None:
    assert FAMILIES
    assert Registry().problems == ()


def test_the_card_holds_together(card: Card, architecture: str) -> None:
    assert card.architecture == architecture
    assert card.medium in MEDIA
    assert card.tasks and card.process and card.name
    assert set(card.tasks) <= set(TASKS) and set(card.seedless) <= set(card.tasks)
    guide = folders.resources().parent / card.guide
    assert len(guide.read_text("utf-8")) > 500
    for task in card.tasks:
        card.check({}, task)
    for given in ({i.name for i in card.inputs_for(task)} for task in card.tasks):
        assert card.task_for(list(given)) in card.tasks
    for parameter in card.parameters:
        assert parameter.label and parameter.help.endswith(".")
        for value in parameter.suggested:
            assert parameter.check(value) == value
        if parameter.type in ("int", "float"):
            assert parameter.minimum is not None and parameter.maximum is not None


def test_a_folder_of_another_kind_is_not_claimed(architecture: str, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no model", "utf-8")
    assert FAMILIES[architecture].recognise(Files(tmp_path / "notes")) is None


def test_every_task_makes_something_valid(
    model: Any, card: Card, asked: Callable[..., Request], tmp_path: Path
) -> None:
    for task in card.tasks:
        request = asked(task)
        media = model.generate(request, Recorder())
        assert media.medium == card.medium
        for kind in formats.for_medium(card.medium):
            path, record = write.save(media, request, "Tiny", tmp_path / "made", kind.name)
            check_the_file(path, media, kind)
            assert read.read_settings(path)["settings"] == dict(request.settings) == record["settings"]
        if {"width", "height"} <= set(request.settings):
            assert media.size == (request.settings["width"], request.settings["height"])


def test_the_seed_decides(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    for task in card.tasks:
        first = content(model.generate(asked(task, seed=7), Recorder()))
        assert content(model.generate(asked(task, seed=7), Recorder(previews=False))) == first
        assert (content(model.generate(asked(task, seed=8), Recorder())) == first) is (task in card.seedless)


def test_progress_counts_up_to_its_end(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    for task in card.tasks:
        said = Recorder()
        model.generate(asked(task), said)
        steps = [p.step for p in said.of(Progress)]
        assert steps == sorted(set(steps))
        assert {p.total for p in said.of(Progress)} == {steps[-1]}
        assert all(isinstance(event, SAID_BY_A_FAMILY) for event in said.events)


def test_previews_are_pictures_on_the_way(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    for task in card.tasks:
        said = Recorder()
        made = model.generate(asked(task), said)
        if card.medium == "text":  # every piece of it was told, in order
            assert "".join(t.text for t in said.of(Token)) == made.text
            continue
        if card.medium == "sound":
            for heard in said.of(SoundPreview):
                assert heard.sample_rate > 0 and 0 < heard.seconds <= made.seconds * 1.01 + 0.1
            continue
        previews = said.of(Preview)
        assert len({p.rgb for p in previews}) > 1
        for preview in previews:
            assert preview.width > 0 and preview.height > 0
            assert len(preview.rgb) == preview.width * preview.height * 3 * preview.frames
        levels = [p.level for p in previews if p.level is not None]
        assert levels == sorted(levels, reverse=True)
        assert all(0 <= level <= 1 for level in levels)


def test_nobody_asked_no_preview(model: Any, asked: Callable[..., Request]) -> None:
    said = Recorder(previews=False)
    model.generate(asked(), said)
    assert said.of(Preview) == said.of(SoundPreview) == []


def test_a_stop_comes_within_a_step_and_leaves_the_model_as_it_was(
    model: Any, card: Card, asked: Callable[..., Request]
) -> None:
    for task in card.tasks:
        before = content(model.generate(asked(task), Recorder()))
        said = Recorder(stop_at=1)
        with pytest.raises(JobCancelled):
            model.generate(asked(task), said)
        assert [p.step for p in said.of(Progress)][-1] == 1
        assert isinstance(said.events[-1], Progress)
        assert content(model.generate(asked(task), Recorder())) == before


def test_a_stop_frees_its_memory(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    torch = sys.modules.get("torch")
    if torch is None:
        pytest.skip("a family without tensors")

    def living() -> int:
        gc.collect()
        kinds = {torch.Tensor, torch.nn.Parameter}
        return sum(type(thing) in kinds for thing in gc.get_objects())

    def stopped(task: str) -> int:
        with pytest.raises(JobCancelled):
            model.generate(asked(task), Recorder(stop_at=1))
        return living()

    for task in card.tasks:
        assert stopped(task) == stopped(task)


def test_a_model_let_go_is_gone(architecture: str, tmp_path: Path) -> None:
    model = FAMILIES[architecture].tiny()
    card = card_of(model, architecture)
    task = card.tasks[0]
    settings = card.check(quick(card, task), task)
    request = Request("tiny", "tiny", architecture, task, "a red boat", settings=settings)
    if not card.inputs_for(task):
        with pytest.raises(JobCancelled):
            model.generate(request, Recorder(stop_at=1))
    watch = weakref.ref(model)
    del model
    gc.collect()
    assert watch() is None


def test_settings_run_at_their_limits(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    for parameter in card.parameters:
        task = next(t for t in card.tasks if parameter in card.parameters_for(t))
        for value in _ends(parameter):
            request = asked(task, **{parameter.name: value})
            assert content(model.generate(request, Recorder(previews=False))), (parameter.name, value)


def test_settings_matter(model: Any, card: Card, asked: Callable[..., Request]) -> None:
    """A setting that changes nothing is not a setting."""
    for parameter in card.parameters:
        if parameter.name in HAS_ITS_OWN_TEST:
            continue
        if parameter.name in ("steps", "max_new_tokens"):
            parameter = replace(parameter, maximum=min(parameter.maximum or 12, 12))
        task = next(t for t in reversed(card.tasks) if parameter.name in {p.name for p in card.parameters_for(t)})
        made = {
            content(model.generate(asked(task, **{parameter.name: value}), Recorder(previews=False)))
            for value in _ends(parameter)
        }
        assert len(made) > 1, parameter.name


def _ends(parameter: Parameter) -> tuple[Value, ...]:
    if parameter.type == "choice":
        return parameter.choices
    if parameter.type == "bool":
        return (False, True)
    if parameter.type == "text":
        return ("", "a longer text than usual " * 20)
    assert parameter.minimum is not None and parameter.maximum is not None
    return (parameter.check(parameter.minimum), parameter.check(parameter.maximum))
