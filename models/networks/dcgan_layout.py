"""DCGANs in files of weights: told by names and shapes alone, those of PyTorch's DCGAN example. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, TypeVar

V = TypeVar("V")
Shapes = Mapping[str, tuple[int, ...]]
LARGEST = 2048  # pixels a side; more is no DCGAN but a mistake
_NAME = re.compile(r"(?P<before>.*\.)?(?P<own>main\.\d+\.(weight|bias|running_mean|running_var|num_batches_tracked))")


def networks(tensors: Mapping[str, V]) -> dict[str, dict[str, V]]:
    """A file's tensors (or their shapes) by the name that a network had in it: "" where the file is one network.

    Only what a DCGAN has; what else lies there (an optimizer's state, numbers of steps) is left out.
    """
    found: dict[str, dict[str, V]] = {}
    for name, value in tensors.items():
        if match := _NAME.fullmatch(name):
            found.setdefault(match["before"] or "", {})[match["own"]] = value
    return found


def generator(shapes: Shapes) -> dict[str, Any] | None:
    """What `dcgan.Generator` needs to hold weights of these shapes; None where they are no generator's."""
    convs = _convs(shapes)
    if len(convs) < 3 or list(convs) != [3 * k for k in range(len(convs))]:
        return None
    weights = list(convs.values())
    start = weights[0][2]
    chained = all(one[1] == next_[0] for one, next_ in pairwise(weights))
    normed = all(shapes.get(f"main.{3 * k + 1}.weight") == (w[1],) for k, w in enumerate(weights[:-1]))
    doubling = all(w[2:] == (4, 4) for w in weights[1:]) and weights[0][3] == start
    colours = weights[-1][1]
    if not (chained and normed and doubling and colours in (1, 3) and start * 2 ** len(weights[1:]) <= LARGEST):
        return None
    return {
        "latent": weights[0][0], "channels": [w[1] for w in weights[:-1]], "colours": colours, "start": start,
        "bias": "main.0.bias" in shapes,
    }  # fmt: skip


def critic(shapes: Shapes) -> dict[str, Any] | None:
    """What `dcgan.Critic` needs to hold weights of these shapes; None where they are no critic's."""
    convs = _convs(shapes)
    weights, places = list(convs.values()), list(convs)
    norm = len(places) > 2 and places[2] - places[1] == 3
    if len(convs) < 3 or places != [0, *(2 + (3 if norm else 2) * k for k in range(len(places) - 1))]:
        return None
    normed = all(shapes.get(f"main.{place + 1}.weight") == (convs[place][0],) for place in places[1:-1])
    chained = all(one[0] == next_[1] for one, next_ in pairwise(weights))
    halving = all(w[2:] == (4, 4) for w in weights[:-1]) and weights[-1][2] == weights[-1][3]
    end = weights[-1][2]
    one_score = weights[-1][0] == 1 and weights[0][1] in (1, 3) and end * 2 ** len(weights[1:]) <= LARGEST
    if not (chained and halving and one_score and normed == norm):
        return None
    return {
        "channels": [w[0] for w in weights[:-1]], "colours": weights[0][1], "end": end, "norm": norm,
        "bias": "main.0.bias" in shapes,
    }  # fmt: skip


def _convs(shapes: Shapes) -> dict[int, tuple[int, ...]]:
    """Shapes of all convolutions by their place in `main`, in order."""
    found = {int(name.split(".")[1]): shape for name, shape in shapes.items() if name.endswith(".weight")}
    return {place: tuple(found[place]) for place in sorted(found) if len(found[place]) == 4}


def size(config: Mapping[str, Any]) -> int:
    """The side, in pixels, of the pictures that a generator makes or a critic takes."""
    return config["start" if "start" in config else "end"] * 2 ** len(config["channels"])
