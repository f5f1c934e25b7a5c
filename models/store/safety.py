"""What is refused before a loader sees it: code beside the weights, settings that make a library run code, pickles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from models.protocol import BadInput
from models.store.pickled import ENDINGS

# The endings of `pickled` are not among them: such files are read by a reader that runs nothing.
PICKLES = (".bin", ".pkl", ".pickle", ".joblib", ".npy", ".npz")
CODE = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib")
# Libraries that a pipeline's parts may come from; the last two are what the first folders called diffusers' own.
PART_LIBRARIES = ("diffusers", "transformers", "stable_diffusion", "latent_diffusion")
# Word lists, not settings: large, and nothing in them is ever looked up as a name of code.
_WORD_LISTS = ("tokenizer.json", "vocab.json")


class View(Protocol):
    """What a check looks at; `models.store.files.Files` is one."""

    path: Path
    names: tuple[str, ...]

    def value(self, name: str) -> Any: ...

    def json(self, name: str) -> dict[str, Any]: ...

    def tensors(self, name: str) -> object: ...


def check(files: View) -> None:
    """Refuse a hostile, unsafe or broken model. Raises BadInput with one sentence.

    Known ways that settings alone made a loader run code: `auto_map`, `trust_remote_code`,
    `_attn_implementation*` (CVE-2026-4372), a list as `_class_name` (CVE-2026-44513), a pipeline
    part from any installed library.
    """
    what = files.path.name
    for name in files.names:
        if PurePosixPath(name).suffix.lower() in CODE:
            raise BadInput(
                f"{what} holds program code ({name}), which would run unseen: use a copy of the model without code."
            )
    sound = {PurePosixPath(n).parent for n in files.names if n.lower().endswith((".safetensors", ".gguf"))}
    for name in files.names:
        place = PurePosixPath(name)
        _no_pickle(place, sound)
        if place.suffix.lower() == ".json" and place.name not in _WORD_LISTS:
            _check_json(files, name)
        elif place.suffix.lower() == ".safetensors" or (place.suffix.lower() in ENDINGS and place.parent not in sound):
            files.tensors(name)


def _no_pickle(place: PurePosixPath, sound: set[PurePosixPath]) -> None:
    """Pickles are refused where they would have to be read; beside safetensors they are only ignored."""
    if place.suffix.lower() in PICKLES and place.parent not in sound:
        raise BadInput(
            f"{place} is a pickle, a format that can run programs when it is opened, so it is not read: "
            "fetch the model as .safetensors, or convert it."
        )


def _check_json(files: View, name: str) -> None:
    top = files.value(name)
    if PurePosixPath(name).name == "model_index.json":
        _check_parts(files.json(name), name)
    for key, value in _entries(top):
        if _hostile(key, value):
            raise BadInput(f"{name} asks for code of its own ({key}), which is not run: use a model that needs none.")


def _hostile(key: str, value: Any) -> bool:
    if key == "auto_map":
        return bool(value)
    if key == "trust_remote_code":
        return value not in (False, None)
    if key == "_attn_implementation_autoset":  # an old transformers wrote this into every config
        return not isinstance(value, bool)
    if key.startswith("_attn_implementation"):
        return value is not None
    if key == "_class_name":
        return not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]\w*", value)
    return False


def _check_parts(index: dict[str, Any], name: str) -> None:
    for part, value in index.items():
        if part.startswith("_") or not isinstance(value, list):
            continue
        library, kind = value if len(value) == 2 else ("?", "?")
        if (library, kind) == (None, None):
            continue
        if library not in PART_LIBRARIES or not isinstance(kind, str) or not re.fullmatch(r"[A-Za-z_]\w*", kind):
            raise BadInput(
                f"{name} wants its {part} from {library}, which is none of the known libraries, so it is not loaded: "
                "use a model made of diffusers' and transformers' own parts."
            )


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
