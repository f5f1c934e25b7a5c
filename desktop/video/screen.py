"""Where the film is seen: one frame as large as there is room, or pixel for pixel, and its neighbours laid over it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop import measures, theme
from desktop.canvas import shadow
from desktop.canvas.forming import Forming as Fading

_ROOM = 28  # px around the film
_ONION = 0.34  # of each neighbour


class Screen(QWidget):
    """`sized` when frames are to be decoded in another size, `resized` with the widget, `pressed` when it was
    clicked."""

    sized = Signal(QSize)
    resized = Signal()
    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Film")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self._film = QSize()
        self._image = QImage()
        self._onion: tuple[QImage, ...] = ()
        self._actual = False
        self._ring = False  # the focus is seen where the keys have brought it here
        self._fading = Fading(self)
        self._fading.changed.connect(self.update)
        theme.current().changed.connect(self.update)

    # ── what is seen ──────────────────────────────────────────────────────────

    def set_film(self, size: QSize) -> None:
        """The film's own size in pixels; an empty one is no film."""
        self._film = size
        if size.isEmpty():
            self._image = QImage()
            self._fading.clear()
        self._tell_size()
        self.update()

    def show_image(self, image: QImage | None, onion: tuple[QImage | None, ...] = ()) -> None:
        """This frame, with these faintly over it; None keeps what is there."""
        if image is not None and not image.isNull():
            self._fading.clear()
            self._image = image
            self._onion = tuple(one for one in onion if one is not None and not one.isNull())
            self.update()

    def fade_to(self, image: QImage, at_once: bool) -> None:
        """A frame of what is forming: into it from the one before it, or at once where another moment is meant."""
        if at_once:
            self._fading.clear()
        self._image, self._onion = QImage(), ()
        self._fading.show(image)
        self.update()

    @property
    def image(self) -> QImage:
        """What is seen, without what is laid over it."""
        return self._fading.image if not self._fading.image.isNull() else self._image

    @property
    def onion(self) -> int:
        """How many neighbours are laid over it."""
        return len(self._onion)

    def set_actual(self, actual: bool) -> None:
        """Pixel for pixel, or as large as there is room."""
        self._actual = actual
        self._tell_size()
        self.update()

    # ── where ─────────────────────────────────────────────────────────────────

    def place(self) -> QRectF:
        """Where the film lies in the widget."""
        room = QSizeF(max(self.width() - 2 * _ROOM, 16), max(self.height() - 2 * _ROOM, 16))
        own = QSizeF(self._film)
        if own.isEmpty():
            return QRectF()
        ratio = self.devicePixelRatioF()
        size = own / ratio if self._actual else own.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            round((self.width() - size.width()) / 2), round((self.height() - size.height()) / 2),
            round(size.width()), round(size.height()),
        )  # fmt: skip

    def wanted_size(self) -> QSize:
        """The size to decode in: what is seen, and never more than there is."""
        place, ratio = self.place(), self.devicePixelRatioF()
        seen = QSize(round(place.width() * ratio), round(place.height() * ratio))
        return seen if seen.width() < self._film.width() else QSize(self._film)

    def _tell_size(self) -> None:
        if not self._film.isEmpty():
            self.sized.emit(self.wanted_size())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._tell_size()
        self.resized.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), now.color("ground"))
        image, place = self.image, self.place()
        if image.isNull() or place.isEmpty():
            return
        shadow.paint(painter, place, now.tokens.shadow_alpha)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
        for one in self._onion:
            painter.setOpacity(_ONION)
            painter.drawImage(place, one)
        painter.setOpacity(1.0)
        if self.hasFocus() and self._ring:
            painter.setPen(now.color("line"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(place.adjusted(-4, -4, 4, 4), measures.RADIUS_SMALL, measures.RADIUS_SMALL)
