"""The highest moment of memory, counted from a start."""

from __future__ import annotations

import gc

import pytest

from models.runtime.fitting import measure
from models.runtime.fitting.measure import Meter

SIZE = 150 * 2**20


@pytest.mark.parametrize("counted", [True, False], ids=["by the system", "by looking"])
def test_what_was_taken_and_given_back_is_seen(counted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    if not counted:
        monkeypatch.setattr(measure, "_forget", lambda: False)
        monkeypatch.setattr(measure, "_high_water", lambda: 0)
    elif not measure._forget():
        pytest.skip("this system does not count from a start")
    meter = Meter()
    meter.start()
    before = measure.in_use()
    held = bytearray(SIZE)
    held[::4096] = b"x" * len(held[::4096])
    if not counted:
        seen = threading.Event()
        monkeypatch.setattr(measure, "in_use", lambda: (seen.set(), before + SIZE)[1])
        assert seen.wait(5)
        monkeypatch.undo()
    del held
    gc.collect()
    peak = meter.peak().ram.total
    assert before + 0.9 * SIZE <= peak <= before + 2 * SIZE


def test_a_new_start_forgets() -> None:
    if not measure._forget():
        pytest.skip("this system does not count from a start")
    meter = Meter()
    meter.start()
    held = bytearray(SIZE)
    held[::4096] = b"x" * len(held[::4096])
    first = meter.peak().ram.total
    del held
    gc.collect()
    meter.start()
    assert meter.peak().ram.total < first - 0.5 * SIZE
