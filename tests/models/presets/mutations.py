"""A hundred thousand ways to break a preset, the same in every run; how many were refused, and how long each took.

As a program (`python -m tests.models.presets.mutations`) it prints the figures for all of them.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from typing import Any

from models.presets import fitting, form
from models.presets.preset import After, ModelKey, Preset
from models.presets.versions import FIELD
from models.protocol import BadInput

COUNT = 100_000
SOUND = Preset(
    "Evening by the sea",
    ModelKey("scenes", "Scenes", "latent-diffusion", "SD 1.x", 7_600_000, "owner/scenes"),
    "text-to-picture",
    {"steps": 24, "guidance_scale": 4.5, "scheduler": "DDIM", "round_trip": True},
    "a red sailboat on a calm sea at sunset\n(with a second line)",
    "blurred",
    4,
    After(ModelKey("upscaler", "Larger", "upscaler"), "jpeg", 80),
    "For quiet evenings: 日没, عند الغروب, 👩‍🎨.",
)
_PIECES = [
    b'"', b"{", b"[", b"]", b"}", b",", b":", b"-", b"9" * 30, b"e999", b"null", b"NaN", b"-Infinity", b"\xff", b"\0",
    b"\\ud800", b"\\u0000", b"\xef\xbb\xbf", b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"true", b"\xe2\x80\xae",
]  # fmt: skip
_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), 2**63, "", " ", "x" * 30_000, "\x1b[2J", "\u202egnp", "\ud800",
    [], {}, [[[[]]]], {"a": {"b": {"c": []}}}, {FIELD: 1}, "../../etc/passwd", "jpeg", "png", 101, "scenes\n\n", 1e308,
]  # fmt: skip
_NAMES = ["", "évil", "settings", "a" * 500, "\x00", "__class__", "\ud800"]


def mutated(count: int = COUNT, seed: int = 5) -> Iterator[bytes]:
    """`count` files: wrong bytes and pieces in one half, values of another kind, size or name in the other."""
    draw = random.Random(seed)
    whole = form.dumps(SOUND).encode()
    for turn in range(count):
        yield _bytes(whole, draw, turn) if turn % 2 else _value(json.loads(whole), draw)


def _bytes(whole: bytes, draw: random.Random, turn: int) -> bytes:
    data = bytearray(whole)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data))
        if draw.random() < 0.5:
            data[at] = draw.randrange(256)
        else:
            data[at : at + draw.randint(0, 3)] = draw.choice(_PIECES)
    if turn % 7 == 0:
        del data[draw.randrange(len(data)) :]
    return bytes(data)


def _value(whole: dict[str, Any], draw: random.Random) -> bytes:
    """One or two fields, at any depth, gone, renamed, or with another value."""
    for _ in range(draw.randint(1, 2)):
        inside = [whole, *(v for v in whole.values() if isinstance(v, dict) and v)]
        place = draw.choice(inside)
        name = draw.choice(list(place) or ["x"])
        how = draw.randrange(4)
        if how == 0:
            place.pop(name, None)
        elif how == 1:
            place[draw.choice(_NAMES)] = copy.deepcopy(draw.choice(_VALUES))
        else:
            place[name] = copy.deepcopy(draw.choice(_VALUES))
    return json.dumps(whole).encode()


def run(files: Iterator[bytes]) -> tuple[int, int, float, list[str]]:
    """How many were refused, how many taken, the longest time (s), and every sentence that is none.

    What is taken must be written and read back equal, and be spoken of. Whatever else than a refusal is raised goes on
    to the caller.
    """
    refused, taken, slowest, wrong = 0, 0, 0.0, []
    for data in files:
        began = time.perf_counter()
        try:
            preset = form.loads(data, "mutated.json")
        except BadInput as error:
            refused += 1
            if not sentence(str(error)):
                wrong.append(str(error))
        else:
            taken += 1
            if form.loads(form.dumps(preset)) != preset:
                wrong.append(f"{preset} is not read as it was written")
            if not sentence(told := fitting.absent(preset.model, ())):
                wrong.append(told)
        slowest = max(slowest, time.perf_counter() - began)
    return refused, taken, slowest, wrong


def sentence(text: str) -> bool:
    """Whether it is one line that can be printed, of a length that is read, with an end."""
    return text.isprintable() and text.endswith(".") and len(text) < 900


if __name__ == "__main__":
    refused, taken, slowest, wrong = run(mutated())
    print(
        f"{COUNT:,} presets: {refused:,} refused, {taken:,} taken, longest {slowest * 1000:.1f} ms, {len(wrong)} wrong"
    )
    for text in wrong[:20]:
        print(ascii(text)[:300])
    raise SystemExit(bool(wrong))
