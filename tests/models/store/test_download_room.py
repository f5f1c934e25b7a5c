"""A disk that gets full on the way: a sentence, nothing corrupt, and going on once there is room."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.store.fetch import room
from models.store.fetch.download import Download
from models.store.fetch.staging import Ask
from tests.fakes.hub_server import Hub
from tests.models.store.downloading import HASTY, WAIT_S, as_on_the_hub, fetch, left_over, model

NAMES = {"config.json", "README.md", "model.safetensors"}


class Disk:
    """What arrives is written through this: after `left` bytes the disk is full, as the kernel says it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
        self.left = left
        disk, plain = self, Path.open

        def opened(path: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
            file = plain(path, mode, *more, **options)
            return disk.through(file) if "arriving" in path.parts and "+" in mode else file

        monkeypatch.setattr(Path, "open", opened)

    def through(self, file: Any) -> Any:
        write = file.write

        def limited(data: bytes) -> int:
            if len(data) > self.left:
                write(data[: self.left])  # a full disk takes what it can
                self.left = 0
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.left -= len(data)
            return int(write(data))

        file = _Through(file)
        file.write = limited
        return file


class _Through:
    write: Any

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> _Through:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_disk_that_gets_full_pauses_it_with_a_sentence(
    hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = model(1_000_000)
    hub.add("me/toy", files)
    disk = Disk(monkeypatch, 700_000)
    one = Download(Ask("me/toy"), place, chunk=200_000, patience=HASTY)
    one.start()
    assert one.wait(WAIT_S)
    state = one.state
    assert state.phase == "paused" and state.resumable
    assert state.sentence.startswith(f"There is no room left in {place}: free ") and state.sentence.endswith(
        ", then go on; what has arrived is kept."
    )
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "paused"  # still full
    disk.left = 10**9
    asked = len(hub.seen)
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "done"
    as_on_the_hub(Path(one.state.path), files, NAMES)
    assert not left_over(place)
    (again,) = [s for s in hub.seen[asked:] if "/storage/" in s.path]
    assert again.status == 206 and again.start >= 600_000  # nothing that was safe came again


def test_a_journal_that_finds_no_room_is_no_harm(hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are cut off in the middle, again and again; each time a pause, and in the end everything is right."""
    files = model(500_000)
    hub.add("me/toy", files)
    write, room_for = os.write, [0]

    def full(descriptor: int, data: bytes) -> int:
        if not data.lstrip().startswith(b'{"file"'):
            return write(descriptor, data)
        taken = min(len(data), room_for[0])
        room_for[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:taken])

    one = Download(Ask("me/toy"), place, chunk=100_000)
    with monkeypatch.context() as patch:
        patch.setattr("models.store.fetch.journal.os.write", full)
        for more in (0, 50, 170, 333, 500):
            room_for[0] = more
            one.start()
            assert one.wait(WAIT_S)
            assert one.state.phase == "paused" and "no room left" in one.state.sentence
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "done"
    as_on_the_hub(Path(one.state.path), files, NAMES)
    assert not left_over(place)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MB, where the system lets us mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_real_full_disk(hub: Hub, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = model(1_500_000)
    hub.add("me/toy", files)
    place = small_disk / "models"
    state = fetch("me/toy", place)
    assert state.phase == "paused" and "are free in" in state.sentence  # asked first
    monkeypatch.setattr(room, "SPARE_BYTES", 0)
    (small_disk / "other").write_bytes(bytes(200_000))
    one = Download(Ask("me/toy"), place, chunk=200_000)
    monkeypatch.setattr(room, "free", lambda place: 10**9)  # as if another program took it afterwards
    (small_disk / "more").write_bytes(bytes(900_000))
    one.start()
    assert one.wait(WAIT_S)
    assert one.state.phase == "paused" and "There is no room left in" in one.state.sentence
    assert 0 < one.state.progress.bytes < 1_500_000
    (small_disk / "more").unlink()
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "done", one.state
    as_on_the_hub(Path(one.state.path), files, NAMES)
    assert not left_over(place)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_is_read_only_is_said_so(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    place.parent.mkdir(parents=True)
    place.parent.chmod(0o500)
    state = fetch("me/toy", place)
    place.parent.chmod(0o700)
    assert state.phase == "failed" and "read-only" in state.sentence


def test_a_file_where_the_models_should_lie_is_said_so(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    place.parent.mkdir(parents=True)
    place.write_text("in the way")
    state = fetch("me/toy", place)
    assert state.phase == "failed" and "choose a folder to write to" in state.sentence
