"""What a run needs to know of this machine: processors, memory, what stands at a path. It must never be asked by a lower
room."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal


def look(path: Path) -> Literal["file", "folder"] | None:
    """What stands at `path`; nothing, where the machine takes it for no path at all."""
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else None
    except (OSError, ValueError):
        return None


def cpus() -> int:
    """How many processors this process may use, by affinity and by its control group's quota; at least 1."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    return max(1, min(usable, quota) if quota else usable)


def _quota(path: Path) -> int | None:
    try:
        granted, period = path.read_text().split()
    except (OSError, ValueError):
        return None
    return None if granted == "max" else max(1, -(-int(granted) // int(period)))


def memory() -> int:
    """Bytes of memory of this machine, or of its control group; 0 where nobody can tell."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        limit = "max"
    return min(whole, int(limit)) if limit.isdigit() else whole
