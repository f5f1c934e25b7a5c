"""A picture as a sequence of codes, foretold one after another by a language model that has read the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.networks.code_prompt import CodePrompt
from models.outputs.media import Picture
from models.outputs.read import open_picture
from models.protocol import Card, Emit, Preview, Progress, Request
from models.runtime import pixels
from models.runtime.pictures import codes as coding
from models.runtime.pictures.code_writer import CodeWriter
from models.sampling.inpainting import fitted, pasted

GREY = 0.0  # what is not there yet, in -1..1


class PictureCodes:
    """One loaded model: `vqvae` (VQModel), `transformer` (LlamaForCausalLM over its codes and a begin mark), `prompt`,
    and the `text_encoder` with its `tokenizer`. All for use, on one device."""

    def __init__(self, parts: Mapping[str, Any], prompt: CodePrompt, card: Card) -> None:
        self.card = card
        self._vqvae, self._transformer = parts["vqvae"], parts["transformer"]
        self._prompt = prompt
        self._writer = CodeWriter(self._transformer, prompt, parts["text_encoder"], parts["tokenizer"])
        self._side = round(prompt.places**0.5)
        self._factor = coding.factor(self._vqvae.config)

    @torch.inference_mode()
    def generate(self, request: Request, emit: Emit) -> Picture:
        """A picture of the words, or a part of one made again. Raises BadInput for a picture or mask that cannot be
        used, and lets pass what `emit` raises."""
        size = self._side * self._factor
        codes = torch.zeros(self._prompt.places, dtype=torch.long, device=self._transformer.device)
        wanted, start = torch.ones_like(codes, dtype=torch.bool), None
        if request.task == "inpaint":
            start = fitted(open_picture(request.inputs["picture"]), open_picture(request.inputs["mask"]), size, size)
            assert start.mask is not None
            white = (pixels.to_tensor(start.mask.convert("RGB"))[:, :1] > 0).float()
            wanted = F.max_pool2d(white, self._factor).flatten().bool().to(codes.device)
            real = pixels.to_tensor(start.picture).to(self._vqvae.device, self._vqvae.dtype)
            codes = coding.encode(self._vqvae, real)[0].flatten()
        emit(Progress(0, int(wanted.sum())))
        surprise = self._foretell(request, codes, wanted, emit)
        made = pixels.to_image(self._decoded(codes))
        facts = {"surprise of its codes": f"{surprise:.2f} bits each, of {self._vocabulary_bits():.1f} at most"}
        return Picture(made if start is None else pasted(made, start), facts)

    def _foretell(self, request: Request, codes: Tensor, wanted: Tensor, emit: Emit) -> float:
        """Fill in the wanted places of `codes`, in order; the mean surprise of what was drawn, in bits."""
        settings = request.settings
        total = int(wanted.sum())

        def after(place: int, done: int) -> None:
            emit(Progress(done, total))
            if (done == total or place % max(self._side // 2, 1) == 0) and emit.wants_preview():
                emit(self._preview(codes, wanted, place, done, 1 - done / total))

        return self._writer.write(
            codes,
            wanted,
            self._writer.states(request.prompt, emit),
            torch.Generator("cpu").manual_seed(request.seed),
            after,
            temperature=float(settings["temperature"]),
            top_k=int(settings["top_k"]),
            top_p=float(settings["top_p"]),
            guidance_scale=float(settings["guidance_scale"]),
        )

    def _decoded(self, codes: Tensor) -> Tensor:
        """(3, H, W) of all codes."""
        return coding.decode(self._vqvae, codes.view(1, self._side, self._side))[0].float().cpu()

    def _preview(self, codes: Tensor, wanted: Tensor, place: int, step: int, level: float) -> Preview:
        """What is there after `place`; wanted places that come later are grey."""
        picture = self._decoded(codes)
        later = (wanted & (torch.arange(len(codes), device=codes.device) > place)).cpu()
        hidden = later.view(self._side, self._side).repeat_interleave(self._factor, 0)
        picture = picture.masked_fill(hidden.repeat_interleave(self._factor, 1), GREY)
        return pixels.preview(picture, step, level)

    def _vocabulary_bits(self) -> float:
        return float(torch.tensor(float(coding.count(self._vqvae))).log2())
