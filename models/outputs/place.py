"""Whether a folder takes files, asked before anything is made for it, and what to say when it does not."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from models.outputs import atomic
from models.protocol import BadInput

# What a picture may need: a folder with less room than this is full for our purposes.
PROBE_BYTES = 2**20


def ready(folder: str | Path) -> Path:
    """The folder, made if it was missing, once a file was really written there. Raises BadInput with what to do."""
    folder = Path(folder).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits do not tell it all (read-only mounts, quotas, full disks): only writing does.
        probe = atomic.temporary_beside(folder / "probe")
        try:
            probe.write_bytes(bytes(PROBE_BYTES))
            atomic.flush(probe)
        finally:
            probe.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise BadInput(sentence(error, folder)) from error
    return folder


def forbidden(folder: str | Path) -> str:
    """Why `folder` would take no file, in a sentence; empty where it seems to.

    This only looks, and makes nothing: a folder that is not there is judged by the one that it would be made in.
    """
    there = folder = Path(folder).expanduser()
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
        if there.exists() and not there.is_dir():
            raise OSError(errno.ENOTDIR, "not a folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, "not allowed")
        if shutil.disk_usage(there).free < PROBE_BYTES:
            raise OSError(errno.ENOSPC, "full")
    except OSError as error:
        return sentence(error, folder)
    return ""


def sentence(error: Exception, folder: str | Path) -> str:
    """Why nothing can be written to `folder`, in one sentence that ends in what to do."""
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"There is no room left in {folder}: free some space, or choose another folder."
    if code in (errno.EEXIST, errno.ENOTDIR):
        return f"{folder} is a file or lies in one: choose a folder to write to."
    if code in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{folder} is read-only: choose a folder that you may write to."
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{folder} cannot be written to ({reason.lower()}): choose another folder."
