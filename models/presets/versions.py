"""Presets of older versions, brought up to this one a step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FIELD = "everyform_preset"  # its value is the version
VERSION = 1

# Version -> what makes the next one of it. A step takes the whole object and gives a new one; it need not check what
# it does not touch, because the form of the newest version is held strictly afterwards.
STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def upgraded(whole: dict[str, Any]) -> dict[str, Any]:
    """The object in the form of `VERSION`. Raises ValueError, in words that follow the file's name."""
    given = whole.get(FIELD)
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"it has no version ({FIELD}), so it is no preset of Everyform; choose another file")
    if given > VERSION:
        raise ValueError(f"it is of version {min(given, 10**6)}, and this program reads up to {VERSION}; update it")
    for version in range(given, VERSION):
        step = STEPS.get(version)
        if step is None:
            raise ValueError(f"it is of version {version}, which is no longer read; save it anew where it was made")
        try:
            whole = {**step(whole), FIELD: version + 1}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ValueError(f"it is no whole preset of version {version}; save it anew where it was made") from error
    return whole
