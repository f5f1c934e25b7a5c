"""A generator or a translator that came as an ONNX graph: what it takes is drawn or read, what it gives is media."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from PIL import Image

from models.outputs.media import Media, Picture, Sound, Video
from models.outputs.read import open_picture
from models.protocol import BadInput, Card, Emit, Notice, Preview, Progress, Request
from models.runtime import pixels
from models.runtime.onnx import brightness
from models.runtime.onnx.session import Session
from models.runtime.onnx.wiring import Feed, Range, Wiring
from models.sampling.inpainting import fitted

# Networks halve a picture several times: a side that is no multiple of this is filled up by its outermost pixels.
MULTIPLE = 32
MAX_PIXELS = 36_000_000
PREVIEW_SIDE = 768
NUMPY = {
    "F32": np.float32, "F16": np.float16, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8
}  # fmt: skip


class OnnxNetwork:
    """One open graph. It remembers in which numbers the graph counts brightness, once a picture has told."""

    def __init__(self, card: Card, wiring: Wiring, session: Session) -> None:
        self.card = card
        self._wiring, self._session = wiring, session
        self._takes: Range = wiring.takes

    def generate(self, request: Request, emit: Emit) -> Media:
        """One picture, sound or video. Raises BadInput for a picture that cannot be used or what the graph refuses,
        and lets pass what `emit` raises."""
        settings: dict[str, Any] = dict(request.settings)
        emit(Progress(0, 1))
        if self._wiring.random:
            emit(Notice("The graph draws numbers of its own, so the same seed need not make the same again."))
        given = self._given(request, emit)
        feeds = self._drawn(request.seed, settings)
        if emit.wants_preview() and self._wiring.medium != "sound":
            emit(_start(given, [feeds[feed.name] for feed in self._wiring.of("noise")]))
        made, gives = self._run(feeds, given, str(settings.get("values", "auto")), emit)
        facts = {"runs on": self._session.where}
        if self._wiring.medium == "sound":
            emit(Progress(1, 1))
            return self._sound(made, facts)
        frames = self._frames(made, gives)
        feed = self._wiring.picture
        if self._wiring.medium == "picture" and given is not None and feed is not None:
            frames = _cut(frames, given, feed)
        if emit.wants_preview():
            emit(_preview(frames))
        emit(Progress(1, 1))
        if self._wiring.medium == "video":
            return Video(frames, self._wiring.fps, facts=facts)
        return Picture(Image.fromarray(frames[0]), facts)

    # ── what goes in ──────────────────────────────────────────────────────────

    def _drawn(self, seed: int, settings: dict[str, Any]) -> dict[str, np.ndarray]:
        """Every input but the picture."""
        found: dict[str, np.ndarray] = {}
        draws = 0
        for feed in self._wiring.feeds:
            kind = NUMPY[feed.dtype]
            if feed.role == "noise":
                # The first noise is the one that a seed is known by; further ones are drawn beside it.
                numbers = pixels.noise((seed + 0x9E3779B9 * draws) % 2**32, *feed.shape).numpy()
                found[feed.name] = (numbers * float(settings.get("spread", 1.0))).astype(kind)
                draws += 1
            elif feed.role == "label":
                found[feed.name] = np.full(feed.shape, int(settings.get("label", 0)), kind)
            elif feed.role == "one-hot":
                hot = np.zeros((1, feed.shape[-1]), kind)
                hot[0, min(int(settings.get("label", 0)), feed.shape[-1] - 1)] = 1
                found[feed.name] = hot
            elif feed.role == "spread":
                found[feed.name] = np.full(feed.shape, float(settings.get("spread", 1.0)), kind)
        return found

    def _given(self, request: Request, emit: Emit) -> Image.Image | None:
        """The picture at the size at which it goes in, before it is filled up."""
        feed = self._wiring.picture
        if feed is None:
            return None
        picture = open_picture(request.inputs["picture"])
        if picture.mode == "RGBA":
            emit(Notice("The picture's transparent parts were laid on white."))
        wide, high = feed.size
        share = min(int(request.settings.get("side", 1024)) / max(picture.size), 1.0)
        size = (wide or max(round(picture.width * share), 1), high or max(round(picture.height * share), 1))
        return fitted(picture, None, *size).picture

    def _run(
        self, feeds: dict[str, np.ndarray], given: Image.Image | None, wanted: str, emit: Emit
    ) -> tuple[np.ndarray, Range]:
        """What the graph gives, and in which numbers brightness stands in it."""
        takes: Range = wanted if wanted != "auto" else self._takes or "0..1"  # type: ignore[assignment]
        feed = self._wiring.picture

        def once() -> np.ndarray:
            if feed is not None and given is not None:
                feeds[feed.name] = _numbers(given, feed, takes)
            return self._session.run(feeds, lambda: emit(Progress(0, 1)), self._wiring.output)

        made = once()
        if self._wiring.medium == "sound":
            return made, ""
        gives: Range = wanted if wanted != "auto" else self._wiring.gives or brightness.measured(made)  # type: ignore[assignment]
        if feed is not None and wanted == "auto" and not self._takes:
            # Most networks give pictures in the numbers in which they take them.
            if gives != takes:
                takes = gives
                made = once()
                gives = self._wiring.gives or brightness.measured(made)
            self._takes = takes
        return made, gives

    # ── what comes out ────────────────────────────────────────────────────────

    def _frames(self, made: np.ndarray, gives: Range) -> np.ndarray:
        """(frames, H, W, 3) of bytes; one frame of a picture."""
        order = self._wiring.order
        values = made[0] if made.ndim == len(order) + 1 else made
        if values.ndim != len(order):
            raise BadInput(f"The graph gave numbers in the shape {made.shape}, which is no {self._wiring.medium}.")
        axes = {letter: at for at, letter in enumerate(order)}
        wanted = "THWC" if "T" in axes else "HWC"
        values = np.transpose(values, [axes[letter] for letter in wanted])
        values = values if values.ndim == 4 else values[None]
        if values.shape[-1] not in (1, 3, 4) or not values.size or values[0, ..., 0].size > MAX_PIXELS:
            raise BadInput(f"The graph gave numbers in the shape {made.shape}, which is no {self._wiring.medium}.")
        seen = brightness.to_bytes(values, gives)
        return np.repeat(seen, 3, -1) if seen.shape[-1] == 1 else seen[..., :3]

    def _sound(self, made: np.ndarray, facts: dict[str, str]) -> Sound:
        wave = made.reshape(-1, made.shape[-1]).astype(np.float32)
        if not wave.size or len(wave) > 2:
            raise BadInput(f"The graph gave numbers in the shape {made.shape}, which is no sound.")
        most = float(np.abs(wave).max())
        if most > 2:  # 16-bit samples as numbers
            wave /= 32768
        return Sound(np.clip(wave, -1, 1), self._wiring.sample_rate, facts)


def _numbers(picture: Image.Image, feed: Feed, takes: Range) -> np.ndarray:
    """The picture as the graph takes it, its sides filled up where the request decides its size."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[feed.channels]
    values = np.asarray(picture.convert(mode))
    values = values[..., None] if values.ndim == 2 else values
    more = [(0, full - side) for full, side in zip(_full(picture, feed), values.shape, strict=False)]
    values = np.pad(values, [*more, (0, 0)], mode="edge")
    numbers = brightness.from_bytes(values, takes)
    numbers = numbers if feed.order == "HWC" else numbers.transpose(2, 0, 1)
    kind = NUMPY[feed.dtype]
    return np.ascontiguousarray(numbers.round() if kind is np.uint8 else numbers, kind).reshape((
        *(1,) * (len(feed.shape) - 3), *numbers.shape
    ))  # fmt: skip


