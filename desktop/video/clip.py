"""A film as a file that any frame can be asked of: by FFmpeg, or from a GIF or a zip file of frames. For one thread."""

from __future__ import annotations

import bisect
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from models.outputs import look, packed
from models.protocol import BadInput

Shown = Callable[[QSize], QImage]  # a decoded frame as a picture of that size
BEHIND = 24  # frames before the wanted one that come with it for certain
_REORDERED = 24  # frames that a decoder may hold back, for its threads and for those that are stored out of order


@dataclass(frozen=True)
class Facts:
    """What a film is: sizes in pixels, `fps` frames a second, `count` frames, whether it `sounds`."""

    path: str
    width: int
    height: int
    fps: float
    count: int
    sounds: bool = False

    @property
    def seconds(self) -> float:
        return self.count / self.fps


class Clip(Protocol):
    facts: Facts

    def read(self, frame: int) -> Iterator[tuple[int, Shown]]:
        """Frames up to this one, in order, as they are decoded on the way to it; it comes last, and the `BEHIND` before
        it are among them, unless they came the last time. Raises BadInput."""
        ...

    def array(self, frame: int) -> Any:
        """The frame as (height, width, 3) bytes of RGB. Raises BadInput."""
        ...

    def close(self) -> None: ...


def open_clip(path: str) -> Clip:
    """The film at `path`. Takes a while: any thread. Raises BadInput."""
    file = Path(path)
    if (found := look.container(file)) is not None:
        return _Encoded(file, found[1])
    if file.suffix.lower() == ".zip":
        return _Zipped(file)
    return _Still(file)


class _Encoded:
    """FFmpeg's: where each frame lies is read once, without decoding; from the key frame before it, it is decoded."""

    def __init__(self, path: Path, container: str) -> None:
        self._path, self._stack = path, ExitStack()
        try:
            self._file = self._stack.enter_context(look.opened(path, container))
            if not self._file.streams.video:
                raise BadInput(f"{path.name} holds no pictures: use a video.")
            self._stream: Any = self._file.streams.video[0]
            self._stream.thread_type = "AUTO"
            self._times, self._keys = self._index()
            if not self._times:
                raise BadInput(f"{path.name} holds no pictures: use a video.")
        except BaseException:
            self._stack.close()
            raise
        rate = float(self._stream.average_rate or 0) or 24.0
        size = self._stream.codec_context
        sounds = bool(self._file.streams.audio)
        self.facts = Facts(str(path), size.width, size.height, rate, len(self._times), sounds)
        self._places = {time: place for place, time in enumerate(self._times)}
        self._coming: Iterator[Any] = iter(())
        self._at: int | None = None  # the time of the frame that came last

    def _index(self) -> tuple[list[int], list[int]]:
        """The times of all frames as they are shown, and of those that need no other."""
        times, keys = [], []
        for packet in self._file.demux(self._stream):
            if packet.pts is not None and packet.size:
                times.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
        return sorted(set(times)), sorted(keys)

    def read(self, frame: int) -> Iterator[tuple[int, Shown]]:
        for place, found in self._decoded(frame):
            yield place, _scaler(found)

    def array(self, frame: int) -> Any:
        shown: Any = None
        for _, found in self._decoded(frame):
            shown = found
        if shown is None:
            raise BadInput(f"{self._path.name} is broken at frame {frame + 1}: use another file.")
        return shown.to_ndarray(format="rgb24")

    def close(self) -> None:
        self._stack.close()

    def _decoded(self, frame: int) -> Iterator[tuple[int, Any]]:
        target = self._times[frame]
        try:
            key = self._keys[max(bisect.bisect_right(self._keys, target) - 1, 0)] if self._keys else self._times[0]
            if self._at is None or target <= self._at or key > self._at:
                self._file.seek(key, stream=self._stream, backward=True)
                self._coming, self._at = self._file.decode(self._stream), key - 1
            context = self._stream.codec_context
            context.skip_frame = "NONREF" if self._far(frame) else "DEFAULT"
            for found in self._coming:
                if found.pts is None:
                    continue
                self._at = found.pts
                place = self._places.get(found.pts, bisect.bisect_right(self._times, found.pts) - 1)
                if not self._far(frame):
                    context.skip_frame = "DEFAULT"
                yield max(place, 0), found
                if found.pts >= target:
                    return
            self._at = None  # it has come to the end: from here on only a seek helps
        except (BadInput, MemoryError, GeneratorExit):
            raise
        except Exception as error:  # broken files raise almost anything
            self._at = None
            raise BadInput(f"{self._path.name} is broken at frame {frame + 1}: use another file.") from error

    def _far(self, frame: int) -> bool:
        """Whether the way is so long that frames which no other needs can be left out of it."""
        at = bisect.bisect_left(self._times, self._at) if self._at is not None else -1
        return frame - at > BEHIND + _REORDERED


class _Zipped:
    """A zip file of frames as we write it."""

    def __init__(self, path: Path) -> None:
        seen = look.at(path)
        if seen is None or not seen.fps:
            raise BadInput(f"{path.name} is no film that can be read: use MP4, WebM, GIF or frames that we wrote.")
        self._path = path
        self._zip = zipfile.ZipFile(path)
        self._names = sorted(name for name in self._zip.namelist() if name.endswith(".png"))
        first = self._image(0)
        self.facts = Facts(str(path), first.width(), first.height(), seen.fps, len(self._names))

    def read(self, frame: int) -> Iterator[tuple[int, Shown]]:
        yield frame, _resizer(self._image(frame))

    def array(self, frame: int) -> Any:
        import numpy as np
        from PIL import Image

        with Image.open(io.BytesIO(packed.frame(self._zip, self._names[frame])), formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"))

    def close(self) -> None:
        self._zip.close()

    def _image(self, frame: int) -> QImage:
        image = QImage()
        if frame < len(self._names):
            image.loadFromData(packed.frame(self._zip, self._names[frame]), "PNG")
        if image.isNull():
            raise BadInput(f"{self._path.name} is broken at frame {frame + 1}: use another file.")
        return image.convertToFormat(QImage.Format.Format_RGB32)


class _Still:
    """A GIF, whose frames stand on each other: all of them in memory."""

    def __init__(self, path: Path) -> None:
        from models.outputs import decode, read

        if read.seen(path).medium != "video":
            raise BadInput(f"{path.name} is no film: use MP4, WebM or a GIF that moves.")
        film = decode.video(path)
        self._frames: Any = film.frames
        height, width = self._frames[0].shape[:2]
        self.facts = Facts(str(path), width, height, film.fps, len(self._frames))

    def read(self, frame: int) -> Iterator[tuple[int, Shown]]:
        pixels = self._frames[frame]
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
        yield frame, _resizer(image.convertToFormat(QImage.Format.Format_RGB32))

    def array(self, frame: int) -> Any:
        return self._frames[frame]

    def close(self) -> None:
        self._frames = ()


def _scaler(frame: Any) -> Shown:
    def shown(size: QSize) -> QImage:
        # FFmpeg scales and changes colours in one go, outside of Python's lock.
        made = frame.reformat(width=size.width(), height=size.height(), format="bgra", interpolation="BILINEAR")
        plane = made.planes[0]
        image = QImage(bytes(plane), made.width, made.height, plane.line_size, QImage.Format.Format_RGB32)
        return image.copy()  # it must not point into the frame

    return shown


def _resizer(image: QImage) -> Shown:
    def shown(size: QSize) -> QImage:
        if size == image.size():
            return image
        return image.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        ).convertToFormat(QImage.Format.Format_RGB32)

    return shown
