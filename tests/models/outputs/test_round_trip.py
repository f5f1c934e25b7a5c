"""What was set comes back equal from every format of every medium, by our reading and without it."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from PIL import Image

from models.outputs import formats, read, write
from models.outputs.library import Library
from models.outputs.media import Media, Picture, Sound, Text, Video
from models.protocol import MEDIA, Request

SETTINGS = {
    "steps": 28, "guidance_scale": 7.0, "strength": 0.1 + 0.2, "tiny": 1e-7, "enlarge": True, "off": False,
    "scheduler": "DPM++ 2M Karras", "voice": 'a "quoted", <b>&amp; \\n voice', "words": "船 — «fjord» 🛥️", "none": "",
    "width": 64, "height": 48, "zero": 0, "negative": -3,
}  # fmt: skip
FORMATS = [(medium, kind.name) for medium in MEDIA for kind in formats.for_medium(medium)]


def media() -> dict[str, Media]:
    facts = {"critic's score": "0.83"}
    frames = np.zeros((4, 48, 64, 3), np.uint8)
    frames[:, 8:24, 8:24] = 200
    wave = np.sin(np.arange(12_000) / 20).astype(np.float32)
    return {
        "picture": Picture(Image.new("RGB", (64, 48), (200, 40, 30)), facts),
        "sound": Sound(wave, 24_000, facts),
        "video": Video(frames, 8.0, facts=facts),
        "text": Text("Once upon a time.\n\n-- \nnot the end\n", facts),
    }


def request() -> Request:
    return Request(
        "scenes", "/somewhere/scenes", "latent-diffusion", "text-to-picture",
        'first line\n"second", 日本の海 🛥️ --> <b>', "blurry, low: quality", 2**32 - 1,
        settings=SETTINGS, inputs={"picture": "/some where/ü.png"},
        history=(("user", "Hello?"), ("assistant", "船")), template="{first|second} line", negative_template="__bad__",
    )  # fmt: skip


# ── without our reading ───────────────────────────────────────────────────────


def _png(path: Path) -> str:
    with Image.open(path) as image:
        return image.text["everyform"]  # type: ignore[attr-defined]


def _xmp(path: Path) -> str:
    with Image.open(path) as image:
        packet = image.info["xmp"]
    found = next(ElementTree.fromstring(packet.decode()).iter("{urn:everyform:xmp#}record"))
    return found.text or ""


def _gif(path: Path) -> str:
    with Image.open(path) as image:
        return image.info["comment"].decode("ascii")


def _sndfile(path: Path) -> str:
    with soundfile.SoundFile(path) as file:
        return file.comment


def _zip(path: Path) -> str:
    with zipfile.ZipFile(path) as whole:
        told = json.loads(whole.read("settings.json"))
    assert (told.pop("fps"), told.pop("frames")) == (8.0, 4)
    return json.dumps(told)


def _bytes(path: Path) -> str:
    """From the file's very bytes: the JSON is in ASCII, and a container keeps a tag in one piece."""
    whole = path.read_bytes().decode("latin-1")
    begin = min(at for at in (whole.find('{"architecture"'), whole.find('{"everyform"')) if at >= 0)
    found, _ = json.JSONDecoder().raw_decode(re.sub(r"\x00.*", "", whole[begin:], flags=re.DOTALL))
    return json.dumps(found)


WITHOUT_US: dict[str, Callable[[Path], str]] = {
    "png": _png, "jpeg": _xmp, "webp": _xmp, "wav": _sndfile, "wav16": _sndfile, "wav32": _sndfile, "flac": _bytes,
    "ogg": _bytes, "mp3": _bytes, "mp4": _bytes, "webm": _bytes, "gif": _gif, "frames": _zip, "markdown": _bytes,
    "text": _bytes,
}  # fmt: skip


def test_every_format_has_a_reading_of_its_own_here() -> None:
    assert set(WITHOUT_US) == {name for _, name in FORMATS}


@pytest.mark.parametrize(("medium", "name"), FORMATS, ids=[name for _, name in FORMATS])
def test_settings_come_back_equal(tmp_path: Path, medium: str, name: str) -> None:
    path, made = write.save(media()[medium], request(), "Scenes", tmp_path / "outputs", name)
    found = read.read_settings(path)
    assert found is not None and found["source"] == "everyform" and found["unread"] == []
    assert _typed(read.bare(found)) == _typed(made)
    assert found["settings"] == SETTINGS and found["seed"] == 2**32 - 1
    assert _typed(json.loads(WITHOUT_US[name](path))) == _typed(json.loads(json.dumps(made)))
    # And from an index that is made from the file alone.
    library = Library(tmp_path / "library.sqlite3")
    assert library.rebuild(tmp_path / "outputs") == 1
    item = library.items()[0]
    assert item.medium == medium and _typed(dict(item.settings)) == _typed(json.loads(json.dumps(made)))


def _typed(value: Any) -> Any:
    """The same with the kind of every value, for 7 and 7.0 and True and 1 are equal to Python."""
    if isinstance(value, dict):
        return {key: _typed(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(held) for held in value]
    return type(value).__name__, value
