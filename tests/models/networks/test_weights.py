"""Networks of our own on disk: in half precision, or with their matrices as bytes and a scale for each row."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from models.networks import weights
from models.protocol import BadInput
from models.store.files import Files
from models.store.recognising import facts


def network() -> nn.Sequential:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 40, 3), nn.BatchNorm2d(40), nn.Flatten(), nn.Linear(40, 7))
    with torch.no_grad():
        made[3].weight[2] = 0  # a row of nothing
        made[3].weight[3] *= 1000  # and one that is far larger than the others
    return made


@pytest.mark.parametrize("short", [False, True])
def test_what_is_written_is_read_again(tmp_path: Path, short: bool) -> None:
    ours = network()
    weights.save(ours, tmp_path, "net", short=short, wide=40)
    assert weights.read(Files(tmp_path), "net") == {"wide": 40}
    back = weights.load(lambda wide: network().requires_grad_(False), tmp_path, {"wide": 40})
    for name, value in ours.state_dict().items():
        told = back.state_dict()[name]
        row = value.abs().flatten(1).amax(1).view(-1, *[1] * (value.ndim - 1)) if value.ndim > 1 else value.abs().amax()
        assert told.dtype == value.dtype and ((told - value).abs() <= row / (250 if short else 2000)).all(), name


def test_short_weights_take_half_of_the_room_and_count_as_before(tmp_path: Path) -> None:
    long, short = tmp_path / "long", tmp_path / "short"
    weights.save(network(), long, "net")
    weights.save(network(), short, "net", short=True)
    assert load_file(short / weights.WEIGHTS)["0.weight"].dtype == torch.int8
    counted = [facts.numbers(Files(path)) for path in (long, short)]
    assert sum(counted[0].values()) == sum(counted[1].values())
    assert counted[1]["I8"] == sum(w.numel() for w in network().parameters() if w.ndim > 1)
    assert weights.state_dict(short / weights.WEIGHTS).keys() == weights.state_dict(long / weights.WEIGHTS).keys()


def test_a_network_with_a_weight_called_scale_keeps_it(tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = nn.Parameter(torch.tensor([[2.0]]))
            self.gain_scale = nn.Parameter(torch.tensor([3.0]))

    weights.save(Scaled(), tmp_path, "net", short=True)
    found = weights.state_dict(tmp_path / weights.WEIGHTS)
    assert {name: value.tolist() for name, value in found.items()} == {"gain": [[2.0]], "gain_scale": [3.0]}


@pytest.mark.parametrize("shape", [(3, 50), (50, 4), (1, 1, 1), (2,)])
def test_scales_that_would_make_a_matrix_larger_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "stranger.safetensors"
    save_file({"a": torch.ones(50, 1, dtype=torch.int8), "a_scale": torch.full((50, 1), 0.5)}, path)
    assert (weights.state_dict(path)["a"] == 0.5).all()
    save_file({"a": torch.ones(50, 1, dtype=torch.int8), "a_scale": torch.ones(shape)}, path)
    with pytest.raises(BadInput, match="the scales of a are not those of its rows"):
        weights.state_dict(path)
