"""Pictures as files, by Pillow, and what is made of several: a GIF that moves, a zip file of frames."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.outputs import embed
from models.outputs.formats import Format, find
from models.outputs.media import Picture, Video

if TYPE_CHECKING:
    from PIL.Image import Image

SETTINGS = "settings.json"  # in a zip file of frames, beside them
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold: the same frames, the same bytes


def encode(picture: Picture, kind: Format, record: Mapping[str, Any]) -> bytes:
    """The file's bytes, the record in them."""
    image = picture.image
    see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if kind.pillow == "JPEG" and see_through:
        from PIL import Image

        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
        see_through = False
    image = image.convert("RGBA" if see_through else "RGB")
    image.info = {}  # what came with a start picture (a camera's place and date) does not travel on
    options: dict[str, Any] = dict(kind.options)
    if kind.pillow == "PNG":
        options["pnginfo"] = embed.png(record)
    else:
        options |= {"exif": embed.exif(record), "xmp": embed.xmp(record)}
    buffer = io.BytesIO()
    image.save(buffer, kind.pillow, **options)
    return buffer.getvalue()


def write_gif(path: Path, video: Video, record: Mapping[str, Any]) -> None:
    """A GIF that goes round, each frame with the 256 colours that suit it. Its times are hundredths of a second."""
    ends = [round(100 * (k + 1) / video.fps) for k in range(len(video.frames))]
    # Browsers show what lasts less than two hundredths for ten.
    lasts = [10 * max(end - begin, 2) for begin, end in zip([0, *ends], ends, strict=False)]
    frames = _indexed(video)
    with path.open("wb") as file:
        next(frames).save(
            file, "GIF", save_all=True, append_images=frames, duration=lasts, loop=0, comment=embed.text(record)
        )


def write_frames(path: Path, video: Video, record: Mapping[str, Any]) -> None:
    """`00000.png` and on, the settings, and the sound as a WAV where there is one; stored, for a PNG packs itself."""
    from PIL import Image

    from models.outputs import streams

    told = json.dumps({**record, "fps": video.fps, "frames": len(video.frames)}, sort_keys=True, indent=1)
    with zipfile.ZipFile(path, "w") as whole:
        whole.writestr(zipfile.ZipInfo(SETTINGS, _LONG_AGO), told + "\n")
        for number, pixels in enumerate(video):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
            whole.writestr(zipfile.ZipInfo(f"{number:05}.png", _LONG_AGO), buffer.getvalue())
        if video.sound is not None:
            sound = path.with_suffix(".sound")
            try:
                streams.write_sound(sound, video.sound, find("wav", "sound"), record)
                whole.writestr(zipfile.ZipInfo("sound.wav", _LONG_AGO), sound.read_bytes())
            finally:
                sound.unlink(missing_ok=True)


def _indexed(video: Video) -> Iterator[Image]:
    from PIL import Image

    for pixels in video:
        yield Image.fromarray(pixels).quantize(256)
