"""The chat: only where the model brings a template, bubbles that grow, another answer, taking back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.text.work import TextWork
from desktop.work import Wanted
from models.outputs import read
from models.outputs import write as out
from models.outputs.media import Text
from models.protocol import Request
from tests.desktop.text.conftest import BASE, MODEL, write
from tests.desktop.text.story import tokens


def say(work: TextWork, asked: list[Wanted], question: str, answer: str) -> Wanted:
    QTest.keyClicks(work.chat.entry, question)
    QTest.keyClick(work.chat.entry, Qt.Key.Key_Return)
    wanted = asked.pop()
    write(work, wanted, tokens(answer))
    return wanted


def test_a_model_without_a_template_has_no_chat(work: TextWork) -> None:
    work.show_view("chat")
    assert work.view == "chat"
    work.set_model(BASE)
    assert work.view == "page" and not work.captions.chat.isEnabled()
    assert "brings no template" in work.captions.chat.toolTip()
    work.show_view("chat")
    assert work.view == "page"
    work.set_model(MODEL)
    QTest.mouseClick(work.captions.chat, Qt.MouseButton.LeftButton)
    assert work.view == "chat"


def test_what_was_said_goes_with_the_next_question(work: TextWork, asked: list[Wanted]) -> None:
    work.show_view("chat")
    first = say(work, asked, "Who lights the lamp?", "Mira does.")
    assert (first.task, first.prompt, first.history) == ("chat", "Who lights the lamp?", ())
    second = say(work, asked, "And who rows?", "Tom does.")
    assert second.history == (("user", "Who lights the lamp?"), ("assistant", "Mira does."))
    assert work.chat.turns == (*second.history, ("user", "And who rows?"), ("assistant", "Tom does."))
    assert work.chat.entry.text() == ""


def test_generate_sends_what_stands_in_the_line(work: TextWork) -> None:
    work.show_view("chat")
    assert work.wanted() is None
    QTest.keyClicks(work.chat.entry, "Hello")
    wanted = work.wanted()
    assert wanted is not None and wanted.prompt == "Hello" and work.chat.turns == ()
    write(work, wanted, tokens("Ahoy."))
    assert work.chat.turns == (("user", "Hello"), ("assistant", "Ahoy.")) and work.chat.entry.text() == ""


def test_another_answer_takes_the_place_of_the_last(work: TextWork, asked: list[Wanted]) -> None:
    work.show_view("chat")
    say(work, asked, "Who?", "Mira.")
    work.again()
    wanted = asked.pop()
    assert wanted.prompt == "Who?" and wanted.history == () and wanted.seed is not None
    write(work, wanted, tokens("Tom."))
    assert work.chat.turns == (("user", "Who?"), ("assistant", "Tom."))


def test_question_and_answer_are_taken_back(work: TextWork, asked: list[Wanted]) -> None:
    work.show_view("chat")
    say(work, asked, "Who?", "Mira.")
    say(work, asked, "Where?", "At sea.")
    work.undo()
    assert work.chat.turns == (("user", "Who?"), ("assistant", "Mira.")) and work.chat.entry.text() == "Where?"


def test_an_answer_that_fails_without_a_word_leaves_the_question(work: TextWork, asked: list[Wanted]) -> None:
    work.show_view("chat")
    QTest.keyClicks(work.chat.entry, "Who?")
    QTest.keyClick(work.chat.entry, Qt.Key.Key_Return)
    write(work, asked.pop(), [], done=False)
    assert work.chat.turns == (("user", "Who?"),)
    work.again()
    write(work, asked.pop(), tokens("Mira."))
    assert work.chat.turns == (("user", "Who?"), ("assistant", "Mira."))


def test_an_answer_goes_on_the_page(work: TextWork, asked: list[Wanted]) -> None:
    work.sheet.page.put("Once.")
    work.show_view("chat")
    say(work, asked, "Who?", "Mira.")
    QTest.mouseClick(work.chat.page, Qt.MouseButton.LeftButton)
    assert work.view == "page" and work.sheet.page.text() == "Once.\n\nMira."


def test_it_is_exported_and_there_again(
    work: TextWork, asked: list[Wanted], open_work: Callable[[], TextWork], qtbot: QtBot, tmp_path: Path
) -> None:
    work.show_view("chat")
    say(work, asked, "Who?", "Mira.")
    for name, text in (
        ("said.md", "**You:**\n\nWho?\n\n**The model:**\n\nMira.\n"),
        ("said.txt", "You:\nWho?\n\nThe model:\nMira.\n"),
    ):
        with qtbot.waitSignal(work.notice):
            work.export(str(tmp_path / name))
        assert read.open_text(tmp_path / name) == text
    held = work.remember()
    work.finish()
    again = open_work()
    again.recall(held)
    assert again.view == "chat" and again.chat.turns == (("user", "Who?"), ("assistant", "Mira."))


def test_the_file_of_an_answer_shows_the_whole_chat(work: TextWork, qtbot: QtBot, tmp_path: Path) -> None:
    asked = Request("m", "m", "llm", "chat", "Where?", history=(("user", "Who?"), ("assistant", "Mira.")))
    path, _ = out.save(Text("At sea."), asked, "M", tmp_path)
    with qtbot.waitSignal(work.shown):
        work.show_file(str(path))
    assert work.chat.turns == (*asked.history, ("user", "Where?"), ("assistant", "At sea."))
