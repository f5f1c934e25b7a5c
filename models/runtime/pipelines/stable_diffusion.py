"""Stable Diffusion and SDXL at work: a request through diffusers' pipelines, with previews and a way to stop."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import Card, Emit, Notice, Preview, Progress, Request
from models.runtime.fitting.plan import Plan
from models.runtime.halfway import Loop
from models.runtime.openvino import backend
from models.runtime.tiles import tile
from models.sampling import latent_rgb, prompts, schedulers
from models.sampling.inpainting import Blend, Fitted, fitted, latent_mask, pasted


class StableDiffusion:
    """One loaded model. The pipelines of its tasks share its networks.

    `pipeline` is a StableDiffusion(XL)Pipeline with its weights where `plan` wants them; `colours` maps its
    latents to RGB, fitted on the first preview where None.
    """

    shows_start = False  # whether the noise it begins with is a preview, too

    def __init__(self, pipeline: Any, card: Card, plan: Plan, colours: latent_rgb.LatentRGB | None = None) -> None:
        self.card = card
        self._plan = plan
        self._colours = colours
        self._schedule = dict(pipeline.scheduler.config)
        self._factor = pipeline.vae_scale_factor
        self._pipelines = {"text-to-picture": pipeline}
        self._inpaints = pipeline.unet.config.in_channels != pipeline.vae.config.latent_channels
        self._encoded: tuple[tuple[str, str, bool], dict[str, torch.Tensor]] | None = None
        pipeline.set_progress_bar_config(disable=True)

    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture. `request.settings` as the card checked them. Raises BadInput for a start picture or a mask
        that cannot be used, and lets pass what `emit` raises."""
        settings = self._settings(request)
        steps, width, height = settings["steps"], settings["width"], settings["height"]
        start = self._start(request, width, height)
        pipeline = self._pipeline(request)
        pipeline.scheduler = schedulers.make(settings["scheduler"], self._schedule, steps)
        given: dict[str, Any] = {
            "num_inference_steps": steps,
            "guidance_scale": settings["guidance_scale"],
            "generator": torch.Generator("cpu").manual_seed(request.seed),
        }
        blend = None
        if start is None or self._inpaints:
            given |= {"width": width, "height": height}
        if start is not None:
            # At least one step: pipelines refuse a strength that leaves none.
            given["strength"] = min(max(settings["strength"], (1 + 1e-6) / steps), 1.0)
            given["image"] = start.picture
            if start.mask is not None and self._inpaints:
                given["mask_image"] = start.mask
            elif start.mask is not None:
                blend = Blend(latent_mask(start.mask, self._factor), from_noise=given["strength"] == 1.0)
        emit(Progress(0, min(int(steps * given.get("strength", 1.0)), steps)))
        given |= self._encode(request, settings["guidance_scale"], emit)
        with backend.listening(self._pipelines["text-to-picture"], emit) as facts:
            made = self._run(pipeline, given, blend, emit)
        return Picture(made if start is None else pasted(made, start), facts)

    # ── what goes in ──────────────────────────────────────────────────────────

    def _settings(self, request: Request) -> dict[str, Any]:
        """What a pipeline is asked for. Models that know no guidance or one sampler alone fill in what is fixed."""
        return dict(request.settings)

    def _pipeline(self, request: Request) -> Any:
        """The task's pipeline around the same networks; nothing is loaded or copied."""
        task = request.task
        if task not in self._pipelines:
            # Plain U-Nets are inpainted by `Blend`: diffusers' own way takes autoencoders of four channels only.
            self._pipelines[task] = self._around("Inpaint" if task == "inpaint" and self._inpaints else "Img2Img")
        return self._pipelines[task]

    def _around(self, kind: str, **more: Any) -> Any:
        """A pipeline of that kind around the base's networks, and `more`."""
        import diffusers

        base = self._pipelines["text-to-picture"]
        options = {
            name: base.config[name]
            for name in ("requires_safety_checker", "force_zeros_for_empty_prompt", "requires_aesthetics_score")
            if name in base.config
        }
        xl = "XL" if "XL" in type(base).__name__ else ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # on old configs, which were already put right
            made = getattr(diffusers, f"StableDiffusion{xl}{kind}Pipeline")(**base.components, **options, **more)
        made.set_progress_bar_config(disable=True)
        return made

    def _start(self, request: Request, width: int, height: int) -> Fitted | None:
        if request.task == "text-to-picture":
            return None
        picture = open_picture(request.inputs["picture"])
        mask = open_picture(request.inputs["mask"]) if request.task == "inpaint" else None
        return fitted(picture, mask, width, height)

    def _encode(self, request: Request, guidance_scale: float, emit: Emit) -> dict[str, torch.Tensor]:
        """The texts as tensors; those of the last request are kept, for the next picture of the same job."""
        pipeline = self._pipelines["text-to-picture"]
        guided = guidance_scale > 1 and pipeline.unet.config.time_cond_proj_dim is None
        texts = {"prompt": request.prompt} | ({"negative prompt": request.negative_prompt} if guided else {})
        for whose, text in texts.items():
            if words := prompts.left_out(pipeline, text):
                emit(Notice(prompts.notice(words, whose)))
        key = (request.prompt, request.negative_prompt if guided else "", guided)
        if self._encoded is None or self._encoded[0] != key:
            self._encoded = (key, prompts.encode(pipeline, request.prompt, request.negative_prompt, guided))
        return self._encoded[1]

    # ── the loop ──────────────────────────────────────────────────────────────

    def _run(self, pipeline: Any, given: dict[str, Any], blend: Blend | None, emit: Emit) -> Any:
        """The finished picture, a PIL image."""
        scheduler = pipeline.scheduler
        size = given["image"].size if "image" in given else (given["width"], given["height"])
        tile(pipeline.vae, self._plan, self._factor, *size)

        def step_end(running: Any, index: int, _time: Any, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            total = running.num_timesteps
            done = index + 1
            if loop.skips(done):
                return values
            # Strength leaves out the first of the scheduler's steps.
            at = len(scheduler.timesteps) - total + done
            expected = seen.denoised
            if blend is not None:
                values["latents"] = blend.step(values["latents"], seen.clean, seen.noise, scheduler, at)
                expected = blend.mixed(expected, seen.clean)
            loop.keep(done, total, values["latents"])
            emit(Progress(done, total))
            self._show(emit, expected[0], done, schedulers.noise_level(scheduler, at))
            return values

        def shown(latents: torch.Tensor, index: int) -> None:
            self._show(emit, latents[0], 0, schedulers.noise_level(scheduler, index))

        start = None if blend is None else lambda noisy, noise: blend.start(noisy, noise, scheduler)
        look = shown if self.shows_start else None
        loop = Loop(scheduler, given["generator"])
        networks = (pipeline.unet, getattr(pipeline, "controlnet", None))
        with torch.inference_mode(), schedulers.watched(scheduler, start, look) as seen:
            try:
                with loop.followed(*networks):
                    loop.say(emit)
                    return pipeline(**given, callback_on_step_end=step_end).images[0]
            finally:
                # Also after a stop: what was moved to the accelerator for this run leaves it.
                self._pipelines["text-to-picture"].maybe_free_model_hooks()

    def _show(self, emit: Emit, latents: torch.Tensor, step: int, level: float) -> None:
        """A preview of latents (channels, h, w) as colours, if one is wanted."""
        if emit.wants_preview():
            w, h, rgb = self._rgb().picture(latents)
            emit(Preview(w, h, rgb, step=step, level=level))

    def _rgb(self) -> latent_rgb.LatentRGB:
        if self._colours is None:
            vae = self._pipelines["text-to-picture"].vae
            self._colours = latent_rgb.known(vae.config.latent_channels, vae.config.scaling_factor)
            self._colours = self._colours or latent_rgb.fit(vae)
        return self._colours
