"""The surface that the work is shown on: paints it, and hands pointer and keys to the tool in hand."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop import theme
from desktop.canvas import keys, shadow
from desktop.canvas.brush import Brush
from desktop.canvas.fade import Fade
from desktop.canvas.forming import Forming
from desktop.canvas.hand import Hand
from desktop.canvas.pencil import Pencil
from desktop.canvas.reading import Pyramid
from desktop.canvas.tool import Tool
from desktop.canvas.viewport import STEP, Viewport
from desktop.canvas.wipe import Wipe

_CRISP_FROM = 6.0  # from this zoom on, pixels are shown as pixels


class Surface(QWidget):
    """`now` is the finished picture, `last` the one before; while a job runs, `forming` lies over them."""

    viewed = Signal()  # zoom, place or size changed
    hold_last = Signal(bool)  # the key for "see the last one" went down or up
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport()
        self.now: Pyramid | None = None
        self.last: Pyramid | None = None
        self.forming = Forming(self)
        self.arrival = Fade(self)
        self._leaving = QImage()
        self.seeing_last = False
        self.hand, self.brush, self.wipe = Hand(self), Brush(self), Wipe(self)
        self.pencil = Pencil(self)
        self.tool: Tool = self.hand
        self._pressed: Tool | None = None
        self._space = False
        self._tabbed = False
        self.forming.changed.connect(self._repaint_picture)
        self.arrival.changed.connect(self._repaint_picture)
        theme.current().changed.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Canvas")

    # ── what is shown ─────────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        """The file of the finished picture that is seen, "" while one forms or where there is none."""
        return self.now.path if self.now and self.forming.image.isNull() else ""

    @property
    def has_work(self) -> bool:
        return self.now is not None or not self.forming.image.isNull()

    def expect(self, size: tuple[int, int]) -> None:
        """A picture of this size is on its way: previews are shown in its place from the first."""
        self.place(self.viewport.showing(size))

    def arrive(self, picture: Pyramid) -> None:
        """Show a finished picture; it fades in over its last preview. The one before becomes `last`."""
        if self.now and self.now.path != picture.path:
            self.last = self.now
        self._leaving = self.forming.image
        self.now = picture
        self.forming.clear()
        self.place(self.viewport.showing(picture.size))
        if self._leaving.isNull():
            self.arrival.finish()
        else:
            self.arrival.start()
        self.update()

    def clear(self) -> None:
        """Nothing at all."""
        self.now = self.last = None
        self.forming.clear()
        self._leaving = QImage()
        self.update()

    def see_last(self, seen: bool) -> None:
        """Show the last picture instead of this one, for as long as it is held."""
        self.seeing_last = seen and self.last is not None
        self.update()

    def take(self, tool: Tool) -> None:
        """Change the tool in hand."""
        self.tool.leave()
        self.tool = tool
        self.show_cursor()
        self.update()

    # ── where it is shown ─────────────────────────────────────────────────────

    def place(self, viewport: Viewport) -> None:
        self.viewport = viewport
        self.show_cursor()
        self.update()
        self.viewed.emit()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about the pointer, or the middle where the pointer is elsewhere."""
        if at is None:
            local = QPointF(self.mapFromGlobal(self.cursor().pos()))
            at = local if self.underMouse() and self.rect().contains(local.toPoint()) else QPointF(self.rect().center())
        self.place(self.viewport.zoomed(self.viewport.device_zoom * factor, (at.x(), at.y())))

    def actual_size(self) -> None:
        """One picture pixel on one pixel of the screen."""
        middle = QRectF(self.rect()).center()
        self.place(self.viewport.zoomed(1.0, (middle.x(), middle.y())))

    def fit(self) -> None:
        self.place(self.viewport.fit())

    def hold_hand(self, held: bool) -> None:
        """While Space is held, a drag moves the picture, whatever tool is in hand."""
        self._space = held
        self.show_cursor()

    def show_cursor(self) -> None:
        if self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(self.tool.cursor if self.has_work else Qt.CursorShape.ArrowCursor)

    # ── painting ──────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        tokens = theme.current().tokens
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().color("ground"))
        if not self.has_work:
            return
        rect = QRectF(*self.viewport.rect)
        shadow.paint(painter, rect, tokens.shadow_alpha)
        forming = self.forming.image
        if not forming.isNull():
            self._paint_image(painter, forming, rect)
        elif self.seeing_last and self.last:
            self.paint_picture(painter, self.last, rect)
        elif self.now:
            if self.arrival.share < 1.0 and not self._leaving.isNull():
                self._paint_image(painter, self._leaving, rect)
                painter.setOpacity(self.arrival.share)
            self.paint_picture(painter, self.now, rect)
            painter.setOpacity(1.0)
            self.tool.paint(painter, rect)
        if self._tabbed:
            painter.setPen(QPen(theme.current().color("accent"), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()
        spent = (time.perf_counter() - began) * 1e3
        self.forming.cost(spent)
        # Arriving lays two large drawings over each other.
        self.arrival.cost(spent if self.arrival.running else 2 * spent)

    def paint_picture(self, painter: QPainter, picture: Pyramid, rect: QRectF) -> None:
        """A finished picture in `rect`; one of another shape lies inside it, whole."""
        width, height = picture.size
        if abs(width / height - rect.width() / max(rect.height(), 1.0)) > 0.01:
            painter.fillRect(rect, theme.current().color("ground"))
            scale = min(rect.width() / width, rect.height() / height)
            inner = QRectF(0, 0, width * scale, height * scale)
            inner.moveCenter(rect.center())
            rect = inner
        level = picture.level_for(rect.width() * self.viewport.ratio / width)
        if level.hasAlphaChannel():
            painter.fillRect(rect, theme.current().color("control"))
        self._paint_image(painter, level, rect)

    def _paint_image(self, painter: QPainter, image: QImage, rect: QRectF) -> None:
        crisp = rect.width() * self.viewport.ratio / image.width() >= _CRISP_FROM and self.now is not None
        crisp = crisp and self.viewport.device_zoom >= _CRISP_FROM and not self.viewport.fitted
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(rect, image, QRectF(image.rect()))

    def _repaint_picture(self) -> None:
        self.update(QRectF(*self.viewport.rect).toAlignedRect().adjusted(-40, -40, 40, 40))

    # ── events ────────────────────────────────────────────────────────────────

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._measure()
        elif event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1 + event.value(), event.position())
                return True
        elif event.type() == QEvent.Type.Leave:
            self.tool.leave()
        elif (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and keys.before_window(self, event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _measure(self) -> None:
        self.place(self.viewport.resized((max(self.width(), 1), max(self.height(), 1)), self.devicePixelRatioF()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        zooming = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.phase() != Qt.ScrollPhase.NoScrollPhase and not zooming and self.viewport.overflows:
            by = event.pixelDelta()  # two fingers on a pad move the picture; a wheel zooms
            self.place(self.viewport.panned(by.x(), by.y()))
        elif self.has_work:
            self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self.has_work:
            return
        if event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self._space
        ):
            self._pressed = self.hand
            self.hand.grab(event.position())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self.tool
            self.tool.press(event.position(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        (self._pressed or self.tool).move(event.position(), held=self._pressed is not None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed:
            self._pressed.release(event.position())
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.tool is not self.hand:
            self.mousePressEvent(event)
        elif self.has_work:
            middle = (event.position().x(), event.position().y())
            self.place(self.viewport.zoomed(1.0, middle) if self.viewport.fitted else self.viewport.fit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not keys.press(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat() or not keys.release(self, event):
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._tabbed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._tabbed = self._space = False
        self.hold_last.emit(False)
        self.show_cursor()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(860, 520)
