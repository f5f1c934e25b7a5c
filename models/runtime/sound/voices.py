"""A model's voices by name, each with the accent that it speaks with, as its sidecar tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import Parameter
from models.runtime.pronouncing import VARIETIES

_MOST = 64  # names that a person still chooses among


def voices(sidecar: Mapping[str, Any], speakers: int) -> dict[str, str]:
    """{name: accent}, in the order of the model's speakers; empty unless the sidecar names each, with an accent.

    An accent is one of VARIETIES."""
    told = sidecar.get("voices")
    if not isinstance(told, Mapping) or len(told) != speakers or not 1 < speakers <= _MOST:
        return {}
    if not all(accent in VARIETIES for accent in told.values()):
        return {}
    return {str(name): str(accent) for name, accent in told.items()}


def named(parameters: tuple[Parameter, ...], sidecar: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The parameters with a choice of names in the place of a voice's number, where the sidecar names them."""
    return tuple(_named(one, sidecar) if one.name == "voice" and one.type == "int" else one for one in parameters)


def _named(number: Parameter, sidecar: Mapping[str, Any]) -> Parameter:
    names = tuple(voices(sidecar, int(number.maximum or 0) + 1))
    if not names:
        return number
    return replace(
        number, type="choice", default=names[0], help="Whose voice it is.", choices=names, minimum=None, maximum=None
    )
