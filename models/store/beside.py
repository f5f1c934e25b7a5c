"""The parts that a transformer in one file goes with, where each lies in a file of its own: autoencoder and encoders.

So people keep them for other programs: beside it, or in folders beside its own that are named after what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.store import told
from models.store.files import Files
from models.store.recognising import layouts
from models.store.recognising.bases import FLUX, SD3
from models.store.recognising.identity import Identity

VAE, CLIP_L, CLIP_G, T5 = "vae", "clip_l", "clip_g", "t5xxl"
_WORDS = {
    VAE: "a VAE of sixteen channels", CLIP_L: "the text encoder CLIP-L", CLIP_G: "the text encoder CLIP-G",
    T5: "the text encoder T5-XXL",
}  # fmt: skip
_NEEDED = {SD3: (VAE, CLIP_L, CLIP_G), FLUX: (VAE, CLIP_L, T5)}
BASES = tuple(_NEEDED)
_OPTIONAL = {SD3: (T5,), FLUX: ()}
# The two autoencoders have the same shapes: what their files are called is all that there is to tell them apart.
_CALLED = {SD3: ("sd3", "sd35", "sd_3"), FLUX: ("flux", "ae")}
_FOLDERS = ("VAE", "Text encoder", "Transformer")
_MOST_FILES = 300


def find(files: Files, identity: Identity) -> tuple[dict[str, Path], list[str]]:
    """Files with the parts that are not in that single file, and in words what is nowhere: "a VAE".

    Of several that would do, the one whose name says that it goes with this base, then the nearest.
    """
    has = inside(files, identity)
    wanted = [part for part in (*_NEEDED[identity.base], *_OPTIONAL[identity.base]) if part not in has]
    found: dict[str, Path] = {}
    if wanted:
        for place in _candidates(files.path.absolute()):
            part = _part(place)
            if part in wanted and (part not in found or _named(place, identity) > _named(found[part], identity)):
                found[part] = place
    return found, [_WORDS[part] for part in _NEEDED[identity.base] if part not in has and part not in found]


def around(path: Path) -> tuple[Path, ...]:
    """The folders that are looked into, the nearest first."""
    home = path.absolute().parent
    return tuple(dict.fromkeys((home, *_named_folders(home), *_named_folders(home.parent))))


def inside(files: Files, identity: Identity) -> set[str]:
    """The parts that are in a checkpoint itself."""
    if identity.kind != "Checkpoint":
        return set()
    names = files.tensors(files.names[0])
    has = {part for part in (CLIP_L, CLIP_G, T5) if any(name.startswith(f"text_encoders.{part}.") for name in names)}
    return has | ({VAE} if any(name.startswith(("first_stage_model.", "vae.")) for name in names) else set())


def _candidates(path: Path) -> Iterator[Path]:
    """Safetensors files near it that may be parts, the nearest first."""
    for folder in around(path):
        try:
            files = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() == ".safetensors")
        except OSError:
            continue
        yield from (file for file in files[:_MOST_FILES] if file != path and file.is_file())


def _named_folders(parent: Path) -> list[Path]:
    try:
        return sorted(entry for entry in parent.iterdir() if layouts.hint(entry.name) in _FOLDERS and entry.is_dir())
    except OSError:
        return []


def _part(place: Path) -> str:
    """Which part the file is; empty where it is none, or broken."""
    what = told.identity(place)
    if what is None or what.role != "addition":
        return ""
    if what.kind == "VAE":
        return VAE if what.detail == "16 channels" else ""
    known = {"CLIP-L": CLIP_L, "CLIP-G": CLIP_G, "T5-XXL": T5}
    return known.get(what.detail, "") if what.kind == "Text encoder" else ""


def _named(place: Path, identity: Identity) -> bool:
    """Whether its name says that it goes with this base. "ae" is too short to be looked for inside of words."""
    stem = place.stem.lower()
    return any(stem == word or (len(word) > 2 and word in stem) for word in _CALLED[identity.base])
