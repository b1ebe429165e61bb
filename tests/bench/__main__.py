"""`make bench`: the table of figures, or only those whose name holds one of the words given."""

from __future__ import annotations

import compileall
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pipekit
from tests.bench import flows, identify, looking, peers, projects, writing
from tests.bench.arrays import arrays
from tests.bench.large import products
from tests.bench.measure import Figure, figure, first, forget, makespan, once, part
from tests.bench.memory import group
from tests.bench.modules import modules
from tests.bench.schedule import schedules

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
    yield from peers.many(folder, COUNT)


def snapshots(folder: Path) -> Iterator[Figure]:
    """What it takes to look at a run in its midst, and at where its time went."""
    for count in (100, COUNT):
        place = projects.middle(folder / f"seen{count}", count)
        words = [sys.executable, looking.__file__]
        yield figure(f"a snapshot of {count} steps", words, place, before=lambda place=place: forget(place), run=part)
    yield figure(f"pipekit profile of {COUNT} steps", [*RUN[:-1], "profile"], place)


def changed(folder: Path) -> Iterator[Figure]:
    """One option changed above 10,000 tasks, and its product is the same."""
    place = projects.middle(folder / "middle", COUNT)
    once(RUN, place)
    values = iter(range(1, 10))
    words = [*RUN, "-o", "source.value=0"]

    def other() -> None:
        words[-1] = f"source.value={next(values)}"

    yield figure(f"one option above {COUNT} tasks, same product", words, place, runs=3, before=other)
    yield from peers.changed(folder, COUNT)


def items(folder: Path) -> Iterator[Figure]:
    """An each over trivial items, and one that reads what it gives."""
    for count in (100_000, 1_000_000):
        place = projects.each(folder / f"each{count}", count)
        runs = 3 if count < 1_000_000 else 1

        def cold(place: Path = place) -> None:
            forget(place)

        yield figure(f"each over {count} items, cold", RUN, place, runs=runs, before=cold)
        yield figure(f"each over {count} items, cold, all processes", RUN, place, runs=runs, before=cold, run=group)
        counts = iter(range(count + 1, count + 10))
        words = [*RUN, "-o", ""]

        def more(words: list[str] = words, counts: Iterator[int] = counts) -> None:
            words[-1] = f"numbers.count={next(counts)}"

        yield figure(f"each over {count} items, one appended", words, place, runs=runs, before=more)
    yield from peers.items(folder, 100_000)


def streams(folder: Path) -> Iterator[Figure]:
    """Items that flow from stage to stage: the makespan, from the start of the first step to the end of the last."""
    for work, ideal, words in (("sleep", 2.0, [*RUN, "-j", "3"]), ("compute", 3.0, [*RUN, "-j", "2"])):
        place = flows.stages(folder / work, work, 200)

        def cold(place: Path = place) -> None:
            forget(place)

        name = f"three stages of 10 ms ({work}), 200 items; ideal {ideal} s"
        yield figure(name, words, place, runs=3, before=cold, run=makespan)
        yield figure(f"  until the first item reaches the last ({work})", words, place, runs=3, before=cold, run=first)
    place = flows.small(folder / "small", 2_000_000)
    yield figure(
        "2,000,000 numbers through three stages", RUN, place, runs=3, before=lambda: forget(place), run=makespan
    )
    big = flows.large(folder / "large", 1_500)
    yield figure("1,500 items of 1 MB through three stages", RUN, big, runs=3, before=lambda: forget(big), run=makespan)
    idle = flows.budget(folder / "idle", 2)
    yield figure(
        "a stream of 2 items of 1 MB, all processes", RUN, idle, runs=1, before=lambda: forget(idle), run=group
    )
    full = flows.budget(folder / "budget", 4_000)
    yield figure("4,000 files of 1 MB written and synced", [sys.executable, writing.__file__], full, runs=1)
    yield figure(
        "a stream of 4 GB under 512 MB, all processes", RUN, full, runs=1, before=lambda: forget(full), run=group
    )


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


SECTIONS: tuple[Callable[[Path], Iterator[Figure]], ...] = (
    starts,
    many,
    snapshots,
    changed,
    items,
    streams,
    arrays,
    products,
    fingerprints,
    schedules,
)


def main(wanted: list[str]) -> int:
    """Print the figures, one line each. Modules are compiled, as they are where pipekit is installed."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(pipekit.__path__[0], quiet=1)
    if peers.absent():
        print(peers.absent())
    print(f"{'':58} seconds    MB  slowest/fastest")
    with tempfile.TemporaryDirectory() as folder:
        for section in SECTIONS:
            if wanted and section.__name__ not in wanted:
                continue
            for one in section(Path(folder)):
                megabytes = f"{one.megabytes:5.0f}" if one.megabytes else " " * 5
                print(
                    f"{one.name:58} {one.seconds:7.3f} {megabytes}  {one.spread:.2f}  {one.beside}".rstrip(), flush=True
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
