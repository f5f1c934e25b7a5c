"""What a model's JSON files may not ask for: code of its own, parts from anywhere, files outside its folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from models.protocol import BadInput
from models.store import templates

# Where a pipeline's parts may come from: two libraries, and those of diffusers' pipelines that have parts of their own.
PART_LIBRARIES = {
    "diffusers", "transformers", "ace_step", "audioldm2", "deepfloyd_if", "flux", "ideogram4", "kandinsky",
    "kolors", "latent_diffusion", "ltx", "ltx2", "paint_by_example", "shap_e", "stable_audio", "stable_audio_3",
    "stable_cascade", "stable_diffusion", "unclip", "unidiffuser", "versatile_diffusion", "vq_diffusion", "wuerstchen",
}  # fmt: skip
# The ways to keep weights short that transformers and diffusers know by themselves (their quantizers/auto.py).
QUANTIZATIONS = {
    "aqlm", "auto-round", "awq", "bfl", "bitnet", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit",
    "compressed-tensors", "eetq", "fbgemm_fp8", "fouroversix", "fp8", "fp_quant", "gemma", "gguf", "gptq", "higgs",
    "hqq", "metal", "modelopt", "mxfp4", "mxfp8", "nunchaku_lite", "nvfp4", "quanto", "quark", "sdnq", "sinq",
    "spqr", "torchao", "vptq",
}  # fmt: skip
_INNER = ("_attn_implementation", "_experts_implementation")  # what is never written there by a library
_ATTENTION = ("eager", "sdpa", "flex_attention", "flash_attention_2", "flash_attention_3", "grouped_mm", "batched_mm")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def check(name: str, top: Any) -> None:
    """Refuse what the JSON file `name`, whose value is `top`, asks for. Raises BadInput with one sentence."""
    file = PurePosixPath(name).name
    if file == "model_index.json":
        _check_parts(top, name)
    if file.endswith(".index.json"):
        _check_shards(top, name)
    for key, value in _entries(top):
        wrong = _is_told if key.startswith(_INNER) else _HOSTILE.get(key)
        if key == "quantization_config" and (method := _unknown_quantization(value)):
            raise BadInput(
                f"{name} says that its weights are shortened in a way that is not known here ({method[:40]}): "
                "use another copy of the model."
            )
        if wrong and wrong(value):
            raise BadInput(f"{name} asks for code of its own ({key}), which is not run: use a model that needs none.")
        if key == "chat_template":
            for template in _texts(value):
                templates.check(template, name)


def _no_class(value: Any) -> bool:
    return not isinstance(value, str) or not _WORD.fullmatch(value)


def _foreign_class(value: Any) -> bool:
    return value is not None and _no_class(value)


def _foreign_attention(value: Any) -> bool:
    """A name with a slash is a kernel, compiled code from the hub."""
    inner = value.values() if isinstance(value, dict) else [value]
    return not all(one is None or one in _ATTENTION for one in inner)


def _foreign_library(value: Any) -> bool:
    """PEFT imports the library that an adapter says it is for."""
    library = value.get("parent_library") if isinstance(value, dict) else value
    return bool(value) and not str(library).startswith(("transformers.", "diffusers."))


def _unknown_quantization(value: Any) -> str:
    """The way in which weights are shortened, where it is none of the known ones but a plain name."""
    method = value.get("quant_method") if isinstance(value, dict) else None
    return method if isinstance(method, str) and method not in QUANTIZATIONS and _PLAIN_NAME.fullmatch(method) else ""


def _foreign_quantization(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is not None
    if "quant_method" in value and value["quant_method"] not in QUANTIZATIONS:
        return True
    return any(key in ("_type", "custom_module", "custom_modules") and _no_class(one) for key, one in _entries(value))


def _is_set(value: Any) -> bool:
    return bool(value)


def _is_told(value: Any) -> bool:
    # An old transformers wrote `_attn_implementation_autoset` with on or off into every config.
    return value is not None and not isinstance(value, bool)


# Each key that has made a library run code, or could, and which of its values are refused.
_HOSTILE: dict[str, Callable[[Any], bool]] = {
    "auto_map": _is_set,
    "custom_pipeline": _is_set,
    "custom_pipelines": _is_set,
    "custom_generate": _is_set,
    "kernel_config": _is_set,
    "trust_remote_code": lambda value: value not in (False, None),
    "attn_implementation": _foreign_attention,
    "experts_implementation": _foreign_attention,
    "_class_name": _no_class,
    "tokenizer_class": _foreign_class,
    "processor_class": _foreign_class,
    "image_processor_type": _foreign_class,
    "feature_extractor_type": _foreign_class,
    "video_processor_type": _foreign_class,
    "quantization_config": _foreign_quantization,
    "auto_mapping": _foreign_library,
    "megatron_config": _is_set,
    "megatron_core": lambda value: value not in (None, "megatron.core"),
}


def _check_parts(index: Any, name: str) -> None:
    if not isinstance(index, dict):
        raise BadInput(f"{name} is broken: it holds no JSON object.")
    for part, value in index.items():
        if part.startswith("_") or not isinstance(value, list) or all(isinstance(one, int | float) for one in value):
            continue  # a setting, not a part
        library, kind = value if len(value) == 2 else ("?", "?")
        if (library, kind) == (None, None):
            continue
        if library not in PART_LIBRARIES or _no_class(kind):
            raise BadInput(
                f"{name} wants its {part} from {library}, which is none of the known libraries, so it is not loaded: "
                "use a model made of diffusers' and transformers' own parts."
            )
        if not _PLAIN_NAME.fullmatch(part):
            raise BadInput(f"{name} has a part outside the model's folder ({part[:80]}): use another copy of it.")


def _check_shards(index: Any, name: str) -> None:
    """The files that an index names lie beside it."""
    shards = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(shards, dict):
        raise BadInput(f"{name} is broken: it holds no list of files.")
    for shard in shards.values():
        if not isinstance(shard, str) or not _PLAIN_NAME.fullmatch(shard):
            raise BadInput(f"{name} names a file outside the model's folder ({str(shard)[:80]}): use another copy.")


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value: a template, or several with their names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth, without recursion (the depth is the file's to choose)."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
