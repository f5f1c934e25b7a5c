"""What a finished file really holds, read back: in words, or why it is nothing."""

from __future__ import annotations

from pathlib import Path

from models.outputs import read
from models.protocol import BadInput

# Of 255, how far the values of a picture stand apart at the least: below, it is one colour.
_FLAT = 1.0


def in_words(path: str | Path) -> str:
    """Such as "picture 128 × 128". Raises BadInput where the file cannot be read or there is nothing in it."""
    seen = read.seen(path)
    if seen.medium == "text":
        if not (text := read.open_text(path)).strip():
            raise BadInput(f"{Path(path).name} holds no words.")
        return f"text, {len(text.split())} words"
    if seen.medium == "sound":
        return f"sound, {seen.seconds:.1f} s at {seen.sample_rate / 1000:g} kHz"
    if seen.medium == "video":
        return f"video {seen.width} × {seen.height}, {seen.seconds:.1f} s"
    import numpy as np

    if np.asarray(read.open_picture(path), np.float32).std() < _FLAT:
        raise BadInput(f"{Path(path).name} is of one colour.")
    return f"picture {seen.width} × {seen.height}"
