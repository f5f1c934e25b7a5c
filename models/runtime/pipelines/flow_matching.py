"""Flow-matching transformers at work: a request through diffusers' pipelines for SD3, Flux and PRX."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from models.outputs.media import Picture
from models.protocol import Card, Emit, Notice, Preview, Progress, Request
from models.runtime import device, pixels
from models.runtime.fitting import applying
from models.runtime.fitting.plan import Plan
from models.runtime.halfway import Loop
from models.runtime.openvino import backend
from models.runtime.pipelines.stable_diffusion_load import shared_part
from models.runtime.pipelines.styles import Styles
from models.runtime.tiles import tile
from models.sampling import flow, latent_rgb, prompts

_CLASSES = {"sd3": "StableDiffusion3Pipeline", "flux": "FluxPipeline", "prx": "PRXPipeline"}


def pipeline(
    path: str,
    plan: Plan,
    *,
    kind: str,
    texts: Sequence[str],
    variant: str | None = None,
    shared: Mapping[str, Path] | None = None,
) -> Any:
    """The pipeline in that folder, on the plan's device and in its number format. Nothing but safetensors is read.

    `texts` are the text encoders that are there: SD3 works without its third, which is larger than all the rest.
    `shared` are parts that lie elsewhere (`models.store.files.Files.shared`).
    """
    device.use_cores()
    diffusers.utils.logging.set_verbosity_error()
    dtype = getattr(torch, plan.dtype)
    # These pipelines hand the texts to the transformer as they are.
    plan = replace(plan, text_dtype="")
    given = applying.networks(path, plan, variant=variant, shared=shared)
    elsewhere = {part: at for part, at in (shared or {}).items() if part not in given}
    given |= {part: shared_part(path, part, at, dtype, dtype) for part, at in elsewhere.items()}
    if kind == "sd3" and "text_encoder_3" not in texts:
        given |= {"text_encoder_3": None, "tokenizer_3": None}
    if kind != "prx":
        given |= {"image_encoder": None, "feature_extractor": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        made = getattr(diffusers, _CLASSES[kind]).from_pretrained(
            path,
            variant=variant,
            use_safetensors=True,
            local_files_only=True,
            **applying.options(path, plan, shared),
            **given,
        )
    return applying.place(made, plan, path, shared)


def one_file(
    path: str,
    plan: Plan,
    *,
    base: str,
    detail: str,
    words: Path | None = None,
    beside: Mapping[str, Path] | None = None,
) -> Any:
    """The same from a file of that base ("SD 3"). Parts that are not in it are in the files `beside`; with no `words`
    for T5, SD3 goes without its third text encoder."""
    from models.runtime.pipelines import single_file

    device.use_cores()
    plan = replace(plan, text_dtype="", free_encoder=False)
    dtype = getattr(torch, plan.dtype)
    return applying.place(single_file.flow_matching(path, base, detail, dtype, words=words, beside=beside or {}), plan)


class FlowMatching:
    """One loaded model. `colours` maps its latents to RGB, fitted on the first preview where None; `styles` says which
    LoRAs there are, by name, each with what reads its weights. A PRX of `whole_text` learned to look at all places that
    its text encoder reads, also at those behind the end of a text."""

    def __init__(
        self,
        pipeline: Any,
        card: Card,
        plan: Plan,
        colours: latent_rgb.LatentRGB | None = None,
        styles: Callable[[], Mapping[str, Callable[[], dict[str, Tensor]]]] = dict,
        whole_text: bool = False,
    ) -> None:
        self.card = card
        self._whole_text = whole_text
        self._pipeline = pipeline
        self._plan = plan
        self._colours = colours
        self._times = dict(pipeline.scheduler.config)
        self._factor = pipeline.vae_scale_factor
        self._encoded: tuple[tuple[str, str, bool], dict[str, Tensor]] | None = None
        # The pipelines add the shift, and cannot add None.
        pipeline.vae.register_to_config(shift_factor=pipeline.vae.config.get("shift_factor") or 0.0)
        pipeline.set_progress_bar_config(disable=True)
        self._there = styles
        self._styles = Styles(pipeline)

    def generate(self, request: Request, emit: Emit) -> Picture:
        """One picture. `request.settings` as the card checked them. Raises BadInput for a start picture that cannot
        be used, and lets pass what `emit` raises."""
        settings: dict[str, Any] = dict(request.settings)
        if self._styles.choose(settings, self._there):
            self._encoded = None  # a style may change how a prompt is read
        steps, width, height = settings["steps"], settings["width"], settings["height"]
        start = pixels.read(request.inputs["picture"], width, height) if "picture" in request.inputs else None
        times = flow.schedule(
            self._times, settings["shift"], 0 if start is None else flow.skipped(steps, settings["strength"])
        )
        times.set_timesteps(steps)
        emit(Progress(0, len(times.timesteps)))
        texts = self._encode(request, settings["guidance_scale"], emit)
        vae = self._pipeline.vae
        tile(vae, self._plan, self._factor, width, height)
        noise = pixels.noise(request.seed, 1, vae.config.latent_channels, height // self._factor, width // self._factor)
        with torch.inference_mode(), backend.listening(self._pipeline, emit) as facts:
            try:
                latents = noise if start is None else flow.mixed(self._latents(start), noise, times.level)
                image = self._run(latents, texts, times, settings, emit)
            finally:
                # Also after a stop: what was moved to the accelerator for this run leaves it.
                self._pipeline.maybe_free_model_hooks()
        way = f"{times.detour:.2f} (1 is a straight line)"
        return Picture(image, {"length of the way": way, "turn": f"{times.turned:.0f}° a step", **facts})

    def _run(
        self, latents: Tensor, texts: dict[str, Tensor], times: flow.Flow, settings: dict[str, Any], emit: Emit
    ) -> Any:
        """From these latents at the first of the times to the finished picture, a PIL image."""
        width, height, total = settings["width"], settings["height"], len(times.timesteps)
        packed = isinstance(self._pipeline, diffusers.FluxPipeline)
        loop = Loop(times)

        def step_end(running: Any, index: int, _time: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
            if loop.skips(index + 1):
                return values
            loop.keep(index + 1, total, values["latents"])
            emit(Progress(index + 1, total))
            if emit.wants_preview() and times.denoised is not None:
                seen = times.denoised
                if packed:
                    seen = running._unpack_latents(seen, height, width, self._factor)
                w, h, rgb = self._rgb().picture(seen[0])
                emit(Preview(w, h, rgb, step=index + 1, level=times.level))
            return values

        self._pipeline.scheduler = times
        latents = latents.to(self._pipeline._execution_device, texts["prompt_embeds"].dtype)
        if packed:
            latents = self._pipeline._pack_latents(latents, *latents.shape)
        with loop.followed(self._pipeline.transformer):
            loop.say(emit)
            made = self._pipeline(
                **texts,
                **self._guidance(settings["guidance_scale"]),
                latents=latents,
                width=width,
                height=height,
                num_inference_steps=settings["steps"],
                callback_on_step_end=step_end,
            )
        return made.images[0]

    def _guidance(self, scale: float) -> dict[str, Any]:
        if isinstance(self._pipeline, diffusers.PRXPipeline):
            return {"guidance_scale": scale, "use_resolution_binning": False}
        if isinstance(self._pipeline, diffusers.FluxPipeline) and not self._pipeline.transformer.config.guidance_embeds:
            return {"true_cfg_scale": scale}
        return {"guidance_scale": scale}

    # ── what goes in ──────────────────────────────────────────────────────────

    def _latents(self, picture: Tensor) -> Tensor:
        """(1, 3, H, W) in -1..1 as the transformer takes it, (1, channels, H / f, W / f) in float32 on the CPU."""
        vae = self._pipeline.vae
        spread = vae.encode(picture.to(self._pipeline._execution_device, vae.dtype)).latent_dist
        return ((spread.mode() - vae.config.shift_factor) * vae.config.scaling_factor).float().cpu()

    def _encode(self, request: Request, scale: float, emit: Emit) -> dict[str, Tensor]:
        """The texts as tensors; those of the last request are kept, for the next picture of the same job."""
        guided = scale > 1 and self.card.negative_prompt
        texts = {"prompt": request.prompt} | ({"negative prompt": request.negative_prompt} if guided else {})
        for whose, text in texts.items():
            if words := prompts.unread(self._furthest(), self.card.prompt_limit, text):
                emit(Notice(prompts.notice(words, whose)))
        key = (request.prompt, request.negative_prompt if guided else "", guided)
        if self._encoded is None or self._encoded[0] != key:
            with torch.inference_mode():
                self._encoded = (key, self._read(request.prompt, request.negative_prompt, guided))
        return self._encoded[1]

    def _furthest(self) -> Any:
        """The tokenizer of the encoder that reads furthest. The card of a single file has no folder of it to name."""
        names = (self.card.tokenizer,) if self.card.tokenizer else ("tokenizer_3", "tokenizer_2", "tokenizer")
        return next(found for name in names if (found := getattr(self._pipeline, name, None)) is not None)

    def _read(self, prompt: str, negative_prompt: str, guided: bool) -> dict[str, Tensor]:
        """What the pipeline takes instead of texts."""
        pipe, most = self._pipeline, self.card.prompt_limit
        if isinstance(pipe, diffusers.PRXPipeline):
            states, said = _tokens(pipe, [prompt, negative_prompt] if guided else [prompt], most, self._whole_text)
            made = {"prompt_embeds": states[:1], "prompt_attention_mask": said[:1]}
            if guided:
                made |= {"negative_prompt_embeds": states[1:], "negative_prompt_attention_mask": said[1:]}
            return made
        if isinstance(pipe, diffusers.FluxPipeline):
            found = {"": prompt} | ({"negative_": negative_prompt} if guided else {})
            made = {}
            for whose, text in found.items():
                states, pooled, _ = pipe.encode_prompt(text, max_sequence_length=most)
                made |= {f"{whose}prompt_embeds": states, f"{whose}pooled_prompt_embeds": pooled}
            return made
        names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
        # As many places for T5 as it reads at most; without it they are zeros, as in its training.
        given = pipe.encode_prompt(
            prompt, None, None, negative_prompt=negative_prompt, do_classifier_free_guidance=guided
        )
        return {name: one for name, one in zip(names, given, strict=True) if one is not None}

    def _rgb(self) -> latent_rgb.LatentRGB:
        if self._colours is None:
            self._colours = latent_rgb.fit(self._pipeline.vae)
        return self._colours


def _tokens(pipe: Any, texts: list[str], most: int, whole: bool) -> tuple[Tensor, Tensor]:
    """The states of each text's tokens, and which of them say something, or all: PRX learned on lower case."""
    place = pipe._execution_device
    given = pipe.tokenizer(
        [text.strip().lower() for text in texts],
        padding="max_length", max_length=most, truncation=True, return_attention_mask=True, return_tensors="pt",
    )  # fmt: skip
    said = given.attention_mask.bool().to(place) | whole
    return pipe.text_encoder(input_ids=given.input_ids.to(place), attention_mask=said).last_hidden_state, said
