"""Diffusion in pixels at work: the loop over a U-Net and any solver, which diffusers' own pipelines do not open."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch
from torch import Tensor

from models.outputs.media import Picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import device, pixels
from models.runtime.fitting.plan import Plan
from models.runtime.halfway import Loop
from models.sampling import schedulers


def unet(path: str, plan: Plan) -> Any:
    """The UNet2DModel in that folder, on the plan's device and in its number format. Only safetensors are read."""
    import diffusers

    device.use_cores()
    diffusers.utils.logging.set_verbosity_error()
    made = diffusers.UNet2DModel.from_pretrained(
        path, torch_dtype=getattr(torch, plan.dtype), use_safetensors=True, local_files_only=True
    )
    return made.to(plan.device).eval()


class PixelDiffusion:
    """One loaded model. `schedule` is the content of its scheduler_config.json."""

    def __init__(self, unet: Any, schedule: dict[str, Any], card: Card) -> None:
        self.card = card
        self._unet = unet
        # How sure the model is (Nichol & Dhariwal 2021), which it may say in further channels, no solver here asks.
        learned = str(schedule.get("variance_type", "")).startswith("learned")
        self._schedule = schedule | ({"variance_type": "fixed_small"} if learned else {})

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture. `request.settings` as the card checked them. Raises BadInput for a start picture that cannot
        be read, and lets pass what `emit` raises."""
        settings: dict[str, Any] = dict(request.settings)
        width, height = settings["width"], settings["height"]
        scheduler = schedulers.make_in_pixels(settings["scheduler"], self._schedule)
        scheduler.set_timesteps(settings["steps"])
        # One generator for all that is drawn, on the CPU: diffusers moves each draw to where it is wanted.
        draw = torch.Generator("cpu").manual_seed(request.seed)
        noise = torch.randn(1, self._unet.config.in_channels, height, width, generator=draw)
        first = 0
        if "picture" in request.inputs:
            start = pixels.read(request.inputs["picture"], width, height)
            x, first = self._half_way(scheduler, _channels(start, noise.shape[1]), noise, settings["strength"])
        else:
            x = noise * scheduler.init_noise_sigma
        made = self._run(scheduler, x, first, settings.get("eta", 0.0), draw, emit)
        return Picture(pixels.to_image(_channels(made, 3)[0]))

    def _half_way(self, scheduler: Any, start: Tensor, noise: Tensor, strength: float) -> tuple[Tensor, int]:
        """The picture in as much noise as `strength` says, and the first step from there (Meng et al. 2021, SDEdit)."""
        # A solver of second order looks twice at each step: begin with its first look.
        whole = -(-len(scheduler.timesteps) // scheduler.order)
        first = (whole - math.ceil(whole * strength - 1e-6)) * scheduler.order
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        if not first:
            return noise * scheduler.init_noise_sigma, 0
        return scheduler.add_noise(start, noise, scheduler.timesteps[first : first + 1]), first

    def _run(self, scheduler: Any, x: Tensor, first: int, eta: float, draw: torch.Generator, emit: Emit) -> Tensor:
        """(1, C, H, W) in about -1..1, on the CPU: from `x`, noise and all, through the steps from `first` on."""
        times = scheduler.timesteps
        total = len(times) - first
        takes = inspect.signature(scheduler.step).parameters
        given: dict[str, Any] = {"generator": draw} if "generator" in takes else {}
        if "eta" in takes:
            given["eta"] = eta
        loop = Loop(scheduler, draw)
        emit(Progress(0, total))
        # First the noise itself, as the network is given it.
        noisy = scheduler.scale_model_input(x, times[first])
        pixels.show(emit, _channels(noisy, 3)[0], 0, schedulers.noise_level(scheduler, first))
        loop.say(emit)
        with schedulers.watched(scheduler) as seen:
            x = loop.begin(x)
            for done, time in enumerate(times[first + loop.done :], loop.done + 1):
                enters = scheduler.scale_model_input(x, time).to(self._unet.device, self._unet.dtype)
                found = self._unet(enters, time.to(enters.device)).sample[:, : x.shape[1]].float().cpu()
                x = scheduler.step(found, time, x, **given, return_dict=False)[0]
                loop.keep(done, total, x)
                emit(Progress(done, total))
                if seen.denoised is not None:
                    level = schedulers.noise_level(scheduler, first + done)
                    pixels.show(emit, _channels(seen.denoised, 3)[0], done, level)
        return x


def _channels(picture: Tensor, count: int) -> Tensor:
    """(1, 3, H, W) as grey where the network paints in grey, and back."""
    if picture.shape[1] == count:
        return picture
    return picture.mean(1, keepdim=True).expand(-1, count, -1, -1)
