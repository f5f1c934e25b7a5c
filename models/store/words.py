"""Where T5's word list lies: it may not be shipped, so it is looked for beside the models that read with it."""

from __future__ import annotations

from pathlib import Path

from models import folders

FILES = ("tokenizer.json", "spiece.model")
# Folders beside a file, or beside the folder that it lies in, that hold nothing else than T5's.
_BESIDE = ("t5", "t5xxl", "tokenizer_2", "tokenizer_3")


def t5(path: Path) -> Path | None:
    """The folder with T5's words for the model file at `path`: beside it, one level up, or in the program's own data;
    None where there is none."""
    near = [parent / name for parent in path.absolute().parents[:2] for name in _BESIDE]
    for folder in (*near, own()):
        if any((folder / name).is_file() for name in FILES):
            return folder
    # A word list of one file tells by its name alone whose it is where it lies among others.
    return path.absolute().parent if (path.absolute().parent / "spiece.model").is_file() else None


def around(path: Path) -> tuple[Path, ...]:
    """Where it was looked for."""
    parents = path.absolute().parents[:2]
    return (*parents, *(parent / name for parent in parents for name in _BESIDE), own())


def own() -> Path:
    """Where one list serves every model."""
    return folders.data() / "configs" / "t5"


def wanted() -> str:
    """What is missing without it, as `Match.missing` has it."""
    return f"T5's word list, which may not be shipped: put its spiece.model or tokenizer.json into {own()}"
