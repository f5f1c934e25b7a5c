"""`main.py info FILE`: how a finished file was made, as far as it tells."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.commands import DONE, say
from models.outputs import read


def run(arguments: argparse.Namespace) -> int:
    """0 also for a picture that holds no settings: that is an answer."""
    path = Path(arguments.file)
    width, height = read.picture_size(path)
    found = read.read_settings(path)
    if arguments.json:
        record = {n: v for n, v in (found or {}).items() if n not in ("source", "unread", "created")}
        say.json_line(
            {
                "path": str(path.absolute()),
                "medium": "picture",
                "width": width,
                "height": height,
                "size_bytes": path.stat().st_size,
                "created": read.created(path),
                "source": found["source"] if found else None,
                "settings": record if found else None,
                "unread": found["unread"] if found else [],
            }
        )
        return DONE
    say.line(f"{path.name}: a picture of {width} × {height}, {say.size(path.stat().st_size)}, {read.created(path)}")
    if found is None:
        say.line("It holds no settings.")
        return DONE
    facts = [
        ("Prompt", found["prompt"]),
        ("Negative", found["negative_prompt"]),
        ("Model", found.get("model_name") or found.get("model", "")),
        ("Task", found.get("task", "")),
        ("Seed", str(found.get("seed", ""))),
        *((name, str(value)) for name, value in found["settings"].items()),
        *((f"from {name}", file) for name, file in found.get("inputs", {}).items()),
        ("Made with", found.get("software", "")),
        ("Not known here", "; ".join(found["unread"])),
    ]
    say.table([(f"{name}:", " ".join(text.split())) for name, text in facts if text], indent="  ")
    return DONE
