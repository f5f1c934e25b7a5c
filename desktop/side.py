"""The column on the right: the settings, and how the model works."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.aside import Aside
from desktop.catalog.guide import Guide
from desktop.controls import hairline, set_role, tabs
from desktop.form import Form
from desktop.presets.bar import PresetBar
from models.protocol import ModelInfo

POINT = "Point at a setting, or go to it, to read here what it does."
TABS = ("Settings", "How it works")


class Side(QWidget):
    """Two pages under two tabs; at the foot, the help of the setting that is pointed at, in a place kept for it."""

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.presets = PresetBar()
        self.form = Form(aside)
        self.guide = Guide()
        self.pages = QStackedWidget()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Its place is kept, so that nothing moves when it is needed.
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        scroll.verticalScrollBar().rangeChanged.connect(
            lambda low, high: scroll.verticalScrollBar().setEnabled(high > low)
        )
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.form)
        self.help = QLabel()
        self.help.setWordWrap(True)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.help.setContentsMargins(16, 10, 16, 10)
        self.help.setFixedHeight(74)
        set_role(self.help, "small")
        settings = QWidget()
        column = QVBoxLayout(settings)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.presets)
        column.addWidget(scroll, 1)
        column.addWidget(hairline())
        column.addWidget(self.help)
        kept = self.pages.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.pages.setSizePolicy(kept)
        self.pages.addWidget(settings)
        self.pages.addWidget(self.guide)
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(18)
        self.tabs = tabs(TABS, self.show_page)
        for tab in self.tabs:
            row.addWidget(tab)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(row)
        whole.addWidget(hairline())
        whole.addWidget(self.pages, 1)
        self.help.setText(POINT)
        self.form.explained.connect(self.help.setText)
        self.show_page(0)

    def show_model(self, model: ModelInfo | None) -> None:
        """Tell of this model; without one there is nothing to set."""
        self.guide.show_model(model)
        self.pages.setVisible(model is not None)

    def show_page(self, at: int) -> None:
        """Settings (0), or how it works (1)."""
        self.tabs[at].setChecked(True)
        self.pages.setCurrentIndex(at)
