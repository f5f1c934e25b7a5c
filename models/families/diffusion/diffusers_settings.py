"""The settings that diffusers' pipelines have in common, from `resources/diffusers/settings.tsv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from models import folders
from models.families.diffusion.diffusers_table import Signature
from models.protocol import Parameter, Value

# Where neither a signature nor a folder has a default.
_ELSE: Mapping[str, Value] = {"block_length": 32, "class_labels": 207}
# The same for some pipelines alone, by the beginnings of their names.
_ELSE_FOR: Mapping[str, Mapping[str, Value]] = {
    "Ideogram4": {"guidance_scale": 7.0},
    "LTX2DFR": {"num_frames": 121},  # its network for durations is seldom there
    "StableDiffusionXLControlNetUnion": {"control_mode": "0"},
}


@lru_cache(maxsize=1)
def known() -> Mapping[str, Parameter]:
    """Every setting by the argument that it is given as. Several arguments may have one name: a pipeline has one."""
    with (folders.resources() / "diffusers" / "settings.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["argument"]: _parameter(row) for row in rows}


def _parameter(row: Mapping[str, str]) -> Parameter:
    kind: Any = row["kind"]
    number = {"int": int, "float": float}.get(kind)
    default: Value = number(row["low"]) if number else False if kind == "bool" else ""
    return Parameter(
        name=row["name"],
        type=kind,
        default=default,
        label=row["label"],
        help=row["help"],
        minimum=number(row["low"]) if number else None,
        maximum=number(row["high"]) if number else None,
        unit=row["unit"],
        advanced=row["shown"] == "advanced",
        suggested=tuple(number(value) for value in row["suggested"].split()) if number else (),
    )


def parameters(signature: Signature, told: Mapping[str, Value]) -> Iterator[tuple[str, Parameter]]:
    """Argument and parameter for every setting that the pipeline takes.

    `told` are the folder's own defaults, by argument. What nobody gives a default is left to the pipeline.
    """
    seen: set[str] = set()
    for argument, template in known().items():
        if not signature.has(argument) or template.name in seen:
            continue
        default = told.get(argument, signature.default(argument))
        default = _else(signature.name, argument) if default is None else default
        if default is None and (template.type != "text" or argument == "control_mode"):
            continue
        if template.type in ("int", "float") and not isinstance(default, int | float):
            continue
        seen.add(template.name)
        yield argument, ranged(template, default)


def _else(name: str, argument: str) -> Value | None:
    special = next((told for start, told in _ELSE_FOR.items() if name.startswith(start)), {})
    return special.get(argument, _ELSE.get(argument))


def ranged(template: Parameter, default: Any) -> Parameter:
    """The parameter with that default, which its range is made to hold."""
    if template.type == "text":
        return replace(template, default=str(default or ""))
    if template.type == "bool":
        return replace(template, default=bool(default))
    number = int(default) if template.type == "int" else float(default)
    low, high = template.minimum or 0, template.maximum or 0
    high = max(high, 4 * number + 1 if template.name == "frames" else number)
    return replace(template, default=number, minimum=min(low, number), maximum=high)
