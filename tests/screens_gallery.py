"""Screenshots of the gallery: `python -m tests.screens_gallery OUTDIR`. A search, its filters, one chosen, and two to
four compared, in dark and light. Wants a screen (Xvfb or QT_QPA_PLATFORM=offscreen will do)."""

from __future__ import annotations

import datetime
import os
import sys
import tempfile
from pathlib import Path

SIZES = ((1440, 900), (1024, 640))
PROMPTS = ("a red sailboat on a calm sea at sunset", "a lighthouse in fog", "a windmill under falling snow")


def main(out: Path) -> int:
    from PySide6.QtWidgets import QApplication

    from desktop.gallery.room import GalleryRoom
    from desktop.gallery.shelf import Shelf
    from desktop.theme import current

    app = QApplication([])
    out.mkdir(parents=True, exist_ok=True)
    library = _library()
    room = GalleryRoom(Shelf(library))
    room.resize(*SIZES[0])
    look = current()
    look.dress(room, "gallery")
    settled: list[int] = []
    room.items.settled.connect(settled.append)
    room.show()

    def search(line: str) -> None:
        settled.clear()
        room.look_for(line)
        _wait(app, lambda: bool(settled))

    def shot(name: str) -> None:
        for choice in ("dark", "light"):
            look.choose(choice)  # type: ignore[arg-type]
            room.grab()  # asks for the pictures in sight
            _wait(app, lambda: room.thumbnails.idle)
            room.grab().save(str(out / f"{name}-{choice}.png"))

    _wait(app, lambda: bool(settled))
    shot("gallery")
    search("boat steps:>20 rating:>=2 after:2026")
    room.tiles.setCurrentIndex(room.items.index(0))
    shot("gallery-search")
    room.resize(*SIZES[1])
    search("rating:many fog")
    shot("gallery-small")
    search("giraffe model:scenes")
    shot("gallery-nothing")
    room.resize(*SIZES[0])
    search("")
    pictures = [k for k in range(room.items.total) if (item := room.items.at(k)) and item.medium == "picture"]
    others = [k for k in range(room.items.total) if (item := room.items.at(k)) and item.medium != "picture"]
    for name, rows in (("two", pictures[:2]), ("four", pictures[1:5]), ("media", [*others[:3], pictures[0]])):
        room.compare([item for row in rows if (item := room.items.at(row))])
        _rest(app)
        shot(f"compare-{name}")
    room.finish()
    return 0


def _library() -> object:
    import numpy as np

    from models import folders
    from models.outputs import write
    from models.outputs.library import Library
    from models.outputs.media import Picture, Sound, Text, Video
    from models.protocol import Request
    from tests.desktop.scene import scene

    library = Library()
    waves = np.sin(np.linspace(0, 900, 24_000)) * np.abs(np.sin(np.linspace(0, 7, 24_000)))
    film = np.stack([np.full((48, 64, 3), (40, 90, 20 * k), np.uint8) for k in range(8)])
    made = [Picture(_pillow(scene(384, 288, k))) for k in range(26)]
    made += [Sound(waves, 16_000), Video(film, 8.0), Text("The red boat left the harbour before the sun was up. " * 9)]
    for k, media in enumerate(made):
        request = Request(
            ("scenes", "portraits")[k % 4 == 0], "/m", "latent-diffusion", "text-to-picture", PROMPTS[k % 3],
            seed=100 + k, settings={"steps": 8 + 4 * (k % 7), "guidance_scale": 5.0, "scheduler": "Euler"},
        )  # fmt: skip
        path, record = write.save(media, request, ("Scenes", "Portraits")[k % 4 == 0], folders.outputs())
        moment = datetime.datetime.now().astimezone() - datetime.timedelta(hours=3 * (30 - k))
        item = library.add(path, media.medium, record, 0.8, moment)
        boards = ("Harbours",) if k % 3 == 0 else ()
        library.keep([item.id], lambda _, k=k, boards=boards: _kept(k % 9 == 0, k % 6, boards))
    return library


def _kept(favourite: bool, rating: int, boards: tuple[str, ...]) -> object:
    from models.outputs.kept import Kept

    return Kept(favourite, rating, boards)


def _pillow(image: object) -> object:
    from PIL import Image
    from PySide6.QtGui import QImage

    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)  # type: ignore[attr-defined]
    return Image.frombytes("RGBA", (plain.width(), plain.height()), bytes(plain.constBits())).convert("RGB")


def _wait(app: object, true: object) -> None:
    import time

    until = time.monotonic() + 120
    while not true():  # type: ignore[operator]
        app.processEvents()  # type: ignore[attr-defined]
        if time.monotonic() > until:
            raise TimeoutError("Waited two minutes.")


def _rest(app: object) -> None:
    """Until what is read aside has come: films have no one signal for all that they show."""
    import time

    until = time.monotonic() + 3
    _wait(app, lambda: time.monotonic() > until)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="everyform-screens-") as home:
        os.environ["EVERYFORM_HOME"] = home
        sys.exit(main(Path(sys.argv[1])))
