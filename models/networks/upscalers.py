"""Upscaling networks: spandrel's, which knows some forty public kinds by the names of their tensors alone.

spandrel declares torchvision and takes two functions and an enumeration from it. Torchvision's usual build breaks the
CPU build of torch, so where no working one is there, a stand-in takes its place while spandrel is imported.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from models.protocol import BadInput

_STANDS_IN_FOR = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")


def spandrel() -> Any:
    """The library. Raises BadInput with what to do where it is not installed."""
    if "spandrel" in sys.modules:
        return sys.modules["spandrel"]
    with _stand_in():
        try:
            return importlib.import_module("spandrel")
        except ImportError as error:
            missing = error.name or "spandrel"
            raise BadInput(
                f"Upscaling needs {missing}, which is not installed: run "
                f"“{sys.executable} -m pip install --no-deps spandrel einops”, then start again."
            ) from error


def from_weights(weights: Mapping[str, Tensor]) -> Any:
    """The network that these tensors belong to, filled, as a spandrel ImageModelDescriptor in evaluation mode.

    Called with (1, channels, H, W) in 0..1 it gives (1, channels, scale × H, scale × W). Raises BadInput.
    """
    library = spandrel()
    plain = library.canonicalize_state_dict(_unwrapped(dict(weights)))
    try:
        found = library.ModelLoader().load_from_state_dict(plain)
    except library.UnsupportedModelError as error:
        raise BadInput("The weights are of no upscaler that is known: get another one.") from error
    # Each kind reads its sizes off the tensors in its own way, and what is broken fails there in any.
    except Exception as error:
        raise BadInput("The weights are not those of the upscaler that their names tell of: get them again.") from error
    if not isinstance(found, library.ImageModelDescriptor):
        raise BadInput(f"{found.architecture.name} fills holes in pictures and enlarges none: choose an upscaler.")
    found.model.eval().requires_grad_(False)
    return found


def placed(found: Any, device: str, dtype: str) -> Any:
    """The same on that device, in that number format where this kind of network bears it."""
    bears = {"float16": found.supports_half, "bfloat16": found.supports_bfloat16}.get(dtype, True)
    return found.to(torch.device(device), getattr(torch, dtype) if bears else torch.float32)


def rrdbnet(features: int, blocks: int) -> nn.Module:
    """ESRGAN's generator ×4 (Wang et al. 2018, arXiv:1809.00219, §3.1), RGB in 0..1, dense blocks that grow by 32."""
    spandrel()
    kind = importlib.import_module("spandrel.architectures.ESRGAN").ESRGAN
    return kind(num_filters=features, num_blocks=blocks, scale=4)


def compact(features: int, layers: int) -> nn.Module:
    """Real-ESRGAN's small generator ×4 (Wang et al. 2021, arXiv:2107.10833; its "x4v3" models), RGB in 0..1: all layers
    at the small size, what they draw laid over the squares of the small picture's pixels."""
    spandrel()
    kind = importlib.import_module("spandrel.architectures.Compact").Compact
    return kind(num_feat=features, num_conv=layers, upscale=4)


def _unwrapped(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the dictionaries around the tensors: our reader joins their names by dots, and one file may hold the
    weights twice, as trained and averaged (`params_ema`), of which the averaged ones are meant for use."""
    for wrapper in ("params_ema.", "params-ema.", "params.", "model_state_dict.", "state_dict."):
        inside = {name[len(wrapper) :]: value for name, value in weights.items() if name.startswith(wrapper)}
        if inside:
            return inside
    return weights


@contextmanager
def _stand_in() -> Iterator[None]:
    try:
        importlib.import_module(_STANDS_IN_FOR[-1])
    except Exception:  # a torchvision of another torch fails in any way
        pass
    else:
        yield
        return
    broken = {name: sys.modules.pop(name) for name in [*sys.modules] if name.split(".")[0] == "torchvision"}
    modules = {name: ModuleType(name) for name in _STANDS_IN_FOR}
    functional: Any = modules[_STANDS_IN_FOR[-1]]
    functional.normalize, functional.rotate, functional.InterpolationMode = _normalize, _rotate, _InterpolationMode
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(broken)


class _InterpolationMode(Enum):
    NEAREST = "nearest"
    BILINEAR = "bilinear"


def _normalize(picture: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """(x - mean) / std for each channel of (..., C, H, W)."""
    mean, std = (torch.as_tensor(v, dtype=picture.dtype, device=picture.device).view(-1, 1, 1) for v in (mean, std))
    return picture.sub_(mean).div_(std) if inplace else (picture - mean) / std


def _rotate(*_given: Any, **_more: Any) -> Tensor:
    raise BadInput("Networks that turn their features need torchvision, and none that works is installed.")
