"""BigGANs in files of weights: told by names and shapes alone, those of the authors' PyTorch code. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LARGEST = 1024  # pixels a side


def generator(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
    """What `biggan.Generator` needs to hold weights of these shapes; None where they are no BigGAN's of this layout."""
    count = 1 + max((int(m[1]) for m in (re.match(r"blocks\.(\d+)\.0\.conv1\.weight$", n) for n in shapes) if m),
                    default=-1)  # fmt: skip
    try:
        convs = [shapes[f"blocks.{k}.0.conv1.weight"] for k in range(count)]
        channels = [*(conv[1] for conv in convs), convs[-1][0]]
        classes, shared = shapes["shared.weight"]
        wide, into = shapes["linear.weight"]
        chunk = shapes["blocks.0.0.bn1.gain.weight"][1] - shared
        start = round((wide / channels[0]) ** 0.5)
        sound = shapes["output_layer.2.weight"] == (3, channels[-1], 3, 3) and wide == channels[0] * start**2
    except (KeyError, IndexError, ValueError, ZeroDivisionError):
        return None
    if not sound or chunk not in (0, into) or start * 2**count > LARGEST:
        return None
    return {
        "latent": into * (count + 1) if chunk else into, "channels": channels, "classes": classes, "shared": shared,
        "chunk": chunk, "attention": [k for k in range(count) if f"blocks.{k}.1.theta.weight" in shapes],
        "spectral": "linear.u0" in shapes, "start": start,
    }  # fmt: skip
