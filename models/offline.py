"""What keeps everything from the network, and the one way around it: something that the person has just asked for.

Libraries are told by the environment, before they are imported. Our own connections
(`models.store.fetch.connection`) ask here: they open inside `lifted` alone, which holds for one thread and
only while its block runs, so that nothing else in the process goes online meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # onnxruntime tells its maker what runs, its newer releases on every system, and numbers the machine to do so. Its
    # own function stops that only once the number is written.
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",  # the name in some of its versions
}

_lifted: ContextVar[bool] = ContextVar("lifted", default=False)


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """Let this thread connect while the block runs. Only around what the person asked for: a download, a search."""
    before = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(before)


def is_lifted() -> bool:
    """Whether this thread may connect now."""
    return _lifted.get()
