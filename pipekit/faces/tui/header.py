"""The three lines on top: which run, how far, and on what. It must never know what is selected."""

from __future__ import annotations

from pipekit.faces.render import units
from pipekit.faces.render.estimate import critical, seconds_left
from pipekit.faces.render.fold import Snapshot
from pipekit.faces.render.harmless import harmless
from pipekit.faces.render.paint import MARKS, Line, apart, bar, joined, span_width

_SPARKS = " ▁▂▃▄▅▆▇█"
_SECONDS = 12
_SHOWN = ("running", "cached", "ran", "failed", "blocked", "waiting", "cancelled", "unneeded")
_ALWAYS = ("running", "cached", "ran", "failed")


def header(snapshot: Snapshot, now: float, status: str, columns: int, note: str = "") -> list[Line]:
    """Three lines of at most `columns`; `status` is live, recorded, lost or reading; `note` is about the screen itself."""
    return [
        _first(snapshot, now, status, columns, note),
        _second(snapshot, columns),
        _third(snapshot, now, status, columns),
    ]


def _first(snapshot: Snapshot, now: float, status: str, columns: int, note: str) -> Line:
    run = snapshot.started
    left: Line = [(" pipekit ", "title")]
    if run is not None:
        left += [
            (" run ", "dim"),
            (harmless(run.run)[:12], "strong"),
            (" · ", "faint"),
            (harmless(run.invocation), "text"),
        ]
    remains = seconds_left(snapshot, now)
    right = joined([
        [(note, "warn")] if note else [],
        _status(snapshot, status),
        [(units.clock(snapshot.elapsed(now)), "strong")],
        [(f"~{units.clock(remains)} left", "dim")] if remains is not None and status == "live" else [],
    ])  # fmt: skip
    return apart(left, [*right, (" ", "text")], columns)


def _status(snapshot: Snapshot, status: str) -> Line:
    if snapshot.finished is not None:
        ended = harmless(snapshot.finished.status) + (", partial" if snapshot.finished.partial else "")
        return [(ended, {"succeeded": "ran", "failed": "failed"}.get(snapshot.finished.status, "warn"))]
    words = {"live": ("● live", "running"), "lost": ("ended without a word", "failed"), "reading": ("reading…", "warn")}
    return [words.get(status, (status, "dim"))]


def _second(snapshot: Snapshot, columns: int) -> Line:
    total = len(snapshot.steps) if snapshot.planned or snapshot.started is None else snapshot.started.steps
    over = f" {units.count(snapshot.over)}/{units.count(total)} "
    for words in (True, False):
        counts = _counts(snapshot, words)
        room = columns - len(over) - span_width(counts) - 2
        if room >= 10:
            break
    done = snapshot.count("ran") + snapshot.count("cached")
    drawn = bar(done / max(total, 1), snapshot.count("cached") / max(total, 1), max(min(room, 40), 0))
    return [(over, "strong"), *drawn, *counts]


def _counts(snapshot: Snapshot, words: bool) -> Line:
    line: Line = []
    for state in _SHOWN:
        number = snapshot.count(state) + (snapshot.count("ready") if state == "waiting" else 0)
        if number or state in _ALWAYS:
            style = state if number else "faint"
            line.append((f"  {MARKS[state]}{units.count(number)}", style))
            if words and state != "running":
                line.append((f" {state}", "dim" if number else "faint"))
    return line


def _third(snapshot: Snapshot, now: float, status: str, columns: int) -> Line:
    parts: list[Line] = []
    if snapshot.started is not None:
        parts.append(
            [
                (" workers ", "dim"),
                (f"{min(len(snapshot.running), snapshot.started.jobs)}/{snapshot.started.jobs}", "text"),
            ]
        )
    if snapshot.finished is None and snapshot.pace:
        parts.append(_pace(snapshot, now))
    if status == "live" and (path := critical(snapshot)):
        parts.append([("critical ", "dim"), (path, "text")])
    space = snapshot.space
    for word, size in (("stored", space.stored_size), ("freed", space.freed_size), ("spilled", space.spilled_size)):
        parts.append([(f"{word} ", "dim"), (units.size(size), "text")] if size else [])
    warned = len(snapshot.warnings)
    parts.append([(f"{units.many(warned, 'warning')} ", "warn")] if warned else [])
    return apart(joined(parts), [], columns)


def _pace(snapshot: Snapshot, now: float) -> Line:
    seconds = dict(snapshot.pace)
    recent = [seconds.get(int(now) - back, 0) for back in range(_SECONDS, 0, -1)]
    most = max(recent)
    sparks = (
        "".join(_SPARKS[(number * 8 + most - 1) // most] if number > 0 else "▁" for number in recent)
        if most
        else "▁" * _SECONDS
    )
    return [(f"{units.rate(sum(recent) / _SECONDS):>7} ", "text"), (sparks, "ran" if most else "faint")]
