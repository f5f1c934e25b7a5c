"""The page: written on by both, a span made again with the rest unchanged, another word taken, one undo for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.text import pace, place
from desktop.text.page import column
from desktop.text.work import TextWork
from desktop.work import Wanted
from models.outputs import read
from models.protocol import Token
from tests.desktop.text.conftest import request, write
from tests.desktop.text.story import OPENING, STORY, tokens

MIDDLE = "“Stay until the morning,” said Mira, because the storm had not yet reached the bay."


def told(work: TextWork) -> None:
    """A story on the page: the opening the person's, the rest the model's."""
    work.sheet.page.put(OPENING)
    wanted = work.wanted()
    assert wanted is not None
    write(work, wanted, tokens(STORY))


def mark(work: TextWork, text: str) -> None:
    whole = work.sheet.page.text()
    start = place.units(whole[: whole.index(text)])
    cursor = work.sheet.page.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(start + place.units(text), QTextCursor.MoveMode.KeepAnchor)
    work.sheet.page.setTextCursor(cursor)


def stand(work: TextWork, before: str) -> None:
    cursor = work.sheet.page.textCursor()
    cursor.setPosition(place.units(work.sheet.page.text().split(before)[0]))
    work.sheet.page.setTextCursor(cursor)


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


@pytest.mark.parametrize("before", ["", "\U0001f6e5\ufe0f Ahoy. "])
def test_a_marked_part_is_made_again_and_the_rest_is_unchanged(
    work: TextWork, asked: list[Wanted], before: str
) -> None:
    work.sheet.page.put(before)
    told(work)
    whole = work.sheet.page.text()
    mark(work, MIDDLE)
    QTest.mouseClick(work.captions.again, Qt.MouseButton.LeftButton)
    wanted = asked.pop()
    first, _, last = whole.partition(" " + MIDDLE)
    assert wanted.prompt == first and wanted.seed is not None
    assert 15 <= wanted.settings["max_new_tokens"] <= 24  # 15 words stood there
    work.begin(request(wanted))
    assert work.sheet.page.text() == whole
    for token in tokens(" “Wait,” she said, for the wind was rising fast. And then he"):
        work.show_preview(token)
    work.end(True)
    # It ends where a sentence does, as what stood there did.
    assert work.sheet.page.text() == first + " “Wait,” she said, for the wind was rising fast." + last
    work.undo()
    assert work.sheet.page.text() == whole


def test_without_a_mark_it_is_the_cursors_sentence(work: TextWork, asked: list[Wanted]) -> None:
    told(work)
    stand(work, "storm")
    assert work.sheet.weighed.part.text() == "Make this sentence again"
    QTest.mouseClick(work.sheet.weighed.part, Qt.MouseButton.LeftButton)
    assert (asked.pop().prompt or "").endswith("harbour wall.")
    mark(work, "red sail")
    assert work.sheet.weighed.part.text() == "Make this part again"


def test_a_part_that_is_stopped_or_fails_is_as_it_was(work: TextWork, asked: list[Wanted]) -> None:
    told(work)
    whole = work.sheet.page.text()
    mark(work, MIDDLE)
    work.again()
    write(work, asked.pop(), tokens(" Some other"), done=False)
    assert work.sheet.page.text() == whole
    work.again()
    write(work, asked.pop(), [], done=False)
    assert work.sheet.page.text() == whole


def test_what_is_stopped_stays_as_far_as_it_came(work: TextWork) -> None:
    work.sheet.page.put(OPENING)
    wanted = work.wanted()
    assert wanted is not None
    write(work, wanted, tokens(" The sea"), done=False)
    assert work.sheet.page.text() == OPENING + " The sea"


def test_a_part_that_comes_out_the_same_is_told(work: TextWork, asked: list[Wanted], qtbot: QtBot) -> None:
    told(work)
    mark(work, MIDDLE)
    work.again()
    with qtbot.waitSignal(work.notice) as said:
        write(work, asked.pop(), tokens(" " + MIDDLE))
    assert "the likeliest words were taken again" in said.args[0]


def test_a_word_that_is_pointed_at_shows_what_was_weighed(work: TextWork, qtbot: QtBot) -> None:
    told(work)
    page = work.sheet.page
    stand(work, "storm")
    here = page.cursorRect().center() + QPoint(6, 0)
    stand(work, "red sail")
    with qtbot.waitSignal(page.looked_at) as looked:
        QTest.mouseMove(page.viewport(), here)
    assert looked.args[0].word == "storm"
    panel = work.sheet.weighed
    assert panel.title.text() == "At “storm”, the model weighed"
    rows = [row for row in panel.rows if row.isVisible()]
    assert [row.word for row in rows] == [" storm", " wind", " night", " fog", " rain"]
    assert rows[0].taken and not rows[0].isEnabled() and rows[1].isEnabled()
    assert [row.chance for row in rows] == sorted((row.chance for row in rows), reverse=True)
    assert rows[1].accessibleName().startswith("Take wind, ")


def test_a_word_is_taken_and_it_goes_on_from_there(work: TextWork, asked: list[Wanted]) -> None:
    told(work)
    whole = work.sheet.page.text()
    work.sheet.page.put(" The end.")  # by hand, so it stays
    stand(work, "storm")
    QTest.mouseClick(work.sheet.weighed.rows[1], Qt.MouseButton.LeftButton)
    wanted = asked.pop()
    first = whole.partition(" storm")[0]
    assert wanted.prompt == first + " wind" and int(wanted.settings["max_new_tokens"]) < 60
    write(work, wanted, tokens(" was up."))
    assert work.sheet.page.text() == first + " wind was up. The end."
    stand(work, "wind was")
    assert work.sheet.weighed.rows[0].word == " storm"  # what was weighed stays with the place
    work.undo()
    assert work.sheet.page.text() == whole + " The end."


def test_the_end_can_be_taken_too(work: TextWork, asked: list[Wanted]) -> None:
    work.sheet.page.put("Once.")
    wanted = work.wanted()
    assert wanted is not None
    write(work, wanted, [Token(" And", alternatives=((" And", 0.6), ("", 0.4))), Token(" so on.")])
    stand(work, "nd so")
    row = work.sheet.weighed.rows[1]
    assert row.accessibleName().startswith("Take The end")
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert work.sheet.page.text() == "Once." and not asked


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


def test_what_was_written_here_is_on_the_page_already(
    work: TextWork, open_work: Callable[[], TextWork], asked: list[Wanted], qtbot: QtBot, tmp_path: Path
) -> None:
    from models.outputs import write as out
    from models.outputs.media import Text

    told(work)
    mark(work, MIDDLE)
    work.again()
    wanted = asked.pop()
    text = " “Wait,” she said, for the wind was rising fast. And then he"
    path, _ = out.save(Text(text), request(wanted), "M", tmp_path)
    work.begin(request(wanted))
    for token in tokens(text):
        work.show_preview(token)
    with qtbot.waitSignal(work.shown):  # as the window does: the file first, then the end
        work.show_file(str(path))
        work.end(True)
    page = work.sheet.page.text()
    assert "rising fast. But Tom" in page and page.startswith(OPENING) and work.path == str(path)
    work.finish()
    again = open_work()  # and the same when it is opened at the next start
    again.sheet.page.put(" More.")
    with qtbot.waitSignal(again.shown):
        again.show_file(str(path))
    assert again.sheet.page.text() == page + " More."


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


def test_a_real_model_writes_and_is_asked_again(work: TextWork, asked: list[Wanted]) -> None:
    from models.families.autoregressive import llm

    model = llm.tiny()

    class Emit:
        def __call__(self, event: object) -> None:
            if isinstance(event, Token):
                work.show_preview(event)

        def wants_preview(self) -> bool:
            return False

    def make(wanted: Wanted) -> None:
        asked_for = request(wanted)
        settings = model.card.check({"max_new_tokens": 24, **wanted.settings}, wanted.task)
        from dataclasses import replace

        asked_for = replace(asked_for, settings=settings, seed=wanted.seed or 1)
        work.begin(asked_for)
        model.generate(asked_for, Emit())
        work.end(True)

    work.sheet.page.put("The sea was")
    wanted = work.wanted()
    assert wanted is not None
    make(wanted)
    text = work.sheet.page.text()
    assert text.startswith("The sea was") and len(text) > 20
    piece = next(p for k in range(11, len(text)) if (p := work.sheet.page.pieces.at(k)) and p.token.alternatives)
    assert piece.token.probability is not None and 0 < piece.token.probability <= 1
    cursor = work.sheet.page.textCursor()
    cursor.setPosition(14)
    cursor.setPosition(18, QTextCursor.MoveMode.KeepAnchor)
    work.sheet.page.setTextCursor(cursor)
    before, after = place.text_between(work.sheet.page.document(), 0, 14), text[18:]
    work.again()
    make(asked.pop())
    assert work.sheet.page.text().startswith(before.rstrip()) and work.sheet.page.text().endswith(after)
