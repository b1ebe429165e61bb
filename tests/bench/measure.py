"""Time and memory of a whole process, as the operating system accounts for it, or of the part that it times itself, in medians over
several runs."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`seconds` of wall clock and `megabytes` of the largest process, medians; `spread` is the slowest over the fastest; `beside` is what
    the seconds are to be held against."""

    name: str
    seconds: float
    megabytes: float
    spread: float
    beside: str = ""


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


def makespan(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds from the start of the first step of a run to the end of the last, as its log tells; megabytes of its largest process."""
    _, megabytes = once(words, folder)
    times = list(_log(folder))
    began = min(event["time"] for event in times if event["event"] == "step_started")
    return max(event["time"] for event in times if event["event"] == "step_finished") - began, megabytes


def first(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds from the start of the first step to that of the last one, which begins with the first item that it gets."""
    _, megabytes = once(words, folder)
    starts = [event["time"] for event in _log(folder) if event["event"] == "step_started"]
    return max(starts) - min(starts), megabytes


def _log(folder: Path) -> list[dict[str, Any]]:
    """The events of the last run."""
    path = max((folder / ".pipekit" / "runs").glob("*.jsonl"), key=lambda one: one.stat().st_mtime)
    return [json.loads(line) for line in path.read_text().splitlines()]


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
    return medians(name, [one for one, _ in found], [one for _, one in found])


def medians(name: str, seconds: Sequence[float], megabytes: Sequence[float] = (0.0,), beside: str = "") -> Figure:
    """One figure of several runs."""
    spread = max(seconds) / min(seconds)
    return Figure(name, statistics.median(seconds), statistics.median(megabytes), spread, beside)


def forget(folder: Path) -> None:
    """Remove the project's store."""
    shutil.rmtree(folder / ".pipekit", ignore_errors=True)
