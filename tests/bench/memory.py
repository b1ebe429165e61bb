"""How much memory the processes of a run take together (Linux)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_SHARED = Path("/dev/shm")


def group(words: Sequence[str], folder: Path, counts: Callable[[], bool] = lambda: True) -> tuple[float, float]:
    """Seconds of one run, and the megabytes that its processes took together at their peak, as long as it `counts`: what they share
    counts once, and what they keep in shared memory counts whether one of them looks at it or not. CalledProcessError if it fails."""
    began, peak = time.perf_counter(), 0
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if counts():
            peak = max(peak, _together(_below(process.pid)))
        time.sleep(0.02)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return time.perf_counter() - began, peak / 1e6


def _together(processes: Sequence[int]) -> int:
    shares = [_shares(process) for process in processes]
    return sum(own for own, _ in shares) + max(sum(shared for _, shared in shares), _kept(processes))


def _below(root: int) -> list[int]:
    """The process and all that it has started, directly or not."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            above = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(above), []).append(int(name))
    found, waiting = list[int](), [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _shares(process: int) -> tuple[int, int]:
    """Bytes of a process's own memory with its share of what it has in common with others, and its share of shared memory."""
    with suppress(OSError):
        rows = [row.split() for row in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()]
        sizes = {row[0]: 1024 * int(row[1]) for row in rows if row[0].startswith("Pss")}
        return sizes["Pss:"] - sizes["Pss_Shmem:"], sizes["Pss_Shmem:"]
    return 0, 0


def _kept(processes: Iterable[int]) -> int:
    """Bytes of what lies in the folders of these processes in shared memory."""
    folders = [one for process in processes for one in _SHARED.glob(f"pipekit-*/{process}-*")]
    return sum(_size(file) for folder in folders for file in folder.rglob("*"))


def _size(file: Path) -> int:
    with suppress(OSError):
        return 512 * file.stat().st_blocks
    return 0
