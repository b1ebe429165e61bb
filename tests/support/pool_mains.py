"""What workers do in the tests of pools: `obey` takes (verb, argument) and does it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from pipekit.parallel.errors import PoolError, Unpicklable
from pipekit.parallel.pools.protocol import Handle, Port

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]


class Unreadable:
    """Pickles, and raises when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _raise, ("not to be read",)


def _raise(text: str) -> None:
    raise ValueError(text)


def obey(port: Port, setup: Any) -> Handle:
    verbs: dict[str, Callable[[Any], object]] = {
        "echo": port.send,
        "setup": lambda _: port.send(setup),
        "many": lambda n: _many(port, n),
        "held": lambda text: port.send(text, more=True),
        "held and busy": lambda path: (port.send("held", more=True), os.read(os.open(path, os.O_RDWR), 9)),
        "length": lambda body: port.send(len(body)),
        "big": lambda n: port.send(b"\7" * n),
        "exit": sys.exit,
        "die": os._exit,
        "raise": _raise,
        "signal": lambda number: os.kill(os.getpid(), number),
        "sleep": time.sleep,
        "ahead": lambda _: _ahead(port),
        "poll": lambda seconds: port.send(port.poll(seconds)),
        "unpicklable": lambda _: _unpicklable(port),
        "unreadable": lambda _: port.send(Unreadable()),
        "child": lambda apart: port.send(subprocess.Popen(SLEEP, start_new_session=apart).pid),
        "fork": lambda _: _fork(port),
        "garbage": lambda _: os.write(_socket(), b"\0garbage that is no frame"),
        "hang up": lambda _: _hang_up(),
        "look": lambda what: port.send(eval(what)),
    }

    def handle(message: tuple[str, Any]) -> None:
        verb, argument = message
        verbs[verb](argument)

    return handle


def fail(port: Port, setup: Any) -> Handle:
    raise RuntimeError(f"no worker for {setup}")


def early(port: Port, setup: Any) -> Handle:
    """Speaks before it is up, and reads ahead for its orders."""
    port.send(("first", port.recv()))
    return port.send


def _ahead(port: Port) -> None:
    try:
        port.send(("ahead", port.recv()))
    except PoolError as error:
        port.send(("refused", str(error)))


def _many(port: Port, count: int) -> None:
    for i in range(count):
        port.send(i, more=i % 3 == 0)


def _hang_up() -> None:
    os.close(_socket())
    time.sleep(600)


def _unpicklable(port: Port) -> None:
    try:
        port.send(("no", lambda: None))
    except Unpicklable as error:
        port.send(("refused", str(error)))


def _fork(port: Port) -> None:
    """A child of the user's that comes back up through the worker's own stack."""
    if os.fork() == 0:
        sys.exit(5)
    os.wait()
    port.send("the parent goes on")


def _socket() -> int:
    import stat

    return next(fd for fd in range(3, 64) if _mode(fd) and stat.S_ISSOCK(_mode(fd)))


def _mode(fd: int) -> int:
    try:
        return os.fstat(fd).st_mode
    except OSError:
        return 0
