"""Memory that goes back to the system: what was read of mapped files, what was freed; and nothing that is needed."""

from __future__ import annotations

import mmap
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from models.planning.memory import WORTH_GIVING_BACK
from models.runtime.fitting import giving_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's mappings")
SIDE = 2048  # of float32 numbers: 16 MiB


def resident(of: str = "RssFile") -> int:
    """Bytes of files, or of its own, that this process has in memory."""
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{of}:")) * 1024


@pytest.fixture
def layer(tmp_path: Path) -> nn.Linear:
    """A layer whose weight is a mapped file of 16 MiB, all of it read."""
    torch.manual_seed(0)
    save_file({"weight": torch.randn(SIDE, SIDE)}, tmp_path / "w.safetensors")
    made = nn.Linear(SIDE, SIDE, bias=False)
    made.load_state_dict(load_file(tmp_path / "w.safetensors"), assign=True)
    made.weight.sum()
    return made


def test_a_mapped_network_is_given_back_and_read_again(layer: nn.Linear) -> None:
    before, sum_ = resident(), layer.weight.double().sum()
    giving_back.unread(layer)
    assert before - resident() > 12 * 2**20
    assert layer.weight.double().sum() == sum_


def test_what_was_written_since_stays(layer: nn.Linear) -> None:
    with torch.no_grad():
        layer.weight[5, 7] = 42.0
    sum_ = layer.weight.double().sum()
    giving_back.unread(layer)
    assert layer.weight[5, 7] == 42.0 and layer.weight.double().sum() == sum_


def test_what_was_written_and_swapped_out_stays(
    layer: nn.Linear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, place = Path("/proc/self/smaps").read_text("utf-8", "replace"), layer.weight.data_ptr()
    mappings = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", told)[1:]
    for at, one in enumerate(mappings):
        begin, end = (int(number, 16) for number in one.split()[0].split("-"))
        if begin <= place < end:
            mappings[at] = re.sub(r"(?m)^(Swap: +)0", r"\g<1>8", one)
            assert mappings[at] != one
    monkeypatch.setattr(giving_back, "_SMAPS", tmp_path / "smaps")
    (tmp_path / "smaps").write_text("".join(mappings), "utf-8")
    before = resident()
    giving_back.unread(layer)
    assert before - resident() < 4 * 2**20


def test_a_network_that_is_no_file_stays() -> None:
    made = nn.Linear(SIDE, SIDE, bias=False)
    sum_ = made.weight.double().sum()
    giving_back.unread(made)
    assert made.weight.double().sum() == sum_


def test_nothing_is_kept_of_a_file_that_is_passed_through(tmp_path: Path) -> None:
    file = tmp_path / "numbers.bin"
    file.write_bytes(b"\1" * (32 * 2**20))
    before = resident()
    with giving_back.passing_through(file), file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        assert sum(mapped[at] for at in range(0, len(mapped), 4096)) == len(mapped) // 4096
    assert resident() - before < 8 * 2**20
    assert mapped[4096] == 1
    mapped.close()


def test_what_is_freed_among_what_stays_goes_back() -> None:
    """As when a network is laid out anew, layer by layer; in a process whose heap has no holes yet."""
    code = (
        "import torch\nfrom models.runtime.fitting import giving_back\nfrom tests.models.runtime import "
        "test_giving_back as test\nwith giving_back.freeing_at_once():\n"
        "    kept = [torch.ones(2**20 if k % 2 else 2**18) for k in range(32)]\n"
        "    before = test.resident('RssAnon')\n    del kept[1::2]\n"
        "    print(len(kept), before - test.resident('RssAnon'))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == "16" and int(told[1]) > 56 * 2**20


@pytest.mark.parametrize("large", [True, False])
def test_a_large_mapped_text_encoder_is_given_back_when_it_has_read(layer: nn.Linear, large: bool) -> None:
    class Decoder(nn.Module):
        decoder = None

    class Pipeline:
        components: dict[str, Any]

    pipeline = Pipeline()
    encoder = nn.Sequential(*[layer] * 1)
    if large:
        encoder.append(nn.Linear(SIDE, WORTH_GIVING_BACK // SIDE // 4, bias=False))
    pipeline.components = {"text_encoder": encoder, "vae": Decoder(), "scheduler": None}
    giving_back.between_stages(pipeline)
    before = resident()
    encoder(torch.randn(1, SIDE))
    assert (before - resident() > 12 * 2**20) == large
