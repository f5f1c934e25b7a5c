"""A diffusion transformer in one file, as safetensors or GGUF, and the folder beside it that has the other parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.families.diffusion import diffusers_folder
from models.families.diffusion.diffusers_folder import DiffusersFolder
from models.protocol import BadInput
from models.store.files import Files
from models.store.recognising import recognition
from models.store.recognising.identity import Identity

PART = "transformer"
# The networks that diffusers reads from one file, by the base that `models.store.recognising.kinds` tells.
_CLASSES: dict[str, tuple[str, ...]] = {
    "Flux": ("FluxTransformer2DModel",),
    "Flux 2": ("Flux2Transformer2DModel",),
    "Chroma": ("ChromaTransformer2DModel",),
    "SD 3": ("SD3Transformer2DModel",),
    "HunyuanVideo": ("HunyuanVideoTransformer3DModel",),
    "Qwen-Image": ("QwenImageTransformer2DModel",),
    "Z-Image": ("ZImageTransformer2DModel",),
    "Lumina 2": ("Lumina2Transformer2DModel",),
    "AuraFlow": ("AuraFlowTransformer2DModel",),
    "Wan": ("WanTransformer3DModel", "WanVACETransformer3DModel", "WanAnimateTransformer3DModel"),
    "LTX-Video": ("LTXVideoTransformer3DModel",),
    "Mochi": ("MochiTransformer3DModel",),
    "Sana": ("SanaTransformer2DModel",),
    "HiDream": ("HiDreamImageTransformer2DModel",),
}
_MOST_FOLDERS = 200


def find(files: Files) -> tuple[Identity, DiffusersFolder, Path] | None:
    """What the file is, and the facts and the place of the folder that has the rest; None where it is no transformer,
    or no such folder lies beside it or one level up. Raises BadInput where that folder is broken."""
    if not files.path.is_file():
        return None
    identity = recognition.identify(files)
    if identity is None or identity.kind != "Transformer" or identity.base not in _CLASSES:
        return None
    for place in _folders(files.path.absolute()):
        index = _index(place)
        given = index.get(PART)
        if not (isinstance(given, list) and len(given) == 2 and given[1] in _CLASSES[identity.base]):
            continue
        beside = Files(place)
        if _guided(beside, identity):
            folder = diffusers_folder.read(beside, without=(PART,))
            if folder is not None:
                return identity, replace(folder, everyform={}), place
    return None


def _folders(path: Path) -> Iterator[Path]:
    """Folders that hold a pipeline, the nearest first."""
    for near in (path.parent, path.parent.parent):
        try:
            inside = sorted(entry for entry in near.iterdir() if (entry / diffusers_folder.INDEX).is_file())
        except OSError:
            continue
        yield from inside[:_MOST_FOLDERS]


def _index(place: Path) -> dict[str, Any]:
    """The pipeline's index, or nothing where the folder is broken or hostile: then it is no help."""
    try:
        return Files(place).json(diffusers_folder.INDEX)
    except BadInput:
        return {}


def _guided(beside: Files, identity: Identity) -> bool:
    """Whether the folder's config describes this very kind: Flux.1 dev was taught guidance, schnell was not."""
    name = f"{PART}/config.json"
    if not beside.exists(name):
        return False
    told = beside.json(name).get("guidance_embeds")
    detail = identity.detail.partition(",")[0]
    return identity.base != "Flux" or detail not in ("dev", "schnell") or told is (detail == "dev")
