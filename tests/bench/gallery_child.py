"""The gallery's room in a window of its own: scrolled, searched, and the gaps that its event loop has meanwhile."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from tests.bench import child
from tests.bench.gallery import SEARCHES
from tests.bench.window_child import Gaps

_JUMPS = 12
_GIVE_UP_S = 60


def main() -> None:
    app = QApplication(sys.argv[:1])
    from desktop.gallery.room import GalleryRoom

    def wait(true: Callable[[], bool]) -> float:
        """Milliseconds until it is so, with the event loop running."""
        began = time.perf_counter()
        while not true():
            app.processEvents()
            time.sleep(0.0005)  # a loop that never rests keeps Python's lock from those who read
            if time.perf_counter() - began > _GIVE_UP_S:
                raise TimeoutError(f"Waited {_GIVE_UP_S} s.")
        return (time.perf_counter() - began) * 1000

    given = child.given()
    chance, steps = random.Random(given["seed"]), int(given["steps"])
    room = GalleryRoom()
    room.resize(1440, 800)
    settled: list[int] = []
    room.items.settled.connect(settled.append)
    room.show()
    wait(lambda: bool(settled) and room.thumbnails.idle)
    bar, tiles, gaps = room.tiles.verticalScrollBar(), room.tiles, Gaps()

    # As a wheel does it: a few hundred pixels in many small steps, then far away.
    gaps.begin()
    at = 0
    for step in range(steps):
        at = chance.randint(0, bar.maximum()) if step % 60 == 59 else min(at + 40, bar.maximum())
        bar.setValue(at)
        until = time.perf_counter() + 0.008
        while time.perf_counter() < until:
            app.processEvents()
    scrolled = gaps.end()

    filled = []
    for _ in range(_JUMPS):
        bar.setValue(chance.randint(0, bar.maximum()))
        size = tiles.tile * room.devicePixelRatioF()

        def shown(size=size) -> bool:
            items = [room.items.at(row) for row in tiles.rows_in_sight()]
            return all(item is not None and room.thumbnails.get(item.path, size) is not None for item in items)

        filled.append(wait(shown))

    searches: list[float] = []
    gaps.begin()
    for line in SEARCHES:
        settled.clear()
        began = time.perf_counter()
        room.look_for(line)
        wait(lambda: bool(settled))
        room.repaint()
        searches.append((time.perf_counter() - began) * 1000)
    wait(lambda: room.thumbnails.idle)
    search_gaps = gaps.end()
    room.finish()
    child.say(gaps=scrolled, steps=steps, filled=filled, searches=searches, search_gaps=search_gaps)


if __name__ == "__main__":
    main()
