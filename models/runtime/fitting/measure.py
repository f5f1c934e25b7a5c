"""What a job takes at the highest: the process's high-water mark of main memory, and the accelerator's own count."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from models.planning.plan import Need, Peak
from models.runtime.device import in_use

_EVERY_S = 0.05


class Meter:
    """Measures from `start` to `peak`. Linux counts the high-water mark itself; elsewhere a thread looks often."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._highest = 0

    def start(self) -> None:
        """From now on."""
        self._over.set()
        self._highest = in_use()
        self._over = threading.Event()
        if not _forget():
            self._thread = threading.Thread(target=self._look, args=(self._over,), name="memory", daemon=True)
            self._thread.start()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        elif torch is not None and hasattr(torch, "xpu") and torch.xpu.is_available():
            torch.xpu.reset_peak_memory_stats()

    def peak(self) -> Peak:
        """The highest since `start`, in bytes; what is told apart in predictions counts as work here."""
        self._over.set()
        main = max(_high_water(), self._highest, in_use())
        torch = sys.modules.get("torch")
        accelerator = 0
        if torch is not None and torch.cuda.is_available():
            accelerator = int(torch.cuda.max_memory_allocated())
        elif torch is not None and hasattr(torch, "xpu") and torch.xpu.is_available():
            accelerator = int(torch.xpu.max_memory_allocated())
        return Peak(Need(0, accelerator), Need(0, main))

    def _look(self, over: threading.Event) -> None:
        while not over.wait(_EVERY_S):
            self._highest = max(self._highest, in_use())


def _forget() -> bool:
    """Let Linux count the high-water mark from now on; False where it cannot (proc(5), clear_refs)."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return False
    return True


def _high_water() -> int:
    """Bytes; 0 where the system does not count them from a start of ours."""
    try:
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
