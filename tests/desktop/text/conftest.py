"""The Text room's middle on its own, and a window that grants it whatever it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.text.work import TextWork
from desktop.work import Wanted
from models.protocol import Card, ModelInfo, Request, Token

CARD = Card("llm", "Language model", "autoregressive", "text", ("chat", "continue"), (), prompt_limit=1024)
MODEL = ModelInfo("stories", "Stories", "/nowhere", 1, "", True, CARD)
BASE = replace(MODEL, name="Plain", card=replace(CARD, tasks=("continue",)))


def request(wanted: Wanted) -> Request:
    return Request("m", "m", "llm", wanted.task, wanted.prompt or "", history=wanted.history, settings=wanted.settings)


def write(work: TextWork, wanted: Wanted, told: list[Token], done: bool = True) -> None:
    """What the window does with a request: it begins, tokens come, it ends."""
    work.begin(request(wanted))
    for token in told:
        work.show_preview(token)
    work.end(done)


@pytest.fixture
def open_work(qtbot: QtBot, home: Path) -> Iterator[Callable[[], TextWork]]:
    made: list[TextWork] = []

    def open_one() -> TextWork:
        work = TextWork()
        qtbot.addWidget(work)
        work.resize(980, 640)
        work.set_model(MODEL)
        work.show()
        qtbot.waitExposed(work)
        made.append(work)
        return work

    yield open_one
    for work in made:
        work.finish()


@pytest.fixture
def work(open_work: Callable[[], TextWork]) -> TextWork:
    return open_work()


@pytest.fixture
def asked(work: TextWork) -> list[Wanted]:
    """Everything that the work asks for."""
    heard: list[Wanted] = []
    work.asked.connect(heard.append)
    return heard
