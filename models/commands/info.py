"""`main.py info FILE`: how a finished file was made, as far as it tells."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.commands import DONE, say
from models.outputs import read
from models.outputs.foreign import table
from models.outputs.look import Seen


def run(arguments: argparse.Namespace) -> int:
    """0 also for a file that holds no settings: that is an answer."""
    path = Path(arguments.file)
    seen = read.seen(path)
    found = read.read_settings(path)
    if arguments.json:
        say.json_line(
            {
                "path": str(path.absolute()),
                "medium": seen.medium,
                **_measures(seen),
                "size_bytes": path.stat().st_size,
                "created": read.created(path),
                "source": found["source"] if found else None,
                "settings": read.bare(found) if found else None,
                "unread": found["unread"] if found else [],
            }
        )
        return DONE
    say.line(f"{path.name}: {_what(seen)}, {say.size(path.stat().st_size)}, {read.created(path)}")
    if found is None:
        say.line("It holds no settings.")
        return DONE
    facts = [
        ("Prompt", found["prompt"]),
        ("Negative", found["negative_prompt"]),
        ("Written as", found.get("template", "")),
        ("Negative written as", found.get("negative_template", "")),
        ("Model", found.get("model_name") or found.get("model", "")),
        ("Task", found.get("task", "")),
        ("Seed", str(found.get("seed", ""))),
        *((name, str(value)) for name, value in found["settings"].items()),
        *((f"from {name}", file) for name, file in found.get("inputs", {}).items()),
        ("Made with", found.get("software", "") or table.label(found["source"])),
        ("Not known here", "; ".join(found["unread"])),
    ]
    say.table([(f"{name}:", " ".join(text.split())) for name, text in facts if text], indent="  ")
    return DONE


def _measures(seen: Seen) -> dict[str, float]:
    """Those that the medium has."""
    names = ("width", "height", "seconds", "fps", "sample_rate", "channels", "characters")
    return {name: round(value, 3) for name in names if (value := getattr(seen, name))}


def _what(seen: Seen) -> str:
    """`a picture of 512 × 512`, `a sound of 3.2 s at 44,100 Hz`."""
    if seen.medium == "text":
        return f"a text of {seen.characters:,} characters"
    if seen.medium == "sound":
        channels = {1: "mono", 2: "stereo"}.get(seen.channels, f"{seen.channels} channels")
        return f"a sound of {seen.seconds:.2f} s at {seen.sample_rate:,} Hz, {channels}"
    size = f" of {seen.width} × {seen.height}" if seen.width else ""
    return f"a {seen.medium}{size}" + (f", {seen.seconds:.2f} s" if seen.seconds else "")
