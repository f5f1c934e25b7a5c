"""Any of diffusers' pipelines that make sound at work, with the sound heard while it comes out of the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.outputs.media import Media, Sound
from models.protocol import Card, Emit, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.any_pipeline import AnyPipeline
from models.runtime.pipelines.sound_look import SoundLook
from models.runtime.pipelines.wiring import Wiring

_LENGTH = "audio_length_in_s"


class SoundPipeline(AnyPipeline):
    """As `AnyPipeline`; its previews are sounds and spectrograms, and a sound may be of any length."""

    def __init__(self, pipeline: Any, card: Card, wiring: Wiring, plan: Plan) -> None:
        super().__init__(pipeline, card, wiring, plan)
        self._look = SoundLook(pipeline)
        # Networks that are moved in and out would be moved once more for each preview.
        self._look.blind = plan.offload != "none"

    def generate(self, request: Request, emit: Emit) -> Media:
        made = super().generate(request, emit)
        seconds = request.settings.get("seconds")
        if not isinstance(made, Sound) or not isinstance(seconds, int | float):
            return made
        return replace(made, waveform=made.waveform[:, : max(round(seconds * made.sample_rate), 1)])

    def _arguments(self, request: Request, settings: Mapping[str, Any]) -> dict[str, Any]:
        given = super()._arguments(request, settings)
        if _LENGTH in given and (step := self._step()):
            given[_LENGTH] = math.ceil(given[_LENGTH] / step - 1e-6) * step
        return given

    def _step(self) -> float:
        """Seconds of so many latents of a spectrogram as its U-Net halves down to one; 0 where it makes none. Some
        blocks do not find their way back from an odd number."""
        pipe = self._pipeline
        if not all(hasattr(pipe, part) for part in ("vocoder", "vae", "unet")):
            return 0.0
        vocoder = pipe.vocoder.config
        halvings = len(pipe.vae.config.block_out_channels) + len(pipe.unet.config.block_out_channels) - 2
        return 2**halvings * math.prod(vocoder.upsample_rates) / vocoder.sampling_rate
