"""Models that speak frame by frame, each frame made out of noise (Pocket TTS, Phonon, VibeVoice), and those that think
of an answer and then say it (Qwen Omni)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.protocol import BadInput
from models.runtime.sound.codes import conversation
from models.runtime.sound.sounding import Work

Wish = Mapping[str, Any]
_SHORT = "The model said nothing of it: write a longer text, or try another seed."


class Pocket:
    """Pocket TTS and Phonon, with their processor and the codec in it."""

    def __init__(self, model: Any, processor: Any) -> None:
        self._model, self._processor = model, processor
        self.device = model.device
        self.sample_rate = int(processor.feature_extractor.sampling_rate)
        self._rate = float(model.config.frame_rate)

    def work(self, prompt: str, wish: Wish) -> Work:
        model, processor = self._model, self._processor
        given = conversation(processor, prompt, "user").to(self.device)
        room = model.config.max_position_embeddings - given["input_ids"].shape[1] - 1
        most = min(max(round(float(wish["seconds"]) * self._rate), 1), room)
        settings = copy.deepcopy(model.generation_config)
        settings.max_length = None
        settings.update(
            max_new_tokens=most,
            do_sample=True,
            temperature=float(wish["temperature"]),
            num_flow_steps=int(wish["steps"]),
            return_dict_in_generate=True,
        )

        def run() -> Tensor:
            made = model.generate(**given, generation_config=settings)
            return processor.decode(made.audio_latents, made.audio_latents_mask)[0]

        return Work(run, [model.model], most + 1)


class VibeVoice:
    """VibeVoice, with its processor. Each frame is a step of its language model, and several of its diffusion head."""

    def __init__(self, model: Any, processor: Any, told: Mapping[str, Any]) -> None:
        self._model, self._processor, self._told = model, processor, told
        self.device = model.device
        codec = model.config.audio_config
        self.sample_rate = int(processor.feature_extractor.sampling_rate)
        frame = 1
        for ratio in codec.downsampling_ratios:
            frame *= int(ratio)
        self._rate = self.sample_rate / frame

    def work(self, prompt: str, wish: Wish) -> Work:
        from diffusers import DPMSolverMultistepScheduler

        model = self._model
        text = prompt if prompt.lstrip().lower().startswith("speaker") else f"Speaker 1: {prompt}"
        given = conversation(self._processor, text, "user").to(self.device)
        most = max(round(float(wish["seconds"]) * self._rate), 1)
        # Its own file could name any class; this is the one that it was taught with.
        own = self._told.get("noise_scheduler_config")
        kept = {n: own[n] for n in ("beta_schedule", "prediction_type") if isinstance(own, dict) and n in own}
        noise = DPMSolverMultistepScheduler(
            **({"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"} | kept)
        )
        settings = copy.deepcopy(model.generation_config)
        settings.max_length = None
        settings.update(max_new_tokens=most, guidance_scale=float(wish["guidance_scale"]))

        def run() -> Tensor:
            made = model.generate(
                **given, generation_config=settings, noise_scheduler=noise, num_diffusion_steps=int(wish["steps"])
            )
            found = (made if isinstance(made, list) else made.audio)[0]
            return torch.zeros(0) if found is None else found

        return Work(run, [model.lm_head], most + 1)


class Omni:
    """Qwen Omni, 2.5 and 3, with its tokenizer: `rate` is how many codes of speech a second has."""

    def __init__(self, model: Any, tokenizer: Any, rate: float, vocoder: Any) -> None:
        self._model, self._tokenizer, self._rate, self._vocoder = model, tokenizer, rate, vocoder
        self.device = model.device
        self.sample_rate = 24_000

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        given = conversation(self._tokenizer, prompt, "user", str(wish["system"]).strip()).to(self.device)
        spoken = max(round(float(wish["seconds"]) * self._rate), 4)
        thought = max(round(float(wish["seconds"]) * 6), 32)  # more words than anybody says in that time
        facts: dict[str, str] = {}
        more: dict[str, Any] = {}
        if self._rate > 20:
            talker = model.talker
            more["talker_eos_token_id"] = [talker.codec_pad_token, talker.codec_eos_token]
        else:
            more["thinker_eos_token_id"] = model.config.im_end_token_id
            more["talker_min_new_tokens"] = 4
        end = given["input_ids"].shape[1]

        def run() -> Tensor:
            try:
                ids, wave = model.generate(
                    **given,
                    speaker=str(wish["voice"]),
                    thinker_max_new_tokens=thought,
                    talker_max_new_tokens=spoken,
                    talker_temperature=float(wish["temperature"]),
                    **more,
                )
            except (RuntimeError, IndexError) as error:
                if "non-empty" in str(error) or "expected" in str(error):  # it ended where it should have begun
                    raise BadInput(_SHORT) from error
                raise
            facts["said"] = str(self._tokenizer.decode(ids[0, end:], skip_special_tokens=True))
            return torch.as_tensor(wave[0] if isinstance(wave, list) else wave)

        return Work(run, [model.thinker, model.talker, self._vocoder], thought + spoken + 2, facts)
