"""A task that fails, hangs, dies or lies: it fails alone, everything else finishes, and the summary says what happened."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.stories import Place

from pipekit.execution.events import StepFinished
from pipekit.execution.log import Reader

FAILING = '''
    import os
    import time
    from collections.abc import Iterator
    from typing import Annotated

    from pipekit import Env, Failure

    env = Env("failing")

    @env.type()
    def positive(value: int) -> bool:
        """A whole number above zero."""
        return value > 0

    Positive = Annotated[int, positive]

    @env.task()
    def broken(*, why: str = "because") -> int:
        print("about to break")
        raise ValueError(why)

    @env.task(broken)
    def below(value: int, /) -> int:
        return value

    @env.task()
    def fine() -> int:
        return 1

    @env.task()
    def wrong() -> Positive:
        return 0
'''
SUMMARY = """\
run RUNID (default): 4 tasks, 0 cached, 4 to run, WORKERS
FAILED  broken  TIME  ValueError: because
ran     fine  TIME  SIZE
FAILED  wrong  TIME  its product is not what it says: 0 is not a positive: A whole number above zero.
error: task 'broken' failed: ValueError: because
  --> tasks.py:20
  Traceback (most recent call last):
    File "FOLDER/tasks.py", line 20, in broken
      raise ValueError(why)
  ValueError: because
  log:
  | about to break
hint: pipekit log broken; pipekit debug broken

error: task 'wrong' failed: its product is not what it says: 0 is not a positive: A whole number above zero.
  --> tasks.py:31
hint: pipekit log wrong

run RUNID failed in TIME: 1 ran, 2 failed, 1 blocked
"""


def test_the_summary_comes_last_with_the_tasks_own_traceback(place: Place) -> None:
    place.write(tasks_py=FAILING)
    said = place.pipekit("run", "-j", "1")
    assert said.code == 1
    assert said.talk.replace(str(place.folder), "FOLDER") == SUMMARY
    assert place.pipekit("log", "broken").out.splitlines()[:2] == [
        "about to break",
        "Traceback (most recent call last):",
    ]
    again = place.pipekit("run", "--json")
    assert again.code == 1
    assert {k: v for k, v in again.json["counts"].items() if v} == {"cached": 1, "failed": 2, "blocked": 1}
    assert again.json["tasks"]["below"]["state"] == "blocked"


DYING = """
    import ctypes
    import os
    import sys
    import time
    from collections.abc import Iterator

    from pipekit import Env

    env = Env("dying")

    @env.task()
    def killed() -> int:
        os.kill(os.getpid(), 9)
        return 1

    @env.task()
    def crashed() -> int:
        ctypes.string_at(0)
        return 1

    @env.task()
    def left() -> int:
        os._exit(3)

    @env.task()
    def exits() -> int:
        sys.exit("enough")

    @env.task(timeout="0.3s")
    def hangs() -> int:
        time.sleep(60)
        return 1

    @env.stream()
    def numbers() -> Iterator[int]:
        yield from range(40)

    @env.each(numbers)
    def deadly(number: int, /) -> int:
        if number == 17:
            os._exit(4)
        return number

    @env.task()
    def unsendable() -> object:
        return {"rows": [1, sys._getframe()]}

    @env.task()
    def fine() -> int:
        return 1

    from collections.abc import Iterator
"""


def test_a_worker_that_dies_is_named_and_others_finish(place: Place) -> None:
    place.write(tasks_py=DYING)
    said = place.pipekit("run", "-j", "2")
    failed = {line.split("  ")[1]: line.split("  ")[3] for line in said.talk.splitlines() if line.startswith("FAILED")}
    assert failed == {
        "killed": "the worker was lost: signal SIGKILL",
        "crashed": "the worker was lost: signal SIGSEGV",
        "left": "the worker was lost: exit 3",
        "exits": "SystemExit: enough",
        "hangs": "timed out after TIME",
        "deadly": "the worker was lost: exit 4",
        "unsendable": "value['rows'][1] cannot be stored: TypeError: cannot pickle 'frame' object",
    }
    assert re.search(r"error: task 'deadly' failed at item 17 \([0-9a-f]{8}, 17\): ", said.err)
    assert said.talk.splitlines()[-1] == "run RUNID failed in TIME: 2 ran, 7 failed"


SKIPPING = """
    from collections.abc import Iterator

    from pipekit import Env, Failure

    env = Env("skipping")

    @env.stream()
    def numbers(*, count: int = 8) -> Iterator[int]:
        yield from range(count)

    @env.each(numbers, on_error="skip")
    def inverse(number: int, /) -> float:
        return 1 / (number - 3)

    @env.task(inverse)
    def total(rows: Iterator[float], /) -> int:
        return len(list(rows))

    @env.task(inverse.failed)
    def failures(rows: list[Failure], /) -> list[str]:
        return [f"{row.item}: {row.error}" for row in rows]

    @env.each(numbers, on_error="drop")
    def dropped(number: int, /) -> float:
        return 1 / (number - 4)

    @env.task(dropped.failed, dropped)
    def left(rows: list[Failure], good: list[float], /) -> list[str]:
        return [f"{row.item}: {row.error}" for row in rows] + [str(len(good))]

    @env.each(numbers, on_error="skip", max_errors=0)
    def strict(number: int, /) -> float:
        return 1 / (number - 5)
