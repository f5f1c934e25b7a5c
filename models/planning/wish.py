"""What the person wants of a plan, declared once: the form, the command line and the check read the same list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.declaration import BadInput, Parameter, Value, listed

# Empty: as the machine is best used.
PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "plan", "choice", "balanced", "Plan",
        "Fast keeps everything where it computes, balanced keeps the best numbers that fit, small takes the least "
        "memory.",
        choices=("fast", "balanced", "small"),
    ),
    Parameter(
        "device", "choice", "", "Device", "What computes (default: the best there is).",
        choices=("", "cpu", "cuda", "xpu", "mps"), advanced=True,
    ),
    Parameter(
        "backend", "choice", "", "Backend", "What computes a denoiser on a processor (default: torch, and OpenVINO in "
        "a fast plan where it is installed).",
        choices=("", "torch", "openvino"), advanced=True,
    ),
    Parameter(
        "dtype", "choice", "", "Number format", "What is computed in (default: what the device does best).",
        choices=("", "float32", "bfloat16", "float16"), advanced=True,
    ),
    Parameter(
        "quantize", "choice", "", "Shorter weights", "How the weights are shortened (default: only where it must be).",
        choices=("", "none", "int8", "float8", "bnb-int8", "bnb-nf4", "layerwise-16", "layerwise-fp8"), advanced=True,
    ),
    Parameter(
        "offload", "choice", "", "Offload", "Where weights wait that are not in use (default: only where it must be).",
        choices=("", "none", "model", "group", "sequential", "disk"), advanced=True,
    ),
    Parameter(
        "tiling", "choice", "", "Tiles", "Whether pictures are decoded in tiles (default: only where it must be).",
        choices=("", "on", "off"), advanced=True,
    ),
    Parameter(
        "attention", "choice", "", "Attention", "How attention is computed (default: as torch does it).",
        choices=("", "native", "sliced", "flash", "sage", "xformers", "flex"), advanced=True,
    ),
    Parameter(
        "cache", "choice", "", "Step cache", "Whether steps that change little reuse the last one's work.",
        choices=("", "none", "first-block", "faster", "pyramid", "taylor"), advanced=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What the person set by hand; empty: as the machine is best used. `plan` is fast, balanced or small."""

    device: str = ""
    dtype: str = ""
    offload: str = ""
    plan: str = "balanced"
    quantize: str = ""
    tiling: str = ""
    attention: str = ""
    cache: str = ""
    backend: str = ""

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Wish:
        """From names and values, as a command line or `Request.wish` has them. Raises BadInput with what is valid."""
        known = {p.name: p for p in PARAMETERS}
        checked: dict[str, Value] = {}
        for name, value in given.items():
            if name not in known:
                raise BadInput(f"A plan has no {name!r}; it has {listed(tuple(known))}.")
            choices = known[name].choices
            if value not in choices:
                raise BadInput(f"{name} cannot be {value!r}; choose {listed(tuple(c for c in choices if c))}.")
            checked[name] = str(value)
        return cls(**checked)  # type: ignore[arg-type]


ANY = Wish()
