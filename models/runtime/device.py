"""What this machine computes with: its accelerator or processor, and the cores and memory it may really use."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["cuda", "rocm", "xpu", "mps", "cpu"]

GIB = 2**30
_NAMES = {"cuda": "NVIDIA", "rocm": "AMD", "xpu": "Intel", "mps": "Apple"}


@dataclass(frozen=True)
class Machine:
    """What there is to compute on. Memory in bytes; `memory` is the accelerator's own, 0 where there is none.

    `bf16` says that bfloat16 is computed in hardware by what `kind` names.
    """

    kind: Kind = "cpu"
    name: str = ""
    memory: int = 0
    memory_free: int = 0
    cores: int = 1
    ram: int = 0
    ram_free: int = 0
    bf16: bool = False

    @property
    def device(self) -> str:
        """The name that torch has for it: ROCm answers to `cuda`."""
        return "cuda" if self.kind == "rocm" else self.kind

    def sentence(self) -> str:
        """One line for the window's header, such as `NVIDIA H200, 140 GB` or `Processor, 8 cores, 31 GB free`."""
        if self.kind == "cpu":
            cores = f"{self.cores} core{'s' if self.cores != 1 else ''}"
            return f"{self.name or 'Processor'}, {cores}, {_gigabytes(self.ram_free)} free"
        if self.kind == "mps":  # one memory for both
            return f"{self.name}, {_gigabytes(self.ram_free)} free"
        maker = "" if self.name.startswith(_NAMES[self.kind]) else f"{_NAMES[self.kind]} "
        return f"{maker}{self.name}, {_gigabytes(self.memory)}"


def detect() -> Machine:
    """The best device of this machine. EVERYFORM_DEVICE=cpu leaves an accelerator alone."""
    import torch

    total, free = ram()
    processor: dict[str, Any] = {"cores": cores(), "ram": total, "ram_free": free}
    if os.environ.get("EVERYFORM_DEVICE") != "cpu":
        if torch.cuda.is_available():
            left, whole = torch.cuda.mem_get_info()
            return Machine(
                kind="rocm" if torch.version.hip else "cuda",
                name=torch.cuda.get_device_name(),
                memory=whole,
                memory_free=left,
                # Older cards accept bfloat16 and emulate it slowly.
                bf16=torch.cuda.is_bf16_supported(including_emulation=False),
                **processor,
            )
        if hasattr(torch, "xpu") and torch.xpu.is_available():
            properties: Any = torch.xpu.get_device_properties()
            whole = int(properties.total_memory)
            return Machine(
                kind="xpu", name=str(properties.name), memory=whole, memory_free=whole, bf16=True, **processor
            )
        if torch.backends.mps.is_available():
            return Machine(kind="mps", name=_processor_name() or "Apple GPU", **processor)
    able = torch.cpu.get_capabilities()
    fast = any(able.get(feature) for feature in ("avx512_bf16", "amx_bf16", "sve_bf16"))
    return Machine(kind="cpu", name=str(able.get("cpu_name") or _processor_name()), bf16=fast, **processor)


def cores() -> int:
    """Cores that this process may use: the scheduler's mask and the container's quota, whichever is less."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, period = _cgroup("cpu.max", "cpu/cpu.cfs_quota_us"), 100_000
    if quota is not None:
        words = quota.split()
        if len(words) == 2 and words[1].isdigit():
            period = int(words[1])
        if words and words[0].isdigit() and int(words[0]) > 0:
            allowed = min(allowed, -(-int(words[0]) // max(period, 1)))
    return max(allowed, 1)


def use_cores() -> None:
    """Give torch no more threads than `cores`, unless OMP_NUM_THREADS was set: it does not see a container's quota,
    and threads that wait for one another's turn are many times slower than fewer would be."""
    import torch

    if not os.environ.get("OMP_NUM_THREADS") and torch.get_num_threads() > cores():
        torch.set_num_threads(cores())


def ram() -> tuple[int, int]:
    """Memory in bytes, whole and free, of the machine or of the container where that has less."""
    import psutil

    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    limit = _number(_cgroup("memory.max", "memory/memory.limit_in_bytes"))
    if limit is not None and limit < total:
        used = _number(_cgroup("memory.current", "memory/memory.usage_in_bytes")) or 0
        # The page cache counts as used, but is given back on demand.
        used -= min(_cached(), used)
        total, free = limit, min(free, max(limit - used, 0))
    return total, free


def _cgroup(second: str, first: str) -> str | None:
    """A limit file of this container, of control groups version 2 or 1; None where there is none."""
    for name in (second, first):
        try:
            return Path("/sys/fs/cgroup", name).read_text("ascii").strip()
        except OSError:
            continue
    return None


def _cached() -> int:
    for line in (_cgroup("memory.stat", "memory/memory.stat") or "").splitlines():
        if line.startswith("inactive_file "):
            return int(line.split()[1])
    return 0


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _processor_name() -> str:
    """The processor's name, as far as the system tells it; often empty."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _gigabytes(size: int) -> str:
    return f"{size / GIB:.0f} GB" if size >= 10 * GIB else f"{size / GIB:.1f} GB"
