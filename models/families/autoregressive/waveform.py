"""Text to sound by the models of transformers: music code by code (Copet et al. 2023, MusicGen), and speech of many
kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.autoregressive.waveform_kinds import ALSO, KINDS, NOT_RUN, Kind
from models.protocol import BadInput, Card, Match

_WORDS = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spm_char.model", "sentencepiece.bpe.model",
    "tokenizer_config.json",
)  # fmt: skip
_PROMPT_LIMIT = 1024

CARD = Card(
    architecture="waveform",
    name="Speech and music",
    family="autoregressive",
    medium="sound",
    tasks=("text-to-sound",),
    parameters=KINDS["MusicgenForConditionalGeneration"].settings({}, {}),
    process="Code by code, from left to right",
    guide="resources/guides/waveform.md",
    prompt_limit=_PROMPT_LIMIT,
)


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with a model that makes sound of text. Raises BadInput with why it cannot run."""
    if not files.exists("config.json"):
        return None
    name = _class_of(files)
    if name in NOT_RUN:
        raise BadInput(f"{files.path.name} ({name}) makes no sound of text here: {NOT_RUN[name]}.")
    kind = KINDS.get(name)
    if kind is None:
        return None
    config = files.json("config.json")
    told = files.json("generation_config.json") if files.exists("generation_config.json") else {}
    tokenizer = "." if files.exists("tokenizer.json") else ""
    return Match(card(kind, config, told, tokenizer), base=kind.name, missing=_missing(files, kind))


def _class_of(files: Any) -> str:
    """The class of transformers that runs the folder's model; "" where its config names none."""
    kinds = files.json("config.json").get("architectures")
    name = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], str) else ""
    return ALSO.get(name, name)


def card(kind: Kind, config: Mapping[str, Any], told: Mapping[str, Any], tokenizer: str = "") -> Card:
    """The card of one model of that kind."""
    return replace(
        CARD,
        name=kind.name,
        tasks=(kind.task,),
        parameters=kind.settings(config, told),
        process=kind.process,
        tokenizer=tokenizer,
    )


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    match = recognise(files)
    if match is None:
        raise BadInput(f"{path} holds no model that makes sound of text: choose a folder with one.")
    from models.runtime.sound import load as sounding_load

    return sounding_load.load(files, _class_of(files), match.card, plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.sound import sounding  # noqa: F401


def tiny() -> Any:
    """A random MusicGen of one layer, with a codec of 32 codes at 8 kHz."""
    from models.networks import miniature_sound
    from models.runtime.sound.codes import Musicgen
    from models.runtime.sound.sounding import SoundModel

    model, tokenizer = miniature_sound.musicgen()
    kind = KINDS["MusicgenForConditionalGeneration"]
    return SoundModel(card(kind, model.config.to_dict(), {}), Musicgen(model, tokenizer))


def _missing(files: Any, kind: Kind) -> str:
    here = [n for n in files.names if "/" not in n]
    lacks = [words for file, words in kind.needs if not files.exists(file)]
    if not any(name in _WORDS for name in here):
        lacks.append("its tokenizer")
    if files.exists("model.safetensors.index.json"):
        shards = set(files.json("model.safetensors.index.json").get("weight_map", {}).values())
        lacks += sorted(shards - set(here))[:3]
    elif not any(n.endswith(".safetensors") for n in here):
        lacks.append("its weights (safetensors)")
    return ", and ".join(lacks)
