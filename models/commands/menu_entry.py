"""`main.py menu-entry`: this program in the menu of a Linux desktop, for this person alone."""

from __future__ import annotations

import argparse

from models import menu_entry
from models.commands import DONE, say


def run(arguments: argparse.Namespace) -> int:
    """Put it there, or take it away. Raises BadInput."""
    if arguments.remove:
        paths = menu_entry.remove()
        said = "Everyform is in the menu no more." if paths else "Everyform was not in the menu."
    else:
        paths = [menu_entry.install()]
        said = "Everyform is in the menu. Do this again when its folder has moved."
    if arguments.json:
        say.json_line({"removed" if arguments.remove else "installed": [str(path) for path in paths]})
    else:
        for path in paths:
            say.line(str(path))
        say.sentence(said)
    return DONE
