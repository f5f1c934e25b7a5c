"""The models of transformers that turn text into sound: what each is, what it needs, and why some are not run.

Plain descriptions, from which a card is built without importing the library; `models.runtime.sound.sounding` runs them.
Each class is in one table alone: `WRITERS` of codes are the family codec-lm, `SPEAKERS` the family speech.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from models.families import sound_settings as settings
from models.families.sound_settings import Config
from models.protocol import Parameter

MUSIC, SPEECH, GOING_ON = "text-to-sound", "text-to-speech", "sound-to-sound"
_CODEC = ("audio_tokenizer/config.json", "its codec: put it beside the other files, in a folder audio_tokenizer")


@dataclass(frozen=True)
class Kind:
    """`settings` makes the parameters from a model's config and its advice on generation. `needs` are files, with what
    to call them where they are missing. `goes_on`: whether it can also go on from a recording."""

    name: str
    task: str
    process: str
    settings: Callable[[Config, Config], tuple[Parameter, ...]]
    needs: tuple[tuple[str, str], ...] = ()
    goes_on: bool = False

    @property
    def tasks(self) -> tuple[str, ...]:
        return (self.task, GOING_ON) if self.goes_on else (self.task,)


@dataclass(frozen=True)
class Table:
    """The classes of one family. `also` are whole models with more uses, whose part for this task has a class of its
    own; `not_run` are classes of its sort that are not run here, each with why."""

    kinds: Mapping[str, Kind]
    also: Mapping[str, str] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)


_CODES = "Code by code, from left to right"
_FRAMES = "Frame by frame, each out of noise"
_ANSWER = "An answer in words, then said"
_UNITS = "Words, then sounds, then a voice"
_VOCODER = ("vocoder/config.json", "its vocoder: put SpeechT5HifiGan into a folder vocoder")
_VOICES = ("spk_dict.pt", "its voices (spk_dict.pt)")
_A_VOCODER = "it is a vocoder, which gives other models their voice"

WRITERS = Table(
    {
        "MusicgenForConditionalGeneration": Kind("MusicGen", MUSIC, _CODES, settings.musicgen, goes_on=True),
        "MusicgenMelodyForConditionalGeneration": Kind("MusicGen Melody", MUSIC, _CODES, settings.musicgen_melody),
        "BarkModel": Kind("Bark", SPEECH, "Meaning first, then the voice, then its detail", settings.bark),
        "CsmForConditionalGeneration": Kind("CSM", SPEECH, "Frame by frame, each in small steps", settings.csm),
        "DiaForConditionalGeneration": Kind("Dia", SPEECH, _CODES, settings.dia, (_CODEC,)),
        "HiggsAudioV2ForConditionalGeneration": Kind("Higgs Audio", SPEECH, _CODES, settings.higgs, (_CODEC,)),
        "Qwen2_5OmniForConditionalGeneration": Kind("Qwen2.5 Omni", SPEECH, _ANSWER, settings.omni, (_VOICES,)),
        "Qwen3OmniMoeForConditionalGeneration": Kind("Qwen3 Omni", SPEECH, _ANSWER, settings.omni),
    },
    not_run={
        "MoshiForConditionalGeneration": "it listens while it talks, and needs a running conversation",
    },
)
SPEAKERS = Table(
    {
        "VitsModel": Kind("VITS", SPEECH, "All at once, through a flow", settings.vits),
        "SpeechT5ForTextToSpeech": Kind(
            "SpeechT5", SPEECH, "Frame by frame, then a vocoder", settings.speecht5, (_VOCODER,)
        ),
        "FastSpeech2ConformerWithHifiGan": Kind(
            "FastSpeech 2", SPEECH, "All at once, then a vocoder", settings.fastspeech
        ),
        "SeamlessM4TForTextToSpeech": Kind("SeamlessM4T", SPEECH, _UNITS, settings.seamless),
        "SeamlessM4Tv2ForTextToSpeech": Kind("SeamlessM4T 2", SPEECH, _UNITS, settings.seamless),
        "PocketTTSForConditionalGeneration": Kind("Pocket TTS", SPEECH, _FRAMES, settings.pocket, (_CODEC,)),
        "GradiumPhononTTSForConditionalGeneration": Kind("Phonon", SPEECH, _FRAMES, settings.pocket, (_CODEC,)),
        "VibeVoiceForConditionalGeneration": Kind("VibeVoice", SPEECH, _FRAMES, settings.vibevoice),
    },
    also={
        "SeamlessM4TModel": "SeamlessM4TForTextToSpeech",
        "SeamlessM4Tv2Model": "SeamlessM4Tv2ForTextToSpeech",
    },
    not_run={
        "FastSpeech2ConformerModel": "it makes the picture of a sound (a spectrogram) and has no vocoder: get the one "
        "with HifiGan",
        "SpeechT5HifiGan": _A_VOCODER,
        "FastSpeech2ConformerHifiGan": _A_VOCODER,
        "UnivNetModel": _A_VOCODER,
    },
)
