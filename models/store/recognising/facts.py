"""What a model's files say of it without being loaded: how many numbers it has and of which kind, and its licence."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from models.store.endings import GRAPH, WEIGHTS
from models.store.files import Files
from models.store.recognising.recognition import main_weights

# The lines between `---` at the head of a hub folder's README.md; long ones hold tables of measurements.
MAX_NOTES_BYTES = 64 * 2**10
_NF4 = ".quant_state.bitsandbytes__"
# What stands beside bitsandbytes' short weights and is none itself; and the scales of weights that are bytes.
_BESIDE = (".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", ".SCB", ".weight_format")
_SCALE, _BYTES = "_scale", ("I8", "F8_E4M3", "F8_E5M2")


def numbers(files: Files) -> dict[str, int]:
    """How many numbers of each kind ("BF16", "Q4_K") the model's networks have.

    A network that lies there in several formats counts once: by the one with most numbers in it.
    """
    variants: dict[str, Counter[str]] = {}
    sound = {PurePosixPath(n).parent for n in files.names if n.lower().endswith((".safetensors", ".gguf"))}
    for name in files.names:
        place = PurePosixPath(name)
        ending = place.suffix.lower()
        if sound and ending == GRAPH:  # the same network, exported
            continue
        if ending in WEIGHTS and (ending in (".safetensors", ".gguf") or place.parent not in sound):
            # unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors: the folder, the variant, the shard.
            key = f"{place.parent.as_posix()}/{re.sub(r'-[0-9]+-of-[0-9]+$', '', place.stem)}"
            variants.setdefault(key, Counter()).update(_in_file(files.tensors(name)))
    networks: dict[str, Counter[str]] = {}
    for key, counted in variants.items():
        folder = key.rpartition("/")[0]
        if counted.total() > networks.get(folder, Counter()).total():
            networks[folder] = counted
    return dict(sum(networks.values(), Counter()))


def _in_file(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> Counter[str]:
    """Numbers by kind. Those of bitsandbytes' 4 bits lie two in a byte, and a note beside each says so."""
    short = {name.partition(_NF4)[0]: name.partition(_NF4)[2] for name in tensors if _NF4 in name}
    counted: Counter[str] = Counter()
    for name, (dtype, shape) in tensors.items():
        if name in short:
            counted[short[name].upper()] += 2 * math.prod(shape)
        elif _NF4 not in name and not name.endswith(_BESIDE) and not _is_scale(name, tensors):
            counted[dtype] += math.prod(shape)
    return counted


def _is_scale(name: str, tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> bool:
    return name.endswith(_SCALE) and tensors.get(name.removesuffix(_SCALE), ("",))[0] in _BYTES


def precision(counted: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Kinds of number by their share from 0 to 1, the most frequent first."""
    total = sum(counted.values())
    if not total:
        return ()
    return tuple((kind, round(n / total, 4)) for kind, n in sorted(counted.items(), key=lambda item: -item[1]) if n)


def licence(files: Files) -> str:
    """The licence that the model's own files name; empty where none does. Never raises: it is only told."""
    if files.path.is_dir():
        notes = card_notes(files)
        told = notes.get("license_name") if notes.get("license") in (None, "other") else None
        if said := _text(told or notes.get("license")):
            return said
        if files.exists("model_index.json") and (said := _text(files.json("model_index.json").get("license"))):
            return said
    weights = main_weights(files)
    own = files.notes(weights) if weights else {}
    for key in ("general.license", "modelspec.license", "license"):
        if said := _text(own.get(key)):
            return said
    return ""


def card_notes(files: Files) -> dict[str, Any]:
    """What stands between the two `---` at the head of README.md, as hub folders have it; empty where nothing does."""
    name = next((name for name in files.names if name.lower() == "readme.md"), "")
    if not name:
        return {}
    try:
        with files.full(name).open("rb") as file:
            text = file.read(MAX_NOTES_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    found = re.match(r"---\r?\n(.*?)\r?\n---\s", text, re.DOTALL)
    return _yaml(found[1]) if found else {}


def _yaml(text: str) -> dict[str, Any]:
    """A plain YAML object. One that refers to itself can take for ever, so none that does is read."""
    import yaml

    class Plain(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("it refers to itself")
            return super().compose_node(parent, index)

    try:
        value = yaml.load(text, Loader=Plain)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, AttributeError, KeyError, TypeError):
        return {}
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """One line of it, where it is text; the first of several."""
    if isinstance(value, list) and value:
        value = value[0]
    return " ".join(value.split())[:120] if isinstance(value, str) else ""
