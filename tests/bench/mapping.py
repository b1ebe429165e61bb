"""A process that reads the product of a task `array`, and prints how many seconds this took: `python mapping.py PART` in a project that
`arrays` made, where a run has stored it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import pipekit
from pipekit.store import codecs
from pipekit.store.store import open_store


def stored(folder: Path) -> tuple[float, Any]:
    """Out of the store, by its record."""
    store = open_store(folder / ".pipekit")
    product = store.latest(["array"])["array"].product
    began = time.perf_counter()
    found = codecs.decode(product, store.read, _none)
    return time.perf_counter() - began, found


def loaded(folder: Path, times: int) -> tuple[float, Any]:
    """As people get it, for the last of so many times."""
    project = pipekit.open(folder)
    for _ in range(times):
        began = time.perf_counter()
        found = project.load("array")
    return time.perf_counter() - began, found


def _none(file: object) -> Path:
    raise AssertionError(file)


def main(what: str) -> None:
    """Print the seconds, once the array is what it should be."""
    folder = Path.cwd()
    seconds, found = stored(folder) if what == "object" else loaded(folder, 2 if what == "again" else 1)
    assert type(found) is np.ndarray and found[-1] == len(found) - 1
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1])
