"""What pipelines give, as pictures, films, sounds and texts: they hand out Pillow, numpy and torch as they like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from PIL import Image

from models.outputs.media import Media, Picture, Sound, Text, Video
from models.runtime.pipelines.wiring import Wiring

# Where the sample rate stands, the parts that come last first.
_SOUND_PARTS = ("vocoder", "audio_vae", "sound_tokenizer", "vae", "unet", "mel", "")
_RATES = ("output_sampling_rate", "sampling_rate", "sample_rate", "output_sample_rate")
_MARIGOLD = {"Depth": "visualize_depth", "Normals": "visualize_normals", "Intrinsics": "visualize_intrinsics"}


def media(made: Any, wiring: Wiring, pipeline: Any, fps: float) -> Media:
    """The first (and only) item of a pipeline's output as `wiring.medium`; films run at `fps` frames a second."""
    shown = made[wiring.shown] if wiring.shown in made else made[0]
    if wiring.medium == "text":
        return Text(_text(shown))
    if wiring.medium == "sound":
        return Sound(_wave(shown), sample_rate(pipeline))
    if wiring.medium == "video":
        sound = next((made[name] for name in ("audio", "sound") if made.get(name) is not None), None)
        track = None if sound is None else Sound(_wave(sound), sample_rate(pipeline))
        return Video([image.convert("RGB") for image in _images(shown)], fps, track)
    if wiring.pipeline.startswith("Marigold"):
        return Picture(_in_a_row(_marigold(shown, wiring.pipeline, pipeline)))
    images = list(_images(shown))
    if "depth" in made:  # colours and depths of one scene
        images += _images(made["depth"])
    return Picture(images[0] if len(images) == 1 else _in_a_row(images))


def sample_rate(pipeline: Any) -> int:
    """Samples a second of what it sounds, in Hz."""
    for part in _SOUND_PARTS:
        holder = getattr(pipeline, part, None) if part else pipeline
        for place in (getattr(holder, "config", None), holder):
            for name in _RATES:
                value = getattr(place, name, None)
                if isinstance(value, int | float) and value > 0:
                    return int(value)
    return 16_000


def _images(shown: Any) -> Iterator[Image.Image]:
    """Every picture in it, in order: Pillow's, or numbers from 0 to 1 as (..., H, W, C), of torch (..., C, H, W)."""
    if isinstance(shown, Image.Image):
        yield shown
    elif isinstance(shown, torch.Tensor):
        values = shown.detach().float().cpu()
        yield from _images((values.movedim(-3, -1) if values.shape[-3] in (1, 3, 4) else values).numpy())
    elif isinstance(shown, np.ndarray):
        pixels = (
            shown if shown.dtype == np.uint8 else (np.nan_to_num(shown.astype(np.float32)).clip(0, 1) * 255).round()
        )
        for one in pixels.astype(np.uint8).reshape(-1, *pixels.shape[-3:]):
            yield Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one)
    else:
        for one in shown:
            yield from _images(one)


def _wave(shown: Any) -> np.ndarray:
    """The first item's (channels, samples)."""
    one: Any = shown
    if isinstance(one, torch.Tensor):
        one = one.detach().float().cpu().numpy()
    if isinstance(one, list | tuple):
        one = one[0]
        return _wave(one if isinstance(one, torch.Tensor) else np.asarray(one)[None])
    one = np.asarray(one, dtype=np.float32)
    while one.ndim > 2:
        one = one[0]
    if one.ndim == 2 and one.shape[0] > one.shape[1]:  # samples first, as sound files have them
        one = one.T
    elif one.ndim == 2 and one.shape[0] > 8:
        one = one[:1]
    return one


def _text(shown: Any) -> str:
    return shown if isinstance(shown, str) else _text(shown[0]) if len(shown) else ""


def _marigold(shown: Any, name: str, pipeline: Any) -> list[Image.Image]:
    """Measures in colours, as the pipeline's own processor paints them."""
    kind = next(word for word in _MARIGOLD if word in name)
    paint = getattr(pipeline.image_processor, _MARIGOLD[kind])
    painted = paint(shown, pipeline.target_properties) if kind == "Intrinsics" else paint(shown)
    return [image for one in painted for image in (one.values() if isinstance(one, dict) else [one])]


def _in_a_row(images: list[Image.Image]) -> Image.Image:
    """Several pictures of one item side by side: its layers, or what was measured in it."""
    if len(images) == 1:
        return images[0]
    mode = "RGBA" if any(image.mode == "RGBA" for image in images) else "RGB"
    whole = Image.new(mode, (sum(image.width for image in images), max(image.height for image in images)))
    at = 0
    for image in images:
        whole.paste(image.convert(mode), (at, 0))
        at += image.width
    return whole
