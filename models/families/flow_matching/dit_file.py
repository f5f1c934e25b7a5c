"""What a single file of Stable Diffusion 3 or Flux, with all its parts in it, says of itself: its tensors' shapes."""

from __future__ import annotations

from typing import Any

from models.families.flow_matching.dit_folder import DitFolder, shift_of
from models.protocol import listed
from models.store.recognising import recognition
from models.store.recognising.bases import FLUX, SD3

_KINDS = {SD3: "sd3", FLUX: "flux"}
# In latents: how wide the largest pictures are that it knows places for.
_PLACES = {"3.5 medium": 384}
_FLUX_TIMES = {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15}


def read(files: Any) -> DitFolder | None:
    """The file's facts, None where it is another kind of model. Raises BadInput where its head is broken."""
    if not files.path.is_file() or files.path.suffix.lower() != ".safetensors":
        return None
    identity = recognition.identify(files)
    if identity is None or identity.kind != "Checkpoint" or identity.bases not in ((SD3,), (FLUX,)):
        return None
    kind, flux = _KINDS[identity.base], identity.base == FLUX
    if flux and identity.detail not in ("dev", "schnell"):
        return None  # it sees what nobody can give it here
    lacks = list(identity.needs)
    if flux and not lacks:
        from models import folders

        words = folders.data() / "configs" / "t5"
        if not any((words / name).is_file() for name in ("spiece.model", "tokenizer.json")):
            lacks.append(
                f"T5's word list, which may not be shipped: put its spiece.model or tokenizer.json into {words}"
            )
    return DitFolder(
        kind=kind,
        native=1024,
        largest=4096 if flux else _PLACES.get(identity.detail, 192) * 16,
        grid=16,
        channels=16,
        shift=shift_of(_FLUX_TIMES if identity.detail == "dev" else {"shift": 1.0 if flux else 3.0}, 1024, 16),
        distilled=identity.detail == "dev",
        variant=None,
        texts=("text_encoder", "text_encoder_2"),
        tokenizer="",
        prompt_limit=512 if flux else 77,
        missing=listed(lacks) if lacks else "",
        everyform=files.sidecar,
        detail=identity.detail,
    )
