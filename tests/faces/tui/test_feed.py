from __future__ import annotations

import os
from pathlib import Path

from support.recorded import small, sweep, training
from support.screens import Source, feed

from pipekit.execution.log import Log
from pipekit.faces.tui.feed import Feed, feed_of, is_alive, newest


def test_a_log_is_followed_as_it_grows(tmp_path: Path) -> None:
    log = Log(tmp_path / "r.jsonl")
    events = small()
    for event in events[:4]:
        log.write(event)
    log.flush()
    shown = feed_of(log.path)
    assert (shown.status(), shown.pull(9.0), shown.status()) == ("reading", 4, "lost")
    for event in events[4:]:
        log.write(event)
    log.close()
    assert (shown.pull(9.0), shown.pull(9.0), shown.status()) == (len(events) - 4, 0, "recorded")
    assert shown.fold.snapshot().count("ran") == 3


def test_reading_stops_when_its_time_is_over_and_goes_on_later() -> None:
    ticks = iter(range(1_000_000))
    shown = Feed(Source(sweep(200)).read)
    portions = []
    while shown.behind:
        portions.append(shown.pull(1.5, lambda: next(ticks)))
    assert len(portions) > 3
    assert max(portions) <= 3 * 64
    assert sum(portions) == len(sweep(200))


def test_the_state_of_a_run() -> None:
    live, lost = feed(training()), feed([event for event in small() if type(event).__name__ != "RunFinished"])
    live.pull(9.0)
    lost.pull(9.0)
    assert (live.status(), lost.status()) == ("live", "lost")
    assert (is_alive(os.getpid()), is_alive(0), is_alive(-1)) == (True, False, False)


def test_a_log_that_went_away_stays_on_the_screen(tmp_path: Path) -> None:
    shown = feed_of(tmp_path / "gone.jsonl")
    assert (shown.pull(9.0), shown.behind) == (0, False)


def test_the_newest_log(tmp_path: Path) -> None:
    assert newest(tmp_path / "nowhere") is None
    assert newest(tmp_path) is None
    for name, when in (("a.jsonl", 5), ("b.jsonl", 9), ("c.jsonl", 7), ("d.txt", 99)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))
    assert newest(tmp_path) == tmp_path / "b.jsonl"
