"""Pictures with gigabytes of text in them are known before anything unpacks them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from models.outputs import formats, packed, read
from models.protocol import BadInput


def too_many(path: Path) -> bool:
    with path.open("rb") as file:
        return packed.too_many(file)


def picture(path: Path, texts: int, text: str, zip: bool = True, international: bool = False) -> Path:
    chunks = PngInfo()
    for k in range(texts):
        add = chunks.add_itxt if international else chunks.add_text
        add(f"text {k}", text, zip=zip)
    Image.new("RGB", (8, 8)).save(path, pnginfo=chunks)
    return path


@pytest.mark.parametrize("international", [False, True])
def test_packed_texts_are_counted(tmp_path: Path, international: bool) -> None:
    few, many = packed.MOST, packed.MOST + 1
    assert not too_many(picture(tmp_path / "few.png", few, "words", international=international))
    assert too_many(picture(tmp_path / "many.png", many, "words", international=international))
    plain = picture(tmp_path / "plain.png", 40, "words", zip=False, international=international)
    assert not too_many(plain)


def test_other_files_are_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "cut.png").write_bytes(picture(tmp_path / "a.png", 1, "words").read_bytes()[:40])
    assert not too_many(tmp_path / "a.jpg") and not too_many(tmp_path / "cut.png")


def test_a_frame_is_taken_out_of_a_zip_file_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bomb = picture(tmp_path / "good.png", 1, "words"), picture(tmp_path / "bomb.png", packed.MOST + 1, "words")
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as whole:
        whole.write(good, "00000.png")
        whole.write(bomb, "00001.png")
    with zipfile.ZipFile(tmp_path / "frames.zip") as whole:
        assert packed.frame(whole, "00000.png") == good.read_bytes()
        with pytest.raises(BadInput, match="00001"):
            packed.frame(whole, "00001.png")
        monkeypatch.setattr(formats, "MAX_FILE_BYTES", 10)
        with pytest.raises(BadInput, match="00000"):
            packed.frame(whole, "00000.png")


def test_settings_are_not_read_from_a_bomb(tmp_path: Path) -> None:
    bomb = picture(tmp_path / "bomb.png", 3, "a" * 2_000_000)
    assert bomb.stat().st_size < 20_000
    with pytest.raises(BadInput):
        read.read_settings(bomb)
