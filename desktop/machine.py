"""What this machine makes of the work: memory in use, whether a model fits, how long one takes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.catalog.families import duration
from models.protocol import ModelInfo, Value, incomplete

GB = 1e9


@dataclass(frozen=True)
class Memory:
    """Bytes of main memory."""

    used: int
    free: int
    total: int


def memory() -> Memory:
    """As the system tells it now."""
    import psutil

    now = psutil.virtual_memory()
    return Memory(now.total - now.available, now.available, now.total)


def short_name(device: str) -> str:
    """The engine's sentence on its device in a word or two: `CPU`, or the accelerator's name."""
    return device.split(",")[0].strip() if device and " core" not in device else "CPU"


def in_header(device: str, now: Memory) -> str:
    """`CPU · 3.1 of 24 GB`: what the engine runs on, and the memory that is taken."""
    return f"{short_name(device)} · {now.used / GB:.1f} of {now.total / GB:.0f} GB"


def work(settings: Mapping[str, Value], count: int = 1) -> float:
    """What a request costs, in steps x pixels: times of one model grow about as this does."""
    width, height = float(settings.get("width", 1)), float(settings.get("height", 1))
    return max(float(settings.get("steps", 1)) * float(settings.get("strength", 1)), 1.0) * width * height * count


def expected_s(pace: list[float] | None, settings: Mapping[str, Value]) -> float | None:
    """Seconds for one item, from the last one measured; None where that was too different to tell from."""
    if not pace or pace[0] <= 0 or pace[1] <= 0:
        return None
    ratio = work(settings) / pace[1]
    return pace[0] * ratio if 0.2 <= ratio <= 5 else None


def fits(model: ModelInfo, now: Memory, device: str, expected: float | None) -> tuple[str, bool]:
    """The sentence under the settings, and whether it warns. Weights alone are told: the rest would be a guess."""
    if model.missing:
        return str(incomplete(model.name, model.missing)), True
    need, free = model.size_bytes / GB, now.free / GB
    where = f"on the {short_name(device)}"
    if need > free:
        return (
            f"Too large for now: its weights take {need:.1f} GB, and {free:.1f} GB are free. "
            "Close other programs, or choose a smaller model.",
            True,
        )
    took = f", about {duration(expected)} a {model.card.medium}" if expected is not None else ""
    small = f"{need * 1000:.0f}" if need >= 0.001 else "under 1"
    need_words = f"{need:.1f} of {free:.1f} GB free" if need >= 0.05 else f"{small} MB of {free:.1f} GB free"
    return f"<span style='font-weight:600'>Fits.</span> Weights take {need_words}, {where}{took}.", False
