"""StyleGAN2 generators in files of weights: told by names and shapes alone, and put under one set of names.

Known are those of stylegan2-ada-pytorch, which are ours too, and those of rosinality's implementation, which most
training and encoding code took over. Both hold the same numbers for the same pictures. No torch here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Shapes = Mapping[str, tuple[int, ...]]
LARGEST = 1024  # pixels a side
_OFFICIAL, _ROSINALITY = "synthesis.b4.const", "input.input"
# How a layer's parts are called there, and here.
_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}


@dataclass(frozen=True)
class Layout:
    """A generator in a file: what its names begin with, whose names they are, and what `stylegan2.Generator` needs."""

    before: str
    official: bool
    config: dict[str, Any]


def find(shapes: Shapes) -> Layout | None:
    """The generator among these tensors, the averaged one where there are several; None where there is none."""
    ends = (_OFFICIAL, _ROSINALITY)
    befores = {
        (name.removesuffix(end), end) for name in shapes for end in ends if name == end or name.endswith(f".{end}")
    }
    for before, end in sorted(befores, key=lambda one: ("ema" not in one[0].lower(), one)):
        own = {name.removeprefix(before): shape for name, shape in shapes.items() if name.startswith(before)}
        try:
            config = _official(own) if end == _OFFICIAL else _rosinality(own)
        except (KeyError, IndexError):
            continue
        if config["layers"] and 4 * 2 ** (len(config["channels"]) - 1) <= LARGEST:
            return Layout(before, end == _OFFICIAL, config)
    return None


def _official(shapes: Shapes) -> dict[str, Any]:
    layers = _count(shapes, "mapping.fc{}.weight")
    classes = shapes["mapping.embed.weight"][1] if "mapping.embed.weight" in shapes else 0
    wide = shapes[f"mapping.fc{layers - 1}.weight"][0]
    channels = [shapes[_OFFICIAL][0]]
    while (name := f"synthesis.b{4 * 2 ** len(channels)}.conv1.weight") in shapes:
        channels.append(shapes[name][0])
    return {
        "z": shapes["mapping.fc0.weight"][1] - (wide if classes else 0), "w": wide, "layers": layers,
        "channels": channels, "colours": shapes["synthesis.b4.torgb.weight"][0], "classes": classes,
    }  # fmt: skip


def _rosinality(shapes: Shapes) -> dict[str, Any]:
    layers = _count(shapes, "style.{}.weight", 1)
    channels = [shapes[_ROSINALITY][1]]
    while (name := f"convs.{2 * len(channels) - 1}.conv.weight") in shapes:
        channels.append(shapes[name][1])
    return {
        "z": shapes["style.1.weight"][1], "w": shapes[f"style.{layers}.weight"][0], "layers": layers,
        "channels": channels, "colours": shapes["to_rgb1.conv.weight"][1], "classes": 0,
    }  # fmt: skip


def _count(shapes: Shapes, name: str, first: int = 0) -> int:
    count = 0
    while name.format(first + count) in shapes:
        count += 1
    return count


def renamed(tensors: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """The generator's tensors under our names and in our shapes; filters, which never change, are left out."""
    own = {n.removeprefix(layout.before): v for n, v in tensors.items() if n.startswith(layout.before)}
    if layout.official:
        return {name: value for name, value in own.items() if not name.endswith("resample_filter")}
    # It lies beside the network as often as in it; encoders keep it once for every layer.
    average = own.get("latent_avg", tensors.get("latent_avg"))
    found = {} if average is None else {"mapping.w_avg": average.reshape(-1, average.shape[-1])[0]}
    for name, value in own.items():
        if ours := _ours(name):
            found[ours] = _shaped(ours, value)
    return found


def _ours(name: str) -> str:
    """Our name for one of rosinality's; empty where we have nothing of the kind."""
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if name == _ROSINALITY:
        return _OFFICIAL
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        layer = int(match[1])  # of all layers with noise, the first block having one of them
        return f"synthesis.{_layer(layer - 1)}.noise_const"
    if match := re.fullmatch(r"(conv1|convs\.(\d+)|to_rgb1|to_rgbs\.(\d+))\.(.+)", name):
        if match[4] not in _PARTS:
            return ""
        if match[1].startswith("to_rgb"):
            return f"synthesis.b{4 if match[3] is None else 8 * 2 ** int(match[3])}.torgb.{_PARTS[match[4]]}"
        return f"synthesis.{_layer(-1 if match[2] is None else int(match[2]))}.{_PARTS[match[4]]}"
    return ""


def _layer(index: int) -> str:
    """Where `convs.index` is with us; -1 is the one before them."""
    return "b4.conv1" if index < 0 else f"b{8 * 2 ** (index // 2)}.conv{index % 2}"


def _shaped(ours: str, value: Tensor) -> Tensor:
    part = ours.rpartition(".")[2]
    if part == "noise_strength":
        return value.reshape(())
    if part == "noise_const":
        return value.reshape(value.shape[-2:])
    if part == "bias":
        return value.flatten()
    return value[0] if value.ndim in (4, 5) and value.shape[0] == 1 else value
