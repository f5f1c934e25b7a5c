"""The page or the chat as a file of the person's own, as Markdown or as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop.text.bubbles import NAMES
from models.outputs import write
from models.outputs.export import export
from models.outputs.media import Text

FILTERS = "Markdown (*.md);;Plain text (*.txt)"


def page(path: str, text: str, record: Mapping[str, Any]) -> Path:
    """Write the page; Markdown has the record of what a model wrote out of sight, plain text is the text alone. Any
    thread. Raises BadInput."""
    plain = Path(path).suffix.lower() == ".txt"
    return export(Text(text.rstrip() + "\n"), path, {} if plain else record)


def chat(path: str, turns: tuple[tuple[str, str], ...], record: Mapping[str, Any]) -> Path:
    """Write what was said. Any thread. Raises BadInput."""
    plain = Path(path).suffix.lower() == ".txt"
    said = (f"{NAMES[role]}:\n{text}" if plain else f"**{NAMES[role]}:**\n\n{text}" for role, text in turns)
    return page(path, "\n\n".join(said), record)


def file_name(text: str) -> str:
    """A name for a file, from the first words."""
    return write.slug(text.strip().partition("\n")[0].lstrip("# ")) or "page"
