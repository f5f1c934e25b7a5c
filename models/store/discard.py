"""A model's files put into the system's bin, where they can be had back from."""

from __future__ import annotations

import re
from pathlib import Path

from models.protocol import BadInput, Found, ModelInfo
from models.store.recognising import layouts


def place(model: ModelInfo | Found) -> Path:
    """What goes into the bin: its file or folder; of the Hugging Face cache, everything that it keeps of the model."""
    path = Path(model.path)
    for folder in (path, *path.parents):
        if folder.name == "snapshots" and re.match(r"models--.+--.+", folder.parent.name):
            return folder.parent
    return path


def check(model: ModelInfo | Found, folders: list[str], *, others: bool) -> None:
    """Refuse what is not the person's to throw away by a slip. Raises BadInput.

    `folders` are the linked ones; `others` says that those of other programs are meant too.
    """
    if isinstance(model, ModelInfo) and model.starter:
        raise BadInput(f"{model.id} came with the program and stays.")
    path = place(model)
    theirs = next((folder for folder in folders if path.is_relative_to(folder)), "")
    if (theirs or path != Path(model.path)) and not others:
        whose = layouts.program(Path(theirs)) if theirs else layouts.HUB
        raise BadInput(
            f"{model.id} lies in a folder that other programs use too ({whose}): "
            "ask for it with --even-linked, to put it into the bin all the same."
        )


def to_bin(path: Path) -> None:
    """Move a file or folder into the system's bin. Raises BadInput where it has none for this disk."""
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError as error:
        why = (error.strerror or str(error) or "unknown").lower()
        raise BadInput(f"{path} could not be put into the bin ({why}), so it stays: delete it yourself.") from error
