"""What the record of a sheet of many pictures tells of it: which batch it is of, and what lies along its sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHEET = "sheet"  # in the record


def checked(given: object) -> dict[str, Any]:
    """That part of a record out of a file, every field of the kind that it should be."""
    whole = given if isinstance(given, dict) else {}
    told: dict[str, Any] = {name: whole[name] for name in ("batch", "preset") if isinstance(whole.get(name), str)}
    axes = whole.get("axes")
    told["axes"] = [axis for axis in axes if _is_axis(axis)] if isinstance(axes, list) else []
    return told


def is_sheet(record: Mapping[str, Any]) -> bool:
    """Whether it is of a sheet: that came from its pictures and from no model, so nothing makes it again."""
    return SHEET in record


def lines(record: Mapping[str, Any]) -> list[str]:
    """What there is to say of a sheet; nothing where the record is of something else."""
    if not is_sheet(record):
        return []
    told = checked(record[SHEET])
    found = [f"sheet of the batch {told['batch']}" if told.get("batch") else "sheet of a batch"]
    found += [f"preset {told['preset']}"] if told.get("preset") else []
    sides = zip("XYZ", told["axes"], strict=False)
    return found + [f"{side}: {name.replace('_', ' ')} {', '.join(values)}" for side, (name, values) in sides]


def _is_axis(value: object) -> bool:
    """Whether it is a name and the values along that side."""
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], list)):
        return False
    return all(isinstance(one, str) for one in value[1])
