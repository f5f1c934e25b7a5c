"""Styles (LoRA) that go with a flow-matching transformer."""

from __future__ import annotations

from pathlib import Path

from models.families.diffusion.stable_diffusion_additions import NO_STYLE
from models.families.flow_matching.dit_folder import DitFolder
from models.store import additions


def found(path: Path, folder: DitFolder) -> dict[str, Path]:
    """Files of LoRA weights by name: those that say that they go with its base, and, of those put into the model's own
    folders, those that say nothing."""
    styles: dict[str, Path] = {}
    for one in additions.known(path, ("LoRA",)):
        if one.path.is_file() and one.fits(folder.base):
            styles.setdefault(one.name, one.path)
    styles.pop(NO_STYLE, None)
    return styles
