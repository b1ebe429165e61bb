"""The chain of steps that takes longest. It must never know whether it is ahead of a run or behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def critical(
    deps: Sequence[Sequence[int]], feeds: Mapping[int, Collection[int]], steps: Sequence[int], seconds: Sequence[float]
) -> tuple[tuple[int, ...], float]:
    """Those of the `steps` (in topological order) that take longest one after the other, and how long. `deps` and `seconds` are by step;
    `feeds` are the deps of which a step takes items while they are made: it begins with them, and ends no sooner than they do."""
    begins, ends = [0.0] * len(deps), [0.0] * len(deps)
    # What is worked on right before a step begins, and before it ends.
    above, lasts = [-1] * len(deps), [-1] * len(deps)
    for step in steps:
        fed, begin, cause, flowed, last = feeds.get(step, ()), 0.0, -1, 0.0, -1
        for dep in deps[step]:
            if fed and dep in fed:
                if begins[dep] > begin:
                    begin, cause = begins[dep], above[dep]
                if ends[dep] > flowed:
                    flowed, last = ends[dep], lasts[dep]
            elif ends[dep] > begin:
                begin, cause = ends[dep], lasts[dep]
        end = begin + seconds[step]
        begins[step], above[step] = begin, cause
        ends[step], lasts[step] = (flowed, last) if flowed > end else (end, step if seconds[step] else cause)
    final = max(steps, key=ends.__getitem__, default=-1)
    longest, step = (ends[final], lasts[final]) if final >= 0 else (0.0, -1)
    path: list[int] = []
    while step >= 0:
        path.append(step)
        step = above[step]
    return tuple(reversed(path)), longest
