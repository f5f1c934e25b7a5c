"""Imagined machines, and well-known models as their public configs weigh them."""

from __future__ import annotations

import json
from pathlib import Path

from models.planning.machine import GIB, Machine
from models.planning.parts import Parts, Size, from_rows

LIBRARIES = ("torchao", "bitsandbytes", "gguf", "llama_cpp")
KNOWN: dict[str, Parts] = {
    name: from_rows(rows)
    for name, rows in json.loads(Path(__file__).with_name("known.json").read_text("utf-8")).items()
}
# What is usually asked of each.
SIZES: dict[str, Size] = {
    "SD 1.5": Size(512, 512, batch=2), "SD 2": Size(768, 768, batch=2), "SDXL": Size(1024, 1024, batch=2),
    "PixArt": Size(1024, 1024, batch=2), "SD 3.5 medium": Size(1024, 1024, batch=2),
    "SD 3.5 large": Size(1024, 1024, batch=2), "Flux dev": Size(1024, 1024), "Wan 1.3B": Size(832, 480, frames=81),
    "Wan 14B": Size(832, 480, frames=81), "LTX": Size(704, 480, frames=97, batch=2), "Llama 8B": Size(tokens=2048),
    "MusicGen small": Size(tokens=1500, seconds=30, batch=2),
}  # fmt: skip


def card(gigabytes: float, *, ram: float = 0, bf16: bool = True, libraries: tuple[str, ...] = LIBRARIES) -> Machine:
    """An NVIDIA card of that memory in a machine with twice as much, or `ram`."""
    ram = ram or max(16, 2 * gigabytes)
    return Machine(
        "cuda", "Card", int(gigabytes * GIB), int(gigabytes * 0.95 * GIB), 8, int(ram * GIB), int(ram * 0.85 * GIB),
        bf16, ("avx2",), (8, 9) if bf16 else (7, 5), libraries,
    )  # fmt: skip


def apple(gigabytes: float) -> Machine:
    return Machine(
        "mps",
        "Apple M3",
        cores=8,
        ram=int(gigabytes * GIB),
        ram_free=int(gigabytes * 0.7 * GIB),
        libraries=("torchao",),
    )


def processor(gigabytes: float, *, bf16: bool = False, libraries: tuple[str, ...] = LIBRARIES) -> Machine:
    features = ("avx2", "avx512", "bf16") if bf16 else ("avx2",)
    return Machine(
        "cpu", "Some CPU", cores=8, ram=int(gigabytes * GIB), ram_free=int(gigabytes * 0.85 * GIB), bf16=bf16,
        features=features, libraries=libraries,
    )  # fmt: skip


MACHINES: dict[str, Machine] = {
    **{f"CUDA {size} GB": card(size) for size in (4, 8, 12, 24, 80)},
    "CUDA 8 GB, no libraries": card(8, libraries=()),
    "MPS 16 GB": apple(16),
    "MPS 64 GB": apple(64),
    **{f"CPU {size} GB": processor(size) for size in (8, 16, 32, 64)},
    "CPU 16 GB, bf16": processor(16, bf16=True),
    "CPU 16 GB, no libraries": processor(16, libraries=()),
}
