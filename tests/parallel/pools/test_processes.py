"""What only pools of processes promise: crashes have names, nothing survives, nothing leaks in either direction."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.pool_mains import Unreadable
from support.pools import ask, gone, lost, make, said, until, up

from pipekit.parallel.errors import Unpicklable
from pipekit.parallel.pools.forks import ForkServer
from pipekit.parallel.pools.launch import environment
from pipekit.parallel.pools.processes import ProcessPool
from pipekit.parallel.pools.protocol import Lost, Pool, Said, Unread, Up

TESTS = Path(__file__).parents[2]
MEGABYTE = 1 << 20


@pytest.fixture(params=["fork", "spawn"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pool(kind: str) -> Iterator[Pool]:
    pool = make(kind)
    yield pool
    pool.close()


# -- how they end


@pytest.mark.parametrize(
    ("verb", "argument", "cause", "status"),
    [
        ("die", 3, "exit 3", 3),
        ("signal", signal.SIGSEGV, "signal SIGSEGV", -signal.SIGSEGV),
        ("signal", signal.SIGKILL, "signal SIGKILL", -signal.SIGKILL),
        ("signal", signal.SIGTERM, "signal SIGTERM", -signal.SIGTERM),
    ],
)
def test_a_crash_is_named_after_all_that_was_said(
    pool: Pool, verb: str, argument: int, cause: str, status: int
) -> None:
    up(pool, 1, 2)
    pool.send(1, ("many", 500))
    pool.send(1, (verb, argument))
    events = until(pool, lambda events: isinstance(events and events[-1], Lost))
    assert [event.message for event in events if isinstance(event, Said)] == list(range(500))
    assert events[-1] == Lost(1, cause, status)
    assert ask(pool, 2, "echo", "lives") == "lives"


def test_a_kill_takes_the_workers_own_children_with_it(pool: Pool) -> None:
    pids = up(pool, 1)
    child = ask(pool, 1, "child", False)
    pool.send(1, ("sleep", 600))
    pool.kill(1)
    assert lost(pool) == Lost(1, "killed", -9)
    assert gone(pids[1]) and gone(child)


@pytest.mark.parametrize("verb", ["die", "exit", "raise"])
def test_a_worker_that_ends_takes_its_children_with_it(pool: Pool, verb: str) -> None:
    up(pool, 1)
    child = ask(pool, 1, "child", False)
    pool.send(1, (verb, 3))
    lost(pool)
    assert gone(child)


def test_close_leaves_nothing(pool: Pool) -> None:
    pids = up(pool, 1, 2, 3)
    child = ask(pool, 2, "child", False)
    pool.send(1, ("sleep", 600))
    pool.send(3, ("big", 5 * MEGABYTE))  # blocked, as nobody reads
    before = time.monotonic()
    pool.close()
    assert time.monotonic() - before < 1
    assert all(gone(pid) for pid in (*pids.values(), child))


def test_close_leaves_not_even_what_left_its_group() -> None:
    pool = make("fork")
    up(pool, 1)
    child = ask(pool, 1, "child", True)
    pool.send(1, ("die", 0))
    lost(pool)
    pool.close()
    assert gone(child)


def test_idle_workers_end_in_order_when_the_pool_closes(pool: Pool, tmp_path: Path) -> None:
    up(pool, 1)
    ask(pool, 1, "look", f"__import__('atexit').register(open({str(tmp_path / 'ended')!r}, 'w').write, 'x') and 1")
    pool.close()
    assert (tmp_path / "ended").exists()


def test_a_worker_that_hangs_up_is_ended(pool: Pool) -> None:
    pids = up(pool, 1)
    pool.send(1, ("hang up", None))
    assert lost(pool).status == -signal.SIGKILL
    assert gone(pids[1])


def test_garbage_costs_one_worker(pool: Pool) -> None:
    up(pool, 1, 2)
    pool.send(1, ("garbage", None))
    event = lost(pool)
    assert (event.worker, event.cause) == (1, "garbage in the pipe")
    assert ask(pool, 2, "echo", "lives") == "lives"


def test_a_process_that_the_user_forked_is_not_the_worker(pool: Pool) -> None:
    up(pool, 1)
    assert ask(pool, 1, "fork") == "the parent goes on"
    assert ask(pool, 1, "echo", 1) == 1


# -- messages


def test_what_cannot_be_pickled_is_refused_on_either_side(pool: Pool) -> None:
    up(pool, 1)
    with pytest.raises(Unpicklable, match=r"a message cannot be pickled: .*lambda") as error:
        pool.send(1, ("echo", lambda: None))
    assert error.value.hint
    verdict, words = ask(pool, 1, "unpicklable")
    assert verdict == "refused" and "cannot be pickled" in words
    assert ask(pool, 1, "echo", "lives") == "lives"


def test_what_cannot_be_unpickled_is_told_and_dropped(pool: Pool) -> None:
    up(pool, 1)
    pool.send(1, ("unreadable", None))
    assert until(pool, bool) == [Unread(1, "ValueError: not to be read", "pool")]
    pool.send(1, ("echo", Unreadable()))
    assert until(pool, bool) == [Unread(1, "ValueError: not to be read", "worker")]
    assert ask(pool, 1, "echo", "lives") == "lives"


def test_a_setup_that_cannot_be_pickled_makes_no_pool(kind: str) -> None:
    with pytest.raises(Unpicklable):
        make(kind, setup=lambda: None)


def test_huge_messages_both_ways(pool: Pool) -> None:
    up(pool, 1, 2)
    body = bytes(range(256)) * (50 * MEGABYTE // 256)
    pool.send(1, ("echo", body))
    pool.send(2, ("echo", "small"))
    events = until(pool, lambda events: len(events) == 2)
    assert events[0] == Said(2, "small")  # not held up by the other
    assert isinstance(events[1], Said) and events[1].message == body


@pytest.mark.parametrize("size", [0, 1, 65_500, 65_514, 65_515, 65_516, 65_527, 65_528, 65_536, 70_000, 1_000_003])
def test_every_size_arrives_whole(size: int) -> None:
    with ProcessPool("support.pool_mains:obey", env=os.environ) as pool:
        up(pool, 1)
        for _ in range(3):
            pool.send(1, ("echo", b"x" * size))
        pool.send(1, ("echo", "end"))
        heard = said(pool, 4)
        assert [len(body) for body in heard] == [size, size, size, 3]


def test_a_buffer_is_sent_as_it_was(pool: Pool) -> None:
    up(pool, 1)
    body = bytearray(b"a" * 300_000)
    pool.send(1, ("echo", body))
    body[:] = b"b" * 300_000
    assert said(pool)[0] == b"a" * 300_000


def test_sending_never_blocks(pool: Pool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    up(pool, 1)
    pool.send(1, ("look", f"open({str(tmp_path / 'gate')!r}).read()"))
    for _ in range(20):
        pool.send(1, ("length", b"x" * MEGABYTE))
    assert pool.wait(0.01) == []
    (tmp_path / "gate").write_text("open")
    assert said(pool, 21) == ["open", *[MEGABYTE] * 20]


@pytest.mark.parametrize(("kind", "count"), [("fork", 64), ("spawn", 8)])
def test_many_workers(kind: str, count: int) -> None:
    pool = make(kind)
    pids = up(pool, *range(count))
    assert len(set(pids.values())) == count
    for worker in range(count):
        pool.send(worker, ("look", "os.getpid()"))
    assert sorted(said(pool, count)) == sorted(pids.values())
    pool.close()


# -- what a worker finds


def test_the_workers_surroundings(kind: str, tmp_path: Path) -> None:
    env = {**os.environ, "MARK": "a mark", "OMP_NUM_THREADS": "3", "PYTHONHASHSEED": "random"}
    pool = make(kind, env=env, cwd=str(tmp_path), threads=2, path=[*sys.path, "/no such folder"])
    pids = up(pool, 1)
    look = {
        "os.getcwd()": str(tmp_path),
        "os.environ['MARK']": "a mark",
        "os.environ['PYTHONHASHSEED']": "0",
        "os.environ['OMP_NUM_THREADS']": "3",
        "os.environ['OPENBLAS_NUM_THREADS']": "2",
        "sys.path[-1]": "/no such folder",
        "os.getpgid(0)": pids[1],
        "os.getsid(0) != os.getsid(os.getppid()) or os.getsid(0) == os.getppid()": True,
        "os.read(0, 1)": b"",
        "hasattr(sys.modules['__main__'], '__file__')": False,
        "[fd for fd in range(3, 99) if _mode(fd) and os.get_inheritable(fd)]": [],
        "'multiprocessing' in sys.modules or 'asyncio' in sys.modules": False,
        "sys.flags.hash_randomization": 0,
    }
    for what, expected in look.items():
        assert ask(pool, 1, "look", what) == expected, what
    pool.close()


def test_ctrl_c_ends_no_worker_but_what_it_started_can_be_interrupted(pool: Pool) -> None:
    pids = up(pool, 1)
    child = ask(pool, 1, "child", True)
    os.killpg(pids[1], signal.SIGINT)
    assert ask(pool, 1, "echo", "lives") == "lives"
    os.kill(child, signal.SIGINT)
    assert gone(child)


def test_the_coordinators_group_has_no_worker(pool: Pool) -> None:
    up(pool, 1)
    assert ask(pool, 1, "look", "os.getsid(0)") != os.getsid(0)


def test_preloads_are_imported_once_and_failures_told() -> None:
    pool = ProcessPool("support.pool_mains:obey", env=os.environ, preload=["support.absent", "fractions"])
    up(pool, 1)
    assert ask(pool, 1, "look", "'fractions' in sys.modules") is True
    assert pool.skipped == {"support.absent": "ModuleNotFoundError: No module named 'support.absent'"}
    pool.close()


# -- the fork server


def test_a_dead_server_loses_all_and_the_next_start_makes_a_new_one() -> None:
    pool = make("fork")
    pids = up(pool, 1, 2)
    child = ask(pool, 1, "child", False)
    server = ask(pool, 1, "look", "os.getppid()")
    os.kill(server, signal.SIGKILL)
    events = until(pool, lambda events: len(events) == 2)
    assert {event.worker for event in events if isinstance(event, Lost)} == {1, 2}
    assert {event.cause for event in events if isinstance(event, Lost)} == {"the fork server is gone: signal SIGKILL"}
    assert all(gone(pid) for pid in (*pids.values(), child))
    up(pool, 1)
    assert ask(pool, 1, "look", "os.getppid()") != server
    pool.close()


def started(**how: Any) -> ForkServer:
    env = {**os.environ, **how.pop("env", {})}
    return ForkServer(path=sys.path, env=environment(env, None), cwd="", preload=["support.pool_mains"], **how)


def test_a_server_that_was_started_before_serves_with_what_it_was_told_since() -> None:
    server = started()
    server.prepare([*sys.path, "/a place"], ["fractions", "support.absent"])
    pool = ProcessPool("support.pool_mains:obey", env=os.environ, server=server)
    up(pool, 1)
    assert ask(pool, 1, "look", "os.getppid()") == server.pid
    assert ask(pool, 1, "look", "'fractions' in sys.modules and sys.path[-1]") == "/a place"
    assert pool.skipped == {"support.absent": "ModuleNotFoundError: No module named 'support.absent'"}
    pool.close()
    assert gone(server.pid)


def test_a_server_with_another_environment_does_not_serve_and_ends() -> None:
    server = started(env={"PIPEKIT_ELSE": "1"})
    pool = ProcessPool("support.pool_mains:obey", env=os.environ, server=server)
    up(pool, 1)
    assert gone(server.pid)
    assert ask(pool, 1, "look", "os.environ.get('PIPEKIT_ELSE')") is None
    pool.close()


def test_a_server_that_nobody_needed_is_gone_at_once() -> None:
    server = started()
    pool = ProcessPool("support.pool_mains:obey", env=os.environ, server=server)
    pool.close()
    assert gone(server.pid)
    assert server.close(0.0)  # a second time does nothing


def test_starting_waits_for_nothing() -> None:
    pool = make("fork", preload=["support.slow_module"])
    before = time.monotonic()
    pool.start(1)
    assert time.monotonic() - before < 0.2
    assert [type(event) for event in until(pool, bool)] == [Up]
    assert time.monotonic() - before >= 0.3
    pool.close()


COORDINATOR = """
import os, sys
from support.pools import ask, make, up
pool = make(sys.argv[1])
pids = up(pool, 1, 2, 3)
child = ask(pool, 1, "child", False)
pool.send(2, ("sleep", 600))
pool.wait(0.01)
if sys.argv[2] == "fork" and os.fork() == 0:
    import time; time.sleep(600)
print(*pids.values(), child, flush=True)
sys.stdin.read() if sys.argv[2] != "exit" else None

"""


@pytest.mark.parametrize("how", ["killed", "exit", "fork"])
def test_no_process_outlives_the_coordinator(kind: str, how: str) -> None:
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    coordinator = subprocess.Popen(
        [sys.executable, "-c", COORDINATOR, kind, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    assert coordinator.stdin and coordinator.stdout
    pids = [int(pid) for pid in coordinator.stdout.readline().split()]
    if how != "exit":
        coordinator.kill()
    coordinator.wait()
    assert len(pids) == 4 and all(gone(pid) for pid in pids)
    if how == "fork":
        os.killpg(coordinator.pid, signal.SIGKILL)
    coordinator.stdin.close()
    coordinator.stdout.close()


def test_a_pool_leaves_no_descriptor_and_no_zombie(kind: str) -> None:
    def fds() -> list[str]:
        return sorted(os.listdir("/proc/self/fd"))

    before = fds()
    for _ in range(3):
        pool = make(kind)
        up(pool, 1, 2)
        pool.send(1, ("die", 1))
        lost(pool)
        pool.close()
    assert fds() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
