"""Reading transformers' models for sound: the network, its words, its codec or vocoder, each from its own files."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from models.planning.plan import Plan
from models.protocol import BadInput, Card
from models.runtime.fitting import applying
from models.runtime.hush import hush
from models.runtime.sound import codes as sounding_codes
from models.runtime.sound import frames as sounding_frames
from models.runtime.sound import whole as sounding_whole
from models.runtime.sound.musicgen import Musicgen
from models.runtime.sound.sounding import SoundModel, Speaker
from models.runtime.sound.voices import voices
from models.runtime.stand_in import stand_in

_SAFE = {"local_files_only": True}
_HIGGS_CODEC = "transformers.models.higgs_audio_v2_tokenizer.modeling_higgs_audio_v2_tokenizer"
_CODECS = {
    "DiaForConditionalGeneration": ("DiaProcessor", "DacModel"),
    "PocketTTSForConditionalGeneration": ("PocketTTSProcessor", "PocketTTSAudioTokenizerModel"),
    "GradiumPhononTTSForConditionalGeneration": ("PocketTTSProcessor", "PocketTTSAudioTokenizerModel"),
    "VibeVoiceForConditionalGeneration": ("VibeVoiceProcessor", ""),
}
# Small ones, of which some compute in 16 bits badly and none slowly.
_FULL = ("VitsModel", "FastSpeech2ConformerWithHifiGan", "SpeechT5ForTextToSpeech", "SeamlessM4TForTextToSpeech",
         "SeamlessM4Tv2ForTextToSpeech")  # fmt: skip


def load(files: Any, kind: str, card: Card, plan: Plan) -> SoundModel:
    """The model of that class in a folder, as the plan has it. Raises BadInput where a part of it cannot be read."""
    hush()
    if kind in _FULL:
        plan = replace(plan, dtype="float32", quantization="none", quantized=(), offload="none")
    speaker = _Reader(files, kind, plan).speaker()
    speaker.device = torch.device(plan.device)  # it computes there, wherever its weights lie
    return SoundModel(card, speaker)


class _Reader:
    def __init__(self, files: Any, kind: str, plan: Plan) -> None:
        self._files, self._kind, self._plan, self._device = files, kind, plan, plan.device

    def speaker(self) -> Speaker:
        codes, frames, whole = sounding_codes, sounding_frames, sounding_whole
        made: dict[str, Callable[[Any], Speaker]] = {
            "MusicgenForConditionalGeneration": lambda m: Musicgen(m, self._words()),
            "MusicgenMelodyForConditionalGeneration": lambda m: Musicgen(m, self._words()),
            "BarkModel": lambda m: codes.Bark(m, self._words()),
            "CsmForConditionalGeneration": lambda m: codes.Csm(m, self._words()),
            "DiaForConditionalGeneration": lambda m: codes.Dia(m, self._processor()),
            "HiggsAudioV2ForConditionalGeneration": lambda m: codes.Higgs(m, self._words(), self._higgs_codec()),
            "PocketTTSForConditionalGeneration": lambda m: frames.Pocket(m, self._processor()),
            "GradiumPhononTTSForConditionalGeneration": lambda m: frames.Pocket(m, self._processor()),
            "VibeVoiceForConditionalGeneration": lambda m: frames.VibeVoice(m, self._processor(), self._told()),
            "Qwen2_5OmniForConditionalGeneration": lambda m: frames.Omni(m, self._words(), 50.0, m.token2wav),
            "Qwen3OmniMoeForConditionalGeneration": lambda m: frames.Omni(m, self._words(), 12.5, m.code2wav),
            "SeamlessM4TForTextToSpeech": lambda m: whole.Seamless(m, self._words(), "spkr_id"),
            "SeamlessM4Tv2ForTextToSpeech": lambda m: whole.Seamless(m, self._words(), "speaker_id"),
            "VitsModel": lambda m: whole.Vits(m, self._words(), voices(self._files.sidecar, m.config.num_speakers)),
            "SpeechT5ForTextToSpeech": lambda m: whole.SpeechT5(
                m, self._words(), self._part("SpeechT5HifiGan", "vocoder")
            ),
            "FastSpeech2ConformerWithHifiGan": lambda m: whole.FastSpeech2(
                m, whole.Phonemes(self._files.full("vocab.json"))
            ),
        }
        return made[self._kind](self._network())

    def _network(self) -> Any:
        import transformers

        kind = getattr(transformers, self._kind)
        options = {**applying.model_options(self._plan), "use_safetensors": True, **_SAFE}
        if self._kind.startswith("Qwen2_5Omni"):
            # Its own way of reading would open its voices as a pickle.
            model = transformers.PreTrainedModel.from_pretrained.__func__(kind, self._files.path, **options)
            model.speaker_map = self._voices()
        else:
            model = kind.from_pretrained(self._files.path, **options)
        return applying.settle(model.eval().requires_grad_(False), self._plan)

    def _voices(self) -> dict[str, Any]:
        """Qwen's voices: for each a mark, and two tensors."""
        from models.store.heads import pickled

        path = self._files.full("spk_dict.pt")
        tensors = pickled.state_dict(path)
        with pickled.opened(path) as checkpoint:
            told = checkpoint.told
        if not isinstance(told, dict) or not all(isinstance(one, dict) for one in told.values()):
            raise BadInput(f"{path.name} holds no voices: get the model again.")
        found: dict[str, Any] = {}
        for name, one in told.items():
            kept = {key: value for key, value in one.items() if isinstance(value, int)}
            kept |= {key: tensors[f"{name}.{key}"].to(self._device) for key in one if f"{name}.{key}" in tensors}
            found[name] = kept
        return found

    def _higgs_codec(self) -> Any:
        with stand_in("torchaudio"):  # asked for, and used only to listen: here it never does
            codec = importlib.import_module(_HIGGS_CODEC)
        return self._part(codec.HiggsAudioV2TokenizerModel, "audio_tokenizer")

    def _part(self, kind: Any, folder: str) -> Any:
        """A network of its own in a folder inside, or beside it where the sidecar says so."""
        import transformers

        kind = getattr(transformers, kind) if isinstance(kind, str) else kind
        place = self._files.shared.get(folder, self._files.path / folder)
        try:
            made = kind.from_pretrained(place, use_safetensors=True, dtype=torch.float32, **_SAFE)
        except (OSError, ValueError, RuntimeError) as error:
            raise BadInput(f"The {folder} in {self._files.path.name} cannot be read: get it again.") from error
        return made.to(self._device).eval().requires_grad_(False)

    def _words(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self._files.path, trust_remote_code=False, **_SAFE)
        except Exception as error:
            why = " ".join(str(error).split())[:160]
            raise BadInput(f"The tokenizer of {self._files.path.name} cannot be read ({why}): get it again.") from error

    def _processor(self) -> Any:
        """Words, sound and codec together, as the library joins them; the codec is ours, not one that a file names."""
        import transformers

        name, codec = _CODECS[self._kind]
        kind = getattr(transformers, name)
        files = self._files
        told = files.json("processor_config.json") if files.exists("processor_config.json") else {}
        takes = set(inspect.signature(kind.__init__).parameters)
        parts: dict[str, Any] = {n: v for n, v in told.items() if n in takes and isinstance(v, (int, float, str))}
        parts["tokenizer"] = self._words()
        parts["feature_extractor"] = transformers.AutoFeatureExtractor.from_pretrained(files.path, **_SAFE)
        if codec:
            parts["audio_tokenizer"] = self._part(codec, "audio_tokenizer")
        if "chat_template" in takes:
            own = files.text("chat_template.jinja") if files.exists("chat_template.jinja") else None
            parts["chat_template"] = own or parts["tokenizer"].chat_template
        return kind(**parts)

    def _told(self) -> dict[str, Any]:
        name = "generation_config.json"
        return self._files.json(name) if self._files.exists(name) else {}
