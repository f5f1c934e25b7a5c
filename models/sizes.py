"""Bytes and seconds as people say them."""

from __future__ import annotations


def size(count: float) -> str:
    """12 MB, 3.4 GB: in thousands, as disks and download pages count."""
    number, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{number:.1f} {unit}" if 0 < number < 9.95 and unit != "B" else f"{number:.0f} {unit}"


def time(seconds: float) -> str:
    """40 s, 12 min, 3 h: what a person waits by."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 5400 else f"{round(whole / 3600)} h"
