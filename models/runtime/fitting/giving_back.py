"""Handing memory that nobody uses any more back to the system and the accelerator."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.planning.memory import WORTH_GIVING_BACK

if TYPE_CHECKING:
    from torch import nn

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) [-rwxps]{4} [0-9a-f]+ \S+ [1-9]\d* +(.*)")  # with an inode: of a file
_SMAPS = Path("/proc/self/smaps")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_EVERY_S = 0.05


def give_back() -> None:
    """Every piece that is free; those of Python's rings, too. Some milliseconds for each gigabyte."""
    gc.collect()
    # Where torch was never imported there is nothing of it to free.
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch is not None and hasattr(torch, "xpu") and torch.xpu.is_available():
        torch.xpu.empty_cache()
    trim()


def trim() -> None:
    """The C library's free pieces alone: glibc keeps those of some megabytes for itself; others have no such call."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def free_at_once() -> None:
    """From now on, for the whole process: what is freed of more than 256 KiB goes back to the system at once, and what
    is asked for and never written takes nothing. Without it glibc raises the border to 32 MiB by itself, and pieces of
    networks that lie on its heap hold up all that is freed below them. It costs speed: a third of a step where weights
    are widened layer by layer."""
    _map_above(256 * 2**10)


@contextmanager
def freeing_at_once() -> Iterator[None]:
    """The same while weights are read and laid out: they stay, and what they were made of shall not."""
    free_at_once()
    try:
        yield
    finally:
        _map_above(32 * 2**20)


def _map_above(border: int) -> None:
    """What is asked for of that many bytes is a mapping of its own (mallopt(3))."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_M_MMAP_THRESHOLD, border)
            mallopt(_M_TRIM_THRESHOLD, 2 * border)  # as glibc itself has it


def between_stages(pipeline: Any) -> None:
    """On a processor, let the decoder begin without what the steps before it worked in, which is free but still the
    process's: the two lay beside each other at a run's highest moment. Nor need a text encoder that is its mapped file
    stay in memory while others are at work."""
    from torch import nn

    decoder = getattr(getattr(pipeline, "vae", None), "decoder", None)
    if isinstance(decoder, nn.Module):
        decoder.register_forward_pre_hook(lambda *_: trim())
    for name, part in pipeline.components.items():
        if not (name.startswith("text_encoder") and isinstance(part, nn.Module)):
            continue
        if sum(parameter.nbytes for parameter in part.parameters()) >= WORTH_GIVING_BACK:
            part.register_forward_hook(lambda network, *_: unread(network))


def unread(network: nn.Module) -> None:
    """Give back what was read of the files that are this network's weights: the system reads it again, mostly from its
    own cache, when the network is next at work. Whatever was written since stays; elsewhere than on Linux, all does."""
    places = [p.data_ptr() for p in network.parameters() if p.device.type == "cpu" and not p.is_mkldnn]
    _unread(lambda begin, end, _: any(begin <= place < end for place in places))


@contextmanager
def passing_through(file: Path) -> Iterator[None]:
    """While somebody reads the mapped file from one end to the other and keeps nothing of it, nor do we."""
    over, name = threading.Event(), str(file.resolve())

    def forget() -> None:
        _unread(lambda _begin, _end, mapped: mapped == name)

    def look() -> None:
        while not over.wait(_EVERY_S):
            forget()

    thread = threading.Thread(target=look, name="unread", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        forget()


def _unread(which: Callable[[int, int, str], bool]) -> None:
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        advise = ctypes.CDLL(None).madvise
        for begin, end, name in _clean():
            if which(begin, end, name):
                advise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)


def _clean() -> Iterator[tuple[int, int, str]]:
    """The mappings of files in which this process has written nothing: where one begins and ends, and the file's name
    (proc(5), smaps). What was written and has since been swapped out is counted apart, and later."""
    place = None
    for line in _SMAPS.read_text("utf-8", "replace").splitlines():
        if found := _MAPPING.match(line):
            place = int(found[1], 16), int(found[2], 16), found[3]
        elif place is not None and line.startswith(("Anonymous:", "Swap:")):
            if line.split()[1] != "0":
                place = None
            elif line.startswith("Swap:"):
                yield place
                place = None
