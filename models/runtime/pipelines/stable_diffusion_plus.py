"""Stable Diffusion with additions: sketches that steer it, styles over its weights, learned words, other decoders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import BadInput, Card, Emit, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines.kit import Kit
from models.runtime.pipelines.stable_diffusion import StableDiffusion
from models.runtime.pipelines.styles import Styles
from models.runtime.pipelines.words import Words
from models.sampling.inpainting import Fitted, fitted
from models.sampling.latent_rgb import LatentRGB

SKETCH = "sketch-to-picture"
OWN = "its own"  # what the card calls having no other decoder
# A drawing on paper: so much of it is nearly white.
_PAPER, _WHITE = 0.5, 230


class StableDiffusionPlus(StableDiffusion):
    """`kit` looks what may be added, by the names that the card has: things come and go while a model is warm."""

    def __init__(
        self,
        pipeline: Any,
        card: Card,
        plan: Plan,
        colours: LatentRGB | None = None,
        *,
        kit: Callable[[], Kit],
    ) -> None:
        super().__init__(pipeline, card, plan, colours)
        self._look, self._kit = kit, Kit()
        self._controls: dict[str, Any] = {}
        self._decoders: dict[str, Any] = {}
        self._styles = Styles(pipeline)
        self._words = Words(pipeline)
        self._word_strength = 1.0

    def generate(self, request: Request, emit: Emit) -> Picture:
        """As the plain model does, with what was added. Raises BadInput where that is another model's, or gone."""
        self._kit = self._look()
        if self._styles.choose(request.settings, lambda: self._kit.styles):
            self._encoded = None  # a style may change how a prompt is read
        decoder = str(request.settings.get("decoder", OWN))
        decoder = "" if decoder == OWN else decoder
        control = str(request.settings.get("control") or "")
        if (decoder and decoder not in self._kit.decoders) or (control and control not in self._kit.controls):
            raise BadInput(f"{decoder or control} is not there any more: choose another one.")
        self._pipeline(request)  # made around the model's own parts
        with self._decoding(decoder):
            return super().generate(request, emit)

    # ── other decoders ────────────────────────────────────────────────────────

    @contextmanager
    def _decoding(self, name: str) -> Iterator[None]:
        """Another autoencoder in place of the model's own, in every pipeline that there is or will be meanwhile."""
        if not name:
            yield
            return
        base = self._pipelines["text-to-picture"]
        own = base.vae
        if name not in self._decoders:
            self._decoders[name] = self._kit.decoders[name]()
        self._rgb()  # its colours are those of its own autoencoder
        try:
            for pipeline in self._pipelines.values():
                object.__setattr__(pipeline, "vae", self._decoders[name])
            yield
        finally:
            for pipeline in self._pipelines.values():
                object.__setattr__(pipeline, "vae", own)

    # ── learned words ─────────────────────────────────────────────────────────

    def _encode(self, request: Request, guidance_scale: float, emit: Emit) -> dict[str, Any]:
        strength = float(request.settings.get("word_strength", 1.0))
        if strength != self._word_strength:
            self._word_strength, self._encoded = strength, None
        prompt, negative = (
            self._words.put(text, self._kit.words, strength) for text in (request.prompt, request.negative_prompt)
        )
        given: dict[str, Any] = super()._encode(
            replace(request, prompt=prompt, negative_prompt=negative), guidance_scale, emit
        )
        if request.task != SKETCH:
            return given
        settings = request.settings
        size = int(settings["width"]), int(settings["height"])
        strength = float(settings["control_strength"])
        return {**given, "image": chalk(request.inputs["sketch"], *size), "controlnet_conditioning_scale": strength}

    # ── sketches ──────────────────────────────────────────────────────────────

    def _start(self, request: Request, width: int, height: int) -> Fitted | None:
        return None if request.task == SKETCH else super()._start(request, width, height)

    def _pipeline(self, request: Request) -> Any:
        if request.task != SKETCH:
            return super()._pipeline(request)
        name = str(request.settings.get("control") or next(iter(self._kit.controls)))
        if name not in self._controls:
            self._controls[name] = self._kit.controls[name]()
        key = f"{SKETCH} {name}"
        if key not in self._pipelines:
            self._pipelines[key] = self._around("ControlNet", controlnet=self._controls[name])
        return self._pipelines[key]


def chalk(path: str | Path, width: int, height: int) -> Image.Image:
    """The sketch at `path`, scaled to cover width × height and cut, as control networks take it: white on black.

    One on paper is turned round. Raises BadInput where it cannot be read.
    """
    sketch = fitted(open_picture(path), None, width, height).picture
    light = sketch.convert("L").histogram()[_WHITE:]
    if sum(light) < _PAPER * width * height:
        return sketch
    return sketch.point(lambda value: 255 - value)
