"""What an ONNX graph is for, told by the names, shapes and types of its inputs and outputs alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.protocol import BadInput
from models.runtime.onnx.wiring import RANGES, Feed, Order, Range, Role, Wiring
from models.store.heads.onnx import Graph, Port

Shape = tuple[int | str | None, ...]

_FLOATS = ("F32", "F16", "F64")
_WHOLE = ("I64", "I32")
_NOISE = re.compile(r"(^|[^a-z])(z|noise|latents?|latent_sample|seed_vector|codes?)([^a-z]|$)|latent", re.I)
_LABEL = re.compile(r"class|label|categor|digit|^y$|^c$", re.I)
_SPREAD = re.compile(r"trunc|psi|spread|temperature", re.I)
_TIME = re.compile(r"time_?step|^t$|sigma", re.I)
_TEXT = re.compile(r"input_ids|token|attention_mask|encoder_hidden_states|^text", re.I)
_DRAWS = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
# What moves numbers and changes none.
_MOVES = {"Reshape", "Transpose", "Identity", "Squeeze", "Unsqueeze", "Slice", "Crop", "Flatten"}
_ENDS: dict[str, Range] = {"Tanh": "-1..1", "Sigmoid": "0..1", "HardSigmoid": "0..1"}
_COLOURS = (1, 3, 4)
_SHORTEST_SOUND = 800  # numbers in a row that are rather a tenth of a second than a list of scores
_MOST = 2**28  # numbers of noise in one input


def wiring(name: str, graph: Graph, told: Mapping[str, Any]) -> Wiring:
    """How the graph in the file `name` is called. `told` is what the model's notes say besides: sample_rate, fps,
    labels (how many, or their names), takes and gives (a range of brightness). Raises BadInput with what can't be told.
    """
    if not graph.inputs:
        raise _unclear(name, "it takes nothing, so it would give the same for ever")
    feeds = tuple(_feed(name, port, graph) for port in graph.inputs)
    if len([feed for feed in feeds if feed.role == "picture"]) > 1:
        raise _unclear(name, "it takes several pictures, and their meaning stands nowhere")
    if not any(feed.role in ("noise", "picture") for feed in feeds):
        raise _unclear(name, "it takes neither noise nor a picture")
    picture = next((feed for feed in feeds if feed.role == "picture"), None)
    port, medium, order = _output(name, graph, picture)
    rate = _whole(told.get("sample_rate", graph.notes.get("sample_rate", 0)))
    if medium == "sound" and not 1000 <= rate <= 384_000:
        raise BadInput(
            f"{name} gives sound, but not how many numbers make a second: write "
            '{"onnx": {"sample_rate": 22050}} into an everyform.json beside it, with its own rate.'
        )
    names = told.get("labels") if isinstance(told.get("labels"), list) else []
    hot = next((feed.shape[-1] for feed in feeds if feed.role == "one-hot"), 0)
    gives = _range(told.get("gives")) or _ends_in(port, graph)
    takes = _range(told.get("takes"))
    if not takes and picture is not None:
        takes = "0..255" if picture.dtype == "U8" else gives
    return Wiring(
        feeds, port.name, medium, order, takes, gives, rate, _speed(told.get("fps")),  # type: ignore[arg-type]
        len(names or ()) or _whole(told.get("labels")) or hot, tuple(str(n) for n in names or ()),
        bool(graph.operators & _DRAWS),
    )  # fmt: skip


def _feed(name: str, port: Port, graph: Graph) -> Feed:
    if _TEXT.search(port.name):
        raise BadInput(
            f"{name} reads text ({port.name}), and ONNX graphs that do are not run here: get the model as safetensors "
            "or GGUF."
        )
    if _TIME.search(port.name) and len(graph.inputs) > 1:
        raise BadInput(
            f"{name} is one part of a diffusion model (it takes a {port.name}): choose the folder that holds all of "
            "its parts."
        )
    if port.shape is None or not port.dtype:
        raise _unclear(name, f"its input {port.name} says no shape")
    shape = port.shape
    # The first is the batch, which is one; a scalar has none.
    plain = tuple(one if isinstance(one, int) else 0 for one in shape)
    if (role := _small(port, plain)) is not None:
        return Feed(port.name, role, port.dtype, tuple(one or 1 for one in plain))
    order = _picture_order(port, shape)
    if order is not None and not _NOISE.search(port.name):
        return Feed(port.name, "picture", port.dtype, plain if len(plain) == 3 else (1, *plain[1:]), order)
    if port.dtype in _FLOATS and len(shape) >= 2:
        if 0 in plain[1:]:
            raise _unclear(name, f"its input {port.name} says not how many numbers it takes ({_words(shape)})")
        count = 1
        for one in plain[1:]:
            count *= one
        if count <= _MOST:
            return Feed(port.name, "noise", port.dtype, (1, *plain[1:]))
    raise _unclear(name, f"what its input {port.name} means ({port.dtype}, {_words(shape)}) cannot be told")


def _small(port: Port, plain: tuple[int, ...]) -> Role | None:
    """A label or a spread: what is one number, or one place of many."""
    single = len(plain) <= 1 or (len(plain) == 2 and plain[1] == 1)
    if port.dtype in _WHOLE and single:
        return "label"
    if port.dtype in _FLOATS and single and _SPREAD.search(port.name):
        return "spread"
    if port.dtype in (*_FLOATS, *_WHOLE) and len(plain) == 2 and plain[1] > 1 and _LABEL.search(port.name):
        return "one-hot"
    return None


def _picture_order(port: Port, shape: Shape) -> Order | None:
    """Whether it is a picture, and where its colours lie."""
    if len(shape) not in (3, 4) or port.dtype not in (*_FLOATS, "U8"):
        return None
    rows = shape[-3:]
    if rows[0] in _COLOURS and rows[1] != 1:
        return "CHW"
    if rows[2] in _COLOURS and rows[1] != 1:
        return "HWC"
    return None


def _output(name: str, graph: Graph, picture: Feed | None) -> tuple[Port, Any, Order]:
    """The first output that is something to see or to hear."""
    why = ""
    for port in graph.outputs:
        shape = port.shape
        if shape is None or (len(shape) in (3, 4) and not any(isinstance(one, int) for one in shape[-3:])):
            if picture is not None:  # a picture of a picture, unless it says otherwise
                return port, "picture", picture.order
            why = why or f"its output {port.name} says no shape"
            continue
        order = _picture_order(port, shape)
        if order is not None and len(shape) == 4:
            return port, "picture", order
        if len(shape) == 5 and (film := _film(shape)) is not None:
            return port, "video", film
        # (batch, samples), or with one or two channels between.
        between = shape[1:-1]
        length = shape[-1]
        if len(shape) in (2, 3) and all(one in (1, 2) for one in between) and port.dtype in _FLOATS:
            if picture is None and (not isinstance(length, int) or length >= _SHORTEST_SOUND):
                return port, "sound", "wave"
            why = why or f"its output {port.name} is a list of numbers ({_words(shape)}), as one tells what a thing is"
            continue
        why = why or f"its output {port.name} ({_words(shape)}) is no picture, sound or video"
    raise _unclear(name, why or "it gives nothing")


def _film(shape: Shape) -> Order | None:
    if shape[1] in (1, 3):
        return "CTHW"
    if shape[2] in (1, 3):
        return "TCHW"
    return "THWC" if shape[4] in (1, 3) else None


def _ends_in(port: Port, graph: Graph) -> Range:
    """In which numbers it counts brightness, by its last operator that changes any."""
    if port.dtype == "U8":
        return "0..255"
    for operator in graph.ends.get(port.name, ()):
        if operator in _ENDS:
            return _ENDS[operator]
        if operator not in _MOVES:
            break
    return ""


def _range(value: Any) -> Range:
    return value if value in RANGES else ""


def _whole(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdigit() and len(text) < 8 else 0


def _speed(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 < value <= 240 else 8.0


def _words(shape: Shape) -> str:
    return " × ".join("?" if one is None else str(one) for one in shape) or "one number"


def _unclear(name: str, why: str) -> BadInput:
    return BadInput(f"{name} is an ONNX graph whose use cannot be told: {why}.")
