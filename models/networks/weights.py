"""Networks of our own on disk: `config.json` says how to build one, `model.safetensors` holds its weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from models.protocol import BadInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    from models.store.files import Files

    N = TypeVar("N", bound="nn.Module")

CONFIG, WEIGHTS = "config.json", "model.safetensors"
_SCALE = "_scale"  # what compressed-tensors calls the numbers that a matrix of bytes is to be multiplied with


def save(network: nn.Module, folder: str | Path, architecture: str, *, short: bool = False, **config: Any) -> None:
    """Write a network, its floating weights in half precision, and what `__init__` needs to build it again.

    `short`: those of its matrices and filters as bytes, with a scale for each row. `config` is plain JSON; `read`
    gives it back. Several networks of one model lie in folders inside it.
    """
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(halved(network.state_dict(), short), folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps({"architecture": architecture, **config}, indent=1), encoding="utf-8")


def halved(weights: Mapping[str, Tensor], short: bool = False) -> dict[str, Tensor]:
    """Weights as `save` writes them."""
    made: dict[str, Tensor] = {}
    for name, value in weights.items():
        if short and value.is_floating_point() and value.ndim >= 2 and name + _SCALE not in weights:
            scale = value.detach().float().flatten(1).abs().amax(1).clamp(min=1e-12) / 127
            made[name + _SCALE] = scale.view(-1, *[1] * (value.ndim - 1)).contiguous().cpu()
            value = (value.float().cpu() / made[name + _SCALE]).round().char()
        made[name] = (value.half() if value.is_floating_point() else value).contiguous().cpu()
    return made


def read(files: Files, architecture: str, inside: str = "") -> dict[str, Any] | None:
    """The config of that architecture's network, in the folder `inside` where it is not the model's own.

    None where it is another's. Raises BadInput where its weights are missing.
    """
    before = f"{inside}/" if inside else ""
    if not files.exists(before + CONFIG):
        return None
    config = dict(files.json(before + CONFIG))
    if config.pop("architecture", None) != architecture:
        return None
    if not files.exists(before + WEIGHTS):
        raise BadInput(f"The model is not complete, {before}{WEIGHTS} is not there: get it again.")
    return config


def state_dict(path: str | Path) -> dict[str, Tensor]:
    """The tensors in a file of weights (.safetensors, or a torch checkpoint of nothing but tensors), in float32.

    Those in bytes are widened by the scales beside them (`save`).

    Raises BadInput where it holds anything else, and where scales are not those of their matrix.
    """
    from models.store.heads import pickled

    path = Path(path)
    if path.suffix.lower() in pickled.ENDINGS:
        found = pickled.state_dict(path)
    else:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            found = load_file(path)
        except (OSError, SafetensorError) as error:
            raise BadInput(f"{path.name} cannot be read as weights: get it again.") from error
    scales = {name.removesuffix(_SCALE): found.pop(name) for name in list(found) if _is_scale(name, found)}
    if wrong := next((name for name, scale in scales.items() if not _fits(scale, found[name])), ""):
        raise BadInput(f"{path.name} is broken: the scales of {wrong} are not those of its rows.")
    widened = {name: found[name].float() * scale.float() for name, scale in scales.items()}
    return {
        name: widened.get(name, value.float() if value.is_floating_point() else value) for name, value in found.items()
    }


def _is_scale(name: str, found: Mapping[str, Tensor]) -> bool:
    of = found.get(name.removesuffix(_SCALE)) if name.endswith(_SCALE) else None
    return of is not None and str(of.dtype) == "torch.int8"


def _fits(scale: Tensor, matrix: Tensor) -> bool:
    """Whether it can be multiplied with without growing: a row and a column of many numbers make a huge matrix."""
    return scale.ndim <= matrix.ndim and all(
        one in (1, other) for one, other in zip(scale.shape[::-1], matrix.shape[::-1], strict=False)
    )


def fill(network: N, weights: Mapping[str, Tensor], name: str) -> N:
    """Put weights into a network, which is then ready for use. Raises BadInput where they are not its own."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise BadInput(f"The weights in {name} are not those of the network that they should fill.") from error
    return network.eval().requires_grad_(False)


def load(build: Callable[..., N], folder: str | Path, config: Mapping[str, Any]) -> N:
    """The network in that folder, built from its config. Raises BadInput where either makes no sense."""
    folder = Path(folder)
    try:
        network = build(**config)
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadInput(
            f"{folder.name}/{CONFIG} describes no network that can be built: get the model again."
        ) from error
    return fill(network, state_dict(folder / WEIGHTS), f"{folder.name}/{WEIGHTS}")
