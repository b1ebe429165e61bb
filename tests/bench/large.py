"""A project of many big products, each of which one task reads: together they are many times what a machine should need for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.measure import Figure, figure, forget
from tests.bench.memory import group

COUNT, SIZE = 40, 25_000_000
"""So many arrays of so many floats: 200 MB each, 8 GB together."""

TASKS = """
import numpy as np
from pipekit import Env

env = Env("large")


def make(number):
    @env.task(name=f"array{number}"{kept})
    def array() -> np.ndarray:
        return np.random.default_rng(number).random({size})

    @env.task(array, name=f"sum{number}")
    def total(array: np.ndarray, /) -> int:
        return int(array.view(np.uint64).sum())

    return total


@env.task(*map(make, range({count})))
def answer({names}) -> str:
    return " ".join(map(str, [{names}]))
"""

ANSWER = """
import sys

import numpy as np

count, size = map(int, sys.argv[1:])
print(*[np.random.default_rng(number).random(size).view(np.uint64).sum() for number in range(count)], end="")
"""

PIPELINE = """
version: 1
invocations: {default: {outputs: {answer: answer.txt}}}
"""


RUN = [sys.executable, "-m", "pipekit", "run", "-j", "2"]


def products(folder: Path) -> Iterator[Figure]:
    """What all processes take together, if products are kept, and if not; and whether the answer is right, always."""
    wanted = answer()
    for kept in ("never", "auto"):
        for settings in ("", "{memory: 600 MB}"):
            place = project(folder / f"{kept}{len(settings)}", kept, settings)

            def run(words: Sequence[str], folder: Path) -> tuple[float, float]:
                return right(words, folder, wanted)

            name = f"{COUNT} products of 200 MB, store={kept}{', memory 600 MB' if settings else ''}"
            found = figure(name, RUN, place, runs=3, before=lambda place=place: forget(place), run=run)
            yield replace(found, beside="promise 1000 MB" if kept == "never" else "")
            forget(place)


def project(folder: Path, kept: str, settings: str = "", count: int = COUNT, size: int = SIZE) -> Path:
    """`count` arrays of `size` floats; `kept` is their `store`, `settings` those of the run."""
    names = ", ".join(f"a{number}: int" for number in range(count))
    text = TASKS.replace("{names}) ->", f"{names}, /) ->").replace("{names}", names.replace(": int", ""))
    for word, value in (("kept", f', store="{kept}"'), ("size", str(size)), ("count", str(count))):
        text = text.replace(f"{{{word}}}", value)
    folder.mkdir(parents=True)
    (folder / "tasks.py").write_text(text)
    (folder / "pipeline.yaml").write_text(PIPELINE + (f"settings: {settings}\n" if settings else ""))
    return folder


def answer(count: int = COUNT, size: int = SIZE) -> str:
    """What the run is to give, computed one array after the other in a process that ends."""
    return subprocess.check_output([sys.executable, "-c", ANSWER, str(count), str(size)], text=True)


def right(words: Sequence[str], folder: Path, wanted: str) -> tuple[float, float]:
    """Seconds and megabytes, of all processes together, of a run that gave what it is to give."""
    (folder / "answer.txt").unlink(missing_ok=True)
    found = group(words, folder)
    given = (folder / "answer.txt").read_text()
    assert given == wanted, f"{folder.name}: {given[:80]} is not {wanted[:80]}"
    return found
