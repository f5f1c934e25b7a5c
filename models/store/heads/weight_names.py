"""What the name of a file of weights tells: its network, its variant ("fp16"), its part of several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

# The names by which diffusers, transformers and peft look for weights in a folder.
KNOWN = ("model", "diffusion_pytorch_model", "pytorch_model", "adapter_model", "pytorch_lora_weights")
# In any other name a dot may belong to the name itself ("v1.5"), so that only these are taken for variants.
VARIANTS = ("fp16", "bf16", "fp32", "fp8", "fp8_e4m3fn", "fp8_e5m2", "int8", "nf4", "ema", "ema_only", "non_ema")
# From what most people take to what few do: small and nearly as good first (llama.cpp's own advice).
QUANTS = (
    "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_XS", "IQ4_NL", "Q6_K", "Q8_0",
    "Q3_K_L", "Q3_K_M", "Q3_K_S", "IQ3_M", "IQ3_S", "Q2_K", "BF16", "F16", "F32",
)  # fmt: skip
_PARTS = r"(?:-(?P<part>\d{5})-of-(?P<of>\d{5}))?"
_NAMES = (
    re.compile(rf"(?P<stem>{'|'.join(KNOWN)})(?:\.(?P<variant>[A-Za-z][\w-]*?))?{_PARTS}\.safetensors"),
    re.compile(rf"(?P<stem>{'|'.join(KNOWN)}){_PARTS}\.(?P<variant>[A-Za-z][\w-]*)\.safetensors"),
    re.compile(rf"(?P<stem>.+?)(?:\.(?P<variant>{'|'.join(VARIANTS)}))?{_PARTS}\.safetensors", re.IGNORECASE),
)
_INDEX = re.compile(r"(?P<stem>.+)\.safetensors\.index(?:\.(?P<variant>[\w-]+))?\.json")
_GGUF = re.compile(rf"(?P<stem>.+?){_PARTS}\.gguf", re.IGNORECASE)


@dataclass(frozen=True)
class Weights:
    """One whole: all the parts of a network in one variant are told by the same `folder`, `stem` and `variant`."""

    folder: str
    stem: str
    variant: str
    split: bool


def weights(name: str) -> Weights | None:
    """What a safetensors name tells; None for any other file."""
    path = PurePosixPath(name)
    for pattern in _NAMES:
        if found := pattern.fullmatch(path.name):
            return Weights(_folder(path), found["stem"], found["variant"] or "", bool(found["part"]))
    return None


def index(name: str) -> Weights | None:
    """The weights that an index of parts belongs to; None for any other file."""
    path = PurePosixPath(name)
    if found := _INDEX.fullmatch(path.name):
        return Weights(_folder(path), found["stem"], found["variant"] or "", True)
    return None


def gguf(name: str) -> Weights | None:
    """What a GGUF name tells; its variant is its quantization, "" where the name says none."""
    path = PurePosixPath(name)
    if not (found := _GGUF.fullmatch(path.name)):
        return None
    upper = found["stem"].upper()
    quant = next((q for q in sorted(QUANTS, key=len, reverse=True) if re.search(rf"(^|[-_.]){q}$", upper)), "")
    return Weights(_folder(path), found["stem"], quant, bool(found["part"]))


def _folder(path: PurePosixPath) -> str:
    return "" if path.parent == PurePosixPath(".") else path.parent.as_posix()
