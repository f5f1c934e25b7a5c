"""A clip whose first frame is given: it lies among the noisy ones as it is, at every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.protocol import Request
from models.runtime import pixels
from models.runtime.pipelines.any_pipeline import AnyPipeline
from models.runtime.pipelines.steps import Steps


class FirstFrame(AnyPipeline):
    """For models that saw clips with a clear first frame in training; of any other the rest would not follow it."""

    _first: Tensor | None = None

    def _arguments(self, request: Request, settings: Mapping[str, Any]) -> dict[str, Any]:
        given = super()._arguments(request, settings)
        self._first = None
        if path := request.inputs.get("picture"):
            self._first = self._latents(path, int(settings["width"]), int(settings["height"]))
            given["latents"] = self._begin(self._first, int(settings["frames"]), given["generator"])
        return given

    def _hooks(self, steps: Steps) -> dict[str, Any]:
        given = super()._hooks(steps)
        told, first = given["callback_on_step_end"], self._first
        if first is None:
            return given

        def step_end(pipeline: Any, index: int, time: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
            values = told(pipeline, index, time, values)
            values["latents"][:, :, 0] = first.to(values["latents"])
            return values

        return given | {"callback_on_step_end": step_end}

    @torch.inference_mode()
    def _latents(self, path: str, width: int, height: int) -> Tensor:
        """(1, channels, h, w) of the picture in that file. Raises BadInput where it cannot be read."""
        vae = self._pipeline.vae
        picture = pixels.read(path, width, height).to(self._pipeline._execution_device, vae.dtype)
        return (vae.encode(picture).latent_dist.mode() * vae.config.scaling_factor).float().cpu()

    @staticmethod
    def _begin(first: Tensor, frames: int, generator: torch.Generator) -> Tensor:
        """(1, channels, frames, h, w) of noise, after the first."""
        noise = torch.randn((1, first.shape[1], frames, *first.shape[2:]), generator=generator)
        noise[:, :, 0] = first
        return noise
