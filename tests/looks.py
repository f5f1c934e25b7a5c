"""Pictures of one room's middle with real content: `python -m tests.looks OUTDIR text|video`, dark and light."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def text(out: Path) -> None:
    """The page while it is written and with a word looked at; the chat; the empty page."""
    from PySide6.QtGui import QTextCursor

    from desktop import theme
    from desktop.text.work import TextWork
    from models.protocol import Card, ModelInfo, Request
    from tests.desktop.text.story import OPENING, STORY, tokens

    card = Card("llm", "Language model", "autoregressive", "text", ("chat", "continue"), (), prompt_limit=1024)
    work = TextWork()
    work.set_model(ModelInfo("stories", "Stories", "/nowhere", 1, "", True, card))
    work.set_empty("Write a beginning, or take one of these.", "Begin a story", ("The keeper of the lighthouse",))
    theme.current().enter_room("text")
    theme.current().dress(work, "text")
    work.resize(888, 700)
    work.show()
    page = work.sheet.page
    for choice in ("dark", "light"):
        theme.current().choose(choice)  # type: ignore[arg-type]
        page.open("")
        _shot(work, out / f"text-empty-{choice}.png")
        page.open(f"# The keeper of the white lighthouse\n\n{OPENING}")
        wanted = work.wanted()
        assert wanted is not None
        work.begin(Request("m", "m", "llm", "continue", wanted.prompt or ""))
        told = tokens(STORY)
        for token in told[: len(told) * 2 // 3]:
            work.show_preview(token)
        _shot(work, out / f"text-writing-{choice}.png")
        for token in told[len(told) * 2 // 3 :]:
            work.show_preview(token)
        work.end(True)
        cursor = page.textCursor()
        cursor.setPosition(page.text().index("storm") + 2)
        page.setTextCursor(cursor)
        _shot(work, out / f"text-weighed-{choice}.png")
        cursor.setPosition(page.text().index("“Stay"))
        cursor.setPosition(page.text().index("bay.") + 4, QTextCursor.MoveMode.KeepAnchor)
        page.setTextCursor(cursor)
        _shot(work, out / f"text-marked-{choice}.png")
        work.show_view("chat")
        work.chat.set_turns((("user", "Who lights the lamp of the white lighthouse?"), ("assistant", STORY.strip())))
        work.chat.ask("And what became of Tom?")
        work.chat.take("He came home at first light, with the")
        _shot(work, out / f"text-chat-{choice}.png")
        work.show_view("page")
    work.finish()


def _shot(widget, path: Path) -> None:
    from PySide6.QtTest import QTest

    QTest.qWait(200)
    widget.grab().save(str(path))
    print(path, flush=True)


def main(out: Path, room: str) -> None:
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    out.mkdir(parents=True, exist_ok=True)
    {"text": text}[room](out)
    app.processEvents()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("EVERYFORM_HOME", home)
        main(Path(sys.argv[1]), sys.argv[2])
