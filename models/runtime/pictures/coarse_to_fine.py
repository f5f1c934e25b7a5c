"""Coarse to fine at work: a language model lays out a picture block by block, then diffusion works out its detail."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from models.networks.structure import Structure, enlarged
from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import Card, Emit, Progress, Request
from models.runtime import pixels
from models.runtime.pictures.code_writer import CodeWriter
from models.sampling import latent_rgb, schedulers, tokens
from models.sampling.inpainting import Blend, Fitted, fitted, latent_mask, pasted

PICTURE, STRUCTURE, BOTH = "picture", "structure", "both"
GREY = 0.0  # where there is no structure yet, in -1..1
GAP = 4  # white pixels between two pictures
Tell = Callable[[int, Callable[[], Tensor]], None]  # how many units of work are done, and how to see what is there


class CoarseToFine:
    """One loaded model. `parts` are `vae` (AutoencoderKL), `unet` (UNet2DConditionModel that takes noisy latents and
    those of the structure), `transformer` (LlamaForCausalLM over the codes of `structure` and a begin mark), and the
    `text_encoder` with its `tokenizer`, to which both listen. All for use, on one device.

    `schedule` is the config of the U-Net's noise; `colours` maps latents to RGB, fitted where None.
    """

    def __init__(
        self,
        parts: Mapping[str, Any],
        structure: Structure,
        schedule: Mapping[str, Any],
        card: Card,
        colours: latent_rgb.LatentRGB | None = None,
    ) -> None:
        self.card = card
        self._vae, self._unet = parts["vae"], parts["unet"]
        self._structure, self._schedule = structure, schedule
        self._writer = CodeWriter(parts["transformer"], structure.prompt, parts["text_encoder"], parts["tokenizer"])
        self._factor = 2 ** (len(self._vae.config.block_out_channels) - 1)
        self._colours = colours or latent_rgb.fit(self._vae)

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """A picture of the words, of the structure that a picture has, or a part of one made again.

        Counts codes, steps, and the decoding at the end. Raises BadInput for a picture or mask that cannot be used, and
        lets pass what `emit` raises.
        """
        settings, shown = request.settings, request.settings["show"]
        start = self._start(request)
        codes, clean = torch.zeros(1, self._structure.side**2, dtype=torch.long, device=self._unet.device), None
        wanted = torch.ones_like(codes[0], dtype=torch.bool)
        if start is not None:
            clean = self._latents(start)
            codes = self._structure.encode(clean)
            wanted = self._holes(start).to(codes.device)
        written = int(wanted.sum())
        steps = 0 if shown == STRUCTURE else int(settings["steps"])
        total = written + steps + 1

        def tell(step: int, look: Callable[[], Tensor]) -> None:
            emit(Progress(step, total))
            if emit.wants_preview():
                emit(pixels.preview(look(), step, 1 - step / total))

        emit(Progress(0, total))
        states = self._writer.states(request.prompt, emit)
        surprise = self._lay_out(request, codes[0], wanted, states, tell)
        structure = self._structure.decode(codes)
        rough = self._seen(structure[0])
        if not written:  # then it has not been seen yet
            pixels.show(emit, rough, 0, 1.0)
        made = [enlarged(rough, self._factor)]
        if steps:
            kept = None
            if start is not None and start.mask is not None and clean is not None:
                kept = clean, Blend(latent_mask(start.mask, self._factor), from_noise=True)
            latents = self._refine(request, structure, states, kept, lambda step, look: tell(written + step, look))
            made.append(self._decoded(latents, start))
        emit(Progress(total, total))
        result = pixels.in_a_row({PICTURE: made[1:], STRUCTURE: made, BOTH: made}[str(shown)], GAP)
        pixels.show(emit, result, total, 0.0)
        facts = {}
        if written:
            most = math.log2(self._structure.count)
            facts["surprise of its structure"] = f"{surprise:.2f} bits a block, of {most:.1f} at most"
        return Picture(pixels.to_image(result), facts)

    # ── what goes in ──────────────────────────────────────────────────────────

    def _start(self, request: Request) -> Fitted | None:
        if "picture" not in request.inputs:
            return None
        side = self._structure.side * self._structure.block * self._factor
        mask = open_picture(request.inputs["mask"]) if request.task == "inpaint" else None
        return fitted(open_picture(request.inputs["picture"]), mask, side, side)

    def _latents(self, start: Fitted) -> Tensor:
        """(1, channels, h, w) of the start picture, scaled as the U-Net takes them."""
        real = pixels.to_tensor(start.picture).to(self._vae.device, self._vae.dtype)
        return self._vae.encode(real).latent_dist.mode() * self._vae.config.scaling_factor

    def _holes(self, start: Fitted) -> Tensor:
        """(places,) True where a block of the structure is written anew: any of it is white in the mask."""
        if start.mask is None:
            return torch.zeros(self._structure.side**2, dtype=torch.bool)
        return latent_mask(start.mask, self._factor * self._structure.block).flatten().bool()

    # ── the two stages ────────────────────────────────────────────────────────

    def _lay_out(self, request: Request, codes: Tensor, wanted: Tensor, states: Tensor, tell: Tell) -> float:
        """Stage one: fill in the wanted codes (places,), block after block; their mean surprise in bits."""
        settings = request.settings
        side, places = self._structure.side, torch.arange(len(codes), device=codes.device)

        def look(place: int) -> Tensor:
            later = (wanted & (places > place)).view(side, side).cpu()
            rough = self._seen(self._structure.decode(codes[None])[0])
            return rough.masked_fill(enlarged(later, self._structure.block), GREY)

        return self._writer.write(
            codes,
            wanted,
            states,
            torch.Generator("cpu").manual_seed(request.seed),
            lambda place, done: tell(done, lambda: look(place)),
            temperature=float(settings.get("temperature", 1.0)),
            top_p=float(settings.get("top_p", 1.0)),
            guidance_scale=float(settings.get("structure_guidance", 1.0)),
        )

    def _refine(
        self, request: Request, structure: Tensor, states: Tensor, kept: tuple[Tensor, Blend] | None, tell: Tell
    ) -> Tensor:
        """Stage two: from noise to latents (1, channels, h, w), guided by the words and, as long as it is held, by the
        structure. What is outside the mask of `kept` follows the way of its latents."""
        settings = request.settings
        steps, scale = int(settings["steps"]), float(settings["guidance_scale"])
        held = round(float(settings["structure_hold"]) * steps)
        scheduler = schedulers.make("DDIM", self._schedule, steps)
        scheduler.set_timesteps(steps)
        states = states if scale != 1 else states[:1]
        noise = _grain(request, *structure.shape).to(structure)
        latents = noise * scheduler.init_noise_sigma
        if kept is not None:
            clean, blend = kept
            latents = blend.start(scheduler.add_noise(clean, noise, scheduler.timesteps[:1]), noise, scheduler)
        for index, time in enumerate(scheduler.timesteps):
            told = structure if index < held else torch.zeros_like(structure)
            given = torch.cat([scheduler.scale_model_input(latents, time), told], 1).expand(len(states), -1, -1, -1)
            said = self._unet(given, time, states).sample
            if len(said) > 1:
                said = tokens.guided(said[:1], said[1:], scale)
            step = scheduler.step(said, time, latents)
            latents, expected = step.prev_sample, step.pred_original_sample
            if kept is not None:
                latents = blend.step(latents, clean, noise, scheduler, index + 1)
                expected = blend.mixed(expected, clean)
            tell(index + 1, partial(self._seen, expected[0]))
        return latents

    # ── what is seen ──────────────────────────────────────────────────────────

    def _seen(self, latents: Tensor) -> Tensor:
        """(3, h, w) in -1..1: latents (channels, h, w) as colours, a pixel for each place."""
        width, height, rgb = self._colours.picture(latents)
        values = torch.frombuffer(bytearray(rgb), dtype=torch.uint8).view(height, width, 3)
        return values.permute(2, 0, 1).float() / 127.5 - 1

    def _decoded(self, latents: Tensor, start: Fitted | None) -> Tensor:
        """(3, H, W) in -1..1, what was not to be touched of a start picture as it was."""
        made = self._vae.decode(latents / self._vae.config.scaling_factor).sample[0].float().cpu()
        if start is None or start.mask is None:
            return made
        return pixels.to_tensor(pasted(pixels.to_image(made), start))[0]


def _grain(request: Request, *shape: int) -> Tensor:
    """The noise that the detail begins with: of the seed, and of how often another detail was asked for."""
    draw = torch.Generator("cpu").manual_seed(request.seed)
    for _ in range(int(request.settings["variation"]) + 1):
        noise = torch.randn(shape, generator=draw)
    return noise
