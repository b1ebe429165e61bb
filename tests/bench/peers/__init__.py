"""The same graphs with other tools, as their own documentation would write them, each in a process of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.bench.measure import Figure, figure, once

HERE = Path(__file__).parent
DOIT, JOBLIB = find_spec("doit") is not None, find_spec("joblib") is not None


def absent() -> str:
    """A line that says which of them the table goes without; empty if none."""
    names = [name for name, there in (("doit", DOIT), ("joblib", JOBLIB)) if not there]
    return f"without {' and '.join(names)}, which `make bench` installs" if names else ""


def many(folder: Path, count: int) -> Iterator[Figure]:
    """`count` trivial tasks made by a loop."""
    for tool, words in _tools("many"):
        place, words = _place(folder / tool), [*words, f"count={count}"]
        yield figure(f"  {tool}: {count} tasks, cold", words, place, runs=3, before=_cold(place))
        yield figure(f"  {tool}: {count} tasks, nothing to do", words, place, runs=3)


def changed(folder: Path, count: int) -> Iterator[Figure]:
    """One option changed above `count` tasks, and what it makes is the same."""
    for tool, words in _tools("changed"):
        place, words = _place(folder / f"{tool} changed"), [*words, f"count={count}", "value=0"]
        name = f"  {tool}: one option above {count} tasks, same product"
        yield _growing(name, words, place, iter(range(10)), "value")


def items(folder: Path, count: int) -> Iterator[Figure]:
    """A function over `count` trivial items, and the sum: once, because it takes a minute. doit has nothing like it."""
    for tool, words in _tools("items"):
        place, words = _place(folder / f"{tool} items"), [*words, f"count={count}"]
        yield figure(f"  {tool}: {count} items, cold", words, place, runs=1)
        counts = iter(range(count, count + 10))
        yield _growing(f"  {tool}: {count} items, one appended", words, place, counts, "count", runs=1)


def _growing(name: str, words: list[str], place: Path, values: Iterator[int], what: str, runs: int = 3) -> Figure:
    """Each run has the next value of its last word; the first of them is not counted."""

    def other() -> None:
        words[-1] = f"{what}={next(values)}"

    other()
    once(words, place)
    return figure(name, words, place, runs=runs, before=other)


def _tools(graph: str) -> Iterator[tuple[str, list[str]]]:
    if DOIT and (HERE / f"doit_{graph}.py").exists():
        yield "doit", [sys.executable, "-m", "doit", "--file", str(HERE / f"doit_{graph}.py"), "--dir", "."]
    if JOBLIB:
        yield "joblib", [sys.executable, str(HERE / f"joblib_{graph}.py")]


def _place(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _cold(place: Path) -> Callable[[], object]:
    def empty() -> None:
        for kept in place.iterdir():
            kept.unlink() if kept.is_file() else shutil.rmtree(kept)

    return empty
