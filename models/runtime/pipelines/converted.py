"""Networks and pipelines from one file of the papers' own code, by the conversion that diffusers brings."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import diffusers
import torch

from models.failures import out_of_memory
from models.protocol import BadInput


def read(kind: Any, path: str | Path, where: Path, dtype: torch.dtype, **more: Any) -> Any:
    """`kind` (a pipeline or a network of diffusers) from that file. Raises BadInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return kind.from_single_file(str(path), config=str(where), torch_dtype=dtype, local_files_only=True, **more)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        lines = str(error).strip().splitlines()
        why = (lines[0] if lines else type(error).__name__)[:200].rstrip(" .:")
        raise BadInput(f"{Path(path).name} cannot be read ({why}): get it again.") from error


def transformer(kind: Any, path: str | Path, where: Path, dtype: torch.dtype, **more: Any) -> Any:
    """The transformer in that file. Of a GGUF file the weights stay as short as they are, and are widened where they
    are used. Raises BadInput."""
    if str(path).lower().endswith(".gguf"):
        more["quantization_config"] = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
    return read(kind, path, where, dtype, subfolder="transformer", **more)
