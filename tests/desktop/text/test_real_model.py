"""The page with a real language model behind it."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor

from desktop.text import place
from desktop.text.work import TextWork
from desktop.work import Wanted
from models.protocol import Token
from tests.desktop.text.conftest import request


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
