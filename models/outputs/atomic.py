"""Writing that is either done or never happened: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
import platform
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# Marks our temporary files with the machine and the process, so that a dead writer's can be told from a live one's.
_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
_SUFFIX = ".part"
_swept: set[str] = set()


def write_bytes(path: str | Path, data: bytes) -> None:
    """Put `data` at `path`, in place of what was there. Raises OSError, and then leaves the old file as it was."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """The same for text, as UTF-8 with plain newlines."""
    write_bytes(path, text.encode("utf-8"))


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path in the same folder that becomes `path` when the block ends well, and vanishes otherwise."""
    path = Path(path)
    temporary = temporary_beside(path)
    try:
        yield temporary
        flush(temporary)
        temporary.replace(path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_new(path: str | Path, data: bytes) -> Path:
    """Put `data` at `path`, as `fill_new` does."""
    return fill_new(path, lambda temporary: temporary.write_bytes(data))


def fill_new(path: str | Path, fill: Callable[[Path], object]) -> Path:
    """Let `fill` write a file, and put it at `path`, or at `name-2`, `name-3` ... where another one has the name; the
    path that it got.

    Never replaces anything, also not when two processes want the same name at once.
    A file that already holds these very bytes is taken as the one. Raises OSError, and what `fill` raises.
    """
    path = Path(path)
    sweep(path.parent)
    temporary = temporary_beside(path)
    try:
        fill(temporary)
        flush(temporary)
        number = 1
        while True:
            target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
            if _same(target, temporary):
                return target
            if claim(temporary, target):
                flush_folder(target.parent)
                return target
            number += 1
    finally:
        temporary.unlink(missing_ok=True)


def gone(process: str) -> bool:
    """Whether that is the number of a process of this machine that runs no more."""
    import psutil

    return process.isdigit() and not psutil.pid_exists(int(process))


def sweep(folder: Path) -> None:
    """Remove what writers of this machine left behind when they were killed; once a folder and process."""
    if str(folder) in _swept:
        return
    _swept.add(str(folder))
    for left in folder.glob(f".*.{_HOST}-*{_SUFFIX}"):
        pid = left.name.removesuffix(_SUFFIX).rpartition(f".{_HOST}-")[2].partition("-")[0]
        if gone(pid):
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Hold a lock between processes (and threads) while the block runs; `path` is an empty file made for it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file closes, or its process dies
            yield


def temporary_beside(path: Path) -> Path:
    """A name in the same folder for what is not finished yet: hidden, ours, and found again by `sweep`."""
    # A long name plus our mark could pass the 255 bytes that file systems allow.
    return path.with_name(f".{path.name[:40]}.{_HOST}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}")


def claim(temporary: Path, target: Path) -> bool:
    """Give the finished file its name, unless something has it. True if it got it."""
    try:
        # A hard link is the one way that POSIX and NTFS share to name a file without replacing another.
        os.link(temporary, target)
        return True
    except FileExistsError:
        return False
    except OSError:  # FAT and some network shares have no links: the gap before the rename is accepted there
        if target.exists():
            return False
        temporary.replace(target)
        return True


def _same(path: Path, other: Path) -> bool:
    try:
        return path.stat().st_size == other.stat().st_size and filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False


def flush(path: Path) -> None:
    """Wait until the file's bytes are on the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make the new name itself safe against a power cut; Windows cannot open folders and does it by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems refuse; the data is down already
        pass
    finally:
        os.close(descriptor)
