"""The room of models: the catalog, downloads from a hub on this machine, and what is done with models that are here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from desktop.app import Everyform
from desktop.aside import Aside
from desktop.catalog.room import ModelsRoom
from desktop.catalog.strip import Fetch
from desktop.catalog.token_dialog import TokenDialog
from models import folders
from models.planning.machine import GIB, Machine
from models.store.fetch import token
from tests import fakes
from tests.desktop.program import PATIENCE_MS, said
from tests.fakes.hub_server import TOKEN, Hub
from tests.models.store.downloading import left_over, model

OPEN = "deepseek-community/Janus-Pro-1B"  # of the catalog, without a variant or a file of its own
OTHER = "facebook/DiT-XL-2-256"
GATED = "black-forest-labs/FLUX.1-dev"
NAMED = "me/a-model-of-mine"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv(token.VARIABLE, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(token, "_session", {})
    with Hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def room(hub: Hub, program: Everyform, qtbot: QtBot) -> ModelsRoom:
    """The room, with one model on this machine and the catalog read."""
    program.window.enter("models")
    found = program.window.models_room
    assert found is not None
    qtbot.waitUntil(lambda: bool(found.offers.entries) and bool(found.here.models), timeout=PATIENCE_MS)
    return found


@pytest.fixture
def alone(hub: Hub, qtbot: QtBot) -> Iterator[ModelsRoom]:
    """The room without a program around it, with the catalog read."""
    aside = Aside()
    room = ModelsRoom(aside)
    qtbot.addWidget(room)
    room.resize(1440, 850)
    room.show()
    qtbot.waitUntil(lambda: bool(room.offers.entries), timeout=PATIENCE_MS)
    room.show_side(1)
    yield room
    aside.finish()


def files(count: int = 60_000) -> dict[str, bytes | Path]:
    """What the fake family runs, with weights beside it."""
    return model(count) | {"fake.json": json.dumps({"fake": "steps", "name": "Fetched"}).encode()}


def keys(room: ModelsRoom) -> list[str]:
    return [line.key for line in room.offers.column.rows.lines if line.key]


def fetched(program: Everyform, qtbot: QtBot, id: str, until: Callable[[Fetch], bool]) -> Fetch:
    """The download of that model, once it is so."""

    def now() -> Fetch | None:
        return next((f for f in program.stock.fetching.fetches if f.state.ask.id == id and until(f)), None)

    qtbot.waitUntil(lambda: now() is not None, timeout=PATIENCE_MS)
    found = now()
    assert found is not None
    return found


def press_download(room: ModelsRoom, id: str) -> None:
    room.show_side(1)
    room.offers.column.choose(id)
    room.offers.fill()
    QTest.mouseClick(room.offers.offer.button, Qt.MouseButton.LeftButton)


def press(room: ModelsRoom, fetch: Fetch, deed: str) -> None:
    button = room.strip.rows[fetch.key].buttons[deed]
    assert button.isVisible(), deed
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# ── the catalog ───────────────────────────────────────────────────────────────


def weighed(qtbot: QtBot, room: ModelsRoom, ram: int) -> None:
    """Let the catalog know of a machine with so much main memory, and wait until it has weighed its models."""
    before = room.offers._fits
    room.set_machine(Machine(ram=ram, ram_free=ram, cores=8))
    qtbot.waitUntil(lambda: room.offers._fits is not before, timeout=PATIENCE_MS)


def test_the_catalog_is_found_filtered_and_sorted_and_asks_nobody(hub: Hub, alone: ModelsRoom, qtbot: QtBot) -> None:
    room, offers, column = alone, alone.offers, alone.offers.column
    assert len(keys(room)) == len(offers.entries) >= 60
    by_id = {entry.id: entry for entry in offers.entries}
    QTest.keyClicks(column.search, "stable diffusion xl")
    assert 0 < len(keys(room)) < 20 and column.key == keys(room)[0]
    QTest.keyClick(column.search, Qt.Key.Key_Escape)
    assert not column.search.text() and len(keys(room)) == len(offers.entries)
    column.medium.take("sound")
    assert {by_id[key].medium for key in keys(room)} == {"sound"}
    QTest.keyClick(column.medium, Qt.Key.Key_Up)
    assert column.medium.value() == "picture"
    column.medium.take("")
    column.family.take("gan")
    assert {by_id[key].family for key in keys(room)} == {"gan"}
    column.show_all()
    weighed(qtbot, room, 8 * GIB)
    column.fits.setChecked(True)
    assert 0 < len(keys(room)) < len(offers.entries)
    assert all(offers._fits[key].verdict in ("fits", "squeezed") for key in keys(room))
    column.fits.setChecked(False)
    column.order.take("download")
    sizes = [size for key in keys(room) if (size := by_id[key].download_bytes) is not None]
    assert sizes == sorted(sizes)
    QTest.keyClicks(column.search, "nothing is called like this")
    assert column.pages.currentWidget() is column.empty
    column.empty.acted.emit()
    assert len(keys(room)) == len(offers.entries)
    assert not hub.seen


def test_the_page_says_what_a_model_is_good_for_and_whether_it_fits(hub: Hub, alone: ModelsRoom, qtbot: QtBot) -> None:
    offers, offer = alone.offers, alone.offers.offer
    for entry in offers.entries:
        offers.column.choose(entry.id)
        offers.fill()
        told = offer.facts.values()
        assert offer.name.text() == entry.name and offer.good_for.text() == entry.good_for
        assert entry.id in told["Its page"] and told["Licence"] and told["Terms"]
        assert offer.gated.isVisible() == bool(entry.gated)
        assert offer.button.isEnabled() and offer.button.text().startswith("Download")
    large = max((e for e in offers.entries if e.least_memory_bytes), key=lambda e: e.least_memory_bytes or 0)
    weighed(qtbot, alone, (large.least_memory_bytes or 0) // 4)
    offers.column.choose(large.id)
    offers.fill()
    assert "too large for this machine" in offer.fits.text() and offer.fits.property("state") == "warn"
    assert next(line for line in offers.column.rows.lines if line.key == large.id).warns
    weighed(qtbot, alone, 8 * (large.memory_bytes or 0))
    assert offer.fits.text().startswith("Fits")
    assert not hub.seen


def test_arrows_and_enter_walk_from_the_search_to_the_button(alone: ModelsRoom) -> None:
    room, column = alone, alone.offers.column
    column.search.setFocus()
    QTest.keyClick(column.search, Qt.Key.Key_Down)
    assert room.focusWidget() is column.list
    first = column.key
    QTest.keyClick(column.list, Qt.Key.Key_Down)
    assert column.key != first and room.offers.offer.name.text() == room.offers.names[column.key]
    QTest.keyClick(column.list, Qt.Key.Key_Return)
    assert room.focusWidget() is room.offers.offer.button


# ── downloads ─────────────────────────────────────────────────────────────────


def test_a_model_is_fetched_paused_gone_on_with_and_used(
    hub: Hub, room: ModelsRoom, program: Everyform, qtbot: QtBot
) -> None:
    hub.add(OPEN, files(600_000))
    hub.bytes_s = 150_000
    assert not room.strip.isVisible() and not hub.seen
    press_download(room, OPEN)
    running = fetched(program, qtbot, OPEN, lambda f: f.state.phase == "running" and f.state.progress.bytes > 0)
    assert room.strip.isVisible() and not room.offers.offer.button.isEnabled()
    assert room.strip.rows[running.key].name.text() == room.offers.names[OPEN]
    press(room, running, "pause")
    paused = fetched(program, qtbot, OPEN, lambda f: f.state.phase == "paused")
    assert paused.sentence().startswith("Paused at") and room.offers.offer.button.text() == "Go on with it"
    hub.bytes_s = 0
    press(room, paused, "resume")
    done = fetched(program, qtbot, OPEN, lambda f: f.outcome == "used")
    assert "on the list" in room.strip.rows[done.key].status.text()
    assert [path.name for path in folders.models().iterdir()] == ["deepseek-community--Janus-Pro-1B"]
    qtbot.waitUntil(lambda: room.offers.offer.button.text() == "Use this model", timeout=PATIENCE_MS)
    press(room, done, "use")
    assert program.window.room == "picture" and program.session.model is not None
    assert program.session.model.name == "Janus-Pro-1B"
    program.window.enter("models")
    press(room, done, "clear")
    assert not room.strip.isVisible()


def test_a_failure_is_tried_again_and_a_cancel_leaves_nothing(
    hub: Hub, room: ModelsRoom, program: Everyform, qtbot: QtBot
) -> None:
    press_download(room, OPEN)
    failed = fetched(program, qtbot, OPEN, lambda f: f.state.phase == "failed")
    row = room.strip.rows[failed.key]
    assert row.status.text().endswith(".") and row.status.property("role") == "small-warn"
    hub.add(OPEN, files())
    press(room, failed, "again")
    fetched(program, qtbot, OPEN, lambda f: f.outcome == "used")
    press(room, failed, "clear")
    hub.add(OTHER, files(600_000))  # and another one is cancelled on its way: nothing of it is left
    hub.bytes_s = 100_000
    press_download(room, OTHER)
    running = fetched(program, qtbot, OTHER, lambda f: f.state.phase == "running" and f.state.progress.bytes > 0)
    press(room, running, "cancel")
    qtbot.waitUntil(lambda: not program.stock.fetching.fetches, timeout=PATIENCE_MS)
    assert not room.strip.isVisible() and not left_over(folders.models())
    assert room.offers.offer.button.text().startswith("Download")


def test_a_gated_model_asks_for_a_token_and_comes_with_it(
    hub: Hub, room: ModelsRoom, program: Everyform, qtbot: QtBot
) -> None:
    hub.add(GATED, files(), gated=True)
    press_download(room, GATED)
    gated = fetched(program, qtbot, GATED, lambda f: f.state.phase == "gated")
    assert "accept its terms" in gated.sentence() and "main.py" not in gated.sentence()
    assert gated.state.page == f"{hub.url}/{GATED}"
    press(room, gated, "token")
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, TokenDialog))
    QTest.keyClicks(dialog.field, "no")
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "no access token" in dialog.note.text(), timeout=PATIENCE_MS)
    dialog.field.setText(TOKEN)
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    said(program, qtbot, "until Everyform closes")  # there is no keyring here
    fetched(program, qtbot, GATED, lambda f: f.outcome == "used")


def test_a_model_that_is_named_is_fetched_and_one_that_nothing_runs_says_so(
    hub: Hub, room: ModelsRoom, program: Everyform, qtbot: QtBot
) -> None:
    hub.add(NAMED, {name: what for name, what in files().items() if name != "fake.json"})
    room.show_side(1)
    QTest.keyClicks(room.offers.column.search, f"https://huggingface.co/{NAMED}")
    assert room.offers.column.rows.lines[0].title == f"Fetch {NAMED} from the hub"
    assert room.offers.offer.name.text() == NAMED and not hub.seen
    QTest.mouseClick(room.offers.offer.button, Qt.MouseButton.LeftButton)
    done = fetched(program, qtbot, NAMED, lambda f: bool(f.outcome))
    assert done.outcome not in ("used", "listed") and done.sentence().startswith("It is here, but not on the list")
    assert not program.window.notices.isVisible() or done.outcome not in program.window.notices.text.text()
    assert room.strip.rows[done.key].buttons["folder"].isVisible()


def test_what_was_begun_is_there_after_a_restart(
    hub: Hub, room: ModelsRoom, program: Everyform, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    hub.add(OPEN, files(600_000))
    hub.bytes_s = 100_000
    press_download(room, OPEN)
    fetched(program, qtbot, OPEN, lambda f: f.state.phase == "running" and f.state.progress.bytes > 20_000)
    program.window.close()
    again = open_window()
    again.window.enter("models")
    paused = fetched(again, qtbot, OPEN, lambda f: f.state.phase == "paused")
    other = again.window.models_room
    assert other is not None and paused.state.resumable
    hub.bytes_s = 0
    press(other, paused, "resume")
    fetched(again, qtbot, OPEN, lambda f: f.outcome == "used")


# ── on this machine ───────────────────────────────────────────────────────────


def weighty(path: Path, name: str) -> Path:
    """A model of the fake family with weights that can be checked."""
    folder = fakes.model_folder(path, name=name)
    save_file({"weight": np.arange(50_000, dtype=np.float32)}, folder / "model.safetensors")
    return folder


def on_the_list(program: Everyform, qtbot: QtBot, path: Path) -> str:
    def found() -> str:
        return next((m.id for m in program.session.models if m.path == str(path)), "")

    qtbot.waitUntil(lambda: bool(found()), timeout=PATIENCE_MS)
    return found()


def test_a_dropped_folder_is_checked_moved_to_the_bin_and_put_back(
    room: ModelsRoom, program: Everyform, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = weighty(tmp_path / "mine", "Mine")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    drop = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    room.dropEvent(drop)
    id = on_the_list(program, qtbot, folder)
    qtbot.waitUntil(lambda: room.here.column.key == id, timeout=PATIENCE_MS)
    about = room.here.about
    assert about.facts.values()["Licence"] == "CC0-1.0" and "F32" in about.facts.values()["Parameters"]
    QTest.mouseClick(about.buttons["verify"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: about.checked.text() == "Its file of weights is as when it came.", timeout=PATIENCE_MS)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    QTest.mouseClick(about.buttons["verify"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "has changed or is broken" in about.checked.text(), timeout=PATIENCE_MS)
    QTest.mouseClick(about.buttons["discard"], Qt.MouseButton.LeftButton)
    said(program, qtbot, "Mine is in the bin")
    qtbot.waitUntil(lambda: not any(m.id == id for m in program.session.models), timeout=PATIENCE_MS)
    assert not folder.exists()
    program.window.notices.action.click()
    assert on_the_list(program, qtbot, folder) == id and (folder / "fake.json").is_file()


def test_another_programs_folder_is_linked_and_left_alone(
    room: ModelsRoom, program: Everyform, qtbot: QtBot, tmp_path: Path
) -> None:
    styles = tmp_path / "comfy" / "models" / "loras"
    styles.mkdir(parents=True)
    (styles.parent / "checkpoints").mkdir()
    part = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_k"
    down, up = np.zeros((4, 320), np.float32), np.zeros((320, 4), np.float32)
    style = styles / "soft.safetensors"
    save_file({f"{part}.lora_down.weight": down, f"{part}.lora_up.weight": up}, style)
    program.stock.deeds.link_folder(str(tmp_path / "comfy"))
    qtbot.waitUntil(lambda: len(room.here.found) == 1, timeout=PATIENCE_MS)
    titles = [line.title for line in room.here.column.rows.lines if not line.key]
    assert titles == ["Diffusion", "Additions to models"]
    room.show_one(room.here.found[0].id)
    about = room.here.about
    shown = {key for key, button in about.buttons.items() if button.isVisible()}
    assert shown == {"folder", "unlink", "discard"}
    QTest.mouseClick(about.buttons["discard"], Qt.MouseButton.LeftButton)
    said(program, qtbot, "other programs use too")
    assert style.is_file()
    program.window.notices.next()
    QTest.mouseClick(about.buttons["unlink"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not room.here.found, timeout=PATIENCE_MS)
    assert style.is_file()


def test_copies_are_shown_a_refusal_is_said_and_a_model_goes_off_the_list(
    room: ModelsRoom, program: Everyform, qtbot: QtBot, tmp_path: Path, model: Path
) -> None:
    for name in ("one", "two"):
        folder = weighty(tmp_path / name, name)
        program.stock.take(str(folder))
        on_the_list(program, qtbot, folder)
    QTest.mouseClick(room.here.twice, Qt.MouseButton.LeftButton)
    page = room.here.copies
    qtbot.waitUntil(lambda: "could be spared" in page.sentence.text(), timeout=PATIENCE_MS)
    assert page.lists.count() == 1
    page.back.click()
    assert room.here.pages.currentWidget() is room.here.about
    program.stock.take(str(fakes.model_folder(tmp_path / "no", why_not="It is of a kind that nobody knows.")))
    said(program, qtbot, "of a kind that nobody knows")
    program.window.notices.next()
    for id in ("one", "two", "counter"):
        room.show_one(id)
        QTest.mouseClick(room.here.about.buttons["forget"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda id=id: all(m.id != id for m in program.session.models), timeout=PATIENCE_MS)  # type: ignore[misc]
    qtbot.waitUntil(lambda: room.here.pages.currentWidget() is room.here.empty, timeout=PATIENCE_MS)
    assert model.is_dir() and not room.here.column.isVisible()
    room.here.empty.acted.emit()
    assert room.sides.currentWidget() is room.offers
