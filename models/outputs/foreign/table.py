"""The programs whose settings are read, the surest marks first, and the reading of whichever of them it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.outputs import a1111
from models.outputs.foreign import comfyui, fooocus, invokeai, swarmui, wan2gp
from models.outputs.foreign.mapped import Notes
from models.protocol import MAX_SEED


@dataclass(frozen=True)
class Program:
    """`id` is what a record has as its source, `label` how people call it."""

    id: str
    label: str
    is_mine: Callable[[Notes], bool]
    parse: Callable[[Notes], dict[str, Any]]


def _a1111(notes: Notes) -> dict[str, Any]:
    found = a1111.parse(notes["parameters"])
    if not 0 <= found.get("seed", 0) <= MAX_SEED:
        found["unread"].append(f"Seed: {found.pop('seed')}")
    return found


def _says_steps(notes: Notes) -> bool:
    return "Steps: " in notes.get("parameters", "")


def _is_text(notes: Notes) -> bool:
    """Not where it begins as JSON does: that would be a broken block of another program."""
    given = notes.get("parameters", "").lstrip()
    return bool(given) and not given.startswith('{"')


_A1111 = ("a1111", "AUTOMATIC1111")
PROGRAMS = (
    Program("invokeai", "InvokeAI", invokeai.is_mine, invokeai.parse),
    Program("swarmui", "SwarmUI", swarmui.is_mine, swarmui.parse),
    Program("fooocus", "Fooocus", fooocus.is_mine, fooocus.parse),
    Program("wan2gp", "Wan2GP", wan2gp.is_mine, wan2gp.parse),
    # Nodes of ComfyUI that save in its way write it beside the graph, and say there what the graph only hints at.
    Program(*_A1111, _says_steps, _a1111),
    Program("comfyui", "ComfyUI", comfyui.is_mine, comfyui.parse),
    Program(*_A1111, _is_text, _a1111),  # a prompt alone
)


def parse(notes: Notes) -> dict[str, Any] | None:
    """The record in another program's notes, with `source` and `unread`; None where none of them wrote any."""
    for program in PROGRAMS:
        if program.is_mine(notes):
            return program.parse(notes) | {"source": program.id}
    return None


def label(source: str) -> str:
    """The name of the program that wrote a record of that source; "" for our own."""
    return next((program.label for program in PROGRAMS if program.id == source), "")
