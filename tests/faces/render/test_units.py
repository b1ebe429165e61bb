from __future__ import annotations

import pytest

from pipekit.faces.render import units


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (9_960, "10 kB"),
        (212_000_000, "212 MB"),
        (999_600_000, "1.0 GB"),
        (3e18, "3000 PB"),
    ],
)
def test_size(octets: float, text: str) -> None:
    assert units.size(octets) == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "00:00"), (112.9, "01:52"), (3723, "1:02:03"), (183845, "2d 03h")])
def test_clock(seconds: float, text: str) -> None:
    assert units.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0031, "3 ms"),
        (0.0999, "0.1 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (99.4, "99 s"),
        (99.6, "01:40"),
        (3600, "1:00:00"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


def test_counts_and_rates() -> None:
    assert [units.count(n) for n in (7, 9999, 10_000, 1_234_567)] == ["7", "9999", "10,000", "1,234,567"]
    assert [units.rate(n) for n in (0.04, 18.2, 880, 12_000, 2_900_000)] == [
        "0.0/s",
        "18.2/s",
        "880/s",
        "12k/s",
        "2.9M/s",
    ]
    assert [units.amount(n) for n in (12, 0.25, 1_200_000, 250_000, 3e9)] == ["12", "0.25", "1.2M", "250k", "3G"]
    assert [units.many(1, "task"), units.many(2, "task"), units.many(2, "entry", "entries")] == [
        "1 task",
        "2 tasks",
        "2 entries",
    ]
