"""Filmstrip and gallery over a real library: finding, choosing, favourites, the bin and back, thousands of items."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QFile, QSize, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop.canvas import reading
from desktop.gallery import bin as system_bin
from desktop.gallery.filmstrip import Filmstrip
from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf, made_at
from models.outputs.library import Item, Library
from models.protocol import BadInput, Output
from tests.desktop.gallery.pieces import PROMPTS, item_at, look_for, menu_of, numbers, record
from tests.desktop.program import PATIENCE_MS
from tests.desktop.scene import scene

# ── finding ───────────────────────────────────────────────────────────────────


def test_everything_is_there_newest_first(room: GalleryRoom) -> None:
    assert numbers(room) == list(range(9))
    assert room.count.text() == "9 made"


def test_words_find_prompts_models_seeds_and_dates(qtbot: QtBot, room: GalleryRoom) -> None:
    assert look_for(qtbot, room, "Lighthouse") == [1, 4, 7]
    assert look_for(qtbot, room, "snow 105") == [5]
    day = made_at(item_at(room, 0))  # as the person's own clock has it
    assert look_for(qtbot, room, f"{day:%Y-%m-%d}") == [5]
    assert look_for(qtbot, room, "giraffe") == []
    assert "giraffe" in room.empty.sentence.text() and room.empty.isVisible()
    with qtbot.waitSignal(room.items.settled):
        qtbot.mouseClick(room.empty.button, Qt.MouseButton.LeftButton)
    assert numbers(room) == list(range(9))


def test_favourites_are_kept_and_found(qtbot: QtBot, room: GalleryRoom, shelf: Shelf) -> None:
    room.tiles.setCurrentIndex(room.items.index(3))
    with qtbot.waitSignal(shelf.altered):
        qtbot.mouseClick(room.details.favourite, Qt.MouseButton.LeftButton)
    assert room.details.favourite.isChecked() and item_at(room, 3).favourite
    with qtbot.waitSignal(room.items.settled):
        qtbot.mouseClick(room.favourites, Qt.MouseButton.LeftButton)
    assert numbers(room) == [3]


def test_an_empty_gallery_has_one_sentence_and_one_button(qtbot: QtBot, home: Path) -> None:
    room = GalleryRoom()
    qtbot.addWidget(room)
    with qtbot.waitSignal(room.items.settled):
        room.show()
    assert room.empty.isVisible() and not room.details.isVisible()
    with qtbot.waitSignal(room.make_first_requested):
        qtbot.mouseClick(room.empty.button, Qt.MouseButton.LeftButton)
    room.finish()


# ── what is wanted of a picture ───────────────────────────────────────────────


def test_the_details_say_how_it_was_made_and_offer_what_can_be_done(qtbot: QtBot, room: GalleryRoom) -> None:
    room.tiles.setCurrentIndex(room.items.index(1))
    item, details, deeds = item_at(room, 1), room.details, room.deeds
    assert details.prompt.text() == PROMPTS[1]
    shown = {name: label.text() for name, label in details._facts.items()}
    assert shown["Model"] == "Scenes" and shown["Seed"] == "101" and shown["Size"] == "96 × 64"
    for button, signal, wanted in (
        (details.open, deeds.opened, item),
        (details.use, deeds.restore_requested, record(1)),
        (details.again, deeds.make_again, record(1)),
        (details.more, deeds.make_more, record(1)),
        (details.start, deeds.start_picture_requested, item.path),
    ):
        with qtbot.waitSignal(signal) as said:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert said.args == [wanted]


def test_a_click_in_the_filmstrip_shows_the_picture_and_offers_its_settings(qtbot: QtBot, film: Filmstrip) -> None:
    assert not film.use.isEnabled()
    place = film.tiles.visualRect(film.items.index(2)).center()
    with qtbot.waitSignal(film.chosen) as said:
        qtbot.mouseClick(film.tiles.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert said.args[0].seed == 102
    with qtbot.waitSignal(film.deeds.restore_requested) as said:
        qtbot.mouseClick(film.use, Qt.MouseButton.LeftButton)
    assert said.args[0]["prompt"] == PROMPTS[2]
    film.tiles.setFocus()
    with qtbot.waitSignal(film.chosen) as said:
        qtbot.keyClick(film.tiles, Qt.Key.Key_Right)
    assert said.args[0].seed == 103


def test_what_is_made_comes_in_front_everywhere(qtbot: QtBot, film: Filmstrip, room: GalleryRoom, home: Path) -> None:
    assert film.today.text() == "1 made today"
    path = home / "outputs" / "new.png"
    scene(64, 64, 2).save(str(path))
    with qtbot.waitSignals([film.items.settled, room.items.settled]):
        film.note(Output(str(path), "picture", 0.7, record(50)))
    assert numbers(film)[:2] == [50, 0] and numbers(room)[:2] == [50, 0]
    assert [item.path for item in film.tiles.chosen()] == [str(path)]
    assert film.today.text() == "2 made today"
    chosen: list[Item] = []
    film.chosen.connect(chosen.append)
    film.choose(item_at(film, 3).path)
    assert film.tiles.chosen()[0].seed == 102 and not chosen


def test_real_files_are_dragged_out(qtbot: QtBot, room: GalleryRoom) -> None:
    room.tiles.setCurrentIndex(room.items.index(0))
    urls = room.tiles.drag().mimeData().urls()
    assert [url.toLocalFile() for url in urls] == [item_at(room, 0).path]
    assert Path(urls[0].toLocalFile()).is_file()


def test_enter_opens_and_the_menu_holds_the_deeds(qtbot: QtBot, room: GalleryRoom) -> None:
    room.tiles.setCurrentIndex(room.items.index(4))
    with qtbot.waitSignal(room.deeds.opened) as said:
        qtbot.keyClick(room.tiles, Qt.Key.Key_Return)
    assert said.args[0].seed == 104
    words = [a.text() for a in menu_of(room).actions() if a.text()]
    assert words[:4] == ["Open on the canvas", "Use its settings", "Make again", "Make more like this"]
    assert words[4:7] == ["Use as start picture", "The first frame of a video", "Make it larger"]
    assert words[-3:] == ["Stars", "Board", "Move to the bin"]


def test_a_sheet_of_a_batch_is_found_and_is_not_offered_to_be_made_again(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, home: Path
) -> None:
    path = home / "outputs" / "sheet.png"
    scene(96, 64, 1).save(str(path))
    told = {"batch": "night", "preset": "Plain", "axes": [["steps", ["4", "8"]]]}
    made = {"everyform": 1, "model": "scenes", "model_name": "Scenes", "prompt": "a boat", "sheet": told}
    with qtbot.waitSignal(shelf.came):
        shelf.note(Output(str(path), "picture", 0.0, made))
    with qtbot.waitSignal(room.items.settled):
        room.search.setText("batch night")
    assert room.items.total == 1
    room.tiles.setCurrentIndex(room.items.index(0))
    words = [a.text() for a in menu_of(room).actions() if a.text()]
    assert words[:2] == ["Open on the canvas", "Use as start picture"] and "Make again" not in words
    details = room.details
    assert [b.isVisible() for b in (details.open, details.use, details.again, details.more)] == [True] + [False] * 3
    assert details._facts["Known"].text().splitlines() == ["sheet of the batch night", "preset Plain", "X: steps 4, 8"]
    with qtbot.waitSignal(room.items.settled):
        room.search.setText("lighthouse")
    room.tiles.setCurrentIndex(room.items.index(0))
    assert details.again.isVisible()


# ── the bin ───────────────────────────────────────────────────────────────────


@pytest.mark.skipif(sys.platform != "linux", reason="the bin of this test's own is freedesktop.org's")
def test_the_bin_takes_and_gives_back(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, trash: Path
) -> None:
    with qtbot.waitSignal(shelf.altered):
        shelf.set_favourite([item_at(room, 1).id], True)
    before = [(i.path, i.created, i.prompt) for i in library.items()]
    paths = [Path(item_at(room, row).path) for row in (1, 2)]
    for row, flag in ((1, "ClearAndSelect"), (2, "Select")):
        room.tiles.selectionModel().select(
            room.items.index(row), getattr(room.tiles.selectionModel().SelectionFlag, flag)
        )
    with qtbot.waitSignal(shelf.binned) as said:
        qtbot.keyClick(room.tiles, Qt.Key.Key_Delete)
    assert said.args == ["Moved 2 pictures to the bin."]
    assert numbers(room) == [0, 3, 4, 5, 6, 7, 8] and not any(p.exists() for p in paths)
    assert len(list((trash / "files").iterdir())) == 2
    assert room.put_back.text() == "Put back 2 from the bin"
    with qtbot.waitSignals([shelf.changed, room.items.settled]):
        qtbot.keyClick(room.tiles, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert numbers(room) == list(range(9)) and all(p.exists() for p in paths)
    assert [(i.path, i.created, i.prompt) for i in library.items()] == before
    assert [item.seed for item in library.items(favourites=True)] == [101]
    assert not room.put_back.isVisible() and not list((trash / "info").iterdir())


def test_what_the_bin_refuses_stays_and_is_said(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(QFile):
        def moveToTrash(self) -> bool:
            return False

    monkeypatch.setattr(system_bin, "QFile", Refusing)
    item = item_at(room, 0)
    with qtbot.waitSignal(shelf.notice) as said:
        shelf.move_to_bin([item.id])
    assert "could not be moved to the bin" in said.args[0]
    assert Path(item.path).exists() and numbers(room) == list(range(9))


def test_nothing_is_put_back_over_another_file(tmp_path: Path) -> None:
    there, binned = tmp_path / "a.png", tmp_path / "b.png"
    there.write_bytes(b"new")
    binned.write_bytes(b"old")
    with pytest.raises(BadInput, match="lies in its folder now"):
        system_bin.put_back(system_bin.Binned(str(there), str(binned)))
    assert there.read_bytes() == b"new" and binned.read_bytes() == b"old"


def test_a_file_deleted_by_hand_is_shown_as_not_found(qtbot: QtBot, room: GalleryRoom) -> None:
    gone = item_at(room, 0)
    Path(gone.path).unlink()
    room.thumbnails.forget(gone.path)
    size = QSize(40, 40)
    room.thumbnails.get(gone.path, size)
    with qtbot.waitSignal(room.thumbnails.ready):
        pass
    found = room.thumbnails.get(gone.path, size)
    assert found is not None and found.isNull()


# ── thousands ─────────────────────────────────────────────────────────────────


def test_other_media_are_listed_under_their_name(
    qtbot: QtBot, room: GalleryRoom, shelf: Shelf, library: Library, home: Path
) -> None:
    for name, medium in (("bells.wav", "sound"), ("waves.mp4", "video"), ("story.md", "text")):
        path = home / "outputs" / name
        path.write_bytes(b"not looked into")
        library.add(path, medium, record(50) | {"prompt": name}, 1.0)
        with qtbot.waitSignal(shelf.came):
            shelf.note(Output(str(path), medium, 1.0, record(50)))  # type: ignore[arg-type]
        assert item_at(room, 0).medium == medium
        room.tiles.clearSelection()
        room.tiles.setCurrentIndex(room.items.index(0))
        qtbot.waitUntil(lambda path=path: [i.path for i in room.details.items] == [str(path)])
        assert not room.grab().isNull()
        assert room.details.again.isEnabled()
        assert room.details.open.text() == f"Open in the {medium} room"
        words = [a.text() for a in menu_of(room).actions() if a.text() and a.isEnabled()]
        assert words[0] == room.details.open.text() and words[4] == f"Start from this {medium}"
        with pytest.raises(BadInput, match=f"{name} is {medium}, and no picture"):
            reading.read(str(path))


def test_thousands_of_items_come_as_they_are_scrolled_to(qtbot: QtBot, library: Library, home: Path) -> None:
    folder = home / "outputs"
    sources = [folder / f"scene {k}.png" for k in range(9)]
    columns = "medium, model, prompt, seed, created, seconds, width, height, favourite, rating, stamp, words, settings"
    with sqlite3.connect(library.path) as db:  # one transaction: 2,000 of them would be 2,000 waits for the disk
        for k in range(2000):
            copy = folder / f"copy {k}.png"
            os.link(sources[k % 9], copy)
            db.execute(
                f"INSERT INTO items (path, {columns}) SELECT ?, {columns} FROM items WHERE path = ?",
                (str(copy), str(sources[k % 9])),
            )
    room = GalleryRoom(Shelf(library))
    qtbot.addWidget(room)
    room.resize(1300, 800)
    with qtbot.waitSignal(room.items.settled):
        room.show()
    assert room.items.total == room.items.rowCount() == 2009
    chance = random.Random(3)
    bar = room.tiles.verticalScrollBar()
    assert bar.maximum() > 2009 // room.tiles.columns * room.tiles.cell.height() - room.tiles.height()
    for at in (*(chance.randint(0, bar.maximum()) for _ in range(25)), bar.maximum()):
        bar.setValue(at)
        room.tiles.viewport().repaint()
    rows = room.tiles.rows_in_sight()
    assert rows[-1] == 2008
    qtbot.waitUntil(lambda: all(room.items.at(row) is not None for row in rows), timeout=PATIENCE_MS)
    room.tiles.viewport().repaint()
    qtbot.waitUntil(lambda: room.thumbnails.idle, timeout=PATIENCE_MS)
    size = room.tiles.tile * room.devicePixelRatioF()
    assert all(room.thumbnails.get(item_at(room, row).path, size) for row in rows)
    # All of them can be chosen, also those that nobody has looked at.
    room.tiles.selectAll()
    assert len(room.tiles.chosen_ids()) == 2009 and "2 009 are chosen" in room.details.prompt.text()
    with qtbot.waitSignal(room.items.settled, timeout=PATIENCE_MS):
        room.deeds.shelf.set_rating(room.tiles.chosen_ids(), 3)
    assert library.count("rating:3") == 2009
    room.finish()


def test_every_button_has_a_name(room: GalleryRoom, film: Filmstrip) -> None:
    for widget in (room, film):
        for button in widget.findChildren(QPushButton):
            assert button.accessibleName() or button.text()
    assert room.search.accessibleName() and room.tiles.accessibleName() and film.tiles.accessibleName()
    spoken = room.items.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert PROMPTS[0] in spoken and "scenes" in spoken
