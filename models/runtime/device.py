"""What this machine computes with: its accelerator or processor, and the cores and memory it may really use."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import Any

from models.planning.machine import GIB as GIB
from models.planning.machine import Kind as Kind
from models.planning.machine import Machine as Machine

# Libraries that plans ask for, as they are imported.
_LIBRARIES = ("torchao", "bitsandbytes", "gguf", "llama_cpp", "openvino")
# What torch tells of a processor (torch.cpu.get_capabilities), and what plans and people call it.
_FEATURES = {
    "avx2": ("avx2",), "avx512": ("avx512_f",), "vnni": ("avx512_vnni", "avx_vnni"),
    "bf16": ("avx512_bf16", "sve_bf16", "bf16"), "amx": ("amx_bf16", "amx_tile"), "neon": ("neon", "asimd"),
    "sve": ("sve", "sve2"),
}  # fmt: skip


def detect() -> Machine:
    """The best device of this machine, and its processor. EVERYFORM_DEVICE=cpu leaves an accelerator alone."""
    import torch

    able = torch.cpu.get_capabilities()
    features = tuple(name for name, told in _FEATURES.items() if any(able.get(one) for one in told))
    processor = _processor() | {"features": features}
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
                # ROCm's numbers mean something else.
                capability=(0, 0) if torch.version.hip else torch.cuda.get_device_capability(),
                **processor,
            )
        if hasattr(torch, "xpu") and torch.xpu.is_available():
            properties: Any = torch.xpu.get_device_properties()
            whole = int(properties.total_memory)
            try:
                left = int(torch.xpu.mem_get_info()[0])
            except (AttributeError, RuntimeError):  # drivers of integrated chips do not tell
                left = whole
            name = str(properties.name)
            return Machine(kind="xpu", name=name, memory=whole, memory_free=left, bf16=True, **processor)
        if torch.backends.mps.is_available():
            return Machine(kind="mps", name=_processor_name() or "Apple GPU", **processor)
    fast = bool({"bf16", "amx"} & set(features))
    return Machine(kind="cpu", name=str(able.get("cpu_name") or _processor_name()), bf16=fast, **processor)


def seen() -> Machine | None:
    """The machine as `detect` has it where torch is imported already; None before, as only torch knows accelerators."""
    return detect() if "torch" in sys.modules else None


def libraries() -> tuple[str, ...]:
    """Those libraries for shorter weights that are installed; none is imported."""
    return tuple(name for name in _LIBRARIES if importlib.util.find_spec(name) is not None)


def _processor() -> dict[str, Any]:
    """What every machine has, without torch."""
    total, free = ram()
    return {
        "cores": cores(), "ram": total, "ram_free": free, "libraries": libraries(), "process": in_use(),
    }  # fmt: skip


def in_use() -> int:
    """Bytes of main memory that this process takes now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def held() -> int:
    """Bytes of the accelerator's memory that torch holds in this process, in use or not."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return int(torch.cuda.memory_reserved())
    if torch is not None and hasattr(torch, "xpu") and torch.xpu.is_available():
        return int(torch.xpu.memory_reserved())
    return 0


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


def threads() -> int:
    """How many a library should compute with: OMP_NUM_THREADS where that is set, else `cores`."""
    return int(os.environ.get("OMP_NUM_THREADS") or 0) or cores()


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
