"""The page of the bench, from findings made up here: its ratios and goals stand in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import child, engine_against_plain, event_loop, openvino, section, sound, text, window_start
from tests.bench.engine_against_plain import Compared
from tests.bench.results import Results


def test_the_page_has_every_part_that_was_measured() -> None:
    results = Results("the starter *scenes*", "Some CPU, 2 cores", load=0.1, pairs=5, threads="2")
    assert "##" not in results.page()
    same, megabytes = Compared(1.0, 1.02, 1.02), Compared(500 * 2**20, 510 * 2**20, 1.02)
    results.engine = engine_against_plain.Found(same, same, same, megabytes, previews=20, difference=0)
    results.start = window_start.Found(window=0.3, torch=1.2, ratio=0.25)
    gaps = event_loop.Gaps(turns=900, p99=3.21, longest=12.3)
    results.loop = event_loop.Found(gaps, gaps, previews=40)
    page = results.page()
    assert "| each further picture, written | 1.00 s | 1.02 s | 1.02 | ≤ 1.03 |" in page
    assert "| peak memory | 500 MiB | 510 MiB | 1.02 | ≤ 1.05 |" in page
    assert "| 0.30 s | 1.20 s | 0.25 |" in page
    assert "| 900 | 3.2 ms | 12.3 ms |" in page


def test_ratios_are_those_of_the_pairs() -> None:
    compared = engine_against_plain._compared([1.0, 2.0, 4.0], [1.1, 2.2, 2.0])
    assert compared.plain == compared.engine == 2.0
    assert compared.ratio == 1.1


def test_gaps_are_counted_from_the_long_end() -> None:
    gaps = event_loop.counted([1.0] * 985 + [20.0] * 14 + [90.0])
    assert (gaps.turns, gaps.p99, gaps.longest) == (1000, 20.0, 90.0)


def test_a_section_takes_its_own_place_and_outlives_the_page(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Bench\n\nAll of it.\n\n## One\n\n1\n\n## Two\n\n2\n")
    section.put(page, "Three", ["3", "", "| a |"])
    section.put(page, "One", ["first"])
    assert page.read_text() == "# Bench\n\nAll of it.\n\n## One\n\nfirst\n\n## Two\n\n2\n\n## Three\n\n3\n\n| a |\n"
    page.write_text(section.with_others("# Bench\n\n## Two\n\nnew\n", page))
    assert page.read_text() == "# Bench\n\n## Two\n\nnew\n\n## One\n\nfirst\n\n## Three\n\n3\n\n| a |\n"


def test_rows_of_texts_are_ratios_to_bfloat16() -> None:
    plain, ours = [{"speed": 10.0, "peak": 2**30}] * 3, [{"speed": 27.5, "peak": 2**29}] * 3
    rows = text.rows({text.PLAIN: plain, "ours, by llama.cpp": ours})
    assert rows[1] == "| ours, by llama.cpp | 27.5 | 2.75 | ≥ 2.5 | 512 MiB | 0.50 | ≤ 0.7 |"


def test_a_step_is_compared_with_the_plain_one_of_its_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(module: str, given: dict[str, Any], home: Path) -> dict[str, Any]:
        assert module == "openvino_child" and given["side"] == 256
        wish = given.get("wish")
        step = 8.0 if wish is None else 2.0 if wish.get("backend") else 3.2
        peak = 2**32 if wish is None else 2**31
        return {"step": step, "peak": peak, "seconds": 40.0, "difference": "0.5 %" if step == 2.0 else "", "plan": "x"}

    monkeypatch.setattr(child, "run", run)
    lines = openvino.table(tmp_path, tmp_path, 256, steps=3, pairs=2, sides=openvino.SIDES)
    assert "| plain diffusers | 8.00 s |  |  | 4096 MiB |  |  |  |  |" in lines
    assert "| ours, OpenVINO | 2.00 s | 4.00 | ≥ 3.5 | 2048 MiB | 0.50 | ≤ 0.6 | 0.5 % | x |" in lines
    assert any("40 s with its conversion" in line for line in lines)
    head = openvino.HEAD.splitlines()
    assert head[0].count("|") == head[1].count("|") == lines[lines.index(openvino.HEAD) + 1].count("|")


def test_rows_of_a_long_sound_are_its_gaps() -> None:
    gaps = event_loop.Gaps(turns=900, p99=3.21, longest=12.3)
    assert sound.rows({"open": gaps}) == ["| the file is read, and its outline drawn | 900 | 3.2 ms | 12.3 ms |"]
