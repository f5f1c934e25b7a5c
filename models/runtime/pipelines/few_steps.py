"""Models distilled from Stable Diffusion at work: few steps, one sampler, and nothing to guide."""

from __future__ import annotations

import math
from typing import Any

from models.outputs.media import Picture
from models.protocol import Card, Emit, Request
from models.runtime import pixels
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.stable_diffusion import StableDiffusion
from models.sampling.latent_rgb import LatentRGB


class FewSteps(StableDiffusion):
    """Takes the steps asked for with the `sampler` it was taught; `guidance_scale` is 1 where the card has none.

    With so few steps each is worth seeing: previews show the noise it begins with, what it expects after each step,
    and that decoded.
    """

    shows_start = True

    def __init__(
        self, pipeline: Any, card: Card, plan: Plan, colours: LatentRGB | None = None, *, sampler: str = "LCM"
    ) -> None:
        super().__init__(pipeline, card, plan, colours)
        self._sampler = sampler

    def _settings(self, request: Request) -> dict[str, Any]:
        return {"guidance_scale": 1.0, "scheduler": self._sampler, **super()._settings(request)}

    def generate(self, request: Request, emit: Emit) -> Picture:
        made = super().generate(request, emit)
        pixels.show(emit, pixels.to_tensor(made.image)[0], self._settings(request)["steps"], 0.0)
        return made


class ExactPasses(FewSteps):
    """Makes just as many passes as asked for, also from a picture: those start from the noise that `strength` gives.

    A pipeline leaves out the first of its steps instead, so that a single one would always begin with noise alone.
    """

    def _settings(self, request: Request) -> dict[str, Any]:
        settings = super()._settings(request)
        if "strength" in settings:
            passes = settings["steps"]
            # The nearest grid on which the strength asked for, or a little less, is so many steps from the end.
            steps = math.ceil(passes / settings["strength"] - 1e-9)
            # A hair more than the share, so that rounding down leaves every pass.
            settings |= {"steps": steps, "strength": min((passes + 1e-6) / steps, 1.0)}
        return settings
