"""The whole window killed while its queue is at work: the next one finds every job, and makes none of it twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import queue_kills


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_no_job_and_no_output_is_lost(tmp_path: Path) -> None:
    told = queue_kills.measure(tmp_path, kills=1, seed=3)
    assert told.kept, told.sentence()
    assert told.sure and told.made
