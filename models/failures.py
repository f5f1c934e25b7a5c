"""What went wrong, as the one sentence that the person reads."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Literal

from models.outputs import place
from models.protocol import BadInput, Failed

Doing = Literal["loading", "generating", "saving"]

# The names that libraries give: they are not imported here, because the engine starts without them.
_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")
_DEVICE = ("cuda error", "hip error", "device-side assert", "mps backend error", "an illegal memory access")
MEMORY_SENTENCE = "There is not enough memory for this. Choose a smaller size, or close other programs, and try again."


def explain(error: BaseException, doing: Doing, *, model: str = "", folder: str = "") -> Failed:
    """The last word for `error`, met while `doing`. `folder` is where the output was to go. A lost device has none."""
    if isinstance(error, BadInput):
        return Failed(_sentence(str(error)), bad_input=True)
    if out_of_memory(error):
        return Failed(MEMORY_SENTENCE)
    if isinstance(error, OSError):
        said = _of_disk(error, doing, folder)
        if said:
            return Failed(said, bad_input=True)
    if doing == "loading":
        return Failed(
            f"{model or 'The model'} cannot be read, its files may be damaged: {_sentence(first_line(error))}"
        )
    verb = "save its work" if doing == "saving" else "finish"
    return Failed(f"{model or 'The model'} could not {verb}: {_sentence(first_line(error))}")


def out_of_memory(error: BaseException) -> bool:
    """True for Python's, torch's and a driver's own way to say it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MEMORY)


def device_lost(error: BaseException) -> bool:
    """True where the accelerator's context is ruined, and only a new process gets another."""
    if out_of_memory(error):
        return False
    if type(error).__name__ == "AcceleratorError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _DEVICE)


def _of_disk(error: OSError, doing: Doing, folder: str) -> str:
    if doing == "saving":
        return place.sentence(error, folder or str(Path(str(error.filename or ".")).parent))
    name = str(error.filename or "")
    if not name:
        return ""
    if error.errno == errno.ENOENT:
        return f"{name} is not there: check the path, or add the model again."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{name} may not be read: change its permissions, or choose another file."
    return f"{name} cannot be read ({(error.strerror or str(error)).lower()}): choose another file."


def first_line(error: BaseException) -> str:
    """The error's own words, to stand within a sentence: one line, not endless, without a stop at its end; its kind
    where they say nothing."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if len(text) > 200:
        return text[:197].rstrip() + "..."
    return text.rstrip(" .:") or type(error).__name__


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