def _full(given: Image.Image, feed: Feed) -> list[int]:
    """Height and width of the picture as it goes in: a side that the graph leaves open is filled up."""
    wide, high = feed.size
    return [side if fixed else side + -side % MULTIPLE for side, fixed in ((given.height, high), (given.width, wide))]


def _cut(frames: np.ndarray, given: Image.Image, feed: Feed) -> np.ndarray:
    """Without what the picture was filled up by, however much larger or smaller the network makes it."""
    full = _full(given, feed)
    high, wide = frames.shape[1:3]
    if high * full[1] != wide * full[0] or high * given.height % full[0]:  # of a size of its own
        return frames
    return frames[:, : max(high * given.height // full[0], 1), : max(wide * given.width // full[1], 1)]


def _start(given: Image.Image | None, noises: list[np.ndarray]) -> Preview:
    """What it begins with: the picture, or the noise as grey squares."""
    if given is not None:
        return _preview(np.asarray(given.convert("RGB"))[None])
    numbers = torch.from_numpy(noises[0].reshape(-1)[: PREVIEW_SIDE**2].astype(np.float32))
    wide = math.ceil(math.sqrt(len(numbers)))
    square = torch.zeros(wide * wide)
    square[: len(numbers)] = numbers / 3
    return pixels.preview(square.view(1, wide, wide), 0, 1.0)


def _preview(frames: np.ndarray) -> Preview:
    """All of it, at a size for an eye."""
    chosen = frames[:: max(len(frames) // 16, 1)]
    high, wide = chosen.shape[1:3]
    share = min(PREVIEW_SIDE / max(high, wide), 1.0)
    size = max(round(wide * share), 1), max(round(high * share), 1)
    small = [np.asarray(Image.fromarray(one).resize(size)) for one in chosen]
    return Preview(size[0], size[1], b"".join(one.tobytes() for one in small), step=1, level=0.0, frames=len(small))
