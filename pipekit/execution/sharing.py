"""Memory that the processes of a run share, as a folder: what is written there never lies on a disk. It must never know what is in it."""

from __future__ import annotations

import os
from pathlib import Path

from pipekit.errors import StoreError
from pipekit.store.locks import OwnFolder, sweep

_SHARED = Path("/dev/shm")


def shared_folder(least: int) -> OwnFolder | None:
    """A folder in shared memory for this process; None where there is none with room for `least` bytes. What runs left there that were
    killed goes."""
    try:
        state = os.statvfs(_SHARED)
        parent = _SHARED / f"pipekit-{os.getuid()}"
        os.makedirs(parent, 0o700, exist_ok=True)
        if os.stat(parent).st_uid != os.getuid():
            return None
        sweep(parent)
        if state.f_bavail * state.f_frsize < least:
            return None
        found = OwnFolder(parent)
        _ = found.path
        return found
    except (OSError, AttributeError, StoreError):
        return None
