from __future__ import annotations

from collections.abc import Sequence

from support.recorded import START, cached, finished, planned, ran, small, started, sweep, training

from pipekit.execution import events as e
from pipekit.faces.render.fold import Fold
from pipekit.faces.render.plain import Plain, heartbeat
from pipekit.faces.render.summary import time_line


def said(events: Sequence[e.Event], *, beats: bool = False) -> list[str]:
    lines: list[str] = []
    face = Plain(lines.append)
    for event in events:
        face.take(event)
        if beats:
            face.beat(event.time)
    face.close()
    return lines


def test_a_run_that_went_well() -> None:
    assert said(small()) == [
        "run 7f3a2c (default): 4 tasks, 1 cached, 3 to run, 2 workers",
        "ran     lines  0.4 s  2.0 MB  1200 items",
        "ran     counts  0.5 s  1.0 kB",
        "ran     ranking  20 ms  1.0 kB",
        "run 7f3a2c succeeded in 1.5 s: 3 ran, 1 cached",
    ]


def test_a_failure_stands_last_with_its_own_traceback_and_log() -> None:
    assert said(small(fails=True)) == [
        "run 7f3a2c (default): 4 tasks, 1 cached, 3 to run, 2 workers",
        "ran     lines  0.4 s  2.0 MB  1200 items",
        "FAILED  counts  0.5 s  ZeroDivisionError: division by zero",
        "error: task 'counts' failed: ZeroDivisionError: division by zero",
        "  --> tasks.py:9",
        "  Traceback (most recent call last):",
        '    File "tasks.py", line 9, in counts',
        "      return 1 / 0",
        "  ZeroDivisionError: division by zero",
        "  log:",
        "  | so far",
        "  | so good",
        "hint: pipekit log counts; pipekit debug counts",
        "",
        "run 7f3a2c failed in 1.5 s: 1 ran, 1 cached, 1 failed, 1 blocked",
    ]


def test_a_heartbeat_every_ten_seconds() -> None:
    lines: list[str] = []
    face = Plain(lines.append)
    for event in training()[:-1]:
        face.take(event)
    lines.clear()
    for second in (9.9, 112.0, 115.0, 121.9, 122.0):
        face.beat(START + second)
    assert lines == [
        "01:52   6/11 done, 4 running (clean 01:50, features 01:49, train 00:41, ...), 1 failed",
        "02:02   6/11 done, 4 running (clean 02:00, features 01:59, train 00:51, ...), 1 failed",
    ]


def test_a_heartbeat_says_what_is_ahead() -> None:
    fold = Fold()
    for event in [*training()[:-1], e.Outlook(START + 110.0, (5, 6, 7, 8, 10), 164.0)]:
        fold.take(event)
    said = heartbeat(fold.snapshot(), START + 112.0)
    assert said.endswith("1 failed, about 02:42 left, critical: train > evaluate > report"), (
        "split is over, publish is blocked"
    )
    fold.take(e.Outlook(START + 113.0, (3, 4, 6, 7), -1.0))
    assert heartbeat(fold.snapshot(), START + 113.0).endswith("1 failed, critical: clean > features > train > ...")


def test_the_heart_stops_with_the_run() -> None:
    lines: list[str] = []
    face = Plain(lines.append)
    for event in small():
        face.take(event)
    lines.clear()
    face.beat(START + 1_000)
    assert lines == []


def test_above_fifty_tasks_a_line_is_a_family() -> None:
    lines = said(sweep(100, done=1.0))
    assert lines[:7] == [
        "run 7f3a2c (sweep): 300 tasks, 0 cached, 300 to run, 4 workers",
        "FAILED  load@lr=0.4,seed=32  1.0 s  RuntimeError: cell 96 did not converge",
        "FAILED  train@lr=0.1,seed=64  1.0 s  RuntimeError: cell 193 did not converge",
        "FAILED  evaluate@lr=0.5,seed=96  1.0 s  RuntimeError: cell 290 did not converge",
        "ran     load  99 of 100 tasks  69 s  1 failed",
        "ran     train  99 of 100 tasks  69 s  1 failed",
        "ran     evaluate  99 of 100 tasks  70 s  1 failed",
    ]
    assert lines[-1] == "run 7f3a2c did not finish in 7.5 s: 297 ran, 3 failed"


def test_a_flood_of_failures_is_counted() -> None:
    events: list[e.Event] = [started(40), *(planned(step, f"t{step}") for step in range(40))]
    events += [e.StepFailed(START + 1, step, 0.1, "ValueError: no", "") for step in range(40)]
    lines = said([*events, finished("failed", 1.0)])
    assert sum(line.startswith("FAILED") for line in lines) == 20
    assert lines[21] == "        (further failures are counted)"
    assert lines[-3:] == ["... and 30 more failed tasks", "", "run 7f3a2c failed in 1.0 s: 40 failed"]


def test_what_the_time_of_a_run_was_bound_by() -> None:
    def line(*events: e.Event, seconds: float = 4.0, status: str = "succeeded") -> list[str]:
        fold = Fold()
        plans = [
            planned(0, "load"),
            planned(1, "train", (0,)),
            planned(2, "each", (0,), kind="each"),
            planned(3, "plot"),
            planned(4, "other"),
        ]
        for event in [started(5, jobs=2), *plans, *events, finished(status, seconds)]:
            fold.take(event)
        return time_line(fold.snapshot())

    chain = [*ran(0, 1.0, 1.0), *ran(1, 4.0, 3.0)]
    assert line(*chain) == ["4.0 s, 4.0 s at the least (load > train); 2 workers, 50% idle; pipekit profile says more"]
    three = [*ran(0, 2.0, 2.0), *ran(3, 2.0, 2.0, worker=1), *ran(4, 4.0, 2.0)]
    assert line(*three)[0].startswith("4.0 s, 3.0 s at the least (all of it on 2 workers); 2 workers, 25% idle;")
    shared = [e.StepStarted(START + 1, 2, 0), e.StepFinished(START + 2.5, 2, 3.0, "", "", 0)]
    assert line(*ran(0, 1.0, 1.0), *shared)[0].startswith(
        "2.5 s, 2.5 s at the least (load > each); 2 workers, 20% idle;"
    )
    assert (
        line(*ran(0, 3.0, 0.9)) == line(*chain, seconds=0.9) == line(*chain, status="failed") == line(cached(0)) == []
    )


def test_what_users_wrote_is_harmless() -> None:
    events = [
        started(1, run="7f\x1b[2J"), planned(0, "t"), e.StepStarted(START, 0, 0),
        e.StepFailed(START + 1, 0, 1.0, "ValueError: \x1b]0;evil\x07\nsecond", "Trace\x1b[2Jback", "log\u202e\n", "", "a\nb:1"),
    ]  # fmt: skip
    text = "\n".join(said(events))
    assert not any(char in text for char in "\x1b\x07\u202e")
    assert "error: task 't' failed: ValueError: ␛]0;evil␇␊second" in text


def test_outputs_warnings_and_a_partial_product() -> None:
    events: list[e.Event] = [
        started(1), planned(0, "t", kind="each"), *ran(0, 1.0, 0.5, items=3),
        e.Warned(START + 1, None, "look out"), e.OutputWritten(START + 1, 0, "results/t.json", 3_200),
        e.RunFinished(START + 1, "7f3a2c", "succeeded", 1.0, True, {"ran": 1}, 0.0),
    ]  # fmt: skip
    assert said(events)[-3:] == [
        "warning: look out",
        "wrote results/t.json (3.2 kB)",
        "run 7f3a2c succeeded in 1.0 s, partial: 1 ran",
    ]
