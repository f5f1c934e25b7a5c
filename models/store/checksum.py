"""Checksums of a model's weights: taken when it is added, compared when it is verified."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.protocol import BadInput
from models.store.files import Files

_CHUNK = 2**20
_WEIGHTS = (".safetensors", ".gguf")


def is_weights(name: str) -> bool:
    """Whether a file's checksum is kept: only the weights are too large to be looked through."""
    return name.lower().endswith(_WEIGHTS)


@dataclass(frozen=True)
class Verdict:
    """One file of one model: `ok` None where no checksum was ever recorded, and `reason` says what is wrong."""

    model: str
    file: str
    ok: bool | None
    reason: str = ""


def checksums(files: Files, progress: Callable[[int, int], None] | None = None) -> dict[str, str]:
    """SHA-256 of every file of weights, in hexadecimal, by name. Raises BadInput where one cannot be read."""
    weights = [name for name in files.names if is_weights(name)]
    total = sum(files.size(name) for name in weights)
    done = 0
    found: dict[str, str] = {}
    for name in weights:
        digest = hashlib.sha256()
        try:
            with files.full(name).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    done += len(chunk)
                    if progress is not None:
                        progress(done, total)
        except OSError as error:
            raise BadInput(f"{name} cannot be read to its end ({(error.strerror or 'unknown').lower()}).") from error
        found[name] = digest.hexdigest()
    return found


def verified(
    model: str, path: Path, sums: dict[str, str], progress: Callable[[int, int], None] | None = None
) -> Iterator[Verdict]:
    """Every weight of a model against its recorded checksums, in the order of their names; `progress` in bytes."""
    try:
        files = Files(path)
        found = checksums(files, progress)
    except BadInput as error:
        yield Verdict(model, str(path), False, str(error))
        return
    for name in sorted(set(found) | set(sums)):
        if name not in found:
            yield Verdict(model, name, False, "The file is missing: fetch the model again.")
        elif name not in sums:
            yield Verdict(model, name, None, "No checksum of it was recorded; its head is sound.")
        elif found[name] != sums[name]:
            yield Verdict(model, name, False, "The file has changed or is broken: fetch the model again.")
        else:
            yield Verdict(model, name, True)
