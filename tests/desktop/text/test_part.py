"""A span made again with the rest unchanged, and another word taken where the model weighed several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.text.work import TextWork
from desktop.work import Wanted
from models.protocol import Token
from tests.desktop.text.conftest import request, write
from tests.desktop.text.hands import MIDDLE, mark, stand, told
from tests.desktop.text.story import OPENING, tokens


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
