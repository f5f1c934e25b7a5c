"""What the emitter lets through, on a clock that the test turns."""

from __future__ import annotations

import pytest

from models.emitter import INTERVAL_S, Emitter
from models.protocol import Done, Event, JobCancelled, Loading, Notice, Output, Preview, Progress, SoundPreview, Token


class Bench:
    """An emitter with its clock, its stop and everything that it sent."""

    def __init__(self, count: int = 1) -> None:
        self.now = 100.0
        self.stopped = False
        self.sent: list[Event] = []
        self.emit = Emitter(self.sent.append, lambda: self.stopped, count, lambda: self.now)

    def steps(self, total: int, each_s: float) -> None:
        for step in range(1, total + 1):
            self.now += each_s
            self.emit(Progress(step, total))


def test_slow_steps_all_pass_and_fast_ones_are_thinned_without_losing_the_last() -> None:
    bench = Bench()
    bench.emit.begin(0)
    bench.steps(5, each_s=1.0)
    assert [(p.step, p.elapsed_s) for p in bench.sent] == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 5.0)]
    bench.sent.clear()
    bench.steps(1000, each_s=0.001)
    assert len(bench.sent) <= 1.0 / INTERVAL_S + 1
    bench.emit.finish()
    assert bench.sent[-1].step == 1000


def test_items_add_up_to_one_job_even_where_they_differ_in_length() -> None:
    bench = Bench(count=3)
    for item, total in enumerate((10, 20, 5)):
        bench.emit.begin(item)
        bench.steps(total, each_s=1.0)
        bench.emit.finish(Output(f"{item}.png", "picture", 1.0, {}, item))
    progress = [event for event in bench.sent if isinstance(event, Progress)]
    assert [p.step for p in progress] == list(range(1, 36))
    assert [(p.step, p.total) for p in progress if p.step in (10, 30, 35)] == [(10, 30), (30, 50), (35, 35)]
    assert [p.item for p in progress[9:11]] == [0, 1]
    assert [type(event) for event in bench.sent[9:12]] == [Progress, Output, Progress]


def test_a_family_that_counts_beyond_its_total_does_not_pass_the_end() -> None:
    bench = Bench()
    bench.emit.begin(0)
    bench.now += 1
    bench.emit(Progress(12, 10))
    bench.now += 1
    bench.emit(Progress(-1, 0))
    assert [(p.step, p.total) for p in bench.sent] == [(10, 10), (0, 1)]


def test_previews_are_only_wanted_when_an_eye_could_tell() -> None:
    bench = Bench()
    bench.emit.begin(0)
    assert bench.emit.wants_preview()
    bench.emit(Preview(1, 1, b"abc"))
    assert not bench.emit.wants_preview()
    bench.emit(Preview(1, 1, b"def"))
    bench.now += INTERVAL_S
    assert bench.emit.wants_preview()
    assert bench.sent == [Preview(1, 1, b"abc")]


def test_previews_of_sound_are_thinned_like_those_of_pictures() -> None:
    bench = Bench()
    bench.emit.begin(0)
    bench.emit(SoundPreview(8000, bytes(8)))
    assert not bench.emit.wants_preview()
    bench.emit(SoundPreview(8000, bytes(16)))
    assert bench.sent == [SoundPreview(8000, bytes(8))] and bench.sent[0].seconds == 0.0005


def test_tokens_and_notices_are_never_dropped() -> None:
    bench = Bench(count=2)
    bench.emit.begin(1)
    for letter in "everyform":
        bench.emit(Token(letter))
    bench.emit(Notice("a word"))
    assert "".join(t.text for t in bench.sent if isinstance(t, Token)) == "everyform"
    assert all(t.item == 1 for t in bench.sent if isinstance(t, Token))
    assert Notice("a word") in bench.sent


def test_what_every_item_notices_is_told_once_a_job() -> None:
    bench = Bench(count=2)
    for item in range(2):
        bench.emit.begin(item)
        bench.emit(Notice("the end was left out"))
        bench.emit(Notice(f"of item {item}"))
    assert [n.text for n in bench.sent] == ["the end was left out", "of item 0", "of item 1"]


def test_a_new_stage_of_loading_is_always_told() -> None:
    bench = Bench()
    for fraction in (0.1, 0.2, 0.3):
        bench.emit(Loading("Reading", fraction))
    bench.emit(Loading("Moving to the device"))
    bench.emit(Loading("Moving to the device", 1.0))
    assert bench.sent == [
        Loading("Reading", 0.1),
        Loading("Moving to the device"),
        Loading("Moving to the device", 1.0),
    ]


def test_a_stop_arrives_wherever_the_family_speaks_but_never_swallows_the_last_word() -> None:
    bench = Bench()
    bench.emit.begin(0)
    bench.steps(3, each_s=0.001)
    bench.stopped = True
    for event in (Progress(4, 10), Preview(1, 1, b""), Token("a"), Notice("n"), Loading("l")):
        with pytest.raises(JobCancelled):
            bench.emit(event)
    with pytest.raises(JobCancelled):
        bench.emit.begin(1)
    bench.emit.last(Done())
    assert bench.sent[-2:] == [Progress(3, 3, pytest.approx(0.003)), Done()]


def test_a_family_may_not_speak_for_the_engine() -> None:
    with pytest.raises(TypeError, match="Output"):
        Bench().emit(Output("a.png", "picture", 1.0, {}))
