"""What is refused before a loader sees it: code beside the weights, pickles, and what the settings ask for."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from models.protocol import BadInput
from models.store import settings, templates
from models.store.heads.pickled import ENDINGS

# The endings of `pickled` are not among them: such files are read by a reader that runs nothing.
PICKLES = (".bin", ".pkl", ".pickle", ".joblib", ".npy", ".npz")
CODE = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib")
# Word lists, not settings: large, and nothing in them is ever looked up as a name of code.
_WORD_LISTS = re.compile(r"tokenizer\.json|tekken\.json|(.*[._-])?vocab([._-].*)?\.json")
# What a loader reads whole, and how large it may be: the largest word lists have 40 MB.
READ_WHOLE = (".json", ".txt", ".model", ".tiktoken", ".jinja", ".yaml", ".yml")
MAX_WHOLE_BYTES = 64 * 2**20
MAX_SETTINGS_BYTES = 24 * 2**20  # of all settings together: Python takes up to twenty-five times that


class View(Protocol):
    """What a check looks at; `models.store.files.Files` is one."""

    path: Path
    names: tuple[str, ...]
    adapted: dict[str, Path]

    def value(self, name: str) -> Any: ...

    def text(self, name: str) -> str: ...

    def size(self, name: str) -> int: ...

    def tensors(self, name: str) -> object: ...

    def notes(self, name: str) -> Any: ...


def check(files: View) -> None:
    """Refuse a hostile, unsafe or broken model. Raises BadInput with one sentence.

    Known ways that settings alone made a loader run code: `auto_map`, `trust_remote_code`,
    `_attn_implementation*` (CVE-2026-4372), a list as `_class_name` (CVE-2026-44513), a pipeline
    part from any installed library.
    """
    what = files.path.name
    told = 0
    for name in files.names:
        ending = PurePosixPath(name).suffix.lower()
        if ending in CODE:
            raise BadInput(
                f"{what} holds program code ({name}), which would run unseen: use a copy of the model without code."
            )
        if ending in READ_WHOLE and files.size(name) > MAX_WHOLE_BYTES:
            raise BadInput(f"{name} is too large for a model's settings or words ({files.size(name) >> 20:,} MB).")
        told += files.size(name) if _is_settings(PurePosixPath(name)) else 0
    if told > MAX_SETTINGS_BYTES:
        raise BadInput(f"The settings in {what} are too large for those of one model ({told >> 20:,} MB).")
    sound = {PurePosixPath(n).parent for n in files.names if n.lower().endswith((".safetensors", ".gguf"))}
    for name in files.names:
        place = PurePosixPath(name)
        ending = place.suffix.lower()
        _no_pickle(place, sound)
        if _is_settings(place):
            settings.check(name, files.value(name))
        elif ending == ".jinja":
            templates.check(files.text(name), name)
        elif ending == ".gguf":
            _check_gguf(files, name)
        elif ending == ".safetensors" or (ending in ENDINGS and place.parent not in sound):
            files.tensors(name)
    _no_stand_in(files)


def is_word_list(name: str) -> bool:
    """Whether a file of that name is one, and so may be large."""
    return _WORD_LISTS.fullmatch(PurePosixPath(name).name) is not None


def _is_settings(place: PurePosixPath) -> bool:
    return place.suffix.lower() == ".json" and not is_word_list(place.name)


def _no_pickle(place: PurePosixPath, sound: set[PurePosixPath]) -> None:
    """Pickles are refused where they would have to be read; beside safetensors they are only ignored."""
    if place.suffix.lower() in PICKLES and place.parent not in sound:
        raise BadInput(
            f"{place} is a pickle, a format that can run programs when it is opened, so it is not read: "
            "fetch the model as .safetensors, or convert it."
        )


def _check_gguf(files: View, name: str) -> None:
    for key, value in files.notes(name).items():
        if key.startswith("tokenizer.chat_template") and isinstance(value, str):
            templates.check(value, name)


def _no_stand_in(files: View) -> None:
    """Transformers loads the model that `adapter_config.json` names in the place of the weights beside it.

    Parts that we put together ourselves are read from a folder that has none.
    """
    names = set(files.names)
    for place in (PurePosixPath(name) for name in names if PurePosixPath(name).name == "adapter_config.json"):
        folder = place.parent
        weights = any(n.parent == folder and n.suffix == ".safetensors" and not n.name.startswith("adapter_model")
                      for n in map(PurePosixPath, names))  # fmt: skip
        if weights and str(folder / "config.json") in names and str(folder) not in files.adapted:
            what = files.path.name if folder == PurePosixPath() else f"{files.path.name}/{folder}"
            raise BadInput(
                f"{what} is a model and an addition to another one at once, which would be loaded in its "
                "place: put adapter_config.json and adapter_model.safetensors into a folder of their own."
            )
