from __future__ import annotations

from collections.abc import Sequence

from support.recorded import START, finished, planned, ran, small, started, sweep, training

from pipekit.execution import events as e
from pipekit.faces.render.plain import Plain


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
