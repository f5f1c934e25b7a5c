"""What a pipeline class is made of, by its annotations, read from diffusers' sources without importing them."""

from __future__ import annotations

import ast
import importlib.util
from functools import lru_cache
from pathlib import Path

ROOT = Path(importlib.util.find_spec("diffusers").submodule_search_locations[0])  # type: ignore[union-attr,index]


@lru_cache(maxsize=1)
def _classes() -> dict[str, tuple[Path, ast.ClassDef]]:
    found = {}
    for folder in ("pipelines", "models", "guiders"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, (file, node))
    return found


def parts(pipeline: str) -> dict[str, tuple[list[str], bool]]:
    """Each argument of its making: the classes that it may be, in order, and whether there is a default."""
    _, node = _classes()[pipeline]
    init = next(m for m in node.body if isinstance(m, ast.FunctionDef) and m.name == "__init__")
    plain = init.args.args[1:]
    none: list[ast.expr | None] = [None] * (len(plain) - len(init.args.defaults))
    found = {}
    for argument, default in zip(plain, none + list(init.args.defaults), strict=True):
        names = [n.id for n in ast.walk(argument.annotation) if isinstance(n, ast.Name)] if argument.annotation else []
        found[argument.arg] = (names, default is not None)
    return found


def module_of(name: str) -> str:
    """The module that a class of diffusers is in."""
    file, _ = _classes()[name]
    return ".".join(("diffusers", *file.relative_to(ROOT).with_suffix("").parts))
