"""Models that make a whole utterance at once, or nearly: VITS, FastSpeech 2, SpeechT5 and SeamlessM4T."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.protocol import BadInput
from models.runtime.sound.sounded import Sounded, reads_sounds
from models.runtime.sound.sounding import Work, tokens

Wish = Mapping[str, Any]


class Vits:
    """VITS, and Meta's MMS voices for a thousand languages. `accents` has the accent of each voice by its name."""

    def __init__(self, model: Any, tokenizer: Any, accents: Mapping[str, str] | None = None) -> None:
        self._model, self._accents = model, accents or {}
        if self._accents:
            tokenizer = Sounded(tokenizer, ".")
        elif reads_sounds(tokenizer):
            tokenizer = Sounded(tokenizer)
        self._tokenizer = tokenizer
        self.device = model.device
        self.sample_rate = int(model.config.sampling_rate)

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        voice = wish.get("voice")
        if self._accents:
            names = list(self._accents)
            name = str(voice) if voice in self._accents else names[0]
            self._tokenizer.accent, voice = self._accents[name], names.index(name)
        words = self._tokenizer
        sentences = words.sentences(prompt) if isinstance(words, Sounded) else [prompt]
        given = [tokens(words, sentence, "VITS", self.device) for sentence in sentences]
        # With nothing to say, its tokenizer still sets the pause that lies between letters.
        if all(one["input_ids"].shape[1] < 2 for one in given):
            raise BadInput("There is nothing in the prompt that VITS can say: write words in its own alphabet.")
        model.speaking_rate = float(wish["speed"])
        model.noise_scale = float(wish["variation"])
        model.noise_scale_duration = float(wish.get("rhythm", 0))
        who = {} if voice is None else {"speaker_id": int(voice)}
        made: list[Tensor] = []

        def run() -> Tensor:
            for one in given:
                made.append(model(**one, **who).waveform[0])  # noqa: PERF401 - heard while it grows
            return torch.cat(made)

        steps = [model.text_encoder, model.duration_predictor, model.decoder]
        return Work(run, steps, 3 * len(given) + 1, heard=lambda: torch.cat(made).cpu() if made else None)


class FastSpeech2:
    """FastSpeech 2, whose words are sounds of speech (ARPAbet), with its vocoder in it."""

    def __init__(self, model: Any, sounds: Phonemes) -> None:
        self._model, self._sounds = model, sounds
        self.device = model.device
        self.sample_rate = int(getattr(model.config.vocoder_config, "sampling_rate", 22_050))  # as it was published

    def work(self, prompt: str, wish: Wish) -> Work:
        model, speech = self._model, self._model.model
        ids = torch.tensor([self._sounds.ids(prompt)], device=self.device)
        named = {"voice": "speaker_ids", "language": "lang_ids"}
        who = {
            theirs: torch.tensor([[int(wish[ours])]], device=self.device)
            for ours, theirs in named.items()
            if ours in wish
        }
        speech.config.speaking_speed = 1 / float(
            wish["speed"]
        )  # the library's word for how much longer each sound takes

        def run() -> Tensor:
            return model.vocoder(speech(ids, **who).spectrogram)[0]

        return Work(run, [speech.encoder, speech.decoder, model.vocoder], 4)


class Phonemes:
    """The sounds that a FastSpeech 2 knows, from its list of them."""

    def __init__(self, path: Path, last: str = "<sos/eos>") -> None:
        self._known: dict[str, int] = json.loads(path.read_text("utf-8"))
        self._last = last

    def ids(self, text: str) -> list[int]:
        """The numbers of sounds in a text, which blanks part. Raises BadInput for a word that is no sound."""
        words = text.upper().replace("/", " ").split()
        unknown = [word for word in words if word not in self._known]
        if unknown or not words:
            some = ", ".join(sorted(s for s in self._known if s.isalnum())[:6])
            what = f"“{unknown[0].lower()}” is none of them" if unknown else "the prompt has none"
            raise BadInput(
                f"This model is told its words in sounds of speech, as HH AH0 L OW1 for hello, and {what}: "
                f"it knows {some} and so on."
            )
        return [self._known[word] for word in words] + [self._known[self._last]] * (self._last in self._known)


class SpeechT5:
    """SpeechT5 with its vocoder. A voice is a direction in the space of voices; each number is one."""

    def __init__(self, model: Any, tokenizer: Any, vocoder: Any) -> None:
        self._model, self._tokenizer, self._vocoder = model, tokenizer, vocoder
        self.device = model.device
        self.sample_rate = int(vocoder.config.sampling_rate)

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        ids = tokens(self._tokenizer, prompt, "SpeechT5", self.device)["input_ids"]
        draws = torch.Generator().manual_seed(int(wish["voice"]))
        voice = torch.randn(1, model.config.speaker_embedding_dim, generator=draws).to(self.device)
        voice = torch.nn.functional.normalize(voice)  # as those that it was taught with
        ratio = float(wish["longest"])
        most = max(int(ids.shape[1] * ratio / model.config.reduction_factor), 1)
        return Work(
            lambda: model.generate_speech(ids, voice, maxlenratio=ratio, vocoder=self._vocoder),
            [model.speecht5.decoder.prenet, self._vocoder],
            most + 2,
        )


class Seamless:
    """SeamlessM4T, of both versions, for text: what is written in one language is said in another, or the same."""

    def __init__(self, model: Any, tokenizer: Any, who: str) -> None:
        self._model, self._tokenizer, self._who = model, tokenizer, who
        self.device = model.device
        self.sample_rate = int(model.config.sampling_rate)

    def work(self, prompt: str, wish: Wish) -> Work:
        model = self._model
        self._tokenizer.src_lang = str(wish["source"])
        given = tokens(self._tokenizer, prompt, "SeamlessM4T", self.device)
        more = {self._who: int(wish.get("voice", 0))}

        def run() -> Tensor:
            wave, length = model.generate(**given, tgt_lang=str(wish["language"]), **more)
            return wave.reshape(-1)[: int(length.reshape(-1)[0])]

        most = int(model.generation_config.max_new_tokens or 256) + int(model.config.t2u_max_new_tokens or 1024)
        return Work(run, [model.text_decoder, model.t2u_model, model.vocoder], most + 2)
