"""What is kept of the Text room from one start to the next: the page and the chat, in a file of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic, place
from models.outputs.look import MAX_TEXT_BYTES


@dataclass(frozen=True)
class Desk:
    """What lies on the desk: the page's text, where the cursor is in it, what was said in the chat, and the file and
    the record of what a model wrote last."""

    text: str = ""
    cursor: int = 0
    turns: tuple[tuple[str, str], ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""


def path() -> Path:
    return folders.data() / "page.json"


def load(where: Path) -> Desk:
    """What lies there; an empty desk where nothing does, or what cannot be read. Never raises."""
    try:
        if where.stat().st_size > MAX_TEXT_BYTES:
            return Desk()
        held = json.loads(where.read_text("utf-8"))
        turns = tuple((str(role), str(text)) for role, text in held.get("turns", []) if role in ("user", "assistant"))
        record = held.get("record")
        return Desk(
            str(held.get("text", "")), int(held.get("cursor", 0)), turns, record if isinstance(record, dict) else {},
            str(held.get("path", "")),
        )  # fmt: skip
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return Desk()


def saving(desk: Desk, where: Path) -> Callable[[], str]:
    """The writing of it, for any thread: a sentence where the disk will not take it, else an empty one."""
    data = json.dumps(asdict(desk), indent=1).encode("utf-8", "surrogatepass")

    def save() -> str:
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(where, data)
        except OSError as error:
            return place.sentence(error, where.parent)
        return ""

    return save
