"""Cards as plain JSON: what `models show --json` prints, and what is remembered from one start to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_args

from models import folders
from models.planning import parts
from models.protocol import Card, Found, Input, Kind, Medium, ModelInfo, Parameter

VERSION = 4
MAX_BYTES = 16 * 2**20  # thousands of models; a larger file is not ours

_Plain = TypeVar("_Plain", Parameter, Input)

# The model's own facts come first, so that a listing is the head of what `show` prints.
_FACTS = ("detail", "numbers", "precision", "needs", "found_in", "changed")
_SUMMARY = ("id", "name", "path", "size_bytes", "licence", "starter", "missing", "base", *_FACTS)
_CARD = ("architecture", "family", "medium", "tasks")
_KINDS: dict[str, type] = {"str": str, "bool": bool, "int": int}
_CARD_MORE = ("process", "guide", "prompt_limit", "tokenizer", "negative_prompt", "seedless", "weighs_words")


def parameter_to_dict(parameter: Parameter) -> dict[str, Any]:
    """Every field of a parameter, tuples as lists, `minimum` and `maximum` null where there is no limit."""
    return _to_dict(parameter)


def input_to_dict(given: Input) -> dict[str, Any]:
    """Every field of an input; `medium` is the kind of file that it takes."""
    return _to_dict(given)


def model_summary(info: ModelInfo) -> dict[str, Any]:
    """One row of `models list --json`."""
    row = {name: _plain_list(getattr(info, name)) for name in _SUMMARY}
    row |= {name: _plain_list(getattr(info.card, name)) for name in _CARD}
    return row


def found_to_dict(found: Found) -> dict[str, Any]:
    """One row of `models list --additions --json`."""
    return {f.name: _plain_list(getattr(found, f.name)) for f in fields(found)}


def model_to_dict(info: ModelInfo) -> dict[str, Any]:
    """What `models show --json` prints: the summary, then the rest of the card. `model_from_dict` undoes it."""
    return model_summary(info) | card_to_dict(info.card) | {"parts": parts.to_rows(info.parts)}


def card_to_dict(card: Card) -> dict[str, Any]:
    """Every field of a card; its name is the architecture's."""
    return (
        {name: _plain_list(getattr(card, name)) for name in _CARD}
        | {"architecture_name": card.name}
        | {name: _plain_list(getattr(card, name)) for name in _CARD_MORE}
        | {"parameters": [parameter_to_dict(p) for p in card.parameters]}
        | {"inputs": [input_to_dict(i) for i in card.inputs]}
    )


