"""`make bench`: the table of figures, or only those whose name holds one of the words given."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import identify, projects
from tests.bench.measure import Figure, figure, forget, once, part
from tests.bench.modules import modules

RUN = [sys.executable, "-m", "pipekit", "run"]
COUNT = 10_000


def starts(folder: Path) -> Iterator[Figure]:
    """How long it takes until anything happens, beside bare Python."""
    yield figure("bare Python", [sys.executable, "-c", ""], folder, runs=9)
    yield figure("import pipekit", [sys.executable, "-c", "import pipekit"], folder, runs=9)
    yield figure("import pipekit.execution.run", [sys.executable, "-c", "import pipekit.execution.run"], folder, runs=9)
    yield figure("pipekit --help", [sys.executable, "-m", "pipekit", "--help"], folder, runs=9)
    yield figure("pipekit --version", [sys.executable, "-m", "pipekit", "--version"], folder, runs=9)
    place = projects.loop(folder / "one", 1)
    once(RUN, place)
    yield figure("pipekit run, one task, nothing to do", RUN, place, runs=9)


def many(folder: Path) -> Iterator[Figure]:
    """10,000 trivial tasks."""
    for name, make in (("made by a loop", projects.loop), ("distinct functions", projects.distinct)):
        place = make(folder / make.__name__, COUNT)
        yield figure(f"{COUNT} tasks {name}, cold", RUN, place, runs=3, before=lambda place=place: forget(place))
        yield figure(f"{COUNT} tasks {name}, nothing to do", RUN, place)
        yield figure(f"{COUNT} tasks {name}, nothing to do, --json", [*RUN, "--json"], place)


def changed(folder: Path) -> Iterator[Figure]:
    """One option changed above 10,000 tasks, and its product is the same."""
    place = projects.middle(folder / "middle", COUNT)
    once(RUN, place)
    values = iter(range(1, 10))
    words = [*RUN, "-o", "source.value=0"]

    def other() -> None:
        words[-1] = f"source.value={next(values)}"

    yield figure(f"one option above {COUNT} tasks, same product", words, place, runs=3, before=other)


def items(folder: Path) -> Iterator[Figure]:
    """An each over 10,000 trivial items."""
    place = projects.each(folder / "each", COUNT)
    yield figure(f"each over {COUNT} items, cold", RUN, place, runs=3, before=lambda: forget(place))
    counts = iter(range(COUNT + 1, COUNT + 10))
    words = [*RUN, "-o", ""]

    def more() -> None:
        words[-1] = f"numbers.count={next(counts)}"

    yield figure(f"each over {COUNT} items, one appended", words, place, runs=3, before=more)


def fingerprints(folder: Path) -> Iterator[Figure]:
    """The identity of 1,000 functions in 100 modules of 20,000 lines, beside what Python needs for these."""
    place = modules(folder / "modules", 100)

    def one(name: str, what: str, before: Callable[[], object] = lambda: None) -> Figure:
        words = [sys.executable, identify.__file__, what]
        return figure(name, words, place, runs=9, before=before, run=part)

    once([sys.executable, identify.__file__, "importing"], place)
    yield one("20000 lines compiled by Python", "compiling")
    yield one("20000 lines parsed and dumped by Python", "dumping")
    yield one("20000 lines imported, unchanged", "importing")
    yield one("identity of 1000 functions in them, cold", "functions", before=lambda: forget(place))
    yield one("identity of 1000 functions in them, unchanged", "functions")
    yield one("identity of 1000 closures of one function", "closures")


SECTIONS: tuple[Callable[[Path], Iterator[Figure]], ...] = (starts, many, changed, items, fingerprints)


def main(wanted: list[str]) -> int:
    """Print the figures, one line each."""
    print(f"{'':58} seconds    MB  slowest/fastest")
    with tempfile.TemporaryDirectory() as folder:
        for section in SECTIONS:
            if wanted and section.__name__ not in wanted:
                continue
            for one in section(Path(folder)):
                print(f"{one.name:58} {one.seconds:7.3f} {one.megabytes:5.0f}  {one.spread:.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
