"""The settings of transformers' models for sound, from a model's own config and its makers' advice on generation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.protocol import Parameter

Config = Mapping[str, Any]
DIA_RATE = 86.0  # codes a second of its codec at 44.1 kHz


def seconds(most: float, usual: float) -> Parameter:
    return Parameter(
        "seconds", "float", min(usual, most), "Longest", "How long the sound is at most; speech ends when it is said.",
        min(0.2, most / 4), most, unit="s", suggested=tuple(n for n in (5.0, 10.0, 30.0) if n <= most),
    )  # fmt: skip


def temperature(usual: float, most: float = 2.0) -> Parameter:
    return Parameter(
        "temperature", "float", usual, "Temperature",
        "How boldly each piece of sound is drawn: low is plain and may get stuck, high is wild.",
        0.1, most, suggested=(usual,),
    )  # fmt: skip


def top_k(usual: int, most: int) -> Parameter:
    return Parameter(
        "top_k", "int", min(usual, most), "Top k",
        "How many of the likeliest pieces may be drawn; 1 always takes the likeliest.",
        1, most, advanced=True,
    )  # fmt: skip


def guidance(usual: float, low: float = 1.0) -> Parameter:
    return Parameter(
        "guidance_scale", "float", usual, "Guidance", "How closely the sound follows the text; 1 turns guidance off.",
        low, 10, suggested=(usual,),
    )  # fmt: skip


def number(name: str, label: str, help: str, count: int) -> tuple[Parameter, ...]:
    """A choice among so many that have numbers alone; no setting at all where there is one only."""
    return (Parameter(name, "int", 0, label, help, 0, count - 1),) if count > 1 else ()


def voices(count: int) -> tuple[Parameter, ...]:
    return number("voice", "Voice", "Whose voice it is: each number is another speaker.", count)


def speed() -> Parameter:
    return Parameter(
        "speed", "float", 1.0, "Speed", "How fast it is said; 1 is as the model learned it.", 0.5, 2,
        unit="times", suggested=(0.8, 1.0, 1.2),
    )  # fmt: skip


def _get(config: Config, path: str, usual: Any) -> Any:
    """A value inside nested settings; a library leaves out what is as usual."""
    here: Any = config
    for name in path.split("."):
        here = here.get(name) if isinstance(here, Mapping) else None
    return usual if here is None or isinstance(here, Mapping) else here


def _whole(config: Config, path: str, usual: int) -> int:
    found = _get(config, path, usual)
    return found if type(found) is int and 0 < found < 10**9 else usual


def musicgen(config: Config, told: Config) -> tuple[Parameter, ...]:
    alone = musicgen_melody(config, told)
    most = float(alone[0].maximum or 0)
    return (
        alone[0],
        Parameter(
            "heard", "float", round(min(5.0, most / 2), 2), "Of the recording",
            "How many of its last seconds the sound begins with; at most three quarters of how long that is.",
            round(most / 16, 2), round(most * 0.75, 2), unit="s", tasks=("sound-to-sound",),
        ),
        *alone[1:],
    )  # fmt: skip


def musicgen_melody(config: Config, told: Config) -> tuple[Parameter, ...]:
    steps = _get(config, "audio_encoder.upsampling_ratios", [8, 5, 4, 4])
    rate = _whole(config, "audio_encoder.sampling_rate", 24_000) / math.prod(steps)
    # It was taught on thirty seconds, and its places end soon after.
    most = round(min(30.0, _whole(config, "decoder.max_position_embeddings", 2048) / rate * 0.75), 2)
    return (
        seconds(most, 8.0),
        guidance(float(_get(told, "guidance_scale", 3.0))),
        temperature(float(_get(told, "temperature", 1.0))),
        top_k(_whole(told, "top_k", 250), _whole(config, "decoder.vocab_size", 2048)),
    )


def bark(config: Config, told: Config) -> tuple[Parameter, ...]:
    rate = float(_get(told, "semantic_config.semantic_rate_hz", 49.9))
    most = _whole(told, "semantic_config.max_new_tokens", 768) / rate
    return (
        seconds(round(most, 2), most),
        temperature(float(_get(told, "semantic_config.temperature", 0.7))),
        Parameter(
            "detail", "float", float(_get(told, "coarse_acoustics_config.temperature", 0.7)), "Detail temperature",
            "The same for how the voice sounds, once what it says is settled.", 0.1, 2, advanced=True,
        ),
    )  # fmt: skip


def csm(config: Config, told: Config) -> tuple[Parameter, ...]:
    rate = float(_get(config, "codec_config.frame_rate", 12.5) or 12.5)
    most = round(_whole(config, "max_position_embeddings", 2048) / rate / 2, 2)
    return (
        seconds(most, 10.0),
        temperature(float(_get(told, "temperature", 0.9))),
        top_k(50, _whole(config, "vocab_size", 2051)),
        *number("voice", "Voice", "Which of ten speakers is talking; each seed gives them other voices.", 10),
    )


def dia(config: Config, told: Config) -> tuple[Parameter, ...]:
    return (
        seconds(round(_whole(config, "decoder_config.max_position_embeddings", 3072) / DIA_RATE, 2), 10.0),
        guidance(float(_get(told, "guidance_scale", 3.0))),
        temperature(float(_get(told, "temperature", 1.8)), 3.0),
        top_k(_whole(told, "top_k", 45), _whole(config, "decoder_config.vocab_size", 1028)),
    )


def pocket(config: Config, told: Config) -> tuple[Parameter, ...]:
    rate = float(_get(config, "frame_rate", 12.5) or 12.5)
    return (
        seconds(round(min(60.0, _whole(config, "max_position_embeddings", 8192) / rate / 2), 2), 20.0),
        temperature(float(_get(told, "temperature", 0.7))),
        Parameter(
            "steps", "int", _whole(told, "num_flow_steps", 1), "Steps",
            "In how many steps each piece of sound is made out of noise; one is enough, as it was taught.",
            1, 20, advanced=True,
        ),
    )  # fmt: skip


def vibevoice(config: Config, told: Config) -> tuple[Parameter, ...]:
    return (
        seconds(600.0, 20.0),
        guidance(float(_get(told, "guidance_scale", 1.3) or 1.3)),
        Parameter(
            "steps", "int", _whole(told, "num_diffusion_steps", 10), "Steps",
            "In how many steps each piece of sound is made out of noise.", 1, 50, suggested=(5, 10, 20),
        ),
    )  # fmt: skip


def higgs(config: Config, told: Config) -> tuple[Parameter, ...]:
    return (
        seconds(60.0, 15.0),
        temperature(float(_get(told, "temperature", 0.7))),
        top_k(_whole(told, "top_k", 50), _whole(config, "codebook_size", 1026)),
    )


def omni(config: Config, told: Config) -> tuple[Parameter, ...]:
    ids = config.get("talker_config", {}).get("speaker_id") if isinstance(config.get("talker_config"), dict) else None
    names = tuple(sorted(ids)) if isinstance(ids, dict) and ids else ("Chelsie", "Ethan")
    return (
        seconds(120.0, 20.0),
        temperature(0.9),
        Parameter("voice", "choice", names[0], "Voice", "Who says the answer.", choices=names),
        Parameter("system", "text", "", "Instruction", "What it is told before your message: who it is, how it talks."),
    )  # fmt: skip


def seamless(config: Config, told: Config) -> tuple[Parameter, ...]:
    speaks = told.get("t2u_lang_code_to_id")
    reads = told.get("text_decoder_lang_to_code_id")
    to = tuple(sorted(speaks)) if isinstance(speaks, dict) and speaks else ("eng",)
    of = tuple(sorted(reads)) if isinstance(reads, dict) and reads else to
    usual = "eng" if "eng" in of else of[0]
    return (
        Parameter("source", "choice", usual, "Written in", "The language of the text.", choices=of),
        Parameter("language", "choice", "eng" if "eng" in to else to[0], "Said in",
                  "The language in which it is said: another one than that of the text is a translation.", choices=to),
        *voices(_whole(config, "vocoder_num_spkrs", 200)),
    )  # fmt: skip


def vits(config: Config, told: Config) -> tuple[Parameter, ...]:
    rhythm = Parameter(
        "rhythm", "float", float(_get(config, "noise_scale_duration", 0.8)), "Rhythm",
        "How freely the sounds are drawn out or cut short.", 0, 2, advanced=True,
    )  # fmt: skip
    draws = _get(config, "use_stochastic_duration_prediction", True)  # how long each sound is held
    return (
        speed(),
        Parameter("variation", "float", float(_get(config, "noise_scale", 0.667)), "Variation",
                  "How freely the voice moves; 0 says it the same way whatever the seed.", 0, 2),
        *((rhythm,) if draws else ()),
        *voices(_whole(config, "num_speakers", 1)),
    )  # fmt: skip


def speecht5(config: Config, told: Config) -> tuple[Parameter, ...]:
    return (
        *voices(10_000),
        Parameter("longest", "float", 20.0, "Longest", "How many frames of sound each letter may take at most.",
                  1, 40, advanced=True),
    )  # fmt: skip


def fastspeech(config: Config, told: Config) -> tuple[Parameter, ...]:
    return (
        speed(),
        *voices(_whole(config, "model_config.num_speakers", 1)),
        *number("language", "Language", "Which of its languages is spoken, by number.",
                _whole(config, "model_config.num_languages", 1)),
    )  # fmt: skip
