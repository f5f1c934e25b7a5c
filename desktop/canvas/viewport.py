"""Where the picture lies in the view: zoom, pan and fit as plain arithmetic, without a widget."""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float]

MARGIN = 28.0  # logical pixels kept free around a fitted picture, room for its shadow
MIN_ZOOM, MAX_ZOOM = 0.02, 48.0
STEP = 1.25


@dataclass(frozen=True)
class Viewport:
    """A view of `view` logical pixels that shows a picture of `picture` pixels.

    `zoom` is device pixels for each picture pixel, so that 1.0 is sharp on every screen;
    0 means fitted. `centre` is the picture's point in the middle of the view, in picture pixels.
    """

    view: Point = (1.0, 1.0)
    picture: Point = (1.0, 1.0)
    ratio: float = 1.0
    zoom: float = 0.0
    centre: Point = (0.5, 0.5)

    @property
    def fitted(self) -> bool:
        return self.zoom == 0.0

    @property
    def fit_zoom(self) -> float:
        """The zoom at which the whole picture just fits, with its margin."""
        width, height = (max(side - 2 * MARGIN, 16.0) for side in self.view)
        return max(min(width / self.picture[0], height / self.picture[1]) * self.ratio, MIN_ZOOM)

    @property
    def device_zoom(self) -> float:
        """Device pixels for each picture pixel, also while fitted."""
        return self.zoom or self.fit_zoom

    @property
    def scale(self) -> float:
        """Logical pixels for each picture pixel."""
        return self.device_zoom / self.ratio

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """x, y, width and height of the picture in the view, in logical pixels, on whole device pixels."""
        x, y = self.to_view((0.0, 0.0))
        width, height = (side * self.scale for side in self.picture)
        return (*(round(v * self.ratio) / self.ratio for v in (x, y, width, height)),)  # type: ignore[return-value]

    @property
    def overflows(self) -> bool:
        """True where some of the picture lies outside the view, so that there is something to pan."""
        return any(side * self.scale > room + 0.5 for side, room in zip(self.picture, self.view, strict=True))

    def to_view(self, point: Point) -> Point:
        """A picture point in view coordinates."""
        cx, cy = self._middle
        return (
            self.view[0] / 2 + (point[0] - cx) * self.scale,
            self.view[1] / 2 + (point[1] - cy) * self.scale,
        )

    def to_picture(self, point: Point) -> Point:
        """A view point in picture coordinates; may lie outside the picture."""
        cx, cy = self._middle
        return (
            cx + (point[0] - self.view[0] / 2) / self.scale,
            cy + (point[1] - self.view[1] / 2) / self.scale,
        )

    def resized(self, view: Point, ratio: float) -> Viewport:
        """The same place of the picture in a view of another size or density."""
        return replace(self, view=view, ratio=ratio)

    def showing(self, picture: Point) -> Viewport:
        """Another picture: the place is kept if the size is the same, and fitted otherwise."""
        if picture == self.picture:
            return self
        return replace(self, picture=picture, zoom=0.0, centre=(picture[0] / 2, picture[1] / 2))

    def fit(self) -> Viewport:
        return replace(self, zoom=0.0)

    def zoomed(self, zoom: float, at: Point) -> Viewport:
        """This zoom, with the picture's point under `at` (view coordinates) kept where it is.

        Outside the picture its nearest point is kept. At the fitted size and below, the picture is
        in the middle, because there is nowhere better for it to be.
        """
        zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        if abs(zoom / self.fit_zoom - 1) < 0.01:
            return self.fit()
        px, py = (min(max(p, 0.0), side) for p, side in zip(self.to_picture(at), self.picture, strict=True))
        kept = self.to_view((px, py))
        there = replace(self, zoom=zoom)
        cx = px - (kept[0] - self.view[0] / 2) / there.scale
        cy = py - (kept[1] - self.view[1] / 2) / there.scale
        return replace(there, centre=there._held((cx, cy)))

    def panned(self, dx: float, dy: float) -> Viewport:
        """The picture moved by logical pixels; the view's middle always shows some of it."""
        if self.fitted:
            return self
        cx, cy = self._middle
        return replace(self, centre=self._held((cx - dx / self.scale, cy - dy / self.scale)))

    @property
    def _middle(self) -> Point:
        if self.zoom <= self.fit_zoom:
            return (self.picture[0] / 2, self.picture[1] / 2)
        return self.centre

    def _held(self, centre: Point) -> Point:
        x, y = (min(max(c, 0.0), side) for c, side in zip(centre, self.picture, strict=True))
        return (x, y)
