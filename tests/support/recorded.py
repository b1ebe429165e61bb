"""Runs as event lists, made by a small generator: what faces are tested on. It must never execute a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipekit.execution import events as e
from pipekit.execution.reasons import Reason

START = 1_763_042_400.0
NEW = Reason("new")


def planned(step: int, name: str, deps: Sequence[int] = (), state: str = "would_run", **more: object) -> e.StepPlanned:
    """A plan at the start of the run; the task is the name up to its cell."""
    reason = more.pop("reason", Reason("cached") if state == "cached" else NEW)
    kind = str(more.pop("kind", "task"))
    return e.StepPlanned(START, step, name, name.partition("@")[0], kind, tuple(deps), state, reason, **more)  # type: ignore[arg-type]


def started(
    steps: int, *, run: str = "7f3a2c", invocation: str = "default", jobs: int = 4, pid: int = 0
) -> e.RunStarted:
    return e.RunStarted(START, run, invocation, jobs, steps, pid)


def ran(
    step: int, at: float, seconds: float, *, size: int = 1_000, worker: int = 0, items: int | None = None
) -> list[e.Event]:
    """The three events of a step that ran and ended `at` seconds after the start."""
    ended = START + at
    return [
        e.StepReady(ended - seconds, step),
        e.StepStarted(ended - seconds, step, worker),
        e.StepFinished(ended, step, seconds, f"{step:02x}" * 32, f"{step + 160:02x}" * 32, size, items),
    ]


def cached(step: int, at: float = 0.1, size: int = 1_000, items: int | None = None) -> e.StepCached:
    return e.StepCached(START + at, step, f"{step:02x}" * 32, f"{step + 160:02x}" * 32, size, items)


def finished(status: str, seconds: float, **counts: int) -> e.RunFinished:
    return e.RunFinished(START + seconds, "7f3a2c", status, seconds, False, counts, 0.0)


def training() -> list[e.Event]:
    """A live run of nine tasks 112 seconds after its start: streams, cached ones, one failure, logs and edge weights."""
    epochs = [f"epoch {n}/20 loss {0.9 - n / 10:.3f}" for n in range(1, 7)]
    plans = [
        planned(0, "fetch", kind="stream", where="tasks.py:12"),
        planned(1, "params", state="cached", where="tasks.py:20"),
        planned(2, "schema", state="cached", where="tasks.py:26"),
        planned(3, "clean", (0, 2), kind="each", where="tasks.py:31"),
        planned(4, "features", (3, 1), kind="each", where="tasks.py:44"),
        planned(5, "split", (4,), where="tasks.py:60"),
        planned(
            6, "train", (1, 5), kind="each", where="tasks.py:88", tags=("slow",),
            reason=Reason("option", "lr", "0.01", "0.03"),
        ),
        planned(7, "evaluate", (6, 5), kind="each", state="may_run", where="tasks.py:120", reason=Reason("upstream", "train")),
        planned(8, "report", (4, 7), state="may_run", where="tasks.py:140", reason=Reason("upstream", "evaluate")),
        planned(9, "audit", (2,), where="tasks.py:155", reason=Reason("code", "audit", "1f…", "9c…")),
        planned(10, "publish", (9, 8), state="may_run", where="tasks.py:170", reason=Reason("upstream", "audit")),
    ]  # fmt: skip
    return [
        started(11, invocation="sweep", jobs=12, pid=1), *plans, cached(1), cached(2, size=48_000),
        *ran(0, 38.0, 37.5, size=1_100_000_000, worker=0, items=40), *ran(5, 61.0, 4.2, size=212_000_000, worker=3),
        e.StepStarted(START + 2.0, 3, 1), e.Items(START + 110.0, 3, 9, 22, 0, 0, 3, 40),
        e.StepStarted(START + 3.0, 4, 2), e.Items(START + 111.0, 4, 20, 7, 0, 1, 2, 40),
        e.StepStarted(START + 71.0, 6, 7), e.Items(START + 111.0, 6, 572, 640, 0, 0, 6, 4096),
        *(e.LogLines(START + 80 + 5 * n, 6, line + "\n") for n, line in enumerate(epochs)),
        e.StepStarted(START + 72.0, 7, 8), e.Items(START + 111.5, 7, 550, 640, 0, 0, 1, 4096),
        e.EdgeWeight(START + 111.0, 3, 4, 4, 48_000_000, 0.3, 31.0), e.EdgeWeight(START + 111.0, 6, 7, 3, 1_200_000, 14.3, 201.0),
        e.StepStarted(START + 50.0, 9, 4), e.LogLines(START + 50.5, 9, "checking 12 tables\nkeys:\x1b[31m missing\x1b[0m\n"),
        e.StepFailed(
            START + 52.4, 9, 2.4, "ValueError: table 'orders' has no key",
            "Traceback (most recent call last):\n  File \"tasks.py\", line 158, in audit\n    check(table)\nValueError: table 'orders' has no key\n",
            "", "", "tasks.py:158",
        ),
        e.StepBlocked(START + 52.4, 10, 9), e.Warned(START + 60.0, 4, "opened data/extra.csv, which is not an option"),
        e.ObjectsStored(START + 90.0, 0, 40, 1_100_000_000), e.ObjectsFreed(START + 95.0, 0, 20, 550_000_000),
    ]  # fmt: skip


def small(*, fails: bool = False) -> list[e.Event]:
    """A recorded run of four tasks, 1.5 seconds long; `fails`: the third one does."""
    plans = [
        planned(0, "lines", kind="stream"), planned(1, "words", (0,), kind="each", state="cached"),
        planned(2, "counts", (1,)), planned(3, "ranking", (2,)),
    ]  # fmt: skip
    events: list[e.Event] = [
        started(4, jobs=2),
        *plans,
        *ran(0, 0.5, 0.4, size=2_000_000, items=1200),
        cached(1, items=1200),
    ]
    if not fails:
        return [*events, *ran(2, 1.1, 0.5), *ran(3, 1.4, 0.02), finished("succeeded", 1.5, ran=3, cached=1)]
    trace = 'Traceback (most recent call last):\n  File "tasks.py", line 9, in counts\n    return 1 / 0\nZeroDivisionError: division by zero'
    failed = e.StepFailed(
        START + 1.1, 2, 0.5, "ZeroDivisionError: division by zero", trace, "so far\nso good\n", "", "tasks.py:9"
    )
    return [
        *events,
        e.StepStarted(START + 0.6, 2, 1),
        failed,
        e.StepBlocked(START + 1.1, 3, 2),
        finished("failed", 1.5),
    ]


def sweep(
    cells: int, *, done: float = 0.5, tasks: Sequence[str] = ("load", "train", "evaluate"), jobs: int = 4
) -> list[e.Event]:
    """A live run of `tasks` in a chain in every cell, of which the share `done` is over; then `jobs` steps run."""
    return [*_plans(cells, tasks, jobs), *(event for events in _cells(cells, done, tasks, jobs) for event in events)]


def _plans(cells: int, tasks: Sequence[str], jobs: int) -> Iterator[e.Event]:
    yield started(cells * len(tasks), invocation="sweep", jobs=jobs, pid=1)
    for cell in range(cells):
        for index, task in enumerate(tasks):
            step = cell * len(tasks) + index
            yield planned(step, f"{task}@lr={cell % 7 / 10},seed={cell}", (step - 1,) if index else ())


def _cells(cells: int, done: float, tasks: Sequence[str], jobs: int) -> Iterator[list[e.Event]]:
    over = int(cells * len(tasks) * done)
    for step in range(over):
        if step % 97 == 96:
            message = f"RuntimeError: cell {step} did not converge"
            at = START + step / 40
            yield [e.StepStarted(at - 1.0, step, step % jobs), e.StepFailed(at, step, 1.0, message, message)]
        else:
            yield list(ran(step, step / 40, 0.5 + step % 5 / 10, worker=step % jobs))
    for step in range(over, min(over + jobs, cells * len(tasks))):
        yield [e.StepStarted(START + over / 40, step, step % jobs)]
