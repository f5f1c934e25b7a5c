"""What PNG takes: the file's own bytes, and less of them without its frame."""

from __future__ import annotations

import torch

from models.runtime.pictures import small
from models.training import bits


def test_png_takes_what_its_file_takes() -> None:
    noise = torch.randint(0, 256, (2, 3, 16, 16), generator=torch.Generator().manual_seed(0)) / 127.5 - 1
    told = bits.png(noise)
    files = [len(small.png(picture)) for picture in noise]
    assert told["bits per dimension of PNG"] == round(8 * sum(files) / noise.numel(), 3)
    # Signature 8, header 25, end 12, and 12 around the data.
    without = round(8 * (sum(files) - 2 * 57) / noise.numel(), 3)
    assert told["bits per dimension of PNG without its frame"] == without
    assert without > 7.9  # noise cannot be made smaller


def test_unseen_renders_lie_on_their_levels() -> None:
    levels = (bits.unseen(2, 32) + 1) * 127.5
    assert levels.shape == (2, 3, 32, 32)
    torch.testing.assert_close(levels, levels.round(), atol=1e-3, rtol=0)


def test_the_rate_rises_and_then_falls_to_nothing() -> None:
    rates = [bits.cooled(step, 1000, 2.0, warm=100) for step in range(1000)]
    assert max(rates) == rates[99] and rates[0] < rates[50] < rates[99]
    assert rates[99:] == sorted(rates[99:], reverse=True) and rates[-1] < 0.01
