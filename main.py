"""Everyform: no words open the window, a command word runs without one."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from models import console

# How the packaged program is asked, where a command word would look like a file to open.
AS_OPTIONS = {
    "--selftest": ("selftest",),
    "--install-menu-entry": ("menu-entry",),
    "--remove-menu-entry": ("menu-entry", "--remove"),
}


def main(words: list[str]) -> int:
    """The exit code. Only what is wanted is imported, so that both the window and a command are there at once."""
    if words and words[0] in AS_OPTIONS:
        words = [*AS_OPTIONS[words[0]], *words[1:]]
    if words[:2] == ["selftest", "--window"] and len(words) == 3:  # its part that has a window
        from desktop import selftest

        return selftest.run(Path(words[2]))
    if words:
        from models import commands

        return commands.main(words)
    from models.commands import screen

    if reason := screen.missing():
        from models.commands import demo

        return demo.run(reason)
    from desktop import app

    return app.run()


if __name__ == "__main__":
    console.borrow()
    multiprocessing.freeze_support()  # in the packaged program, the engine starts as this file too
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # while still starting; later ones are heard where the work is
        sys.exit(130)
