"""Stable Diffusion with additions: a sketch that steers it (ControlNet), and styles laid over its weights (LoRA)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from models.networks import weights
from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import BadInput, Card, Emit, Request
from models.runtime.fitting.plan import Plan
from models.runtime.fitting.precision import cast_at_the_door
from models.runtime.pipelines.stable_diffusion import StableDiffusion
from models.sampling.inpainting import Fitted, fitted
from models.sampling.latent_rgb import LatentRGB

SKETCH = "sketch-to-picture"
# A drawing on paper: so much of it is nearly white.
_PAPER, _WHITE = 0.5, 230


class StableDiffusionPlus(StableDiffusion):
    """`controls` and `styles` by the names that the card has: a function that reads a ControlNetModel onto the plan's
    device, and one that reads LoRA weights. Each is called when it is first asked for.
    """

    def __init__(
        self,
        pipeline: Any,
        card: Card,
        plan: Plan,
        colours: LatentRGB | None = None,
        *,
        controls: Mapping[str, Callable[[], Any]],
        styles: Mapping[str, Callable[[], dict[str, Tensor]]],
    ) -> None:
        super().__init__(pipeline, card, plan, colours)
        self._controls, self._styles = controls, styles
        self._read: dict[str, Any] = {}  # control networks
        self._style: tuple[str, float] = ("", 0.0)
        self._worn: list[str] = []  # styles that were read, in order

    def generate(self, request: Request, emit: Emit) -> Picture:
        """As the plain model does; sketches and styles too. Raises BadInput where a style is another model's."""
        self._wear(request)
        return super().generate(request, emit)

    # ── styles ────────────────────────────────────────────────────────────────

    def _wear(self, request: Request) -> None:
        """Lay the style asked for over the networks, or take it off."""
        name = str(request.settings.get("style", ""))
        name = name if name in self._styles else ""
        asked = (name, float(request.settings["style_strength"]) if name else 0.0)
        if asked == self._style:
            return
        pipeline = self._pipelines["text-to-picture"]
        self._encoded = None  # a style may change how a prompt is read
        if name and name not in self._worn:
            self._put_on(pipeline, name)
        if name:
            pipeline.enable_lora()
            pipeline.set_adapters([_adapter(self._worn.index(name))], [asked[1]])
        elif self._worn:
            pipeline.disable_lora()
        self._style = asked

    def _put_on(self, pipeline: Any, name: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on networks that it does not change
                pipeline.load_lora_weights(self._styles[name](), adapter_name=_adapter(len(self._worn)))
        except BadInput:
            raise
        # peft and diffusers raise almost anything on weights of another network or in a form they do not know.
        except Exception as error:
            self._take_off(pipeline, _adapter(len(self._worn)))
            raise BadInput(f"The style {name} was made for another model: choose another one, or none.") from error
        self._worn.append(name)

    def _take_off(self, pipeline: Any, adapter: str) -> None:
        """Remove what a failed reading left behind."""
        for network in (pipeline.unet, pipeline.text_encoder):
            if adapter in getattr(network, "peft_config", {}):
                network.delete_adapters([adapter])
        if self._worn:
            pipeline.disable_lora()
        self._style = ("", 0.0)

    # ── sketches ──────────────────────────────────────────────────────────────

    def _start(self, request: Request, width: int, height: int) -> Fitted | None:
        return None if request.task == SKETCH else super()._start(request, width, height)

    def _encode(self, request: Request, guidance_scale: float, emit: Emit) -> dict[str, Any]:
        given: dict[str, Any] = super()._encode(request, guidance_scale, emit)
        if request.task != SKETCH:
            return given
        settings = request.settings
        size = int(settings["width"]), int(settings["height"])
        strength = float(settings["control_strength"])
        return {**given, "image": chalk(request.inputs["sketch"], *size), "controlnet_conditioning_scale": strength}

    def _pipeline(self, request: Request) -> Any:
        if request.task != SKETCH:
            return super()._pipeline(request)
        name = str(request.settings.get("control") or next(iter(self._controls)))
        if name not in self._read:
            self._read[name] = self._controls[name]()
        key = f"{SKETCH} {name}"
        if key not in self._pipelines:
            self._pipelines[key] = self._around("ControlNet", controlnet=self._read[name])
        return self._pipelines[key]


def _adapter(index: int) -> str:
    """A name that can be a module's, as a style's own often cannot."""
    return f"style_{index}"


def chalk(path: str | Path, width: int, height: int) -> Image.Image:
    """The sketch at `path`, scaled to cover width × height and cut, as control networks take it: white on black.

    One on paper is turned round. Raises BadInput where it cannot be read.
    """
    sketch = fitted(open_picture(path), None, width, height).picture
    light = sketch.convert("L").histogram()[_WHITE:]
    if sum(light) < _PAPER * width * height:
        return sketch
    return sketch.point(lambda value: 255 - value)


# ── reading them ──────────────────────────────────────────────────────────────


def control(folder: Path, plan: Plan) -> Any:
    """The ControlNetModel in that folder, on the plan's device and in its number format. Raises BadInput."""
    import diffusers

    heavy = getattr(torch, plan.dtype)
    plain = (folder / "diffusion_pytorch_model.safetensors").exists()
    try:
        made = diffusers.ControlNetModel.from_pretrained(
            folder, torch_dtype=heavy, variant=None if plain else "fp16", use_safetensors=True, local_files_only=True
        )
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise BadInput(f"The control network in {folder} cannot be read: get it again.") from error
    if plan.device == "cpu" and heavy != torch.float32:
        cast_at_the_door(made)
    # It is small beside the U-Net, and stays on the accelerator also where the others take turns.
    return made.to(plan.device).eval()


def style(file: Path) -> dict[str, Tensor]:
    """LoRA weights, in diffusers' names or kohya's. Raises BadInput."""
    return weights.state_dict(file)
