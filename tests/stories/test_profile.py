"""Where the time of a run went, as people ask for it."""

from __future__ import annotations

import json
import re

from support.stories import Place

TASKS = """
    import time

    from pipekit import Env

    env = Env("slow")

    @env.task()
    def first() -> int:
        time.sleep(1.2)
        return 1

    @env.task()
    def beside() -> int:
        return 2

    @env.task(first, beside)
    def last(first: int, beside: int, /) -> int:
        time.sleep(0.1)
        return first + beside
"""


def test_the_chain_that_took_longest(place: Place) -> None:
    place.write(tasks_py=TASKS)
    assert place.call("profile").err.startswith("error: there has been no run in which anything ran")
    line = place.pipekit("run").err.splitlines()[-2]
    assert re.fullmatch(
        r".* s, .* s at the least \(first > last\); \d+ workers?, \d+% idle; pipekit profile says more", line
    )
    assert "at the least" not in place.pipekit("run").err, "nothing ran"
    said = place.call("profile").out.splitlines()
    assert re.fullmatch(
        r"run [0-9a-f]{6}: .* from the first start to the last end, .* at the least; \d+ workers?, \d+% idle", said[0]
    )
    assert [line.split()[0] for line in said[3:]] == ["first", "last"]
    whole = place.call("profile", "--json").json
    assert [link["bar"]["name"] for link in whole["path"]] == ["first", "last"]
    assert whole["path"][0]["saves"] >= 1.2 and whole["bound"] >= 1.3 and len(whole["bars"]) == 3
    assert place.call("profile", "--trace", "trace.json").err == "wrote trace.json (3 steps)\n"
    rows = json.loads((place.folder / "trace.json").read_text())["traceEvents"]
    assert sorted(row["name"] for row in rows if row["ph"] == "X") == ["beside", "first", "last"]


def test_what_is_ahead_is_told_and_written_down(place: Place) -> None:
    place.write(tasks_py=TASKS)
    place.pipekit("run", "-j", "2")
    again = place.pipekit("run", "-j", "2", "--force", "*").err.splitlines()[0].split()[1]
    log = (place.folder / ".pipekit" / "runs" / f"{again}.jsonl").read_text()
    rows = [json.loads(line) for line in log.splitlines()]
    names = {row["step"]: row["name"] for row in rows if row["event"] == "step_planned"}
    said = next(row for row in rows if row["event"] == "outlook")
    assert [names[step] for step in said["path"]] in (["first", "last"], ["last"]) and 0 <= said["seconds_left"] < 1.0


def test_a_run_that_there_is_not(place: Place) -> None:
    place.write(tasks_py=TASKS)
    assert place.call("profile", "abc123").err.splitlines()[0] == "error: there is no run 'abc123'"
