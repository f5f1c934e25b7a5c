"""Processors of transformers for texts, pictures and films, where only texts and pictures are wanted of them.

The part for films needs torchvision, which is no part of the program (its usual wheel breaks the CPU build of torch).
Pipelines that edit pictures by a language model's eyes never use it.
"""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from typing import Any


def torchvision_is_missing() -> bool:
    return importlib.util.find_spec("torchvision") is None


def wanted(library: str, name: str) -> bool:
    """Whether that class is a processor which could not be made as it is here."""
    if library != "transformers" or not name.endswith("Processor") or not torchvision_is_missing():
        return False
    import transformers

    made = getattr(transformers, name, None)
    return made is not None and "video_processor" in inspect.signature(made.__init__).parameters


def without_films(name: str) -> Any:
    """The processor class of that name, less what it needs for films."""
    import transformers

    plain: Any = getattr(transformers, name)

    def init(
        self: Any, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **more: Any
    ) -> None:
        # The library asks the class which parts it has, by these very arguments.
        plain.__init__(self, image_processor, tokenizer, None, chat_template=chat_template, **more)

    return type(name, (plain,), {"__init__": init, "__module__": plain.__module__})


def load(folder: Path, name: str) -> Any:
    """That processor from a model's folder. Raises what transformers raises."""
    return without_films(name).from_pretrained(folder, local_files_only=True)
