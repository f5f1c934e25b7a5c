"""Pictures with gigabytes of text in them are known before anything unpacks them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from models.outputs import packed, read
from models.protocol import BadInput


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
    assert not packed.too_many(picture(tmp_path / "few.png", few, "words", international=international))
    assert packed.too_many(picture(tmp_path / "many.png", many, "words", international=international))
    plain = picture(tmp_path / "plain.png", 40, "words", zip=False, international=international)
    assert not packed.too_many(plain)


def test_other_files_are_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "cut.png").write_bytes(picture(tmp_path / "a.png", 1, "words").read_bytes()[:40])
    assert not packed.too_many(tmp_path / "a.jpg") and not packed.too_many(tmp_path / "cut.png")
    with pytest.raises(OSError, match="gone"):
        packed.too_many(tmp_path / "gone.png")


def test_settings_are_not_read_from_a_bomb(tmp_path: Path) -> None:
    bomb = picture(tmp_path / "bomb.png", 3, "a" * 2_000_000)
    assert bomb.stat().st_size < 20_000
    with pytest.raises(BadInput):
        read.read_settings(bomb)
