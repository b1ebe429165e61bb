"""What of interpreter and machine can change a result. It must never run another program."""

from __future__ import annotations

import os
import sys


def environment() -> dict[str, str]:
    """Python's implementation and version, system and architecture."""
    machine = os.uname()
    return {
        "python": f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}",
        "system": f"{machine.sysname} {machine.machine}",
    }
