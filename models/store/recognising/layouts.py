"""How other programs lay out their models: where these lie, and what a folder's name tells of those in it.

A name is a hint alone: the heads of the files decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PLAIN = "a folder"
HUB = "the Hugging Face cache"


@dataclass(frozen=True)
class Layout:
    """`program` as a sentence has it; `signs` are folders that all must be in `models` for it to be one of its own;
    `more` lie beside that folder and hold models too."""

    program: str
    models: str
    signs: tuple[str, ...]
    more: tuple[str, ...] = ()


LAYOUTS = (
    Layout("ComfyUI", "models", ("checkpoints", "loras")),
    Layout("ComfyUI", "", ("checkpoints", "loras")),
    Layout("ComfyUI", "models", ("checkpoints", "vae")),
    Layout("ComfyUI", "", ("checkpoints", "vae")),
    Layout("A1111 or Forge", "models", ("Stable-diffusion",), ("embeddings",)),
    Layout("A1111 or Forge", "", ("Stable-diffusion",), ("../embeddings",)),
    Layout("InvokeAI", "models", (".download_cache",)),
    Layout("InvokeAI", "models", ("sd-1", "sdxl")),
    Layout("InvokeAI", "", ("sd-1", "sdxl")),
)

# What the folders of these programs are for, in small letters without signs.
HINTS = {
    "checkpoints": "Checkpoint", "stablediffusion": "Checkpoint", "diffusionmodels": "Transformer",
    "unet": "Transformer", "loras": "LoRA", "lora": "LoRA", "lycoris": "LoRA", "locon": "LoRA", "vae": "VAE",
    "vaeapprox": "TAESD", "taesd": "TAESD", "controlnet": "ControlNet", "t2iadapter": "T2I-Adapter",
    "embeddings": "Textual inversion", "embedding": "Textual inversion",
    "upscalemodels": "Upscaler", "esrgan": "Upscaler", "realesrgan": "Upscaler",
    "swinir": "Upscaler", "dat": "Upscaler", "textencoders": "Text encoder", "textencoder": "Text encoder",
    "clip": "Text encoder", "clipvision": "Vision encoder", "stylemodels": "Style model", "ipadapter": "IP-Adapter",
    "animatediffmodels": "Motion module", "hypernetworks": "Hypernetwork",
}  # fmt: skip
# Of these, what lies in their folders makes nothing by itself.
ADDITIONS = (
    "LoRA", "VAE", "TAESD", "ControlNet", "T2I-Adapter", "Textual inversion", "Text encoder", "Vision encoder",
    "Style model", "IP-Adapter", "Motion module", "Hypernetwork",
)  # fmt: skip


def program(folder: Path) -> str:
    """Whose folder it is, in words."""
    if _hub(folder) is not None:
        return HUB
    found = _layout(folder)
    return found.program if found is not None else PLAIN


def roots(folder: Path) -> list[Path]:
    """Where the models lie in it: the folder itself, where it is nobody's."""
    if (hub := _hub(folder)) is not None:
        return [hub]
    found = _layout(folder)
    if found is None:
        return [folder]
    own = folder / found.models
    more = [(own.parent if found.models else folder) / name for name in found.more]
    return [own, *(place.resolve() for place in more if place.is_dir())]


def hint(name: str) -> str:
    """What a folder of that name is for; empty where it tells nothing."""
    return HINTS.get("".join(c for c in name.lower() if c.isalnum()), "")


def _layout(folder: Path) -> Layout | None:
    for one in LAYOUTS:
        if all((folder / one.models / sign).is_dir() for sign in one.signs):
            return one
    return None


def _hub(folder: Path) -> Path | None:
    """The folder of repositories in a cache of the Hugging Face hub."""
    for place in (folder, folder / "hub"):
        if place.is_dir() and any(place.glob("models--*/snapshots")):
            return place
    return None
