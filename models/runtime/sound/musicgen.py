"""MusicGen (Copet et al. 2023, arXiv:2306.05284): codes of EnCodec in delayed books, heard as they are written, and a
recording that goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.outputs import decode
from models.protocol import BadInput
from models.runtime.sound.codes import full, sampled
from models.runtime.sound.heard import Books, SoFar
from models.runtime.sound.sounding import Work, tokens

Wish = Mapping[str, Any]


class Musicgen:
    """MusicGen, also the one that was taught melodies: both are asked in words here."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.device = model.device
        codec, decoder = model.config.audio_encoder, model.config.decoder
        self.sample_rate = int(codec.sampling_rate)
        self._frame = math.prod(codec.upsampling_ratios)
        self._channels = int(decoder.audio_channels)
        # Each book begins a frame after the one before; of two channels, theirs go together.
        self._delays = [book // self._channels for book in range(decoder.num_codebooks)]
        full(model, model.audio_encoder)

    def work(self, prompt: str, wish: Wish) -> Work:
        return self._work(prompt, wish, None)

    def going_on(self, prompt: str, wish: Wish, recording: str) -> Work:
        """The end of that file as the codec hears it, and what follows. Raises BadInput where it cannot be used."""
        kept = min(float(wish["heard"]), 0.75 * float(wish["seconds"]))
        return self._work(prompt, wish, self._codes(recording, max(round(kept * self._rate), 1)))

    @property
    def _rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self._frame

    def _work(self, prompt: str, wish: Wish, begin: Tensor | None) -> Work:
        model = self._model
        frames = max(round(float(wish["seconds"]) * self._rate) - (0 if begin is None else begin.shape[1]), 1)
        most = frames + max(self._delays)
        given = tokens(self._tokenizer, prompt or " ", "MusicGen", self.device)
        if begin is not None:
            given["decoder_input_ids"] = begin
        scale = float(wish["guidance_scale"])
        settings = sampled(
            model, most, wish, model.config.decoder.vocab_size, guidance_scale=scale if scale > 1 else None
        )
        books, so_far = Books(self._delays, begin), SoFar(self._sound)

        def run() -> Tensor:
            from transformers import StoppingCriteriaList

            listening = StoppingCriteriaList([books])
            return model.generate(**given, generation_config=settings, stopping_criteria=listening)[0]

        def heard() -> Tensor | None:
            codes = books.frames()
            return None if codes is None else so_far.of(codes)

        return Work(run, [model.decoder], most + 2, heard=heard)

    def _sound(self, codes: Tensor) -> Tensor:
        """(books, frames) as (channels, samples)."""
        codec = self._model.audio_encoder
        sides = [codes[side :: self._channels] for side in range(self._channels)]
        return torch.cat([codec.decode(one[None, None], [None]).audio_values[0] for one in sides])

    def _codes(self, path: str, frames: int) -> Tensor:
        """(books, frames) of the last sound in that file, of so many frames at most. Raises BadInput."""
        wave = torch.from_numpy(decode.sound(path, self.sample_rate, self._channels).waveform.copy())
        frames = min(frames, wave.shape[1] // self._frame)
        if frames < 1:
            raise BadInput("The recording is too short to go on from: choose one of a second or more.")
        codec = self._model.audio_encoder
        wave = wave[:, -frames * self._frame :].to(self.device, codec.dtype)
        books = len(self._delays) // self._channels
        found = [codec.encode(side[None, None], bandwidth=self._bandwidth(books)).audio_codes[0, 0] for side in wave]
        if any(side.shape[0] < books for side in found):
            raise BadInput("The model's codec has fewer books than its language model writes: get the model again.")
        # Books of the left and the right in turn.
        return torch.stack([side[:books, :frames] for side in found], 1).flatten(0, 1)

    def _bandwidth(self, books: int) -> float:
        """The smallest of the codec's bandwidths, in kbit/s, that so many books tell; its largest where none do."""
        quantizer = self._model.audio_encoder.quantizer
        offered = sorted(self._model.audio_encoder.config.target_bandwidths)
        enough = [kbit for kbit in offered if quantizer.get_num_quantizers_for_bandwidth(kbit) >= books]
        return float(enough[0] if enough else offered[-1])
