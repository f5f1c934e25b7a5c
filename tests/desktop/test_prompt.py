"""The prompt's place: counting, what is not read, history on disk, undo, and pasted files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.aside import Aside
from desktop.prompt.box import WORDLESS, PromptBox
from desktop.prompt.history import MOST, History
from models import tokens
from models.families.diffusion.latent_diffusion import CARD
from models.protocol import ModelInfo

PATIENCE_MS = 10_000


@pytest.fixture
def box(qtbot: QtBot, home: Path) -> Iterator[PromptBox]:
    aside = Aside()
    box = PromptBox(aside, History())
    qtbot.addWidget(box)
    box.show()
    yield box
    aside.finish()


@pytest.fixture
def model(tiny_stable_diffusion: Path) -> ModelInfo:
    return ModelInfo("tiny", "Tiny", str(tiny_stable_diffusion), 1, "", False, CARD)


def test_tokens_are_counted_while_one_types(box: PromptBox, model: ModelInfo, qtbot: QtBot) -> None:
    box.set_model(model)
    qtbot.waitUntil(lambda: box.tokens.text() == "0 of 75 tokens", timeout=PATIENCE_MS)
    QTest.keyClicks(box.prompt, "a boat")
    qtbot.waitUntil(lambda: not box.tokens.text().startswith("0"), timeout=PATIENCE_MS)
    assert box.tokens.text().endswith("of 75 tokens")


def test_what_is_not_read_is_dimmed_and_said(box: PromptBox, model: ModelInfo, qtbot: QtBot) -> None:
    box.set_model(model)
    box.set_texts("🙂 a red sailboat, " * 60)
    qtbot.waitUntil(lambda: "not read" in box.tokens.text(), timeout=PATIENCE_MS)
    block = box.prompt.document().firstBlock()
    formats = block.layout().formats()
    assert len(formats) == 1
    assert formats[0].start + formats[0].length == block.length() - 1
    kept = block.text().encode("utf-16-le")[: formats[0].start * 2].decode("utf-16-le")
    assert len(kept) == tokens.count(model.path, CARD, box.prompt.text())[2]
    box.set_texts("a boat")
    qtbot.waitUntil(lambda: not box.prompt.document().firstBlock().layout().formats(), timeout=PATIENCE_MS)


def test_a_model_that_reads_no_negative_prompt_is_not_given_one(box: PromptBox, model: ModelInfo) -> None:
    box.set_model(model)
    box.set_texts("a boat", "rain")
    assert box.negative.isVisible()
    assert box.texts() == ("a boat", "rain")
    box.set_model(replace(model, card=replace(CARD, negative_prompt=False)))
    assert not box.negative.isVisible()
    assert box.texts() == ("a boat", "")
    box.set_model(model)
    assert box.texts() == ("a boat", "rain"), "and nothing is lost"


def test_a_broken_tokenizer_does_not_hinder_writing(
    box: PromptBox, model: ModelInfo, tmp_path: Path, qtbot: QtBot
) -> None:
    box.set_model(replace(model, path=str(tmp_path)))
    QTest.keyClicks(box.prompt, "a boat")
    assert box.texts()[0] == "a boat"


def test_past_prompts_come_with_alt_up_and_go_with_alt_down(box: PromptBox, qtbot: QtBot) -> None:
    for prompt in ("first", "second"):
        box.set_texts(prompt)
        box.remember()
    box.set_texts("being written")
    for key, text in (
        (Qt.Key.Key_Up, "second"),
        (Qt.Key.Key_Up, "first"),
        (Qt.Key.Key_Up, "first"),
        (Qt.Key.Key_Down, "second"),
        (Qt.Key.Key_Down, "being written"),
        (Qt.Key.Key_Down, "being written"),
    ):
        QTest.keyClick(box.prompt, key, Qt.KeyboardModifier.AltModifier)
        assert box.prompt.text() == text


def test_history_outlives_the_window_each_prompt_once(home: Path) -> None:
    history, write = History(), None
    for prompt in ("a", "b", "a", " ", *(f"n{k}" for k in range(MOST))):
        write = history.add(prompt) or write
    assert write is not None
    write()
    again = History()
    assert again.prompts == history.prompts
    assert len(again.prompts) == MOST
    assert again.prompts[0] == f"n{MOST - 1}"


def test_history_is_read_again_however_long_its_prompts_are_and_whatever_is_in_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, write = History(), None
    for prompt in ("half \ud83d of a letter", "a boat"):
        write = history.add(prompt) or write
    assert write is not None
    write()
    assert History().prompts == ("a boat", "half \ud83d of a letter")
    monkeypatch.setattr("desktop.prompt.history.MAX_BYTES", 200)
    for k in range(20):
        write = history.add(f"é{k} " * 4)
    assert write is not None
    write()
    again = History().prompts
    assert again and again == history.prompts and again[0].startswith("é19")


def test_what_is_written_over_a_past_prompt_is_what_newer_brings_back(home: Path) -> None:
    history = History()
    for prompt in ("oldest", "older", "old"):
        history.add(prompt)
    assert history.older("draft") == "old"
    assert history.older("old, and more") == "old"
    assert history.older("old") == "older"
    assert (history.newer(), history.newer()) == ("old", "old, and more")


@pytest.mark.parametrize("content", ["{", "3", '{"a": 1}', "[1, null]"])
def test_a_broken_history_begins_anew(home: Path, content: str) -> None:
    home.mkdir()
    (home / "prompts.json").write_text(content)
    assert History().prompts == ()


def test_history_is_found_by_typing(box: PromptBox, qtbot: QtBot) -> None:
    for prompt in ("a red boat at dawn", "a blue house", "a red house"):
        box.set_texts(prompt)
        box.remember()
    box.open_history()
    picker = box._picker
    assert picker.isVisible()
    QTest.keyClicks(picker.search, "red hou")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert box.prompt.text() == "a red house"
    box.set_texts("")
    box.open_history()
    QTest.keyClick(picker.search, Qt.Key.Key_Down)
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert box.prompt.text() == "a blue house"


def test_a_replaced_prompt_comes_back_with_undo(box: PromptBox) -> None:
    QTest.keyClicks(box.prompt, "mine")
    box.set_texts("theirs")
    QTest.keyClick(box.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text() == "mine"


def test_a_pasted_file_is_handed_on_and_text_is_text(box: PromptBox, qtbot: QtBot, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    with qtbot.waitSignal(box.media):
        box.prompt.insertFromMimeData(mime)
    assert box.prompt.text() == ""
    QGuiApplication.clipboard().setText("words")
    box.prompt.paste()
    assert box.prompt.text() == "words"


def test_a_model_without_words_says_so_and_dims_what_stands_there(box: PromptBox, qtbot: QtBot) -> None:
    wordless = replace(CARD, prompt_limit=0, tokenizer="", negative_prompt=False)
    box.set_texts("a red boat")
    box.set_model(ModelInfo("m", "M", "/m", 1, "", False, wordless))
    qtbot.waitUntil(lambda: box.tokens.text() == WORDLESS)
    assert not box.prompt.isEnabled()
    assert box.prompt.highlighter.end == 0
