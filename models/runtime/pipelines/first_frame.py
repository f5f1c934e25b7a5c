"""A clip whose first frame is there before the others: it lies among the noisy ones as it is, at every step.

Where no picture is given, a model that was taught so makes a still of the words first and then moves it (Girdhar et al.
2023, arXiv:2311.10709): a pattern without a place of its own, such as clouds, goes where the words say only once it is
known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from models.outputs.media import Media
from models.protocol import Card, Emit, Loading, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.any_pipeline import AnyPipeline
from models.runtime.pipelines.steps import Steps
from models.runtime.pipelines.wiring import Wiring

# After that share of the steps a still of its own is one of the frames, so that the second does not leap from it.
LET_GO = 0.6

StepEnd = Callable[[Any, int, Any, dict[str, Tensor]], dict[str, Tensor]]


class FirstFrame(AnyPipeline):
    """For models that saw clips with a clear first frame in training; of any other the rest would not follow it.
    `still_first` where they also learned to make that frame alone."""

    def __init__(self, pipeline: Any, card: Card, wiring: Wiring, plan: Plan, still_first: bool = False) -> None:
        super().__init__(pipeline, card, wiring, plan)
        self._still_first = still_first
        self._first: Tensor | None = None
        self._own = False  # whether it drew that frame itself

    def generate(self, request: Request, emit: Emit) -> Media:
        """As of any pipeline."""
        self._first, self._own = None, False
        if path := request.inputs.get("picture"):
            self._first = self._latents(path, int(request.settings["width"]), int(request.settings["height"]))
        elif self._still_first:
            self._first, self._own = self._still(request, emit), True
        return super().generate(request, emit)

    def _arguments(self, request: Request, settings: Mapping[str, Any]) -> dict[str, Any]:
        given = super()._arguments(request, settings)
        if self._first is not None:
            given["latents"] = begun(self._first, int(settings["frames"]), given["generator"])
        return given

    def _hooks(self, steps: Steps) -> dict[str, Any]:
        given = super()._hooks(steps)
        if self._first is None:
            return given
        return given | kept(self._first, given["callback_on_step_end"], LET_GO if self._own else 1.0)

    def _still(self, request: Request, emit: Emit) -> Tensor:
        """The first frame of these words. It counts as no step, since it costs a fraction of one of all frames."""

        def step_end(_pipeline: Any, _index: int, _time: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
            emit(Loading("Drawing the first frame"))
            return values

        given = super()._arguments(request, request.settings) | {"callback_on_step_end": step_end}
        with self._at_work(request.seed):
            return still(self._pipeline, given)

    @torch.inference_mode()
    def _latents(self, path: str, width: int, height: int) -> Tensor:
        """(1, channels, h, w) of the picture in that file. Raises BadInput where it cannot be read."""
        vae = self._pipeline.vae
        picture = pixels.read(path, width, height).to(self._pipeline._execution_device, vae.dtype)
        return (vae.encode(picture).latent_dist.mode() * vae.config.scaling_factor).float().cpu()


def still(pipeline: Any, given: Mapping[str, Any]) -> Tensor:
    """(1, channels, h, w) on the CPU: what the pipeline makes of one frame, called as for a clip of more."""
    made = pipeline(**{**given, "num_frames": 1, "output_type": "latent"}).frames
    return made[:, :, 0].float().cpu()


def begun(first: Tensor, frames: int, generator: torch.Generator) -> Tensor:
    """(1, channels, frames, h, w) of noise, but for the first, of latents (1, channels, h, w)."""
    noise = torch.randn((1, first.shape[1], frames, *first.shape[2:]), generator=generator)
    noise[:, :, 0] = first
    return noise


def kept(first: Tensor, then: StepEnd | None = None, let_go: float = LET_GO) -> dict[str, StepEnd]:
    """What a pipeline is told so that the first frame stays as it is, for that share of the steps; `then` is called
    before. At its end the frame gets the noise that the others still have."""

    def step_end(pipeline: Any, index: int, time: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
        values = then(pipeline, index, time, values) if then else values
        latents, times = values["latents"], pipeline.scheduler.timesteps
        clear, last = first.to(latents), round(let_go * len(times))
        if index + 1 < last or last >= len(times):
            latents[:, :, 0] = clear
        elif index + 1 == last:
            noise = torch.randn(first.shape, generator=torch.Generator().manual_seed(last)).to(latents)
            latents[:, :, 0] = pipeline.scheduler.add_noise(clear, noise, times[last : last + 1])
        return values

    return {"callback_on_step_end": step_end}
