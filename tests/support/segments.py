"""Segments for tests: rows by name, with every kind of result."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from support.blocks import block, odd

from pipekit import canon
from pipekit.store.blocks import Block, join
from pipekit.store.segments import LeftOut, Results, RowFile, Segment
from pipekit.values import Digest

PREFIX = canon.digest(b"prefix")


def key(name: object) -> Digest:
    return canon.digest(f"item {name}".encode())


def keys(names: Iterable[object]) -> bytes:
    return b"".join(map(key, names))


def segment(names: Sequence[object], value: object = "", *, run: str = "run-1", created: float = 1000.0) -> Segment:
    """Rows that gave one small item each, which holds the row's name and `value`."""
    gave = block(*[("plain", f"{name} {value}".encode()) for name in names])
    return Segment.of(PREFIX, keys(names), Results(gave), [0.5] * len(names), (run, None, created))


def gave(rng: random.Random, *, flat: bool) -> Block:
    """What one row of a segment gave."""
    choices = [("plain", b"%d" % rng.randrange(99)), ("str", b"x", ("tasks:Row",)), (odd(rng.randrange(99)),)]
    return block(*rng.choices(choices, k=rng.randrange(4) if flat else 1))


def mixed(rng: random.Random, names: Sequence[object], *, flat: bool, run: str = "run-2") -> Segment:
    """Rows of every kind: small, odd, several, none, left out; some name files."""
    dropped = [row for row in range(len(names)) if flat and rng.random() < 0.2]
    rows = [Block() if row in dropped else gave(rng, flat=flat) for row in range(len(names))]
    left = [LeftOut(row, gave(rng, flat=False), f"ValueError: {row}") for row in dropped]
    files = [RowFile(row, f"a/{row}\udcff", canon.digest(b"f") if row % 2 else None) for row in range(0, len(names), 3)]
    seconds = [rng.random() for _ in names]
    origin = run, canon.digest(b"predicates"), rng.random()
    return Segment.of(PREFIX, keys(names), Results.of(join(rows), map(len, rows)), seconds, origin, left, files)
