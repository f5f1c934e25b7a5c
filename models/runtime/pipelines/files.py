"""The files of a request as a pipeline's arguments: pictures cut to size, films as frames, sounds as waves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from models.outputs import decode, read
from models.outputs.read import open_picture
from models.protocol import BadInput, Request
from models.runtime.pipelines import media as pipeline_media
from models.runtime.pipelines.wiring import Wiring
from models.sampling.inpainting import fitted

# They want what is to be kept in white, not what is to be made.
_KEPT_IS_WHITE = ("RePaintPipeline",)


def arguments(request: Request, wiring: Wiring, pipeline: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name. Raises BadInput where a file cannot be used."""
    given: dict[str, Any] = {}
    width, height = int(settings.get("width") or 0), int(settings.get("height") or 0)
    for name, (argument, form) in wiring.inputs.items():
        path = request.inputs.get(name)
        if not path:
            continue
        if form == "sound":
            given[argument] = _sound(path, pipeline_media.sample_rate(pipeline))
            if argument == "initial_audio_waveforms":
                given["initial_audio_sampling_rate"] = pipeline_media.sample_rate(pipeline)
        elif form == "film":
            given[argument] = [_cut(frame, width, height) for frame in _film(path, int(settings.get("frames") or 0))]
        elif form == "clip":
            frames = [_cut(frame, width, height) for frame in _film(path, int(settings.get("frames") or 0))]
            given[argument] = _clip(frames, of_masks=name.startswith("mask"))
        elif form == "mask":
            given[argument] = _mask(path, request, width, height, wiring)
        elif form == "clear":
            given[argument] = open_picture(path).convert("RGBA")
        else:
            picture = _cut(open_picture(path), *((0, 0) if form == "whole" else (width, height)))
            rows = {"list": [picture], "rows": [[picture, None]]}
            given[argument] = rows.get(form, picture)
    return given


def _cut(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture in RGB, scaled to cover the size asked for and cut; as large as it is where none is asked for."""
    return fitted(picture, None, width or picture.width, height or picture.height).picture


def _mask(path: str, request: Request, width: int, height: int, wiring: Wiring) -> Image.Image:
    """The mask as wide and high as the picture that it belongs to. Raises BadInput where it is black all over."""
    beside = request.inputs.get("picture") or request.inputs.get("sketch")
    mask = open_picture(path)
    picture = open_picture(beside) if beside else Image.new("RGB", mask.size)
    cut = fitted(picture, mask, width or picture.width, height or picture.height).mask
    assert cut is not None
    return cut.point(lambda value: 255 - value) if wiring.pipeline in _KEPT_IS_WHITE else cut


def _film(path: str, wanted: int) -> list[Image.Image]:
    """The frames of a film, at most `wanted` of them (0: all that there is room for); a single picture stands still."""
    seen = read.seen(path)
    if seen.medium == "picture":
        return [read.open_picture(path)] * max(wanted, 1)
    if seen.medium != "video":
        raise BadInput(f"{Path(path).name} holds no moving pictures: use a film.")
    return [Image.fromarray(frame) for frame in decode.video(path, wanted)]


def _clip(frames: list[Image.Image], of_masks: bool) -> torch.Tensor:
    """(1, 3, frames, H, W) from 0 to 1, or of masks (1, 1, frames, H, W) of 0 and 255."""
    values = torch.from_numpy(np.stack([np.asarray(frame.convert("L" if of_masks else "RGB")) for frame in frames]))
    if of_masks:
        return (values[None, None] >= 128).float() * 255
    return values.movedim(-1, 0)[None].float() / 255


def _sound(path: str, sample_rate: int) -> torch.Tensor:
    """(1, channels, samples) in float32."""
    return torch.from_numpy(np.ascontiguousarray(decode.sound(path, sample_rate).waveform))[None]
