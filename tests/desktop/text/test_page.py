"""The page: written on by both, one undo for each, kept, exported and good to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.aside import Aside
from desktop.text import pace
from desktop.text.page import column
from desktop.text.tally import Tally
from desktop.text.work import TextWork
from desktop.work import Wanted
from models.outputs import read
from models.protocol import Token
from tests.desktop.text.conftest import MODEL, request, write
from tests.desktop.text.hands import stand, told
from tests.desktop.text.story import OPENING, STORY, tokens


def test_it_goes_on_at_the_cursor_in_one_step_of_undo(work: TextWork) -> None:
    page = work.sheet.page
    page.put(OPENING + "  ")
    wanted = work.wanted()
    assert wanted is not None and wanted.task == "continue" and wanted.prompt == OPENING and wanted.count == 1
    work.begin(request(wanted))
    assert page.text() == OPENING + "  " and page.isReadOnly()
    for token in tokens(" The sea rose."):
        work.show_preview(token)
    assert page.text() == OPENING + "  The sea rose." and work.busy
    work.end(True)
    assert not page.isReadOnly() and not work.busy
    page.undo()
    assert page.text() == OPENING + "  "
    page.redo()
    assert page.text() == OPENING + "  The sea rose."
    page.undo()
    page.undo()
    assert page.text() == ""


def test_it_goes_on_in_the_middle_and_what_follows_stays(work: TextWork) -> None:
    work.sheet.page.put("One. Three.")
    stand(work, " Three")
    wanted = work.wanted()
    assert wanted is not None and wanted.prompt == "One."
    write(work, wanted, tokens(" Two."))
    assert work.sheet.page.text() == "One. Two. Three."


def test_what_is_stopped_stays_as_far_as_it_came(work: TextWork) -> None:
    work.sheet.page.put(OPENING)
    wanted = work.wanted()
    assert wanted is not None
    write(work, wanted, tokens(" The sea"), done=False)
    assert work.sheet.page.text() == OPENING + " The sea"


def test_what_the_person_types_is_no_models_word(work: TextWork) -> None:
    told(work)
    stand(work, "orm had")
    QTest.keyClicks(work.sheet.page, "xx")
    assert work.sheet.page.pieces.at(work.sheet.page.textCursor().position() - 3) is None
    assert "stxxorm had" in work.sheet.page.text()
    stand(work, "had not")
    piece = work.sheet.page.pieces.at(work.sheet.page.textCursor().position())
    assert piece is not None and piece.word == "had"


def test_the_column_is_good_to_read_at_every_width(work: TextWork) -> None:
    told(work)
    for width in (700, 980, 1900):
        work.resize(width, 640)
        QTest.qWait(0)
        page = work.sheet.page
        assert page.viewport().width() <= column(page) + 16
        block = page.document().firstBlock().layout()
        longest = max(block.lineAt(k).textLength() for k in range(block.lineCount()))
        assert longest <= 78


def test_words_from_elsewhere_get_a_paragraph_and_nothing_is_lost(work: TextWork) -> None:
    work.sheet.page.put(OPENING)
    work.begin(request(Wanted("Tell a story about a balloon.", task="continue")))
    for token in tokens(" It rose."):
        work.show_preview(token)
    work.end(True)
    assert work.sheet.page.text() == f"{OPENING}\n\nTell a story about a balloon. It rose."


def test_a_file_is_shown_and_undo_brings_the_page_back(work: TextWork, qtbot: QtBot, tmp_path: Path) -> None:
    from models.outputs import write as out
    from models.outputs.media import Text
    from models.protocol import Request

    path, _ = out.save(Text(" and so on."), Request("m", "m", "llm", "continue", "Once"), "M", tmp_path)
    work.sheet.page.put(OPENING)
    with qtbot.waitSignal(work.shown):
        work.show_file(str(path))
    assert work.sheet.page.text() == "Once and so on." and work.path == str(path)
    work.undo()
    assert work.sheet.page.text() == OPENING
    work.sheet.page.redo()
    work.sheet.page.put(" More.")
    with qtbot.waitSignal(work.shown):  # it is there already: the page is left alone
        work.show_file(str(path))
    assert work.sheet.page.text() == "Once and so on. More."
    with qtbot.waitSignal(work.notice) as said:
        work.show_file(str(tmp_path / "gone.md"))
    assert "gone.md" in said.args[0]


def test_an_empty_page_leaves_the_words_to_the_window(work: TextWork) -> None:
    wanted = work.wanted()
    assert wanted is not None and wanted.prompt is None and wanted.task == "continue"
    work.begin(request(Wanted("The sea was", task="continue")))
    work.show_preview(Token(" calm."))
    work.end(True)
    assert work.sheet.page.text() == "The sea was calm."


@pytest.mark.parametrize("name", ["story.md", "story.txt"])
def test_it_is_exported(work: TextWork, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    told(work)
    work._record = {"everyform": 1, "prompt": OPENING, "seed": 7}
    with qtbot.waitSignal(work.notice) as said:
        work.export(str(tmp_path / name))
    assert name in said.args[0]
    assert read.open_text(tmp_path / name) == OPENING + STORY + "\n"
    found = read.read_settings(tmp_path / name)
    if name.endswith(".md"):
        assert found is not None and found["seed"] == 7
    else:
        assert (tmp_path / name).read_text("utf-8") == OPENING + STORY + "\n"


def test_it_is_there_again_at_the_next_start(open_work: Callable[[], TextWork]) -> None:
    first = open_work()
    told(first)
    stand(first, "storm")
    first.finish()
    second = open_work()
    assert second.sheet.page.text() == OPENING + STORY
    assert second.sheet.page.textCursor().position() == first.sheet.page.textCursor().position()
    assert not second.sheet.page.document().isUndoAvailable()


def test_what_was_counted_is_not_counted_again(qapp: object) -> None:
    class Counts(Aside):
        def run(self, work: object, then: Callable[[object], None]) -> None:
            asked.append(then)

    asked: list[Callable[[object], None]] = []
    said: list[str] = []
    text = "The sea"
    parent = QObject()
    tally = Tally(Counts(), lambda: text, parent)
    tally.told.connect(said.append)
    tally.set_model(replace(MODEL, card=replace(MODEL.card, tokenizer=".")))
    tally.count()
    tally.count()  # the cursor was moved
    assert len(asked) == 1 and said == ["2 words"]
    asked[0]((3, 3))
    assert said[-1] == "2 words · 3 tokens"
    text = "The sea was calm"
    tally.count()
    asked[0]((9, 9))  # of what is no longer there
    assert said[-1] == "4 words"
    asked[1]((5, 5))
    assert said[-1] == "4 words · 5 tokens" and len(asked) == 2


def test_how_fast_and_how_much_is_told(work: TextWork) -> None:
    seconds = iter([0.0, 0.02, 0.04, 0.06, 0.08]).__next__
    work.sheet.page.put("The")
    wanted = work.wanted()
    assert wanted is not None
    work.begin(request(wanted))
    work.tally.pace = pace.Pace(seconds)
    for token in tokens(" sea rose over it"):
        work.show_preview(token)
    assert work.captions.caption.text().startswith("50 tokens a second · 4 written")
    work.end(True)
    work.tally.count()
    assert "5 words" in work.captions.caption.text()
    assert pace.words("The sea’s well-kept lamp: 2 of them, naïve.") == 8


def test_escape_and_the_word_stop_it(work: TextWork, qtbot: QtBot) -> None:
    work.sheet.page.put("The")
    wanted = work.wanted()
    assert wanted is not None and not work.captions.stop.isEnabled()
    work.begin(request(wanted))
    with qtbot.waitSignal(work.stop_wanted):
        QTest.keyClick(work.sheet.page, Qt.Key.Key_Escape)
    with qtbot.waitSignal(work.stop_wanted):
        QTest.mouseClick(work.captions.stop, Qt.MouseButton.LeftButton)
    QTest.keyClicks(work.sheet.page, "x")
    assert work.sheet.page.text() == "The"


def test_an_empty_page_says_one_thing_and_begins_at_once(work: TextWork, asked: list[Wanted], qtbot: QtBot) -> None:
    work.set_empty("Write a beginning, or take one.", "Begin a story", ("The sea was",))
    empty = work.sheet.empty
    assert empty.isVisible()
    with qtbot.waitSignal(work.empty_acted):
        QTest.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(empty.suggestions[0], Qt.MouseButton.LeftButton)
    assert asked.pop().prompt == "The sea was" and work.sheet.page.text() == "The sea was" and not empty.isVisible()
