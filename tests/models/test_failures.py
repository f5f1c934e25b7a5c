"""Errors as people meet them, and the sentence for each."""

from __future__ import annotations

import errno
import os

import pytest

from models.failures import MEMORY_SENTENCE, device_lost, explain, out_of_memory
from models.protocol import BadInput


def of_disk(number: int, name: str = "/out/a.png") -> OSError:
    return OSError(number, os.strerror(number), name)


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


class AcceleratorError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    ("error", "doing", "words", "bad_input"),
    [
        (BadInput("Choose a mask"), "generating", "Choose a mask.", True),
        (of_disk(errno.ENOSPC), "saving", "no room left in /out: free some space", True),
        (of_disk(errno.EROFS), "saving", "/out is read-only: choose a folder", True),
        (of_disk(errno.EACCES), "saving", "/out is read-only: choose a folder", True),
        (of_disk(errno.ENOTDIR), "saving", "choose a folder to write to", True),
        (of_disk(errno.EIO), "saving", "cannot be written to", True),
        (of_disk(errno.ENOENT, "/m/unet.safetensors"), "loading", "/m/unet.safetensors is not there", True),
        (of_disk(errno.EACCES, "/m/unet.safetensors"), "loading", "may not be read", True),
        (of_disk(errno.EIO, "/m/unet.safetensors"), "loading", "cannot be read (input/output error)", True),
        (MemoryError(), "loading", MEMORY_SENTENCE, False),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), "generating", MEMORY_SENTENCE, False),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "generating", MEMORY_SENTENCE, False),
        (KeyError("unet"), "loading", "Scenes cannot be read, its files may be damaged: 'unet'.", False),
        (ValueError(""), "generating", "Scenes could not finish: ValueError.", False),
        (ValueError("one\ntwo"), "generating", "Scenes could not finish: one.", False),
        (OSError("no number, no name"), "generating", "Scenes could not finish: no number, no name.", False),
        (RuntimeError("x" * 5000), "saving", "Scenes could not save its work: xxx", False),
    ],
)
def test_every_error_is_one_sentence(error: Exception, doing, words: str, bad_input: bool) -> None:
    failed = explain(error, doing, model="Scenes", folder="/out")
    assert words in failed.reason
    assert failed.bad_input is bad_input
    assert "\n" not in failed.reason
    assert len(failed.reason) < 300
    assert failed.reason.endswith(".")


def test_a_device_that_is_only_full_is_not_lost() -> None:
    full = OutOfMemoryError("CUDA error: out of memory")
    assert out_of_memory(full)
    assert not device_lost(full)
    assert device_lost(RuntimeError("CUDA error: device-side assert triggered"))
    assert device_lost(AcceleratorError("CUDA error: unspecified launch failure"))
    assert not device_lost(RuntimeError("the shapes do not fit"))
