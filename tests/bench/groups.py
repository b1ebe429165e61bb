"""Microseconds an item of what the store does with items in groups: `python -m tests.bench.groups`. Seconds are those of the
processor, the best of a few."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

from pipekit import canon
from pipekit.store import manifests, segments
from pipekit.store.blocks import Block, join
from pipekit.store.building import Builder
from pipekit.store.columns import split
from pipekit.store.index import Index
from pipekit.store.segments import Results, Segment
from pipekit.store.store import open_store

GROUP, COMMIT = 256, 1024
PREFIX = canon.digest(b"prefix")


def blocks(bodies: list[bytes]) -> list[Block]:
    """The bodies in blocks of 256, with their digests."""
    builder, made = Builder(), []
    for body in bodies:
        builder.add("plain", body)
        if len(builder) == GROUP:
            made.append(builder.take())
    return [*made, builder.take()]


def manifest(made: list[Block]) -> tuple[Any, dict[Any, Any]]:
    """The product of a stream, and its chunks."""
    writer, bodies = manifests.Writer(), {}
    for block in made:
        bodies.update(writer.add(block))
    ended = writer.end()
    return ended.product, {**bodies, **ended.bodies}


def segment(keys: bytes, gave: Block) -> Segment:
    """Rows that gave one item each."""
    return Segment.of(PREFIX, keys, Results(gave), repeat(0.1, len(gave)), ("run", None, 1.0))


def commit(made: list[Segment]) -> list[Segment]:
    """The segments in a new store, each in a transaction of its own, and read again."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        for one in made:
            store.commit([], segments=[one])
        store.close()
        store = open_store(Path(folder))
        found = store.segments(PREFIX)
        store.close()
    return found


def measured(count: int) -> Iterator[tuple[str, float]]:
    """What is measured, and seconds of it for `count` items."""

    def best(act: Callable[[], Any]) -> tuple[float, Any]:
        spent, value = 1e9, None
        for _ in range(5 if count <= 100_000 else 2):
            value = None
            began = time.process_time()
            value = act()
            spent = min(spent, time.process_time() - began)
        return spent, value

    bodies = [canon.plain.encode(number, lambda _: None) for number in range(count)]
    spent, made = best(lambda: blocks(bodies))
    yield "blocks and digests of small bodies", spent
    spent, (product, chunks) = best(lambda: manifest(made))
    yield "a manifest of blocks", spent
    yield "reading it as blocks", best(lambda: list(manifests.read(product, chunks.__getitem__)))[0]
    yield "reading it as bodies", best(lambda: [b.pieces() for b in manifests.read(product, chunks.__getitem__)])[0]
    large = [join(made[at : at + COMMIT // GROUP]) for at in range(0, len(made), COMMIT // GROUP)]
    spent, keys = best(lambda: [canon.digests(repeat(PREFIX), split(one.digests)) for one in large])
    yield "keys of items", spent
    spent, rows = best(lambda: list(map(segment, keys, large)))
    spent += best(lambda: list(map(segments.pack, rows)))[0]
    yield f"segments of {COMMIT} rows, packed", spent
    yield f"commits of {COMMIT} rows, and reading them", best(lambda: commit(rows))[0]
    rows = [segments.join(rows[at : at + 16]) for at in range(0, len(rows), 16)]
    spent, rows = best(lambda: commit(rows))
    yield f"commits of {16 * COMMIT} rows, and reading them", spent
    spent, index = best(lambda: Index(rows))
    yield "their index", spent
    spent, known = best(lambda: index.known(b"".join(keys)))
    yield "looking keys up", spent
    yield "what they gave, in order", best(lambda: index.results(known))[0]
    known.reverse()
    yield "what they gave, backwards", best(lambda: index.results(known))[0]


def main(counts: tuple[int, ...] = (100_000, 1_000_000)) -> None:
    """Print the figures, one line each."""
    for count in counts:
        for name, seconds in measured(count):
            print(f"{f'{count} items: {name}':58} {seconds:7.3f} s {seconds / count * 1e6:6.2f} us an item", flush=True)


if __name__ == "__main__":
    main()
