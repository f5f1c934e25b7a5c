"""The store of renders: it grows, goes on where it was cut off, and gives what the renderer draws."""

from __future__ import annotations

from pathlib import Path

import torch

from models.reader.scene import sample
from models.training.pictures import Pictures, as_bytes, as_signed
from models.training.world.render import render

CPU = torch.device("cpu")


def test_the_store_grows_and_survives_a_cut(tmp_path: Path) -> None:
    few = Pictures(tmp_path, 4, 32, CPU)
    more = Pictures(tmp_path, 7, 32, CPU)
    (tmp_path / "pictures-32.done").write_text("5")
    again = Pictures(tmp_path, 7, 32, CPU)
    seeds = torch.tensor([6, 0, 3])
    drawn = as_signed(as_bytes(render([sample(int(seed)) for seed in seeds], 32).picture))
    # A scene that is drawn in another company may differ by one step of 255.
    for store in (more, again):
        assert (store.batch(seeds) - drawn).abs().max() <= 1.01 / 127.5
    assert torch.equal(few.batch(torch.tensor([2])), more.batch(torch.tensor([2])))
    assert [scene.seed for scene in again.scenes] == list(range(7))
