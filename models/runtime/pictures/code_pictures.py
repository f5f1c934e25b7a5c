"""Language models of transformers that write pictures: Janus in codes of a VQ-VAE, ImageGPT in plain colours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.outputs.media import Picture
from models.planning.plan import Plan
from models.protocol import BadInput, Card, Emit, Progress, Request
from models.runtime import pixels
from models.runtime.fitting import applying
from models.runtime.hush import hush
from models.runtime.pictures import small
from models.runtime.seeds import seeded

_LOOKS = 8  # previews of one picture of Janus: each takes as long as drawing it
_SAFE = {"local_files_only": True, "use_safetensors": True}


def load_janus(path: str, card: Card, plan: Plan) -> Janus:
    """Janus from a folder of transformers'. Raises BadInput where its tokenizer cannot be read."""
    from transformers import AutoTokenizer, JanusForConditionalGeneration

    hush()
    try:
        words = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise BadInput(f"The tokenizer of {Path(path).name} cannot be read: get the model again.") from error
    model = JanusForConditionalGeneration.from_pretrained(path, **applying.model_options(plan), **_SAFE)
    return Janus(card, applying.settle(model.eval().requires_grad_(False), plan), words, plan.device)


def load_imagegpt(path: Path, card: Card, colours: list[list[float]], plan: Plan) -> ImageGpt:
    """ImageGPT from a folder of transformers', with the colours that its words are."""
    from transformers import ImageGPTForCausalImageModeling

    hush()
    model = ImageGPTForCausalImageModeling.from_pretrained(path, **applying.model_options(plan), **_SAFE)
    return ImageGpt(card, applying.settle(model.eval().requires_grad_(False), plan), colours, plan.device)


class Janus:
    """`model` and its `tokenizer`, for use. It computes on `device`, wherever its weights lie."""

    def __init__(self, card: Card, model: Any, tokenizer: Any, device: str = "cpu") -> None:
        self.card = card
        self._model, self._tokenizer, self._device = model, tokenizer, device

    def generate(self, request: Request, emit: Emit) -> Picture:
        """A picture of the prompt."""
        model = self._model
        ids = torch.tensor([self._given(request.prompt)], device=self._device)
        settings = copy.deepcopy(model.generation_config)
        settings.update(
            do_sample=True,
            temperature=float(request.settings["temperature"]),
            top_p=float(request.settings["top_p"]),
            top_k=0,
            guidance_scale=float(request.settings["guidance_scale"]),
        )
        count = model.model.vision_model.config.num_image_tokens
        told = _Told(count, emit, self._drawn)
        # What is drawn is asked for its embedding right away: that is where it can be seen.
        embed = model.prepare_embeddings_for_image_generation

        def seen(codes: Tensor) -> Tensor:
            told.take(codes[0])
            return embed(codes)

        model.prepare_embeddings_for_image_generation = seen
        try:
            with torch.inference_mode(), seeded(request.seed, self._device):
                codes = model.generate(
                    inputs=ids,
                    attention_mask=torch.ones_like(ids),
                    generation_mode="image",
                    generation_config=settings,
                )
                return Picture(pixels.to_image(self._drawn(codes[0])))
        finally:
            del model.prepare_embeddings_for_image_generation  # the method of its class is there again

    def _given(self, prompt: str) -> list[int]:
        """The tokens of the prompt, as its template wraps them, up to where the picture begins."""
        words = self._tokenizer
        if words.chat_template:
            asked = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
            text = words.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        else:
            text = f"<|User|>: {prompt}\n\n<|Assistant|>:"
        given = list(words(text, add_special_tokens=not words.chat_template).input_ids)
        return [*given, int(self._model.generation_config.generation_kwargs["boi_token_id"])]

    def _drawn(self, codes: Tensor) -> Tensor:
        """(3, H, W) in -1..1 of all the codes of a picture."""
        return self._model.decode_image_tokens(codes[None])[0].permute(2, 0, 1)


class _Told:
    """Codes as they come, and what is told of them: each a step, and now and then all of them drawn."""

    def __init__(self, count: int, emit: Emit, draw: Callable[[Tensor], Tensor]) -> None:
        self._emit, self._draw = emit, draw
        self._codes: list[Tensor] = []
        self._count = count

    def take(self, code: Tensor) -> None:
        self._codes.append(code.reshape(1))
        done, count = len(self._codes), self._count
        if done < count and done % max(count // _LOOKS, 1) == 0 and self._emit.wants_preview():
            # What is not there yet looks like what was written last.
            codes = torch.cat([*self._codes, code.reshape(1).expand(count - done)])
            self._emit(pixels.preview(self._draw(codes), done, 1 - done / count))
        self._emit(Progress(done, count))


class ImageGpt:
    """`model`, for use, on `device`; `colours` are red, green and blue of each of its words, from -1 to 1."""

    def __init__(self, card: Card, model: Any, colours: list[list[float]], device: str = "cpu") -> None:
        self.card = card
        self._model, self._colours, self._device = model, torch.tensor(colours, dtype=torch.float32), device
        self._side = int(model.config.n_positions**0.5)

    def generate(self, request: Request, emit: Emit) -> Picture:
        """A new picture, or the lower rows of one. Raises BadInput where it cannot be read."""
        from transformers import GenerationConfig, StoppingCriteriaList

        model, side = self._model, self._side
        begin = [model.config.vocab_size - 1]
        if request.task == "complete":
            rows = min(max(round(float(request.settings["keep"]) * side), 1), side - 1)
            begin += self._words(pixels.read(request.inputs["picture"], side, side)[0])[: rows * side]
        ids = torch.tensor([begin], device=self._device)
        kept = len(begin) - 1
        settings = GenerationConfig(
            max_new_tokens=side * side - kept,
            do_sample=True,
            temperature=float(request.settings["temperature"]),
            top_k=min(int(request.settings["top_k"]), len(self._colours)),
            pad_token_id=0,
            # The mark of the beginning is a word too, and no colour.
            suppress_tokens=list(range(len(self._colours), model.config.vocab_size)),
        )
        with torch.inference_mode(), seeded(request.seed, self._device):
            made = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                generation_config=settings,
                stopping_criteria=StoppingCriteriaList([self._watch(emit, kept)]),
            )
        return Picture(small.enlarged(self._shown(made[0, 1:]), int(request.settings["enlarge"])))

    def _watch(self, emit: Emit, kept: int) -> Any:
        """What transformers asks after each pixel: here rows are counted, and shown."""
        from transformers import StoppingCriteria

        side, shown = self._side, self._shown

        class Rows(StoppingCriteria):
            def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
                there = input_ids.shape[1] - 1
                if there % side == 0:
                    row = there // side
                    if row < side and emit.wants_preview():
                        emit(pixels.preview(shown(input_ids[0, 1:]), row, 1 - row / side))
                    emit(Progress(row - kept // side, side - kept // side))
                return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

        return Rows()

    def _shown(self, words: Tensor) -> Tensor:
        """(3, side, side) in -1..1; grey where nothing is drawn yet."""
        side = self._side
        flat = torch.zeros(side * side, 3)
        flat[: len(words)] = self._colours[words.cpu().clamp(max=len(self._colours) - 1)]
        return flat.reshape(side, side, 3).permute(2, 0, 1)

    def _words(self, picture: Tensor) -> list[int]:
        """The nearest colour of each pixel of (3, side, side)."""
        flat = picture.permute(1, 2, 0).reshape(-1, 3)
        return torch.cdist(flat, self._colours).argmin(1).tolist()
