"""`main.py batch --cluster` on a real Ray cluster of two machines, one of which is pulled out half way.

Ray is an extra that the other tests do without: they are skipped where it is not installed.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fakes import batch_child
from tests.models.batch import making

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="a group of processes is ended in another way there"),
]


def test_a_machine_pulled_out_costs_nothing_and_a_poisoned_row_is_one_failed_row(tmp_path: Path, home: Path) -> None:
    from tests.fakes import ray_cluster

    making.models(tmp_path / "models", home)
    presets = making.five(tmp_path / "presets")
    words = [presets[0], presets[4], "--seeds", "1-3", "--grid", "behave=well", "--out"]
    alone, spread = tmp_path / "alone" / "night", tmp_path / "spread" / "night"  # a sheet tells its folder's name
    plain = batch_child.run([*words, alone])
    assert plain.code == 0 and len(plain.of("done")) == 6
    with (
        tempfile.TemporaryDirectory(prefix="ef-", dir="/tmp") as folder,
        ray_cluster.two_machines(Path(folder)) as (cluster, second),
    ):
        pulled = []

        def half_way(run: batch_child.Run) -> bool:
            if len(run.of("done")) == 2 and not pulled:
                pulled.append(len(run.of("begin")))
                cluster.remove_node(second, allow_graceful=False)
            return False

        many = batch_child.run([*words, spread, "--cluster", cluster.address], until=half_way)
        poison = [presets[0], "--grid", "behave=well,killed", "--out", tmp_path / "poison"]
        poisoned = batch_child.run([*poison, "--cluster", cluster.address])
    assert pulled and many.code == 0 and len({line["row"] for line in many.of("done")}) == 6 == len(many.of("done"))
    assert batch_child.sums(spread) == batch_child.sums(alone)
    end = poisoned.of("end")[0]
    assert poisoned.code == 1 and (end["done"], len(end["failed"]), end["missing"]) == (1, 1, 0)
