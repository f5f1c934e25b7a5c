"""A folder of transformers' with a model that makes sound of text: whose it is, what it lacks, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.families.sound_kinds import GOING_ON, Kind, Table
from models.protocol import BadInput, Card, Input, Match
from models.runtime import parts
from models.runtime.sound.voices import named

_WORDS = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spm_char.model", "sentencepiece.bpe.model",
    "tokenizer_config.json",
)  # fmt: skip
_RECORDING = Input(
    "sound", "sound", "Recording", "What it goes on from: its last seconds are the beginning of the sound.", (GOING_ON,)
)


def recognise(files: Any, base: Card, table: Table) -> Match | None:
    """What is claimed of a folder by the family of that card and table. Raises BadInput with why it cannot run."""
    if not files.exists("config.json"):
        return None
    name = _class_of(files, table)
    if name in table.not_run:
        raise BadInput(f"{files.path.name} ({name}) makes no sound of text here: {table.not_run[name]}.")
    kind = table.kinds.get(name)
    if kind is None:
        return None
    config = files.json("config.json")
    told = files.json("generation_config.json") if files.exists("generation_config.json") else {}
    tokenizer = "." if files.exists("tokenizer.json") else ""
    found = card(base, kind, config, told, tokenizer)
    found = replace(found, parameters=parts.preset(named(found.parameters, files.sidecar), files.sidecar))
    return Match(found, base=kind.name, missing=_missing(files, kind))


def card(base: Card, kind: Kind, config: Mapping[str, Any], told: Mapping[str, Any], tokenizer: str = "") -> Card:
    """The card of one model of that kind, from its config and its makers' advice on generation."""
    return replace(
        base,
        name=kind.name,
        tasks=kind.tasks,
        parameters=kind.settings(config, told),
        inputs=(_RECORDING,) if kind.goes_on else (),
        process=kind.process,
        tokenizer=tokenizer,
    )


def load(path: str, plan: Any, base: Card, table: Table) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    match = recognise(files, base, table)
    if match is None:
        raise BadInput(f"{path} holds no model of the kind {base.name}: choose a folder with one.")
    from models.runtime.sound import load as sounding_load

    return sounding_load.load(files, _class_of(files, table), match.card, plan)


def _class_of(files: Any, table: Table) -> str:
    """The class of transformers that runs the folder's model; "" where its config names none."""
    kinds = files.json("config.json").get("architectures")
    name = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], str) else ""
    return table.also.get(name, name)


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
