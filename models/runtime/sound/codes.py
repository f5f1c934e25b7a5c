"""Models that write speech as codes, one after another: Dia, CSM, Bark, Higgs Audio; and what all such share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from models.protocol import BadInput
from models.runtime.sound.sounding import Work, tokens

Wish = Mapping[str, Any]


def sampled(model: Any, most: int, wish: Wish, vocabulary: int = 0, **more: Any) -> Any:
    """The model's own settings for generation, with the person's: drawn, at most so many tokens."""
    import copy

    found = copy.deepcopy(model.generation_config)
    found.max_length = None
    found.update(do_sample=True, max_new_tokens=max(most, 1), temperature=float(wish["temperature"]), **more)
    if "top_k" in wish:
        found.top_k = min(int(wish["top_k"]), vocabulary or 10**9)
    return found


def full(model: Any, codec: nn.Module) -> None:
    """Let a codec compute in full precision: rounded to 16 bits, it would be heard as noise."""
    if not getattr(model, "is_quantized", False):
        codec.float()


class Dia:
    """Dia, with its processor and the codec in it."""

    def __init__(self, model: Any, processor: Any) -> None:
        self._model, self._processor = model, processor
        self.device = model.device
        codec = processor.audio_tokenizer
        self.sample_rate = int(codec.config.sampling_rate)
        self._rate = self.sample_rate / math.prod(codec.config.downsampling_ratios)
        decoder = model.config.decoder_config
        self._marks = {
            "delay_pattern": list(model.config.delay_pattern),
            "bos_token_id": decoder.bos_token_id,
            "eos_token_id": decoder.eos_token_id,
            "pad_token_id": decoder.pad_token_id,
        }

    def work(self, prompt: str, wish: Wish) -> Work:
        model, processor = self._model, self._processor
        text = prompt if prompt.lstrip().startswith("[") else f"[S1] {prompt}"
        given = processor(text=text, audio_kwargs=self._marks).to(self.device)
        room = model.config.decoder_config.max_position_embeddings - max(self._marks["delay_pattern"]) - 2
        most = min(round(float(wish["seconds"]) * self._rate) + max(self._marks["delay_pattern"]), room)
        scale = float(wish["guidance_scale"])
        settings = sampled(
            model, most, wish, model.config.decoder_config.vocab_size, guidance_scale=scale if scale > 1 else None
        )

        def run() -> Tensor:
            codes = model.generate(**given, generation_config=settings)
            try:
                return processor.batch_decode(codes, audio_kwargs=self._marks)[0]
            except (RuntimeError, IndexError, ValueError):  # it ended before the first whole step of codes
                return torch.zeros(0)

        return Work(run, [model.model.decoder], most + 1)


class Csm:
    """CSM (Sesame), which has its codec in it."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.device = model.device
        self.sample_rate = int(model.config.codec_config.sampling_rate)
        self._rate = float(model.config.codec_config.frame_rate)
        full(model, model.codec_model)

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        text = prompt if prompt.lstrip().startswith("[") else f"[{int(wish.get('voice', 0))}]{prompt}"
        given = tokens(self._tokenizer, text, "CSM", self.device)
        room = model.config.max_position_embeddings - given["input_ids"].shape[1] - 1
        most = min(max(round(float(wish["seconds"]) * self._rate), 1), room)
        settings = sampled(model, most, wish, model.config.vocab_size)
        depth = {f"depth_decoder_{n}": getattr(settings, n) for n in ("do_sample", "temperature", "top_k")}

        def run() -> Tensor:
            made = model.generate(**given, generation_config=settings, output_audio=True, **depth)
            found = made[0] if isinstance(made, list) else made.audio[0]
            return torch.as_tensor(found)

        return Work(run, [model.backbone_model], most + 1)


class Bark:
    """Bark: three models in a row, of which the first settles what is said and for how long."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.device = model.device
        self._told = model.generation_config
        self.sample_rate = int(model.config.codec_config.sampling_rate)
        full(model, model.codec_model)

    def work(self, prompt: str, wish: Wish) -> Work:
        model, meaning, voice = self._model, self._told.semantic_config, self._told.coarse_acoustics_config
        length = int(meaning.get("max_input_semantic_length", 256))
        given = tokens(
            self._tokenizer, prompt or " ", "Bark", self.device,
            max_length=length, padding="max_length", truncation=True, add_special_tokens=False,
        )  # fmt: skip
        most = max(round(float(wish["seconds"]) * float(meaning.get("semantic_rate_hz", 49.9))), 1)
        books = int(voice.get("n_coarse_codebooks", 2))
        ratio = float(voice.get("coarse_rate_hz", 75)) / float(meaning.get("semantic_rate_hz", 49.9)) * books
        finer = int(self._told.fine_acoustics_config.get("n_fine_codebooks", 8)) - books
        steps = [model.semantic, model.coarse_acoustics, model.fine_acoustics]

        def run() -> Tensor:
            return model.generate(
                **given,
                semantic_max_new_tokens=most,
                semantic_temperature=float(wish["temperature"]),
                coarse_temperature=float(wish["detail"]),
            )[0]

        return Work(run, steps, most + math.ceil(most * ratio) + finer + 1)


class Higgs:
    """Higgs Audio 2, with its tokenizer and its codec."""

    def __init__(self, model: Any, tokenizer: Any, codec: Any) -> None:
        self._model, self._tokenizer, self._codec = model, tokenizer, codec
        self.device = model.device
        self.sample_rate = int(codec.config.sample_rate)
        self._rate = self.sample_rate / math.prod(codec.config.acoustic_model_config.downsampling_ratios)

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        given = conversation(self._tokenizer, prompt, "user").to(self.device)
        most = max(round(float(wish["seconds"]) * self._rate), 1) + model.config.num_codebooks
        settings = sampled(model, most, wish, model.config.codebook_size)

        def run() -> Tensor:
            made = model.generate(**given, generation_config=settings)
            return self._sound(made if isinstance(made, Tensor) else made.sequences)

        return Work(run, [model.model], most + 1)

    def _sound(self, codes: Tensor) -> Tensor:
        """(1, steps, books) with their marks, each book one step later than the one before, as a waveform."""
        config, steps = self._model.config, codes[0]
        begins = (steps == config.audio_stream_bos_id).all(-1).nonzero()
        steps = steps[int(begins[-1]) + 1 if len(begins) else 0 :]
        ends = (steps == config.audio_stream_eos_id).all(-1).nonzero()
        steps = steps[: int(ends[0])] if len(ends) else steps
        whole = len(steps) - steps.shape[1] + 1
        if whole < 1:
            return torch.zeros(0)
        straight = torch.stack([steps[book : book + whole, book] for book in range(steps.shape[1])])
        return self._codec.decode(straight.clip(0, config.audio_stream_bos_id - 1)[None]).audio_values[0]


def conversation(processor: Any, prompt: str, role: str, system: str = "") -> Any:
    """A message as the model's own template wraps it. Raises BadInput where it has none."""
    messages = [{"role": role, "content": [{"type": "text", "text": prompt}]}]
    if system:
        messages.insert(0, {"role": "system", "content": [{"type": "text", "text": system}]})
    if not processor.chat_template:
        raise BadInput("The model lacks its template for messages (chat_template.jinja): get it again.")
    return processor.apply_chat_template(
        messages, tokenize=True, add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
