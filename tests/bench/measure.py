"""Time and memory of a whole process, as the operating system accounts for it, or of the part that it times itself, in medians over
several runs."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`seconds` of wall clock and `megabytes` of the largest process, medians; `spread` is the slowest over the fastest."""

    name: str
    seconds: float
    megabytes: float
    spread: float


def once(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of one run. Raises CalledProcessError if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    megabytes = _ended(process)
    return time.perf_counter() - began, megabytes


def part(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """The seconds that a process prints, and its megabytes. Raises CalledProcessError if it fails."""
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout as stream:
        printed = stream.read()
    megabytes = _ended(process)
    return float(printed), megabytes


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Its largest size in megabytes, once it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


Run = Callable[[Sequence[str], Path], tuple[float, float]]


def figure(
    name: str,
    words: Sequence[str],
    folder: Path,
    *,
    runs: int = 5,
    before: Callable[[], object] = lambda: None,
    run: Run = once,
) -> Figure:
    """The medians of `runs` runs; `before` puts the folder back into its first state."""
    found = []
    for _ in range(runs):
        before()
        found.append(run(words, folder))
    seconds = [one for one, _ in found]
    memory = statistics.median(one for _, one in found)
    return Figure(name, statistics.median(seconds), memory, max(seconds) / min(seconds))


def forget(folder: Path) -> None:
    """Remove the project's store."""
    shutil.rmtree(folder / ".pipekit", ignore_errors=True)