"""


def test_items_that_fail_are_skipped_or_dropped(place: Place) -> None:
    place.write(tasks_py=SKIPPING)
    first = place.pipekit("run", "-t", "failures", "-t", "total", "-t", "left", "--json")
    assert first.code == 0 and first.json["partial"] is True
    assert first.json["tasks"]["inverse"]["items"] == {"ran": 7, "cached": 0, "failed": 1, "skipped": 1}
    assert first.json["tasks"]["dropped"]["items"] == {"ran": 7, "cached": 0, "failed": 1, "skipped": 0}
    assert place.pipekit("cat", "failures").out == '["3: ZeroDivisionError: division by zero"]\n'
    assert place.pipekit("cat", "left").out == '["4: ZeroDivisionError: division by zero", "7"]\n'
    again = place.pipekit("run", "-t", "failures", "-t", "total", "-t", "left", "--json").json
    assert again["tasks"]["inverse"]["items"] == {"ran": 0, "cached": 7, "failed": 1, "skipped": 1}
    assert again["tasks"]["dropped"]["state"] == "cached", "what was dropped is not tried again"
    assert again["tasks"]["left"]["state"] == "cached"
    assert place.pipekit("run", "-t", "strict").code == 1


SLOW = """
    import subprocess
    import sys
    from pathlib import Path

    from pipekit import Env

    env = Env("slow")

    @env.task()
    def quick() -> int:
        return 1

    @env.task(quick)
    def slow(one: int, /) -> int:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path("started").write_text(str(child.pid))
        child.wait()
        return one

    @env.task(slow)
    def after(one: int, /) -> int:
        return one
"""


def waits(condition: object, seconds: float = 20.0) -> None:
    """Until `condition()` holds; fails if it never does."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def started(place: Place) -> tuple[subprocess.Popen[str], int]:
    """A run whose slow task is at work, and the pid of what that has started."""
    place.write(tasks_py=SLOW)
    run = subprocess.Popen(
        place.command("run"),
        cwd=place.folder,
        env=place.environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    mark = place.folder / "started"
    waits(lambda: mark.exists() and mark.read_text())
    return run, int(mark.read_text())


def test_ctrl_c_keeps_what_is_done_and_leaves_no_process(place: Place) -> None:
    run, child = started(place)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=10)
    assert run.returncode == 130
    assert "interrupted" in err.splitlines()[-1] and "1 ran, 2 cancelled" in err.splitlines()[-1]
    waits(lambda: gone(child))
    assert place.pipekit("status").out.splitlines()[0] == "up to date  quick  nothing changed"


def test_sigkill_leaves_no_process_and_a_whole_store(place: Place) -> None:
    run, child = started(place)
    run.kill()
    run.communicate(timeout=10)
    waits(lambda: gone(child))
    assert place.pipekit("status").code == 0


def test_a_lost_object_is_made_again(place: Place) -> None:
    place.write(
        tasks_py="""
        from pipekit import Env
        env = Env("lost")

        @env.task()
        def big() -> bytes:
            return b"x" * 200_000

        @env.task(big)
        def size(data: bytes, /) -> int:
            return len(data)
        """
    )
    assert place.counts() == {"ran": 2}
    for path in (place.folder / ".pipekit" / "objects").glob("??/*"):
        path.unlink()
    assert place.counts() == {"cached": 2}, "nobody reads it"
    assert place.counts("-t", "big") == {"ran": 1}
    assert place.pipekit("cat", "size").out == "200000\n"


