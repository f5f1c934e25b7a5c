"""The page behind "How it works": every guide's text, and its picture where it has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from desktop.catalog.guide import Guide
from models import folders
from models.protocol import Card, ModelInfo

GUIDES = sorted((folders.resources() / "guides").glob("*.md"))


@pytest.mark.parametrize("file", GUIDES, ids=lambda file: file.stem)
def test_the_page_shows_the_guide_and_its_picture(qtbot: QtBot, file: Path) -> None:
    card = Card(file.stem, "Toy", "gan", "picture", ("sample",), (), process="Somehow",
                guide=f"resources/guides/{file.name}")  # fmt: skip
    page = Guide()
    qtbot.addWidget(page)
    page.resize(288, 700)
    page.show_model(ModelInfo("toy", "Toy", "/toy", 1, "", False, card))
    text = page.text.toPlainText()
    assert text.startswith("How it works") and "Where it fails" in text
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", file.read_text("utf-8")):
        image = page.text.loadResource(QTextDocument.ResourceType.ImageResource, QUrl(name))
        assert image is not None and 0 < page.text.document().idealWidth() <= 288
