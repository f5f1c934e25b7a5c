"""The editor of signs: colours, faults with their sentence, weights by keys, words offered, what a seed says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QFocusEvent, QHelpEvent, QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QMessageBox, QToolTip
from pytestqt.qtbot import QtBot

from desktop.aside import Aside
from desktop.prompt.box import KEEP_STYLE, PromptBox
from desktop.prompt.highlight import utf16
from desktop.prompt.history import History
from desktop.prompt.stylebook import StyleBook
from desktop.prompt.told import UNWEIGHED
from models import folders
from models.families.autoregressive.llm import CARD as WRITER
from models.families.diffusion.latent_diffusion import CARD
from models.prompting import styles
from models.prompting.expand import expand
from models.prompting.item import AVOID
from models.protocol import ModelInfo

PATIENCE_MS = 60_000
SCENES = folders.resources() / "starter" / "scenes"


@pytest.fixture
def box(qtbot: QtBot, home: Path) -> Iterator[PromptBox]:
    (home / "tags").mkdir(parents=True)
    (home / "tags" / "mine.csv").write_text(
        "zeppelin,0,12\nzebra_(animal),0,400\nzebra crossing,0,3\n𠀀𠀁舟\n", "utf-8"
    )
    aside = Aside()
    box = PromptBox(aside, History())
    qtbot.addWidget(box)
    box.resize(700, 260)
    box.show()
    box.set_model(ModelInfo("scenes", "Scenes", str(SCENES), 1, "", True, CARD))
    yield box
    aside.finish()


def shapes(box: PromptBox) -> list[tuple[str, str, bool]]:
    """Every run of letters that has a shape of its own: (letters, colour, whether it is underlined)."""
    found = []
    block = box.prompt.document().firstBlock()
    while block.isValid():
        raw = block.text().encode("utf-16-le")
        for run in block.layout().formats():
            letters = raw[run.start * 2 : (run.start + run.length) * 2].decode("utf-16-le")
            wave = run.format.underlineStyle() == QTextCharFormat.UnderlineStyle.WaveUnderline
            found.append((letters, run.format.foreground().color().name(), wave))
        block = block.next()
    return found


def underlined(box: PromptBox) -> list[str]:
    return [letters for letters, _, wave in shapes(box) if wave]


def test_signs_are_coloured_by_what_they_do_while_one_types(box: PromptBox) -> None:
    QTest.keyClicks(box.prompt, "a {red|blue} (boat:1.3) __colours__ # not read")
    colour = {letters: name for letters, name, _ in shapes(box)}
    assert {"{", "|", "}", "(", ":1.3)", "__colours__", "# not read"} <= set(colour)
    assert colour["{"] == colour["|"] == colour["}"]
    assert len({colour["{"], colour["("], colour["__colours__"], colour["# not read"]}) == 4
    assert underlined(box) == []


def test_colours_are_right_behind_letters_that_are_two_for_qt(box: PromptBox) -> None:
    box.set_texts("🙂🙂 (boat:1.3)\n🙂 {a|b")
    assert [letters for letters, _, _ in shapes(box)] == ["(", ":1.3)", "{", "|"]
    assert underlined(box) == ["{"]


def test_a_fault_is_underlined_at_once_and_said(box: PromptBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box.prompt, "a {red|blue")
    assert underlined(box) == ["{"]
    qtbot.waitUntil(lambda: "never closed" in box.told.text(), timeout=PATIENCE_MS)
    assert box.told.isVisible()
    at = box.prompt.cursorRect(_cursor(box, 3)).center()
    QApplication.sendEvent(box.prompt, QHelpEvent(QEvent.Type.ToolTip, at, box.prompt.mapToGlobal(at)))
    assert "never closed" in QToolTip.text()
    QTest.keyClicks(box.prompt, "}")
    assert underlined(box) == []
    qtbot.waitUntil(lambda: "never closed" not in box.told.text(), timeout=PATIENCE_MS)


def test_a_list_that_is_not_there_is_underlined_once_it_was_looked_for(box: PromptBox, qtbot: QtBot) -> None:
    box.set_texts("a __nope__ boat")
    qtbot.waitUntil(lambda: underlined(box) == ["__nope__"], timeout=PATIENCE_MS)
    assert "nope.txt" in box.told.text()


def test_what_the_kept_seed_says_is_shown_and_changes_with_it(box: PromptBox, qtbot: QtBot) -> None:
    template = "a {red|blue|green|white} boat"
    box.seed = lambda: (7, True)
    box.set_texts(template)
    qtbot.waitUntil(lambda: box.told.text() == f"Seed 7 says: {expand(template, 7)}", timeout=PATIENCE_MS)
    other = next(s for s in range(99) if expand(template, s) != expand(template, 7))
    box.seed = lambda: (other, False)
    box.look_again()
    qtbot.waitUntil(lambda: box.told.text().endswith(expand(template, other)), timeout=PATIENCE_MS)
    assert "example" in box.told.text()
    box.set_texts("a boat")
    qtbot.waitUntil(lambda: not box.told.isVisible(), timeout=PATIENCE_MS)


def test_a_model_that_cannot_weigh_says_so(box: PromptBox, qtbot: QtBot) -> None:
    box.set_texts("a (boat:1.3)")
    qtbot.waitUntil(lambda: box.tokens.text() != "", timeout=PATIENCE_MS)
    assert not box.told.isVisible()
    assert box._model is not None
    box.set_model(replace(box._model, id="other", card=replace(CARD, weighs_words=False)))
    qtbot.waitUntil(lambda: UNWEIGHED in box.told.text(), timeout=PATIENCE_MS)


def test_signs_mean_nothing_where_words_go_in_as_they_stand(box: PromptBox) -> None:
    assert box._model is not None
    box.set_model(replace(box._model, id="writer", card=WRITER))
    box.set_texts("# Why {a (b:1.2)?")
    assert shapes(box) == []
    QTest.keyClick(box.prompt, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text() == "# Why {a (b:1.2)?"
    assert not box.style_names.isVisible()


def test_control_up_and_down_weigh_the_word_and_undo_takes_it_back(box: PromptBox) -> None:
    box.set_texts("🙂 a red boat")
    box.prompt.setTextCursor(_cursor(box, 9))
    for key, text in (
        (Qt.Key.Key_Up, "🙂 a red (boat:1.1)"),
        (Qt.Key.Key_Up, "🙂 a red (boat:1.2)"),
        (Qt.Key.Key_Down, "🙂 a red (boat:1.1)"),
        (Qt.Key.Key_Down, "🙂 a red boat"),
        (Qt.Key.Key_Down, "🙂 a red (boat:0.9)"),
    ):
        QTest.keyClick(box.prompt, key, Qt.KeyboardModifier.ControlModifier)
        assert box.prompt.text() == text
    QTest.keyClick(box.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text() == "🙂 a red boat"


def test_what_is_marked_is_weighed_as_a_whole_and_stays_marked(box: PromptBox) -> None:
    box.set_texts("a red boat")
    cursor = _cursor(box, 2)
    cursor.setPosition(10, QTextCursor.MoveMode.KeepAnchor)
    box.prompt.setTextCursor(cursor)
    for _ in range(2):
        QTest.keyClick(box.prompt, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text() == "a (red boat:1.2)"
    assert box.prompt.textCursor().selectedText() == "red boat"


def test_words_are_offered_from_the_tag_list_and_taken_with_tab(box: PromptBox, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(box._words.find("zeb")) == 2, timeout=PATIENCE_MS)
    QTest.keyClicks(box.prompt, "a zeb")
    offers = box.prompt.offers
    assert offers is not None
    assert offers.current() == "zebra_(animal)", "used most"
    QTest.keyClick(box.prompt, Qt.Key.Key_Return)
    assert box.prompt.text() == "a zeb\n", "Enter is Enter until a word was gone to"
    QTest.keyClicks(box.prompt, "zep")
    QTest.keyClick(box.prompt, Qt.Key.Key_Tab)
    assert box.prompt.text() == "a zeb\nzeppelin"
    assert box.prompt.hasFocus() or not box.isActiveWindow()
    QTest.keyClicks(box.prompt, " zeb")
    QTest.keyClick(box.prompt, Qt.Key.Key_Down)
    QTest.keyClick(box.prompt, Qt.Key.Key_Up)
    QTest.keyClick(box.prompt, Qt.Key.Key_Return)
    assert box.prompt.text().endswith(r"zebra_\(animal\)"), "its brackets are letters"
    assert box.prompt.offers is None
    QTest.keyClick(box.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text().endswith(" zeb")


def test_a_word_is_taken_as_it_is_where_signs_mean_nothing(box: PromptBox, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(box._words.find("zeb")) == 2, timeout=PATIENCE_MS)
    box.prompt.set_signs(False)
    QTest.keyClicks(box.prompt, "zebra_")
    QTest.keyClick(box.prompt, Qt.Key.Key_Tab)
    assert box.prompt.text() == "zebra_(animal)"


def test_a_word_is_taken_in_the_place_of_letters_that_are_two_for_qt(box: PromptBox, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(box._words.find("𠀀𠀁")), timeout=PATIENCE_MS)
    box.set_texts("a red 𠀀𠀁")
    box.prompt.offer()
    QTest.keyClick(box.prompt, Qt.Key.Key_Tab)
    assert box.prompt.text() == "a red 𠀀𠀁舟"


def test_what_to_avoid_is_told_and_dimmed_as_it_will_be_read(box: PromptBox, qtbot: QtBot) -> None:
    template = "{fog|rain|snow|hail}"
    seed = next(s for s in range(99) if expand(template, s) != expand(template, s, AVOID))
    box.seed = lambda: (seed, True)
    box.avoid.setChecked(True)
    box.set_texts("a boat", template)
    qtbot.waitUntil(
        lambda: box.told.text() == f"Seed {seed} avoids: {expand(template, seed, AVOID)}", timeout=PATIENCE_MS
    )
    box.set_texts("a boat", "fog, " * 90)
    qtbot.waitUntil(lambda: "Of what to avoid" in box.told.text(), timeout=PATIENCE_MS)
    assert box.negative.highlighter.end is not None and box.prompt.highlighter.end is None


def test_lists_of_words_are_offered_and_escape_closes_the_offer(box: PromptBox, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(box._words.find("__col")) == 1, timeout=PATIENCE_MS)
    QTest.keyClicks(box.prompt, "a __col")
    assert box.prompt.offers is not None
    QTest.keyClick(box.prompt, Qt.Key.Key_Escape)
    assert box.prompt.offers is None
    QTest.keyClicks(box.prompt, "o")
    QTest.keyClick(box.prompt, Qt.Key.Key_Tab)
    assert box.prompt.text() == "a __colours__"


def test_a_style_is_laid_around_the_prompt_and_undone(box: PromptBox) -> None:
    box.set_texts("a boat")
    box.open_styles()
    QTest.keyClicks(box._styles.search, "woodc")
    QTest.keyClick(box._styles.search, Qt.Key.Key_Return)
    assert box.prompt.text().startswith("woodcut of a boat")
    assert box.negative.text()
    QTest.keyClick(box.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.prompt.text() == "a boat"


def test_what_is_written_is_kept_as_a_style(box: PromptBox, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Harbour", True))
    box.set_texts("{prompt} in a harbour, {red|blue} flags")
    box.open_styles()
    QTest.keyClicks(box._styles.search, "keep")
    QTest.keyClick(box._styles.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(one.name == "Harbour" for one in styles.known()), timeout=PATIENCE_MS)
    assert styles.find("harbour").around("a boat")[0] == "a boat in a harbour, {red|blue} flags"


def test_a_broken_file_of_styles_is_said(box: PromptBox, qtbot: QtBot, home: Path) -> None:
    (home / "styles.json").write_text("{")
    with qtbot.waitSignal(box.refused) as said:
        box.open_styles()
    assert "styles.json" in said.args[0]


def test_a_style_goes_over_one_of_its_name_only_where_that_is_wanted(
    box: PromptBox, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    styles.keep(styles.Style("Harbour", "{prompt} in a harbour"))
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    asked: list[str] = []

    def question(_: object, __: str, text: str) -> QMessageBox.StandardButton:
        asked.append(text)
        return next(answers)

    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" harbour ", True))
    monkeypatch.setattr(QMessageBox, "question", question)
    box.set_texts("{prompt} at sea")
    box._put_on(KEEP_STYLE)
    assert "a style Harbour already" in asked[0] and styles.find("harbour").prompt == "{prompt} in a harbour"
    box._put_on(KEEP_STYLE)
    qtbot.waitUntil(lambda: styles.find("harbour").prompt == "{prompt} at sea", timeout=PATIENCE_MS)


def test_styles_are_renamed_and_deleted_and_come_back(box: PromptBox, qtbot: QtBot) -> None:
    for name in ("Harbour", "Meadow"):
        styles.keep(styles.Style(name, f"{{prompt}}, {name}"))
    box.open_styles()
    QTest.keyClicks(box._styles.search, "rename or")
    QTest.keyClick(box._styles.search, Qt.Key.Key_Return)
    (book,) = box.findChildren(StyleBook)
    assert book.isVisible() and [book.list.item(k).text() for k in range(2)] == ["Harbour", "Meadow"]
    assert book.text.text() == "{prompt}, Harbour"
    book.list.item(0).setText("Port")
    qtbot.waitUntil(lambda: book.list.item(0).text() == "Meadow", timeout=PATIENCE_MS)  # by name again
    assert book.list.currentItem().text() == "Port" and [one.name for one in styles.own()] == ["Port", "Meadow"]
    book.list.item(1).setText("meadow")
    qtbot.waitUntil(lambda: "a style meadow already" in book.problem.text(), timeout=PATIENCE_MS)
    assert book.list.currentItem().text() == "Port"
    book.delete.click()
    assert [one.name for one in styles.own()] == ["Meadow"] and book.told.text() == "Port is deleted."
    book.back.click()
    assert [one.name for one in styles.own()] == ["Port", "Meadow"] and not book.back.isVisible()
    book.shut.click()


def test_a_list_that_is_broken_or_new_is_noticed_when_one_comes_back(box: PromptBox, qtbot: QtBot, home: Path) -> None:
    qtbot.waitUntil(lambda: len(box._words.find("zeb")) == 2, timeout=PATIENCE_MS)
    box.set_texts("a boat")
    (home / "wildcards").mkdir()
    (home / "wildcards" / "farben.txt").write_bytes("grün\n".encode("latin-1"))
    (home / "tags" / "more.csv").write_text("zebu,0,3\n")
    QApplication.sendEvent(box.prompt, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.ActiveWindowFocusReason))
    said = "farben.txt in the folder wildcards is not in UTF-8"
    qtbot.waitUntil(lambda: said in box.told.text(), timeout=PATIENCE_MS)
    assert len(box._words.find("zeb")) == 3 and box.told.property("role") == "small-warn"
    (home / "wildcards" / "farben.txt").write_text("grün\n", "utf-8")
    QApplication.sendEvent(box.prompt, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.ActiveWindowFocusReason))
    qtbot.waitUntil(lambda: not box.told.isVisible() and len(box._words.find("__far")) == 1, timeout=PATIENCE_MS)


def test_the_menu_leads_to_the_folders(box: PromptBox, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    over = box.prompt.viewport()
    at = over.rect().center()
    QApplication.sendEvent(over, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, over.mapToGlobal(at)))
    (menu,) = [one for one in box.prompt.findChildren(QMenu) if one.isVisible()]
    for action in menu.actions()[-3:]:
        action.trigger()
    menu.close()
    assert opened == [str(home / "wildcards"), str(home / "tags"), str(home)]
    assert (home / "wildcards" / "README.md").is_file() and (home / "styles.json").read_text() == "[]\n"


def test_a_long_prompt_grows_within_reason(box: PromptBox) -> None:
    low = box.prompt.height()
    box.set_texts("a\nb\nc\nd")
    middle = box.prompt.height()
    box.set_texts("\n" * 80)
    assert low < middle < box.prompt.height() < 12 * low
    box.set_texts("a")
    assert box.prompt.height() == low


def _cursor(box: PromptBox, at: int) -> QTextCursor:
    cursor = box.prompt.textCursor()
    cursor.setPosition(utf16(box.prompt.text(), at))
    return cursor
