"""Why a record with the right key is no hit after all, with a clock that only the tests move."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from support.codes import ToldCodes
from support.records import record

from pipekit import Env
from pipekit.canon import digest
from pipekit.definition.tasks import Task
from pipekit.execution.reasons import Reason
from pipekit.execution.stale import stale
from pipekit.execution.world import World

HOUR, DAY = 3600.0, 86400.0
NOON = 20_000 * DAY + 12 * HOUR  # 2024-10-04, UTC
WORLD = World(ToldCodes(), lambda path: None, Path("/lab"), now=NOON)


def task(refresh: str | None) -> Task[[], int]:
    env = Env("stale")

    @env.task(**({"refresh": refresh} if refresh is not None else {}))
    def prices() -> int:
        return 1

    return prices


def due(refresh: str | None, made: float, now: float) -> bool:
    """Is the record of `made` due at `now`?"""
    return stale(record(1, created=made), task(refresh), replace(WORLD, now=now)) is not None


@pytest.mark.parametrize(("refresh", "made", "now", "expected"), [
    (None, 0.0, NOON, False),
    ("always", NOON, NOON, True),
    ("always", NOON, NOON - DAY, True),
    ("1d", NOON, NOON, False),
    ("1d", NOON, NOON + 11.99 * HOUR, False),
    ("1d", NOON, NOON + 12 * HOUR, True),  # midnight, UTC
    ("1d", NOON - 12 * HOUR, NOON, False),
    ("1d", NOON - 12 * HOUR - 1, NOON, True),
    ("1d", NOON, NOON - 3 * DAY, False),  # the clock was put back
    ("1h", NOON - 1, NOON, True),
    ("1h", NOON, NOON + 3599, False),
    ("1h", NOON, NOON + 3600, True),
    ("30m", NOON, NOON + 1799, False),
    ("30m", NOON, NOON + 1800, True),
    ("2d", 20_000 * DAY, 20_002 * DAY - 1, False),
    ("2d", 20_001 * DAY, 20_002 * DAY, True),
    ("1w", 20_000 * DAY, 20_000 * DAY + 7 * DAY, True),
])  # fmt: skip
def test_a_period_is_a_whole_one(refresh: str | None, made: float, now: float, expected: bool) -> None:
    assert due(refresh, made, now) is expected


def test_what_is_told_of_it() -> None:
    made = record(1, created=NOON - DAY)
    assert stale(made, task("1d"), WORLD) == Reason("refresh", "prices", "2024-10-03 12:00 UTC", "1d")
    assert stale(made, task("always"), WORLD) == Reason("refresh", "prices", "2024-10-03 12:00 UTC", "always")


def test_items_that_were_left_out_come_first_and_files_that_moved_next() -> None:
    old, new = digest(b"old"), digest(b"new")
    world = replace(WORLD, identity={Path("/lab/out.csv"): new}.get)
    made = record(1, created=NOON - DAY, partial=True, references=(("out.csv", old),))
    assert stale(made, task("1d"), world) == Reason("failed")
    made = replace(made, partial=False)
    assert stale(made, task("1d"), world) == Reason("file", "out.csv", old.hex()[:8], new.hex()[:8])
    made = replace(made, references=(("out.csv", new), ("gone.csv", old)))
    assert stale(made, task("1d"), world) == Reason("file", "gone.csv", old.hex()[:8], "absent")
    made = replace(made, references=(("out.csv", new), ("never.csv", None)))
    assert stale(made, task(None), world) is None
