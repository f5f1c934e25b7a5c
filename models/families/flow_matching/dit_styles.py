"""Styles (LoRA) that go with a flow-matching transformer."""

from __future__ import annotations

from pathlib import Path

from models.families.flow_matching.dit_folder import DitFolder
from models.store import additions


def found(path: Path, folder: DitFolder) -> dict[str, Path]:
    """Files of LoRA weights by name: those that say that they go with its base, and, of those put into the model's own
    folders, those that say nothing."""
    styles: dict[str, Path] = {}
    for one in additions.known(path, ("LoRA",)):
        says = one.identity.bases
        if one.path.is_file() and (folder.base in says if says and folder.base else one.near):
            styles.setdefault(one.name, one.path)
    styles.pop("none", None)
    return styles
