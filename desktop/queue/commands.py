"""What can be done with the chosen jobs, and with the whole queue: its words, its help, and when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """What can be done with the chosen jobs, or, `whole`, with the queue."""

    id: str
    text: str
    help: str
    states: tuple[str, ...] = ()
    whole: bool = False


DEEDS = (
    Deed("next", "Run next", "Puts it first, before all others (Alt+Home)", ("waiting",)),
    Deed("edit", "Edit", "Brings it back into the form; Generate then puts it in its old place", ("waiting",)),
    Deed(
        "copy",
        "Copy",
        "Asks for it once more, with another seed",
        ("waiting", "running", "done", "failed", "cancelled"),
    ),
    Deed("retry", "Try again", "Makes what is not yet made of it", ("failed", "cancelled")),
    Deed("show", "Show", "What was made, in its room", ("done",)),
    Deed("stop", "Stop", "Stops it at its next step", ("running",)),
    Deed("remove", "Remove", "Takes it off the queue (Delete)", ("waiting", "failed", "cancelled", "done")),
    Deed("group", "Group by model", "Lets jobs of one model follow each other", whole=True),
    Deed("clear", "Clear what has ended", "Takes what was made, stopped or failed off this list", whole=True),
    Deed("stop-all", "Stop everything", "Stops what is made, and takes off what waits", whole=True),
)
OPENS = {"waiting": "edit", "done": "show", "failed": "retry", "cancelled": "retry"}  # a double click, or Enter
