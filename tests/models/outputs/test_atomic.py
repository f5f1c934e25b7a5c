"""Writing that is done or never happened."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.outputs import atomic


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    atomic.write_bytes(path, b"old")
    with pytest.raises(OSError, match="full"), atomic.replacing(path) as temporary:
        temporary.write_bytes(b"half of the n")
        raise OSError(28, "the disk is full")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["list.json"]


def test_a_taken_name_gets_a_number_and_the_same_bytes_do_not(tmp_path: Path) -> None:
    names = [atomic.write_new(tmp_path / "a.png", data).name for data in (b"1", b"2", b"1", b"3", b"2")]
    assert names == ["a.png", "a-2.png", "a.png", "a-3.png", "a-2.png"]
    assert len(list(tmp_path.iterdir())) == 3


def _write_many(folder: str, who: int) -> None:
    for turn in range(20):
        atomic.write_new(Path(folder) / "same.png", f"{who}:{turn}".encode())


def test_two_processes_that_want_one_name_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(tmp_path), who)) for who in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert {p.read_text() for p in tmp_path.iterdir()} == {f"{w}:{t}" for w in range(2) for t in range(20)}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_what_a_killed_writer_left_is_swept_and_a_live_ones_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from models.outputs import atomic\n"
        "with atomic.replacing(Path(sys.argv[1]) / 'big.png') as t:\n"
        "    t.write_bytes(b'half'); print('written', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline().strip() == b"written"
    atomic.write_new(tmp_path / "first.png", b"1")
    assert len(list(tmp_path.glob(".*.part"))) == 1  # the writer lives
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    child.stdout.close()
    atomic._swept.clear()
    atomic.write_new(tmp_path / "second.png", b"2")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["first.png", "second.png"]


def _count_up(folder: str) -> None:
    counter = Path(folder) / "counter"
    for _ in range(30):
        with atomic.locked(Path(folder) / "lock"):
            counter.write_text(str(int(counter.read_text()) + 1))


def test_the_lock_holds_between_processes(tmp_path: Path) -> None:
    (tmp_path / "counter").write_text("0")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_up, args=(str(tmp_path),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert (tmp_path / "counter").read_text() == "60"


def test_file_systems_without_links_never_lose_a_file_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert [atomic.write_new(tmp_path / "a.png", d).name for d in (b"1", b"2")] == ["a.png", "a-2.png"]
    assert time.time() - (tmp_path / "a.png").stat().st_mtime < 60


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_disk_that_fills_up_while_saving_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    """In a process for which the kernel refuses every byte past the first thousand."""
    code = (
        "import resource, sys, numpy; from PIL import Image\n"
        "from models.outputs import write; from models.outputs.media import Picture\n"
        "from models.protocol import BadInput, Request\n"
        "noise = numpy.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=numpy.uint8)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write.save(Picture(Image.fromarray(noise)), Request('m', '', '', ''), 'M', sys.argv[1])\n"
        "except BadInput as error:\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"There is no room left in {tmp_path}: free some space, or choose another folder.\n", (
        done.stderr
    )
    assert list(tmp_path.iterdir()) == []
