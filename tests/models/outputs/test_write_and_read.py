"""What is written is read back: by us, and by libraries that know nothing of us."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from models.outputs import formats, read, write
from models.outputs.media import Picture
from models.protocol import BadInput, Card, Parameter, Request

PIXELS = np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8)
SETTINGS = {"steps": 20, "guidance_scale": 6.5, "scheduler": "DPM++ 2M Karras", "width": 48, "height": 32}
PROMPTS = (
    "a red sailboat on a calm sea at sunset",
    "",
    '日本の海、赤い帆船 🛥️ — «fjord», "quoted", <b>&amp; \\n',
    "first line\nSteps: not the end\nlast: line, here",
    "bytes that were no text \udcff",
)


def request(prompt: str = PROMPTS[0], **changes: object) -> Request:
    values = {
        "model_id": "scenes",
        "model_path": "/somewhere/scenes",
        "architecture": "latent-diffusion",
        "task": "text-to-picture",
        "prompt": prompt,
        "negative_prompt": "blurry, low: quality",
        "seed": 42,
        "settings": SETTINGS,
    }
    return Request(**(values | changes))  # type: ignore[arg-type]


def picture() -> Picture:
    return Picture(Image.fromarray(PIXELS))


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_setting_comes_back(tmp_path: Path, prompt: str, format: str) -> None:
    path, record = write.save(picture(), request(prompt), "Scenes", tmp_path, format)
    found = read.read_settings(path)
    assert found is not None
    assert {name: found[name] for name in record} == record
    assert found["source"] == "everyform" and found["unread"] == []
    assert found["prompt"] == prompt.encode("utf-8", "replace").decode()
    assert "T" in found["created"]


def test_what_the_model_knows_of_it_lies_in_the_file(tmp_path: Path) -> None:
    made = Picture(Image.fromarray(PIXELS), {"critic's score": "0.83"})
    path, record = write.save(made, request("a boat"), "Scenes", tmp_path)
    found = read.read_settings(path)
    assert found is not None and found["facts"] == record["facts"] == {"critic's score": "0.83"}


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_others_find_the_parameters_and_the_source_type(tmp_path: Path, format: str) -> None:
    path, _ = write.save(picture(), request("ein Boot — 船"), "Scenes", tmp_path, format)
    data = path.read_bytes()
    assert b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in data
    with Image.open(path) as image:
        if format == "png":
            text = image.text["parameters"]  # type: ignore[attr-defined]
        else:
            comment = image.getexif().get_ifd(0x8769)[0x9286]
            assert comment[:8] == b"UNICODE\0"
            text = comment[8:].decode("utf-16-be")
        xmp = image.info["xmp"]
        assert np.asarray(image.convert("RGB")).shape == PIXELS.shape
    assert text.split("\n") == [
        "ein Boot — 船",
        "Negative prompt: blurry, low: quality",
        "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 42, Size: 48x32, Model: Scenes, "
        "Version: Everyform 0.1.0",
    ]
    tag = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    kind = next(ElementTree.fromstring(xmp.decode()).iter(tag))
    assert kind.text == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def test_a_png_keeps_every_pixel_and_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    first, _ = write.save(picture(), request(), "Scenes", tmp_path / "a")
    second, _ = write.save(picture(), request(), "Scenes", tmp_path / "b")
    assert first.name == second.name == "scenes-42-a-red-sailboat-on-a-calm-sea-at-sunset.png"
    assert first.read_bytes() == second.read_bytes()
    assert (np.asarray(Image.open(first)) == PIXELS).all()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first, _ = write.save(picture(), request(), "Scenes", tmp_path)
    before = first.read_bytes()
    other, _ = write.save(Picture(Image.new("RGB", (8, 8))), request(), "Scenes", tmp_path)
    assert other.name == first.stem + "-2.png" and first.read_bytes() == before


def test_a_camera_place_in_a_start_picture_does_not_travel_on(tmp_path: Path) -> None:
    start = Image.fromarray(PIXELS)
    start.info = {"exif": b"secret place", "comment": b"secret place", "icc_profile": b"secret place"}
    for format in ("png", "jpeg", "webp"):
        path, _ = write.save(Picture(start), request(), "Scenes", tmp_path, format)
        assert b"secret" not in path.read_bytes()


def test_transparency_is_kept_or_laid_on_white(tmp_path: Path) -> None:
    clear = Picture(Image.new("RGBA", (16, 16), (255, 0, 0, 0)))
    png, _ = write.save(clear, request(), "Scenes", tmp_path, "png")
    jpeg, _ = write.save(clear, request(), "Scenes", tmp_path, "jpg")
    assert read.open_picture(png).getpixel((3, 3)) == (255, 0, 0, 0)
    assert read.open_picture(jpeg).getpixel((3, 3)) == (255, 255, 255)


def test_a_prompt_too_long_for_a_jpeg_never_costs_the_picture(tmp_path: Path) -> None:
    path, _ = write.save(picture(), request("船" * 60_000), "Scenes", tmp_path, "jpeg")
    assert read.picture_size(path) == (48, 32)
    found = read.read_settings(path)
    assert found is not None and found["prompt"].startswith("船船船")


def test_names_are_plain_in_any_script() -> None:
    assert write.file_stem(request("", model_id="/some/folder/My Model v1.5")) == "my-model-v1-42"
    assert write.file_stem(request("../../etc/passwd: *?")) == "scenes-42-etc-passwd"
    assert write.file_stem(request("日本の海")) == "scenes-42-日本の海"
    assert len(write.file_stem(request("船" * 5000)).encode()) < 200


@pytest.mark.parametrize("kind", ["file", "missing-parent-file"])
def test_a_folder_that_is_a_file_is_said_so(tmp_path: Path, kind: str) -> None:
    (tmp_path / "taken").write_text("mine")
    target = tmp_path / "taken" if kind == "file" else tmp_path / "taken" / "deeper"
    with pytest.raises(BadInput, match=r"is a file or lies in one: choose a folder"):
        write.save(picture(), request(), "Scenes", target)
    assert (tmp_path / "taken").read_text() == "mine"


def test_unknown_formats_name_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="choose png, jpeg or webp"):
        write.save(picture(), request(), "Scenes", tmp_path, "gif")
    assert formats.find(".JPG", "picture").name == "jpeg"


# ── other programs' settings ──────────────────────────────────────────────────

A1111 = (
    "masterpiece, (boat:1.2)\nsecond line\nNegative prompt: blurry\nsecond negative\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 123456, Size: 512x768, "
    'Model hash: abc, Model: v1-5, Denoising strength: 0.55, Clip skip: 2, Lora hashes: "a: 1, b: 2", Version: v1.10'
)


def test_a1111_text_becomes_our_names() -> None:
    from models.outputs import a1111

    found = a1111.parse(A1111)
    assert found["prompt"] == "masterpiece, (boat:1.2)\nsecond line"
    assert found["negative_prompt"] == "blurry\nsecond negative"
    assert found["seed"] == 123456 and found["model_name"] == "v1-5"
    assert found["settings"] == {
        "steps": 28,
        "scheduler": "DPM++ 2M Karras",
        "guidance_scale": 7.0,
        "width": 512,
        "height": 768,
        "strength": 0.55,
    }
    assert found["unread"] == ["Clip skip: 2", "Lora hashes: a: 1, b: 2"]


def test_a1111_files_are_read_from_each_container(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text("parameters", A1111)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=chunks)
    for order, codec in ((">", "utf-16-be"), ("<", "utf-16-le")):
        exif = Image.Exif()
        exif.endian = order
        exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + A1111.encode(codec)
        Image.fromarray(PIXELS).save(tmp_path / f"{codec}.jpg", exif=exif.tobytes())
        Image.fromarray(PIXELS).save(tmp_path / f"{codec}.webp", exif=exif.tobytes())
    for path in tmp_path.glob("*.*"):
        found = read.read_settings(path)
        assert found is not None and found["source"] == "a1111", path
        assert found["seed"] == 123456 and found["settings"]["steps"] == 28


def test_our_own_parameters_text_survives_their_reader() -> None:
    from models.outputs import a1111

    record = write.record(request("a boat, at sea: calm"), "Scenes, the first: one")
    found = a1111.parse(a1111.text(record))
    assert found["prompt"] == "a boat, at sea: calm" and found["model_name"] == "Scenes, the first: one"
    assert found["settings"] == SETTINGS


CARD = Card(
    "latent-diffusion", "Latent diffusion", "diffusion", "picture", ("text-to-picture",),
    (
        Parameter("steps", "int", 20, "Steps", "", 1, 100),
        Parameter("width", "int", 128, "Width", "", 64, 512, multiple_of=8),
        Parameter("scheduler", "choice", "ddim", "Scheduler", "", choices=("ddim", "dpmpp_2m_karras")),
    ),
)  # fmt: skip


def test_settings_fit_a_card_and_what_does_not_is_named() -> None:
    from models.outputs import a1111

    taken, left = read.fit(a1111.parse(A1111) | {}, CARD)
    assert taken == {"steps": 28, "width": 512, "scheduler": "dpmpp_2m_karras"}
    assert any("Clip skip: 2" in text for text in left) and any("guidance_scale" in text for text in left)
    assert read.fit({"settings": {"width": 5000}}, CARD) == ({}, ["width is 5000, but must be from 64 to 512."])


# ── files that nobody vouches for ─────────────────────────────────────────────


def test_unreadable_files_are_one_sentence_each(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    whole, _ = write.save(picture(), request(), "Scenes", tmp_path)
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:-900])
    for name, says in (
        ("text.png", "is not a picture that can be read: use PNG, JPEG"),
        ("empty.png", "is not a picture"),
        ("half.png", "is not a picture"),
        ("missing.png", "There is no file"),
        (".", "is not a file"),
    ):
        with pytest.raises(BadInput, match=says) as caught:
            read.open_picture(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b""))
    text = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(50_000_000)))
    small = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    (tmp_path / "text.png").write_bytes(b"\x89PNG\r\n\x1a\n" + small + text + body + chunk(b"IEND", b""))
    for name in ("bomb.png", "text.png"):
        with pytest.raises(BadInput):
            read.read_settings(tmp_path / name)


def test_two_thousand_mutated_files_raise_nothing_but_bad_input(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    sources = [
        write.save(picture(), request(p), "S", tmp_path, f)[0] for p in PROMPTS[:3] for f in ("png", "jpeg", "webp")
    ]
    originals = [s.read_bytes() for s in sources]
    read_back = 0
    for turn in range(2000):
        data = bytearray(originals[turn % len(originals)])
        # Most of the metadata lies in the first kilobytes: mutate there.
        for at in random.integers(8, min(len(data), 2500), random.integers(1, 12)):
            data[at] = random.integers(0, 256)
        if turn % 5 == 0:
            del data[int(random.integers(8, len(data))) :]
        path = tmp_path / "mutated.bin"
        path.write_bytes(data)
        try:
            found = read.read_settings(path)
        except BadInput:
            continue
        if found is not None:
            read_back += 1
            assert isinstance(found["prompt"], str) and isinstance(found["settings"], dict)
            read.fit(found, CARD)
    assert read_back > 100  # otherwise nothing was tested but the checksum


def test_ten_thousand_mutated_texts_parse_or_are_left(tmp_path: Path) -> None:
    import json

    from models.outputs import a1111

    random = np.random.default_rng(11)
    ours = json.dumps(write.record(request(), "Scenes"))
    pieces = ['"', ":", ",", "\\", "{", "[", "\n", "NaN", "1e999", "-1", "Steps: ", "\0", "\ud800", "9" * 50]
    for turn in range(10_000):
        text = list(ours if turn % 2 else A1111)
        for at in random.integers(0, len(text), random.integers(1, 10)):
            text[at] = pieces[random.integers(0, len(pieces))]
        record = read._ours("".join(text)) if turn % 2 else a1111.parse("".join(text))
        if record is not None:
            json.dumps(record, allow_nan=False)
            read.fit(record, CARD)
    for hostile in (
        "[" * 100_000,
        '{"everyform":1,"settings":' + "[" * 100_000,
        'Steps: 1, a: "' * 20_000,
        ":" * 200_000,
    ):
        read._ours(hostile)
        a1111.parse(hostile)
