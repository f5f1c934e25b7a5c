"""Sections of the page of results that are written one at a time, each by its own command."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

_HEADING = "## "


def put(page: Path, heading: str, lines: Sequence[str]) -> None:
    """Write the section of that heading into the page: in its old place, or at the end."""
    parts = _parts(page.read_text("utf-8") if page.is_file() else "# Bench\n")
    body = "\n".join([f"{_HEADING}{heading}", "", *lines]).rstrip() + "\n"
    at = next((k for k, part in enumerate(parts) if _named(part) == heading), len(parts))
    parts[at : at + 1] = [body]
    page.write_text("\n".join(part.rstrip() + "\n" for part in parts), encoding="utf-8")


def with_others(text: str, page: Path) -> str:
    """A new page with those sections of the old one that it does not have itself."""
    there = {_named(part) for part in _parts(text)}
    others = (
        [part for part in _parts(page.read_text("utf-8"))[1:] if _named(part) not in there] if page.is_file() else []
    )
    return "\n".join(part.rstrip() + "\n" for part in (text, *others))


def circumstances(*libraries: str) -> str:
    """When, on what, and with what it was measured, as a sentence."""
    from models.runtime import device

    versions = ", ".join(f"{name} {metadata.version(name)}" for name in libraries)
    threads = str(device.threads())
    return (
        f"{datetime.date.today().isoformat()}. {device.detect().sentence()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}. Threads: {threads}. Load when it began: "
        f"{os.getloadavg()[0]:.1f}."
    )


def _parts(text: str) -> list[str]:
    """What comes before the first section, and each section."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith(_HEADING):
            found.append([])
        found[-1].append(line)
    return ["\n".join(lines) for lines in found]


def _named(part: str) -> str:
    first = part.partition("\n")[0]
    return first.removeprefix(_HEADING).strip() if first.startswith(_HEADING) else ""