def test_a_damaged_object_is_found_and_made_again(place: Place) -> None:
    place.write(
        tasks_py="""
        from pipekit import Env
        env = Env("damaged")

        @env.task()
        def big() -> bytes:
            return b"x" * 200_000

        @env.task(big)
        def size(data: bytes, /, *, plus: int = 0) -> int:
            return len(data) + plus
        """
    )
    place.counts()
    (path,) = (place.folder / ".pipekit" / "objects").glob("??/*")
    path.chmod(0o644)
    path.write_bytes(b"y" * 200_000)
    said = place.pipekit("run", "-o", "size.plus=1")
    assert said.code == 1 and "is damaged: its bytes do not have this digest" in said.err
    assert "run again, and what needs the object computes it anew" in said.err
    assert place.counts("-o", "size.plus=1") == {"ran": 2}
    assert place.pipekit("cat", "size", "-o", "size.plus=1").out == "200001\n"


def test_two_runs_at_once(place: Place) -> None:
    place.write(
        tasks_py="""
        import time
        from pipekit import Env
        env = Env("two")

        def make(n):
            @env.task(name=f"t{n}")
            def one() -> int:
                time.sleep(0.01)
                return n

        for n in range(40):
            make(n)
        """
    )
    runs = [
        subprocess.Popen(
            place.command("run", "--json"),
            cwd=place.folder,
            env=place.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for run in runs:
        _, err = run.communicate(timeout=60)
        assert run.returncode == 0, err.decode()
    assert place.counts() == {"cached": 40}


ONE = "from pipekit import Env\nenv = Env('a')\n@env.task()\ndef a() -> int:\n    return 1\n"


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere workers are fresh interpreters, which find the project's modules first"
)
def test_a_module_named_like_one_of_pythons_own_hinders_no_worker(place: Place) -> None:
    place.write(tasks_py=ONE, random_py="hidden = True\n")
    assert place.pipekit("run", timeout=30).code == 0


def test_workers_that_cannot_start_end_the_run(place: Place) -> None:
    place.write(tasks_py=ONE)
    broken = "import sys\nif '-c' in sys.orig_argv:\n    raise SystemExit('no workers here')\n"
    (place.folder / "broken").mkdir()
    (place.folder / "broken" / "sitecustomize.py").write_text(broken)
    said = place.pipekit("run", timeout=30, env={"PYTHONPATH": str(place.folder / "broken")})
    assert said.code == 1
    assert "error: worker processes cannot start: the fork server is gone: exit 1\nhint: " in said.err


MANY_DYING = """
import os
from pipekit import Env

env = Env("dying")

@env.task()
def first() -> int:
    return 0

def alone(number):
    @env.task(name=f"alone{number}")
    def one() -> int:
        if number == 75:
            os._exit(3)
        return number

def link(number, dep):
    @env.task(dep, name=f"link{number}")
    def one(value: int, /) -> int:
        if number == 75:
            os._exit(4)
        return value + 1
    return one

last = first
for number in range(150):
    alone(number)
    last = link(number, last)
"""


def test_of_many_small_tasks_on_one_worker_the_one_that_takes_it_down_is_named(place: Place) -> None:
    place.write(tasks_py=MANY_DYING)
    said = place.pipekit("run", "--json")
    found = json.loads(said.out)
    assert said.code == 1
    assert found["counts"] == {"ran": 225, "cached": 0, "failed": 2, "blocked": 74, "cancelled": 0, "unneeded": 0}
    assert {name for name, task in found["tasks"].items() if task["state"] == "failed"} == {"alone75", "link75"}
    said = place.pipekit("run")
    assert "error: task 'alone75' failed: the worker was lost: exit 3\n" in said.err
    assert "error: task 'link75' failed: the worker was lost: exit 4\n" in said.err


ONE_WAITS_FOR_ALL = """
import os
import time
from pipekit import Env

env = Env("long")

def make(number):
    @env.task(name=f"t{number}")
    def one() -> int:
        while number == 40 and (not os.path.exists("done") or os.path.getsize("done") < 299):
            time.sleep(0.01)
        with open("done", "ab") as file:
            file.write(b"x")
        return number

    return one

for number in range(300):
    make(number)
"""


def test_nothing_waits_behind_a_small_task_that_turns_out_to_be_long(place: Place) -> None:
    place.write(tasks_py=ONE_WAITS_FOR_ALL)
    assert place.pipekit("run", "-j", "2").code == 0
    (log,) = (place.folder / ".pipekit" / "runs").iterdir()
    ended = [event.step for event in Reader(log).read(None) if isinstance(event, StepFinished)]
    assert len(ended) == 300 and ended[-1] == 40
