"""Whether a window can open here, told from the environment alone, because Qt ends the program where it cannot."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def missing() -> str:
    """Why there is no screen, as a sentence; empty where there is one."""
    if not sys.platform.startswith("linux"):
        return ""  # macOS and Windows always have one for a person who is logged in
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in ("offscreen", "minimal", "vnc"):
        return ""
    display, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if _wayland_answers(wayland) or _x11_answers(display):
        return ""
    if display or wayland:
        return f"The screen {display or wayland} does not answer."
    return "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set."


def _wayland_answers(name: str) -> bool:
    return bool(name) and (Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / name).exists()


def _x11_answers(name: str) -> bool:
    if not name:
        return False
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", name)
    if local is None:
        return True  # on another machine (ssh -X, say): only trying tells
    socket = f"/tmp/.X11-unix/X{local[1]}"
    if Path(socket).exists():
        return True
    try:
        return f"@{socket}\n" in Path("/proc/net/unix").read_text("utf-8", "replace")
    except OSError:
        return False
