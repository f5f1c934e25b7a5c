"""What there is to compute on, as plain values: a real machine (`models.runtime.device.detect`) or an imagined one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["cuda", "rocm", "xpu", "mps", "cpu"]

GIB = 2**30
_NAMES = {"cuda": "NVIDIA", "rocm": "AMD", "xpu": "Intel", "mps": "Apple"}
# What the engine's process takes before it has read a model: Python, torch and diffusers. Measured: 0.41 GiB on a
# processor; a CUDA context and its libraries add the rest.
PROCESS = int(0.41 * GIB)
PROCESS_WITH_ACCELERATOR = int(1.3 * GIB)
# Of Apple's one memory the graphics chip takes three quarters at most (Metal's recommendedMaxWorkingSetSize).
_APPLE_SHARE = 0.75
# Kept free: an allocator's gaps, the screen, other programs' next breath.
_SPARE_SHARE, _SPARE = 0.03, GIB // 4


@dataclass(frozen=True)
class Machine:
    """What there is to compute on. Memory in bytes; `memory` is the accelerator's own, 0 where there is none.

    `bf16` says that bfloat16 is computed in hardware by what `kind` names; `features` are the processor's (avx2,
    avx512, vnni, bf16, amx, neon, sve), `capability` is CUDA's compute capability; `libraries` are those that shorten
    weights and are installed (torchao, bitsandbytes, gguf, llama_cpp). `process` is what the engine takes already: part
    of what is in use.
    """

    kind: Kind = "cpu"
    name: str = ""
    memory: int = 0
    memory_free: int = 0
    cores: int = 1
    ram: int = 0
    ram_free: int = 0
    bf16: bool = False
    features: tuple[str, ...] = ()
    capability: tuple[int, int] = (0, 0)
    libraries: tuple[str, ...] = ()
    process: int = 0

    @property
    def device(self) -> str:
        """The name that torch has for it: ROCm answers to `cuda`."""
        return "cuda" if self.kind == "rocm" else self.kind

    def as_processor(self) -> Machine:
        """The same machine with its accelerator left alone."""
        if self.kind == "cpu":
            return self
        return Machine(
            kind="cpu", cores=self.cores, ram=self.ram, ram_free=self.ram_free, process=self.process,
            bf16=bool({"bf16", "amx"} & set(self.features)), features=self.features, libraries=self.libraries,
        )  # fmt: skip

    @property
    def one_memory(self) -> bool:
        """Whether weights lie in main memory alone: on a processor, and on Apple's chips."""
        return self.kind in ("cpu", "mps")

    @property
    def room(self) -> int:
        """Bytes that a plan may take of the accelerator's memory; of main memory where there is but one."""
        if self.kind == "cpu":
            return self.ram_room
        if self.kind == "mps":
            return min(self.ram_room, int(self.ram * _APPLE_SHARE) if self.ram else self.ram_room)
        return max(self.memory_free - max(int(self.memory * _SPARE_SHARE), _SPARE), 0)

    @property
    def ram_room(self) -> int:
        """Bytes that the engine's process may take of main memory, with what it takes already."""
        return max(self.ram_free + self.process - max(int(self.ram * _SPARE_SHARE), _SPARE), 0)

    @property
    def base(self) -> int:
        """Bytes that the process takes without a model."""
        return PROCESS if self.kind == "cpu" else PROCESS_WITH_ACCELERATOR

    def sentence(self) -> str:
        """One line for the window's header, such as `NVIDIA H200, 140 GB` or `Processor, 8 cores, 31 GB free`."""
        if self.kind == "cpu":
            cores = f"{self.cores} core{'s' if self.cores != 1 else ''}"
            return f"{self.name or 'Processor'}, {cores}, {gigabytes(self.ram_free)} free"
        if self.kind == "mps":  # one memory for both
            return f"{self.name}, {gigabytes(self.ram_free)} free"
        maker = "" if self.name.startswith(_NAMES[self.kind]) else f"{_NAMES[self.kind]} "
        return f"{maker}{self.name}, {gigabytes(self.memory)}"


def gigabytes(size: float) -> str:
    """Memory as people say it: `12 GB`, `3.4 GB`, `480 MB`; a gigabyte of memory has 2^30 bytes."""
    if size < 0.95 * GIB:
        return f"{max(size, 0) / 2**20:.0f} MB"
    return f"{size / GIB:.0f} GB" if size >= 9.95 * GIB else f"{size / GIB:.1f} GB"
