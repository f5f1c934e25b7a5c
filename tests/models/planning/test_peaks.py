"""What jobs really took corrects what is predicted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.planning import memory, peaks
from models.planning.choice import decide
from models.planning.parts import Size
from models.planning.plan import Need, Peak
from models.planning.wish import Wish
from tests.models.planning.machines import KNOWN, card, processor

SD15, SIZE = KNOWN["SD 1.5"], Size(512, 512, batch=2)


def test_a_measured_job_is_what_is_predicted_next_time(tmp_path: Path) -> None:
    on = processor(32)
    plan = decide(SD15, on, Wish(), SIZE)
    real = Peak(ram=Need(0, int(plan.peak.ram.total * 1.2)))
    kept = peaks.Peaks(tmp_path / "peaks.json")
    kept.record("sd", plan, SIZE, real, plan.peak)
    kept.record("sd", plan, SIZE, Peak(ram=Need(0, 10)), plan.peak)  # a warm one reads nothing: the highest stays
    correct = peaks.Peaks(tmp_path / "peaks.json").correct("sd")
    again = decide(SD15, on, Wish(), SIZE, correct)
    assert again.peak.ram.total == real.ram.total
    # Of another size the same share is off; of another model nothing is known.
    larger = replace(SIZE, width=768)
    predicted = memory.predict(SD15, larger, on, plan)
    assert correct(plan, larger, predicted).ram.total == pytest.approx(predicted.ram.total * 1.2, rel=0.001)
    other = peaks.Peaks(tmp_path / "peaks.json").correct("another")
    assert other(plan, SIZE, plan.peak) == plan.peak


def test_what_ran_out_of_memory_is_not_chosen_again(tmp_path: Path) -> None:
    on = card(8)
    first = decide(SD15, on, Wish(), SIZE)
    kept = peaks.Peaks(tmp_path / "peaks.json")
    kept.record("sd", first, SIZE, Peak(Need(0, on.room + 10)), first.peak)
    second = decide(SD15, on, Wish(), SIZE, kept.correct("sd"))
    assert second.key() != first.key()
    assert second.peak.accelerator.total <= on.room


@pytest.mark.parametrize("text", ["", "{", "[]", '{"everyform_peaks": 9}', '{"everyform_peaks": 1, "jobs": {"a": 3}}'])
def test_a_broken_file_is_only_a_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "peaks.json"
    path.write_text(text, "utf-8")
    plan = decide(SD15, processor(32))
    kept = peaks.Peaks(path)
    assert kept.correct("sd")(plan, SIZE, plan.peak) == plan.peak
    kept.record("sd", plan, SIZE, plan.peak, plan.peak)
    assert json.loads(path.read_text("utf-8"))["jobs"]


def test_it_stays_small_and_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "peaks.json"
    plan = decide(SD15, processor(32))
    kept = peaks.Peaks(path)
    rows = {f"m{n} x": {"accelerator": 0, "ram": n, "at": n} for n in range(peaks.MOST)}
    path.write_text(json.dumps({"everyform_peaks": peaks.VERSION, "jobs": rows}), "utf-8")
    kept = peaks.Peaks(path)
    kept.record("new", plan, SIZE, plan.peak, plan.peak)
    jobs = json.loads(path.read_text("utf-8"))["jobs"]
    assert len(jobs) == peaks.MOST
    assert list(jobs)[-1].startswith("new ") and "m0 x" not in jobs


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    plan = decide(SD15, processor(32))
    peaks.Peaks(tmp_path / "file" / "peaks.json").record("sd", plan, SIZE, plan.peak, plan.peak)
