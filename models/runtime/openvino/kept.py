"""Converted networks on the disk, each in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.runtime import kept
from models.runtime.kept import key as key

SHELF = kept.Shelf("openvino", 8)  # each weighs as much as the network
_GRAPH, _NUMBERS = "graph.xml", "graph.bin"


@dataclass
class Kept:
    """A folder with a converted network in it. `difference` is the relative one to float32, None until measured."""

    folder: Path
    difference: float | None = None

    @property
    def graph(self) -> Path:
        return self.folder / _GRAPH

    @property
    def numbers(self) -> Path:
        return self.folder / _NUMBERS

    def measured(self, difference: float) -> None:
        """Remember it, for the next time."""
        self.difference = difference
        kept.note(self.folder, {"difference": difference})

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def find(name: str) -> Kept | None:
    """The whole and sound conversion of that name; None where there is none. A broken one is deleted."""
    found = SHELF.find(name)
    if found is None:
        return None
    folder, told = found
    difference = told.get("difference")
    made = Kept(folder, difference)
    if made.graph.is_file() and made.numbers.is_file() and isinstance(difference, float | None):
        return made
    made.drop()
    return None


def make(name: str, write: Callable[[Path], Any]) -> Kept:
    """Have `write` make the graph's file, and keep it: it is there whole, or not at all. Raises OSError."""
    return Kept(SHELF.make(name, lambda folder: write(folder / _GRAPH)))
