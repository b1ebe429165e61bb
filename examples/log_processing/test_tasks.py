"""Lines, chunks, totals, and what becomes of a chunk that is broken."""

from __future__ import annotations

from random import Random

import pytest
import weblog
from tasks import chunks, hours, parsed, paths, report, slowest, statuses, unread

from pipekit.testing import Pipeline

LINE = '203.0.113.9 - - [01/Nov/2026:{hour}:59:59 +0000] "GET {path} HTTP/1.1" {status} 512 {took}\n'
CHUNK = "".join(
    LINE.format(hour=hour, path=path, status=status, took=took)
    for hour, path, status, took in [("00", "/", 200, 7), ("00", "/", 404, 3), ("13", "/login", 200, 90)]
)


def test_a_chunk_is_counted() -> None:
    facts = parsed(CHUNK)
    assert (facts.lines, facts.sent) == (3, 1536)
    assert (facts.statuses, facts.paths) == ({"200": 2, "404": 1}, {"/": 2, "/login": 1})
    assert facts.hours == {"00": 2, "13": 1}
    assert facts.slowest == [(90, "/login"), (7, "/"), (3, "/")]


def test_every_line_that_is_made_can_be_read() -> None:
    made = list(chunks(lines=2_500))
    assert [parsed(chunk).lines for chunk in made] == [1000, 1000, 500]


def test_a_longer_log_begins_like_a_shorter_one() -> None:
    assert list(chunks(lines=3_000))[:2] == list(chunks(lines=2_000))
    assert list(chunks(lines=1_000)) != list(chunks(lines=1_000, number=2))


@pytest.mark.parametrize("number", range(20))
def test_what_is_torn_is_no_log(number: int) -> None:
    with pytest.raises(ValueError, match="this is no line of a log"):
        parsed(weblog.chunk_of(number, 1000, Random(number), torn=True))


def test_there_is_more_by_day_than_by_night(pipeline: Pipeline) -> None:
    found = pipeline.run(hours, chunks.set(lines=50_000))
    assert sum(found.values()) == 50_000
    assert {"11", "12"} == set(list(found)[:2])


def test_totals_are_those_of_all_chunks(pipeline: Pipeline) -> None:
    here = pipeline.pin(chunks, [CHUNK, CHUNK])
    assert here.run(statuses) == {"200": 4, "404": 2}
    assert here.run(paths) == {"/": 4, "/login": 2}
    assert here.run(slowest, slowest.set(top=3)) == [(90, "/login"), (90, "/login"), (7, "/")]


def test_what_cannot_be_read_is_left_out_and_told(pipeline: Pipeline) -> None:
    others = [CHUNK + LINE.format(hour="01", path="/", status=200, took=n) for n in range(25)]
    here = pipeline.pin(chunks, [*others, "torn\n"])
    assert here.run(statuses) == {"200": 75, "404": 25}
    assert here.run(unread) == ["ValueError: this is no line of a log: torn"]
    assert "chunks that could not be read: 1\n  ValueError" in here.run(report)
