"""The timeline: small pictures of the film side by side, the part between in and out point, and the playhead."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop import measures, theme
from desktop.video.playing import clock

STRIP, RULER = 50, 22  # px: the pictures, and the times under them
_HANDLE = 8  # px at each side of an end of the part where it can be taken hold of
_TIMES = (0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # s between two marks
_APART = 90  # px at least


class Timeline(QWidget):
    """`scrubbed` to a frame, `in_moved` and `out_moved` to one, `held` while the pointer scrubs."""

    scrubbed = Signal(int)
    in_moved = Signal(int)
    out_moved = Signal(int)
    held = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(STRIP + RULER + 6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")
        self.setToolTip("Drag to look through the film; drag an end of the frame to choose a part of it")
        self._images: list[QImage | None] = []
        self._count, self._fps, self._frame = 0, 24.0, 0
        self._first, self._last = 0, 0
        self._drag = ""
        theme.current().changed.connect(self.update)

    # ── what it shows ─────────────────────────────────────────────────────────

    def set_film(self, count: int, fps: float) -> None:
        self._count, self._fps = count, fps
        self.update()

    def set_part(self, first: int, last: int) -> None:
        self._first, self._last = first, last
        self.update()

    def set_frame(self, frame: int) -> None:
        if frame != self._frame:
            before, self._frame = self._x(self._frame), frame
            after = self._x(frame)
            for x in (before, after):
                self.update(round(x) - 4, 0, 9, self.height())
            self.setAccessibleDescription(f"Frame {frame + 1} of {self._count}, at {clock(frame / self._fps)}")

    def set_images(self, images: list[QImage | None]) -> None:
        """Pictures from all over the film, in order; None is still to come."""
        self._images = images
        self.update()

    def places(self, width: int, height: int) -> tuple[int, QSize]:
        """How many pictures of a film of this shape fit, and their size in device pixels."""
        each = max(STRIP * width / max(height, 1), 12.0)
        count = max(round(self.width() / each), 1)
        ratio = self.devicePixelRatioF()
        return count, QSize(max(round(self.width() / count * ratio), 1), round(STRIP * ratio))

    # ── frames and pixels ─────────────────────────────────────────────────────

    def _x(self, frame: float) -> float:
        """Where the middle of a frame lies."""
        return (frame + 0.5) / max(self._count, 1) * self.width()

    def frame_at(self, x: float) -> int:
        return min(max(int(x / max(self.width(), 1) * self._count), 0), max(self._count - 1, 0))

    def _edges(self) -> tuple[float, float]:
        each = self.width() / max(self._count, 1)
        return self._first * each, (self._last + 1) * each

    # ── the pointer ───────────────────────────────────────────────────────────

    def _over(self, at: QPointF) -> str:
        left, right = self._edges()
        if at.y() > STRIP + 6 or self._count < 2:
            return "scrub"
        if abs(at.x() - left) <= _HANDLE and abs(at.x() - left) <= abs(at.x() - right):
            return "in"
        return "out" if abs(at.x() - right) <= _HANDLE else "scrub"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._count:
            self._drag = self._over(event.position())
            if self._drag == "scrub":
                self.held.emit(True)
                self._move(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag:
            self._move(event.position().x())
            return
        ends = self._count and self._over(event.position()) != "scrub"
        self.setCursor(Qt.CursorShape.SizeHorCursor if ends else Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag == "scrub":
            self.held.emit(False)
        self._drag = ""

    def _move(self, x: float) -> None:
        if self._drag == "scrub":
            self.scrubbed.emit(self.frame_at(x))
        else:
            # An end lies between two frames: the nearest edge is meant.
            edge = round(x / max(self.width(), 1) * self._count)
            if self._drag == "in":
                self.in_moved.emit(min(edge, self._last))
            else:
                self.out_moved.emit(max(edge - 1, self._first))

    # ── how it looks ──────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strip = QRectF(0, 3, self.width(), STRIP)
        round_ = QPainterPath()
        round_.addRoundedRect(strip, measures.RADIUS_SMALL, measures.RADIUS_SMALL)
        painter.save()
        painter.setClipPath(round_)
        painter.fillRect(strip, now.color("control"))
        self._paint_images(painter, strip)
        left, right = self._edges()
        if self._count and (self._first, self._last) != (0, self._count - 1):
            dim = QColor(now.color("ground"))
            dim.setAlphaF(0.62)
            painter.fillRect(QRectF(0, strip.top(), left, STRIP), dim)
            painter.fillRect(QRectF(right, strip.top(), self.width() - right, STRIP), dim)
        painter.restore()
        if self._count > 1:
            painter.setPen(QPen(now.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            part = QRectF(left, strip.top(), right - left, STRIP).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(part, measures.RADIUS_SMALL - 1, measures.RADIUS_SMALL - 1)
            self._paint_times(painter, now.color("text_3"))
        if self._count:
            x = self._x(self._frame)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("text"))
            painter.drawRoundedRect(QRectF(x - 1, 0, 2, STRIP + 6), 1, 1)
            if self.hasFocus():
                painter.drawEllipse(QPointF(x, STRIP + 6), 3.5, 3.5)

    def _paint_images(self, painter: QPainter, strip: QRectF) -> None:
        if not self._images:
            return
        each = strip.width() / len(self._images)
        for slot, image in enumerate(self._images):
            if image is None or image.isNull():
                continue
            place = QRectF(slot * each, strip.top(), each + 0.5, STRIP)
            # The middle of the picture, in the place's shape.
            shape = place.size().scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio)
            source = QRectF(
                (image.width() - shape.width()) / 2, (image.height() - shape.height()) / 2,
                shape.width(), shape.height(),
            )  # fmt: skip
            painter.drawImage(place, image, source)

    def _paint_times(self, painter: QPainter, colour: QColor) -> None:
        seconds = self._count / self._fps
        every = next((step for step in _TIMES if step / seconds * self.width() >= _APART), seconds)
        painter.setFont(measures.font(measures.SMALL))
        painter.setPen(colour)
        metrics = painter.fontMetrics()
        at = 0.0
        while at < seconds + 1e-6:
            words = clock(at, parts=every < 1)
            wide = metrics.horizontalAdvance(words) + 2
            x = min(at / seconds * self.width(), self.width() - wide)
            painter.drawText(QRectF(x, STRIP + 6, wide, RULER), Qt.AlignmentFlag.AlignVCenter, words)
            at += every
