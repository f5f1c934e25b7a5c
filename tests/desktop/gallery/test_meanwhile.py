"""What happens to files and list while the gallery is open: other programs, other windows, other windows' bins."""

from __future__ import annotations

import html
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.canvas import reading
from desktop.gallery.details import WIDTH
from desktop.gallery.filmstrip import Filmstrip
from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf
from desktop.window import SMALLEST
from models.outputs import packed, write
from models.outputs.library import Item, Library
from models.outputs.media import Picture
from models.protocol import BadInput, Output, Request
from tests.desktop.gallery.pieces import choose, item_at, look_for, numbers, record
from tests.desktop.program import PATIENCE_MS
from tests.desktop.scene import scene
from tests.models.outputs.test_packed import picture as packed_picture

BIN = pytest.mark.skipif(sys.platform != "linux", reason="the bin of this test's own is freedesktop.org's")


def new(home: Path, k: int, name: str = "") -> Output:
    path = home / "outputs" / (name or f"new {k}.png")
    scene(64, 64, k).save(str(path))
    return Output(str(path), "picture", 0.7, record(k))


# ── the bin ───────────────────────────────────────────────────────────────────


@BIN
def test_what_was_gone_already_hides_no_earlier_undo(qtbot: QtBot, room: GalleryRoom, shelf: Shelf) -> None:
    kept, gone = item_at(room, 1), item_at(room, 2)
    with qtbot.waitSignal(shelf.binned):
        shelf.move_to_bin([kept.id])
    Path(gone.path).unlink()
    with qtbot.waitSignal(shelf.notice) as said, qtbot.assertNotEmitted(shelf.binned):
        shelf.move_to_bin([gone.id])
    assert said.args == ["Off the list: a picture, gone from where it was."]
    assert numbers(room) == [0, *range(3, 9)] and shelf.can_undo == 1 and room.put_back.isVisible()
    with qtbot.waitSignals([shelf.changed, room.items.settled]):
        shelf.undo_bin()
    assert numbers(room) == [0, 1, *range(3, 9)] and Path(kept.path).exists()


@BIN
def test_a_list_that_fails_half_way_loses_no_file(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [item_at(room, row) for row in (0, 1, 2)]
    add = library.add

    def locked(*ids: int) -> None:
        raise OSError("database is locked")

    with monkeypatch.context() as patched, qtbot.waitSignals([shelf.binned, shelf.notice]):
        patched.setattr(library, "remove", locked)
        shelf.move_to_bin([item.id for item in chosen])
    assert shelf.can_undo == 3 and not any(Path(item.path).exists() for item in chosen)

    def full(path: str, *said: object) -> Item:
        if path == chosen[0].path:
            raise OSError("disk is full")
        return add(path, *said)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "add", full)
    with qtbot.waitSignals([shelf.changed, shelf.notice]):
        shelf.undo_bin()
    assert all(Path(item.path).exists() for item in chosen)
    qtbot.waitUntil(lambda: room.items.total == 9, timeout=PATIENCE_MS)
    assert numbers(room) == list(range(9)) and shelf.can_undo == 0


