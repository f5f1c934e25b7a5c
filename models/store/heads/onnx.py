"""The head of an ONNX file: what its graph takes and gives, its tensors' shapes, and whose operators it asks for."""

from __future__ import annotations

import mmap
from pathlib import Path, PurePosixPath

from models.protocol import BadInput
from models.store.endings import GRAPH as ENDING  # noqa: F401 - this is where the readers look for it
from models.store.heads.onnx_walk import Graph as Graph
from models.store.heads.onnx_walk import Port as Port
from models.store.heads.onnx_walk import Reader
from models.store.heads.protobuf import Broken, Message
from models.store.home import at_home


def graph(path: str | Path) -> Graph:
    """The head of that file. Raises BadInput where it is broken: every length must lie within the file, and every
    tensor have as many numbers as its shape says, here or in the other file that it names."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if not size:
                raise Broken("it is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return Reader().model(Message(data, 0, size))  # type: ignore[arg-type]
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except Broken as why:
        raise BadInput(f"{path.name} is broken or is no ONNX file ({why}): fetch it again.") from None


def read(data: bytes) -> Graph:
    """The same of a model in memory. Raises Broken."""
    return Reader().model(Message(data, 0, len(data)))


def beside(path: Path, found: Graph) -> None:
    """Refuse a graph whose other files are missing, too short or in another place, and one with operators of others.

    Raises BadInput with one sentence. What lies beyond the model's folder is never opened.
    """
    if found.strange:
        raise BadInput(
            f"{path.name} needs operators of another program ({', '.join(found.strange[:3])}), which are no part of "
            "onnxruntime: export it with standard operators alone."
        )
    home = path.parent.resolve()
    sizes: dict[str, int] = {}
    for part in found.outside:
        if part.location not in sizes:
            sizes[part.location] = _size(path, home, part.location)
        if part.offset + part.length > sizes[part.location]:
            raise BadInput(f"{part.location} beside {path.name} is shorter than the weights in it: fetch it again.")


def _size(path: Path, home: Path, location: str) -> int:
    place = PurePosixPath(location)
    plain = location.isprintable() and "\\" not in location and ":" not in location and bool(place.parts)
    if not plain or place.is_absolute() or ".." in place.parts:
        raise BadInput(f"{path.name} keeps weights in a file outside its folder, which is not opened: get it whole.")
    other = home / place
    if not at_home(other.resolve(), home):
        raise BadInput(f"{path.name} keeps weights in a file outside its folder, which is not opened: get it whole.")
    if not other.is_file():
        raise BadInput(f"{path.name} keeps its weights in {location}, which is not beside it: put them together.")
    return other.stat().st_size
