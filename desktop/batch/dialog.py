"""The window of batches: what is asked at the left, the rows that it gives at the right, and one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence, QPixmap, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.batch.form import BatchForm
from desktop.batch.rows import RowsView
from desktop.controls import hairline, set_role, word
from desktop.empty import Empty

SIZE = (1080, 720)
LEFT = 416  # px of what is asked
_NOTHING = "Check a preset at the left, or what is set now. Prompts, seeds and a grid make many of it."
_SHEET_SHARE = 0.55  # of the height, at most


class Sheet(QLabel):
    """A finished sheet, as large as there is room; `opened` when it is clicked."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Open it in the room of pictures")
        self.setAccessibleName("Labelled sheet of the grid")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_image(self, image: QImage) -> None:
        """A null image takes it away."""
        self._image = image
        self.setVisible(not image.isNull())

    def fit(self, width: int, height: int) -> None:
        """Into so much room, and never larger than it is."""
        if self._image.isNull() or width <= 0 or height <= 0:
            return
        ratio = self.devicePixelRatioF()
        size = self._image.size()
        if size.width() > width * ratio or size.height() > height * ratio:
            size.scale(int(width * ratio), int(height * ratio), Qt.AspectRatioMode.KeepAspectRatio)
        smooth = Qt.TransformationMode.SmoothTransformation
        shown = self._image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        shown.setDevicePixelRatio(ratio)
        self.setPixmap(QPixmap.fromImage(shown))
        self.setFixedHeight(int(shown.height() / ratio) + 16)

    def mouseReleaseEvent(self, event: object) -> None:
        self.opened.emit()


class BatchDialog(QDialog):
    """`start_wanted`, `stop_wanted` from the button; `dropped` carries the path of each file let go over it."""

    start_wanted = Signal()
    stop_wanted = Signal()
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Batch")
        self.setAcceptDrops(True)
        theme.current().dress(self)
        self.form = BatchForm()
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.list = RowsView()
        self.sheet = Sheet()
        self.empty = Empty(_NOTHING)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far the batch is")
        self.told = QLabel()
        set_role(self.told, "small-second")
        self.next_sheet = word("Next sheet", "There is one for each preset, prompt and file")
        self.open_folder = word("Show the folder", "Where the files of the batch lie")
        self.close_ = QPushButton("Close")
        self.close_.setToolTip("The batch goes on without this window")
        self.go = QPushButton("Start")
        self.go.setToolTip("Make what is missing (Ctrl+Enter)")
        self.working = False
        self._lay_out()
        self.close_.clicked.connect(self.hide)
        self.go.clicked.connect(lambda: (self.stop_wanted if self.working else self.start_wanted).emit())
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self._go_by_keys)
        self.resize(*SIZE)

    def _lay_out(self) -> None:
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.form)
        area.setFixedWidth(LEFT)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(16, 16, 12, 0)
        right.setSpacing(8)
        right.addWidget(self.summary)
        right.addWidget(self.sheet)
        right.addWidget(self.list, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._right)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(area)
        middle.addWidget(hairline(upright=True))
        middle.addWidget(self._pages, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 10, 16, 12)
        foot.setSpacing(8)
        foot.addWidget(self.told, 1)
        foot.addWidget(self.next_sheet)
        foot.addWidget(self.open_folder)
        foot.addWidget(self.close_)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(self.bar)
        column.addWidget(hairline())
        column.addLayout(foot)
        self.setMinimumSize(860, 520)
        self.show_progress(0, 0, "")
        self.show_sheet(QImage())

    def _go_by_keys(self) -> None:
        if self.go.isEnabled():
            self.go.click()

    def say(self, text: str, *, problem: bool = False) -> None:
        """What it would be, or why it cannot be."""
        self.summary.setText(text)
        set_role(self.summary, "small-warn" if problem else "second")
        self._pages.setCurrentIndex(1 if text else 0)

    def show_progress(self, done: int, total: int, words: str) -> None:
        self.bar.setVisible(total > 0)
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        self.told.setText(words)

    def show_working(self, working: bool, *, can_start: bool = True, word: str = "Start") -> None:
        """While it works, what is asked stays as it is."""
        self.working = working
        self.form.setEnabled(not working)
        self.go.setText("Stop" if working else word)
        self.go.setEnabled(working or can_start)

    def show_sheet(self, image: QImage, more: bool = False) -> None:
        """A finished sheet, and whether there are others; a null image takes it away."""
        self.sheet.show_image(image)
        self.next_sheet.setVisible(more)
        self._fit()

    def _fit(self) -> None:
        self.sheet.fit(self._right.width() - 28, int(self._right.height() * _SHEET_SHARE))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a line does not begin hours of work: Ctrl+Enter does, and the button."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focused := self.focusWidget(), QPushButton):
                focused.click()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self.working and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.dropped.emit(url.toLocalFile())
