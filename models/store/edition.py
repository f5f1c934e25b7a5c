"""Which edition of the program recognises models: what it once found out holds for as long as this stays the same."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from models import cards, folders
from models.protocol import PACKAGE
from models.version import VERSION


def edition(package: str = PACKAGE) -> str:
    """A short text that changes with the program's version, its files, or those of the families in `package`.

    In the packaged program, whose files are one, the version tells it all. Imports no family.
    """
    digest = hashlib.blake2b(f"{VERSION} {cards.VERSION} {package}".encode(), digest_size=12)
    roots = [Path(__file__).resolve().parent.parent]
    spec = importlib.util.find_spec(package)
    roots += [Path(place).resolve() for place in (spec and spec.submodule_search_locations) or ()]
    tables = [child for child in _folders(folders.resources()) if child.name != "starter"]
    for root in (*dict.fromkeys(roots), *tables):
        for path, size, changed in sorted(_files(str(root))):
            digest.update(f"{path} {size} {changed}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _folders(root: Path) -> list[Path]:
    return sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else []


def _files(root: str) -> Iterator[tuple[str, int, int]]:
    """What may decide: source and tables."""
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name != "__pycache__"]
        for name in names:
            if name.endswith((".py", ".json", ".tsv")):
                found = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - hundreds of them at every start
                yield os.path.join(folder, name), found.st_size, found.st_mtime_ns  # noqa: PTH118
