"""What of interpreter, machine and installed packages can change a result. It must never run another program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from pipekit import canon
from pipekit.fingerprint.metadata import metadata


def environment(path: Iterable[str] = ()) -> dict[str, str]:
    """Python, system and architecture; with a `path` (as `sys.path`) also one digest of the packages installed on it."""
    machine = os.uname()
    found = {
        "python": f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}",
        "system": f"{machine.sysname} {machine.machine}",
    }
    packages = sorted({name for place in path for name in _distributions(place)})
    if packages:
        found["packages"] = canon.digest_parts(*(name.encode() for name in packages)).hex()[:16]
    return found


def _distributions(place: str) -> list[str]:
    """The names of the metadata folders in one place of the path: each holds its distribution's name and version."""
    try:
        return metadata(os.listdir(place or "."))
    except OSError:
        return []