def model_from_dict(row: Mapping[str, Any]) -> ModelInfo:
    """The model that `model_to_dict` wrote. Raises ValueError where the row is not of that form."""
    if not isinstance(row, Mapping):
        raise ValueError("A model is an object.")
    try:
        return ModelInfo(
            id=_text(row["id"]),
            name=_text(row["name"]),
            path=_text(row["path"]),
            size_bytes=int(row["size_bytes"]),
            licence=_text(row["licence"]),
            starter=bool(row["starter"]),
            card=card_from_dict(row),
            missing=_text(row["missing"]),
            base=_text(row["base"]),
            detail=_text(row["detail"]),
            numbers=int(row["numbers"]),
            precision=shares(row["precision"]),
            needs=_texts(row["needs"]),
            found_in=_text(row["found_in"]),
            changed=float(row["changed"]),
            parts=parts.from_rows(row.get("parts", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"This is not a model's card: {error}.") from error


def card_from_dict(row: Mapping[str, Any]) -> Card:
    """The card that `card_to_dict` wrote, whatever else is in the row. Raises ValueError, KeyError and TypeError."""
    return Card(
        architecture=_text(row["architecture"]),
        name=_text(row["architecture_name"]),
        family=_text(row["family"]),
        medium=_one_of(row["medium"], get_args(Medium)),
        tasks=_texts(row["tasks"]),
        parameters=tuple(_from_dict(Parameter, p) for p in row["parameters"]),
        inputs=tuple(_from_dict(Input, i) for i in row["inputs"]),
        process=_text(row["process"]),
        guide=_text(row["guide"]),
        prompt_limit=int(row["prompt_limit"]),
        tokenizer=_text(row["tokenizer"]),
        negative_prompt=bool(row["negative_prompt"]),
        seedless=_texts(row["seedless"]),
        weighs_words=bool(row["weighs_words"]),
    )


def shares(value: Any) -> tuple[tuple[str, float], ...]:
    """Kinds of number with their shares, as `ModelInfo.precision` has them. Raises ValueError."""
    _same(value, list)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise ValueError("These are no shares.")
    return tuple((_text(kind), float(share)) for kind, share in value)


def path() -> Path:
    """Where the cards of the last start are remembered."""
    return folders.data() / "cards.json"


def dumps(models: Iterable[ModelInfo]) -> str:
    """Models as the text of the remembered file."""
    return json.dumps({"everyform_cards": VERSION, "models": [model_to_dict(m) for m in models]}, indent=1)


def loads(text: str) -> tuple[ModelInfo, ...]:
    """The models in that text. Raises ValueError where it is not of that form."""
    whole = json.loads(text)
    if not isinstance(whole, dict) or whole.get("everyform_cards") != VERSION:
        raise ValueError("These cards are of another version.")
    if not isinstance(whole.get("models"), list):
        raise ValueError("The list of models is missing.")
    return tuple(model_from_dict(row) for row in whole["models"])


def recall(where: Path | None = None) -> tuple[ModelInfo, ...]:
    """The models of the last start whose files are still there; nothing where none are remembered.

    Never raises: what cannot be read is only a memory, and the engine tells the truth a second later.
    """
    where = where or path()
    try:
        if where.stat().st_size > MAX_BYTES:
            return ()
        return tuple(m for m in loads(where.read_text("utf-8")) if Path(m.path).exists())
    except (OSError, ValueError, RecursionError):
        return ()


def remember(models: Iterable[ModelInfo], where: Path | None = None) -> None:
    """Write the cards for the next start. A disk that will not take them is no reason to bother anyone."""
    from models.outputs import atomic

    where = where or path()
    text = dumps(models).encode("utf-8")
    try:
        if where.exists() and where.read_bytes() == text:
            return
        where.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(where, text)
    except OSError:
        return


# ── plain values ──────────────────────────────────────────────────────────────


def _to_dict(thing: Parameter | Input) -> dict[str, Any]:
    return {f.name: _plain_list(getattr(thing, f.name)) for f in fields(thing)}


def _plain_list(value: Any) -> Any:
    return [_plain_list(one) for one in value] if isinstance(value, tuple) else value


def _from_dict(kind: type[_Plain], row: Any) -> _Plain:
    """A Parameter or an Input; lists become tuples where the field is one."""
    known = {f.name: str(f.type) for f in fields(kind)}
    if not isinstance(row, Mapping) or not set(row) <= set(known):
        raise ValueError(f"This is not a {kind.__name__.lower()}.")
    values: dict[str, Any] = {}
    for name, value in row.items():
        annotation = known[name]
        if annotation.startswith("tuple"):
            _same(value, list)
            values[name] = tuple(_plain(v) for v in value)
        else:
            _same(value, _KINDS.get(annotation, object))
            values[name] = _plain(value)
    _one_of(values.get("medium", "picture"), get_args(Medium))
    _one_of(values.get("type", "int"), get_args(Kind))
    return kind(**values)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError("A card holds plain values only.")


def _same(value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r} is not of the kind that a card has there.")


def _text(value: Any) -> str:
    _same(value, str)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    _same(value, list)
    return tuple(_text(v) for v in value)


def _one_of(value: Any, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is not one of {known}.")
    return value
