"""Somewhere to speak for the packaged program on Windows, which has no console of its own."""

from __future__ import annotations

import contextlib
import os
import sys

_OF_THE_PARENT = -1


def borrow() -> None:
    """Where there is neither stdout nor stderr, speak in the console of whoever started this; without one, to nobody:
    libraries that print must find something to print to."""
    if sys.stdout is not None and sys.stderr is not None:
        return
    places = [os.devnull]
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.AttachConsole(_OF_THE_PARENT):
            places.insert(0, "CONOUT$")
    for place in places:
        with contextlib.suppress(OSError):
            voice = open(place, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - a device, open to the end
            sys.stdout, sys.stderr = sys.stdout or voice, sys.stderr or voice
            break
