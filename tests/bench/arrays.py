"""One array of 1 GiB that three tasks read: when these may start, when it is recorded, how long it takes to map it again. The task that
makes the array saves it itself before it returns, three times: the fastest is what numpy and the disk take for it."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipekit.store.store import open_store
from tests.bench import mapping
from tests.bench.measure import Figure, figure, forget, medians, part
from tests.bench.memory import group

COUNT = 1 << 27

TASKS = """
import json
import os
import time
from pathlib import Path

import numpy as np
from pipekit import Env

env = Env("arrays")
SAVED = Path("saved.npy")


def save(array: np.ndarray) -> tuple[float, float]:
    began = time.perf_counter()
    with SAVED.open("wb") as file:
        np.save(file, array)
        saved = time.perf_counter()
        file.flush()
        os.fsync(file.fileno())
    synced = time.perf_counter()
    SAVED.unlink()
    return saved - began, synced - began


@env.task()
def array() -> np.ndarray:
    made = np.arange({count}, dtype=np.float64)
    saved, synced = map(min, zip(*[save(made) for _ in range(3)]))
    Path("made.json").write_text(json.dumps({"saved": saved, "synced": synced, "returned": time.time()}))
    return made


def make(number):
    @env.task(array, name=f"reader{number}")
    def reader(array: np.ndarray, /) -> float:
        told = {"began": time.time(), "pid": os.getpid()}
        Path(f"reader{number}.json").write_text(json.dumps(told))
        total = float(array[::512].sum())
        Path(f"read{number}").touch()
        while len(list(Path().glob("read[012]"))) < 3:
            assert time.time() < told["began"] + 60, "the others do not read"
            time.sleep(0.01)
        time.sleep({together})
        return total


for number in range(3):
    make(number)
"""

RUN = [sys.executable, "-m", "pipekit", "run", "-j", "4"]


@dataclass(frozen=True)
class Passed:
    """Seconds. `saved` and `synced`: np.save, and with fsync. From the end of the task that made the array: `first` until a reader
    began, `last` until all had, `recorded` until the store had the record."""

    saved: float
    synced: float
    first: float
    last: float
    recorded: float


def arrays(folder: Path) -> Iterator[Figure]:
    """Figures of one array of 1 GiB."""
    place = project(folder / "arrays")
    found = [passed(place) for _ in range(3)]
    saved, synced = [one.saved for one in found], [one.synced for one in found]
    yield medians("1 GiB array: np.save", saved)
    yield medians("1 GiB array: np.save and fsync", synced)
    yield _beside("1 GiB array: until a reader begins", [one.first for one in found], saved, 1.15)
    yield _beside("1 GiB array: until three readers have begun", [one.last for one in found], saved, 1.15)
    yield _beside("1 GiB array: until it is recorded", [one.recorded for one in found], synced, 1.1)
    yield from _mapped(place)
    (place / "tasks.py").write_text(text(together=0.2))
    for name, counts in (("all processes", lambda: True), ("all processes while three read", lambda: _began(place))):

        def run(words: Sequence[str], folder: Path, counts: Callable[[], bool] = counts) -> tuple[float, float]:
            return group(words, folder, counts)

        yield figure(f"1 GiB array: {name}", RUN, place, runs=3, before=lambda: clear(place), run=run)


def _beside(name: str, seconds: list[float], floor: list[float], promise: float) -> Figure:
    ratio = statistics.median(one / least for one, least in zip(seconds, floor))
    return medians(name, seconds, beside=f"{ratio:.2f} x, promise {promise} x")


def _mapped(place: Path) -> Iterator[Figure]:
    """How long it takes to read it in a process that has done nothing yet but import what it needs."""

    def one(name: str, what: str, promise: str, before: Callable[[], object] = lambda: None) -> Figure:
        words = [sys.executable, mapping.__file__, what]
        return replace(figure(f"1 GiB array: {name}", words, place, before=before, run=part), beside=promise)

    yield one("first read, from other files", "object", "promise 0.2 s", lambda: afresh(place))
    yield one("mapped again in a new process", "object", "promise 0.002 s")
    yield one("loaded in a new process", "load", "")
    yield one("loaded again in the same process", "again", "")


def project(folder: Path) -> Path:
    """An array and three that read all of its pages."""
    folder.mkdir(parents=True)
    (folder / "tasks.py").write_text(text())
    return folder


def text(together: float = 0.0) -> str:
    """The tasks; the readers stay so many seconds together once all have read."""
    return TASKS.replace("{count}", str(COUNT)).replace("{together}", str(together))


def clear(folder: Path) -> None:
    """Remove what a run has left, and let the disk come to rest."""
    forget(folder)
    for told in (*folder.glob("*.json"), *folder.glob("read[012]")):
        told.unlink()
    os.sync()


def afresh(folder: Path) -> None:
    """Copy the array's file to its own place: nobody has read this file yet."""
    for path in (folder / ".pipekit" / "objects").glob("??/*"):
        if path.stat().st_size >= 8 * COUNT:
            shutil.copyfile(path, path.with_suffix(".new"))
            path.with_suffix(".new").replace(path)


def passed(folder: Path) -> Passed:
    """One run in a new store. Raises CalledProcessError if it fails."""
    clear(folder)
    store = open_store(folder / ".pipekit")
    process = subprocess.Popen(RUN, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recorded = 0.0
    while process.poll() is None:
        if not recorded and store.latest(["array"]):
            recorded = time.time()
        time.sleep(0.002)
    store.close()
    if process.returncode or not recorded:
        raise subprocess.CalledProcessError(process.returncode, RUN)
    made = _told(folder, "made")
    readers = [_told(folder, f"reader{number}") for number in range(3)]
    assert len({reader["pid"] for reader in readers}) == 3, readers
    begun = sorted(reader["began"] - made["returned"] for reader in readers)
    return Passed(made["saved"], made["synced"], begun[0], begun[-1], recorded - made["returned"])


def _began(folder: Path) -> bool:
    """Have all readers begun?"""
    return len(list(folder.glob("reader?.json"))) == 3


def _told(folder: Path, who: str) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / f"{who}.json").read_text())
    return found