@BIN
def test_many_go_to_the_bin_and_back_a_part_at_a_time(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.gallery.binning._AT_ONCE", 4)
    went: list[int] = []
    shelf.went.connect(lambda ids: went.append(len(ids)))
    with qtbot.waitSignal(shelf.binned) as said:
        shelf.move_to_bin(list(room.items.ids))
    assert said.args == ["Moved 9 pictures to the bin."] and went == [4, 4, 1] and shelf.can_undo == 9
    assert room.items.total == library.count() == 0
    shelf.undo_bin()
    qtbot.waitUntil(lambda: room.items.total == 9, timeout=PATIENCE_MS)
    assert numbers(room) == list(range(9)) and shelf.can_undo == 0


@BIN
def test_an_emptied_bin_is_said_and_another_file_is_waited_for(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, trash: Path
) -> None:
    first, second = item_at(room, 0), item_at(room, 1)
    for item in (first, second):
        with qtbot.waitSignal(shelf.binned):
            shelf.move_to_bin([item.id])
    (trash / "files" / Path(second.path).name).unlink()
    with qtbot.waitSignal(shelf.notice) as said:
        shelf.undo_bin()
    assert "no longer in the bin" in said.args[0] and shelf.can_undo == 1
    other = Path(first.path)
    other.write_bytes(b"another")
    with qtbot.waitSignal(shelf.notice) as said:
        shelf.undo_bin()
    assert "lies in its folder now" in said.args[0] and other.read_bytes() == b"another" and shelf.can_undo == 1
    other.unlink()
    with qtbot.waitSignals([shelf.changed, room.items.settled]):
        shelf.undo_bin()
    assert numbers(room)[0] == 0 and shelf.can_undo == 0


# ── others at work ────────────────────────────────────────────────────────────


def test_what_is_chosen_stays_so_while_more_is_found(qtbot: QtBot, room: GalleryRoom, shelf: Shelf, home: Path) -> None:
    assert look_for(qtbot, room, "lighthouse") == [1, 4, 7]
    choose(room, 1, 2)
    resets: list[int] = []
    room.items.modelReset.connect(lambda: resets.append(1))
    with qtbot.waitSignals([shelf.came, room.items.settled]):
        shelf.note(new(home, 10))  # another lighthouse
    assert numbers(room) == [10, 1, 4, 7] and not resets
    assert [item.seed for item in room.tiles.chosen()] == [104, 107]


def test_what_another_window_made_is_there_when_the_gallery_is_entered(
    qtbot: QtBot, room: GalleryRoom, library: Library, home: Path
) -> None:
    room.hide()
    made = new(home, 20)
    Library(library.path).add(made.path, "picture", made.settings)
    with qtbot.waitSignal(room.items.settled, timeout=PATIENCE_MS):
        room.show()
    assert room.items.total == 10


def test_what_another_window_made_is_not_chosen_in_the_filmstrip(
    qtbot: QtBot, film: Filmstrip, library: Library, home: Path
) -> None:
    film.choose(item_at(film, 2).path)
    made = new(home, 20)
    Library(library.path).add(made.path, "picture", made.settings)
    with qtbot.waitSignal(film.items.settled, timeout=PATIENCE_MS):
        film.shelf.changed.emit()
    assert film.items.total == 10 and [item.seed for item in film.tiles.chosen()] == [102]


def test_a_page_that_could_not_be_read_is_asked_for_again(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = library.many

    def fails(ids: object) -> object:
        raise OSError("disk I/O error")

    room.items._held.clear()
    monkeypatch.setattr(library, "many", fails)
    with qtbot.waitSignal(shelf.notice) as said:
        room.items.at(0)
    assert "disk I/O error" in said.args[0]
    monkeypatch.setattr(library, "many", many)
    qtbot.waitUntil(lambda: room.items.at(0) is not None, timeout=PATIENCE_MS)


def test_stars_that_a_full_disk_does_not_take_are_said(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(ids: object, change: object) -> str:
        raise OSError("database or disk is full")

    monkeypatch.setattr(library, "keep", full)
    with qtbot.waitSignal(shelf.notice) as said:
        shelf.set_rating([item_at(room, 0).id], 3)
    assert "could not be changed (database or disk is full)" in said.args[0] and item_at(room, 0).rating == 0


def seen(qtbot: QtBot, room: GalleryRoom, path: Path) -> QImage:
    """Its small picture once it is read: a null one where it cannot be shown."""
    size = QSize(40, 40)
    qtbot.waitUntil(lambda: room.thumbnails.get(str(path), size) is not None, timeout=PATIENCE_MS)
    found = room.thumbnails.get(str(path), size)
    assert found is not None
    return found.toImage()


def test_a_file_that_is_back_and_a_name_that_is_given_again_are_seen(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, home: Path
) -> None:
    path = Path(item_at(room, 0).path)
    held = path.read_bytes()
    path.unlink()
    room.thumbnails.forget_all()
    assert seen(qtbot, room, path).isNull()
    path.write_bytes(held)
    shelf.changed.emit()
    before = seen(qtbot, room, path)
    assert not before.isNull()
    with qtbot.waitSignal(shelf.came):
        shelf.note(new(home, 5, path.name))
    after = seen(qtbot, room, path)
    assert not after.isNull() and after != before


def test_what_is_compared_may_go_before_it_is_read(
    qtbot: QtBot, room: GalleryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, once = threading.Event(), reading.read

    def slow(path: str) -> object:
        gate.wait()
        return once(path)

    monkeypatch.setattr(reading, "read", slow)
    choose(room, 0, 1)
    room.deeds.compare_requested.emit(room.tiles.chosen())
    pictures = [cell.shown for cell in room.beside.cells]
    with qtbot.waitSignals([picture.destroyed for picture in pictures]):
        room.beside.closed.emit()
    with qtbot.captureExceptions() as troubles:
        gate.set()
        after: list[object] = []
        room.beside._aside._pool.waitForDone()
        room.beside._aside.run(lambda: None, after.append)
        qtbot.waitUntil(lambda: len(after) == 1, timeout=PATIENCE_MS)
    assert not troubles


# ── names and sizes ───────────────────────────────────────────────────────────


def test_several_files_are_dragged_out_whatever_they_are_called(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, home: Path
) -> None:
    names = ("Zoë’s 100% boat #1 ⛵.png", "船 & “sea”!.png")
    for k, name in enumerate(names):
        with qtbot.waitSignals([shelf.came, room.items.settled]):
            shelf.note(new(home, 30 + k, name))
    choose(room, 0, 1, 2)
    files = [Path(url.toLocalFile()) for url in room.tiles.drag().mimeData().urls()]
    assert [file.name for file in files] == [names[1], names[0], "scene 0.png"] and all(f.is_file() for f in files)


def test_words_of_others_are_read_as_words_and_fit(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library
) -> None:
    words = '<img src="file:///etc/hostname"> & so on'
    item = item_at(room, 0)
    told = record(0) | {"prompt": words, "model_name": "x" * 120, "source": "comfyui", "unread": ["y" * 150] * 20}
    library.add(item.path, "picture", told, 0.5)
    with qtbot.waitSignal(room.items.dataChanged):
        room.items.ask_again()
    tip = room.items.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == f"<p>{html.escape(words)}</p>"
    choose(room, 0)
    assert room.details.prompt.text() == words
    assert room.details.below.minimumSizeHint().width() <= WIDTH
    assert room.details.minimumSizeHint().height() < SMALLEST[1] - 60


def test_what_is_compared_is_enlarged_and_moved_by_keys(qtbot: QtBot, room: GalleryRoom) -> None:
    choose(room, 0, 1)
    room.deeds.compare_requested.emit(room.tiles.chosen())
    first, last = (cell.shown for cell in room.beside.cells)
    qtbot.waitUntil(lambda: not first.image.isNull() and not last.image.isNull(), timeout=PATIENCE_MS)  # type: ignore[attr-defined]
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Right):
        qtbot.keyClick(room.beside, key)
    zoom, across, _ = last.view  # type: ignore[attr-defined]
    assert zoom == pytest.approx(1.25**2) and across > 0.5 and first.view == last.view  # type: ignore[attr-defined]
    qtbot.keyClick(room.beside, Qt.Key.Key_0)
    assert last.view == (1.0, 0.5, 0.5)  # type: ignore[attr-defined]


def test_from_the_words_to_what_they_find_without_a_mouse(qtbot: QtBot, room: GalleryRoom) -> None:
    room.focus_search()
    qtbot.keyClicks(room.search, "lighthouse")
    with qtbot.waitSignal(room.items.settled):
        qtbot.keyClick(room.search, Qt.Key.Key_Return)
    assert numbers(room) == [1, 4, 7] and room.focusWidget() is room.tiles
    qtbot.keyClick(room.tiles, Qt.Key.Key_Right)
    qtbot.keyClick(room.tiles, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert [item.seed for item in room.tiles.chosen()] == [101, 104]


def test_looking_through_folders_can_be_stopped(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def endless(progress: Callable[[int], None]) -> int:
        while True:
            progress(1)
            time.sleep(0.01)

    monkeypatch.setattr(library, "rebuild", endless)
    shelf.notice.connect(told.append)
    shelf.look_again()
    qtbot.waitUntil(lambda: room.folders.text() == "Stop reading (1)", timeout=PATIENCE_MS)
    with qtbot.waitSignal(shelf.changed, timeout=PATIENCE_MS):
        qtbot.mouseClick(room.folders, Qt.MouseButton.LeftButton)
    assert room.folders.text() == "Folders…" and not told


def test_a_list_that_was_thrown_away_is_made_again(qtbot: QtBot, home: Path) -> None:
    first = Library()
    for seed in range(3):
        request = Request("scenes", "/m", "latent-diffusion", "text-to-picture", "a boat", seed=seed)
        path, made = write.save(Picture(Image.new("RGB", (8, 8), (seed, 0, 0))), request, "Scenes", home / "outputs")
        first.add(path, "picture", made)
    first.path.unlink()
    room = GalleryRoom()
    qtbot.addWidget(room)
    room.show()
    qtbot.waitUntil(lambda: room.items.total == 3, timeout=PATIENCE_MS)
    room.finish()


def test_a_picture_full_of_packed_text_is_not_opened(tmp_path: Path) -> None:
    bomb = packed_picture(tmp_path / "bomb.png", packed.MOST + 1, "words " * 1000)
    for show in (reading.read, lambda path: reading.read_thumbnail(path, QSize(8, 8))):
        with pytest.raises(BadInput, match="more text packed"):
            show(str(bomb))
