"""What a single file of Stable Diffusion 1, 2, XL or its refiner says of itself, by its tensors and its name."""

from __future__ import annotations

import re
from typing import Any

from models.families.diffusion.stable_diffusion_folder import REFINER as REFINES
from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import listed
from models.store.recognising import recognition
from models.store.recognising.bases import REFINER, SD1, SD2, SDXL

_KINDS = {SD1: "sd", SD2: "sd", SDXL: "sdxl", REFINER: REFINES}
_NATIVE = {SD1: 512, SD2: 768, SDXL: 1024, REFINER: 1024}
_CLIP_LIMIT = 77


def read(files: Any) -> StableDiffusionFolder | None:
    """The file's facts, None where it is another kind of model. Raises BadInput where its head is broken."""
    if not files.path.is_file() or files.path.suffix.lower() != ".safetensors":
        return None
    identity = recognition.identify(files)
    if identity is None or identity.kind != "Checkpoint" or identity.base not in _KINDS:
        return None
    if identity.detail not in ("", "inpainting"):
        return None  # it sees what nobody can give it here
    base, name = identity.bases[0], files.path.stem.lower()
    # What a file was taught, its tensors do not tell; its name mostly does.
    small = base == SD2 and re.search(r"base|512", name) is not None
    names = files.tensors(files.names[0])
    hurried = re.search(r"turbo|lightning", name) is not None
    return StableDiffusionFolder(
        kind=_KINDS[base],
        architecture="adversarial-distillation" if hurried else "latent-diffusion",
        base=base,
        native=512 if small or (hurried and base == SDXL and "turbo" in name) else _NATIVE[base],
        factor=8,
        channels=4,
        inpaints=identity.detail == "inpainting",
        distilled=False,
        variant=None,
        scheduler="PNDMScheduler" if _KINDS[base] == "sd" else "EulerDiscreteScheduler",
        prompt_limit=_CLIP_LIMIT,
        missing=listed(identity.needs) if identity.needs else "",
        everyform=files.sidecar,
        # Tensors without meaning, by which newer trainers mark what they did.
        velocity=(base == SD2 and not small) or "v_pred" in names or re.search(r"v[-_ ]?pred", name) is not None,
        pure_noise="ztsnr" in names,
    )
