"""What a single file of Stable Diffusion 3 or Flux says of itself, whether all its parts are in it or lie beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.families.diffusion import diffusers_transformer
from models.families.flow_matching.dit_folder import DitFolder, shift_of
from models.protocol import listed
from models.store import beside, words
from models.store.recognising import recognition
from models.store.recognising.bases import FLUX, SD3
from models.store.recognising.identity import Identity

_KINDS = {SD3: "sd3", FLUX: "flux"}
# In latents: how wide the largest pictures are that it knows places for.
_PLACES = {"3.5 medium": 384}
_FLUX_TIMES = {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15}


def read(files: Any) -> DitFolder | None:
    """The file's facts, None where it is another kind of model. Raises BadInput where its head is broken."""
    if not files.path.is_file() or files.path.suffix.lower() not in (".safetensors", ".gguf"):
        return None
    identity = recognition.identify(files)
    if identity is None or identity.kind not in ("Checkpoint", "Transformer") or identity.base not in _KINDS:
        return None
    detail = identity.detail.partition(",")[0]  # of GGUF, its kind of numbers follows
    if identity.base == FLUX and detail not in ("dev", "schnell"):
        return None  # it sees what nobody can give it here
    parts, lacks = beside.find(files, identity)
    if lacks and identity.kind == "Transformer" and (not parts or diffusers_transformer.find(files) is not None):
        return None  # alone, or with a diffusers folder beside it that has the rest
    return _facts(files, identity, detail, parts, lacks)


def _facts(files: Any, identity: Identity, detail: str, parts: dict[str, Path], lacks: list[str]) -> DitFolder:
    flux = identity.base == FLUX
    t5 = words.t5(files.path)
    if flux and t5 is None:
        lacks = [*lacks, words.wanted()]
    # Stable Diffusion 3 reads without its third encoder too.
    reads_t5 = flux or (t5 is not None and (beside.T5 in parts or beside.T5 in beside.inside(files, identity)))
    encoders = ("text_encoder", "text_encoder_2", *(("text_encoder_3",) if reads_t5 and not flux else ()))
    return DitFolder(
        kind=_KINDS[identity.base],
        native=1024,
        largest=4096 if flux else _PLACES.get(detail, 192) * 16,
        grid=16,
        channels=16,
        shift=shift_of(_FLUX_TIMES if detail == "dev" else {"shift": 1.0 if flux else 3.0}, 1024, 16),
        distilled=detail == "dev",
        variant=None,
        texts=encoders,
        tokenizer="",
        prompt_limit=512 if flux else 256 if reads_t5 else 77,
        missing=listed(lacks) if lacks else "",
        everyform=files.sidecar,
        detail=detail,
        words=t5 if reads_t5 else None,
        beside=parts,
        around=tuple(dict.fromkeys(map(str, (*words.around(files.path), *beside.around(files.path))))),
    )
