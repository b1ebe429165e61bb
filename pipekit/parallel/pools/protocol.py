"""What every pool and every worker keeps to: the events, the port and the pool. It must never know how workers are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

Handle: TypeAlias = Callable[[Any], object]
Main: TypeAlias = "Callable[[Port, Any], Handle]"


class Up(Struct, frozen=True):
    """The worker is there: its `function` has returned. `pid` is its process, and its process group."""

    worker: int
    pid: int


class Said(Struct, frozen=True):
    """A message of the worker, in the order it sent them."""

    worker: int
    message: Any


class Lost(Struct, frozen=True):
    """The worker is gone, after everything it said; the number is free again.

    `cause`: "exit 3", "signal SIGSEGV", "signal SIGKILL (out of memory?)", "ValueError: ..." (what `function` or `handle`
    raised), "killed", "abandoned". `status`: the exit code, minus the signal's number, None where there is none.
    `detail`: the traceback, where there is one.
    """

    worker: int
    cause: str
    status: int | None = None
    detail: str = ""


class Unread(Struct, frozen=True):
    """A message arrived that could not be unpickled, and is dropped; the worker lives. `by`: who could not read it."""

    worker: int
    cause: str
    by: Literal["worker", "pool"]


class Still(Struct, frozen=True):
    """The worker was nudged, and is at work: all that it has said by now came before this."""

    worker: int


Event: TypeAlias = Up | Said | Lost | Unread | Still


class Port(Protocol):
    """The worker's end."""

    @property
    def streams(self) -> bool:
        """Whether `recv` and `poll` may be called while a message is handled."""
        ...

    def send(self, message: object, more: bool = False) -> None:
        """Tell the pool, from any thread. With `more` it may wait for the next send, recv, or the end of `handle`.

        Raises Unpicklable, and then nothing was sent; EOFError when the pool is gone.
        """
        ...

    def recv(self) -> Any:
        """The next message, ahead of `handle`. Waits; EOFError when none will come."""
        ...

    def flush(self) -> None:
        """Send what waits for more. EOFError when the pool is gone."""
        ...

    def poll(self, timeout: float = 0.0) -> bool:
        """Whether `recv` would answer at once, after waiting up to `timeout` seconds for it."""
        ...


class Pool(Protocol):
    """The coordinator's end. One thread uses it; only `wake` may be called from others.

    A pool is made with `main="module:function"` and `setup`, one picklable object. In each worker `function(port, setup)`
    is called once and returns `handle`; then each message that arrives is given to `handle(message)`, in order. What
    `handle` raises ends the worker (`SystemExit` with its code); what it returns is ignored.
    """

    @property
    def name(self) -> str: ...

    @property
    def streams(self) -> bool:
        """Whether workers may read ahead while they handle a message."""
        ...

    def start(self, worker: int) -> None:
        """Ask for a worker with this number; it is there when `Up` comes. PoolError if the number is in use."""
        ...

    def send(self, worker: int, message: object) -> None:
        """Queue a message; never blocks. Nothing happens if the worker was lost meanwhile.

        Raises Unpicklable, and then nothing was sent; PoolError if the number was never started.
        """
        ...

    def wait(self, timeout: float | None) -> list[Event]:
        """Move messages until something has happened, `timeout` seconds have passed, or `wake` was called."""
        ...

    def nudge(self, worker: int) -> None:
        """Have the worker send what it holds back, though it is at work; then `Still` comes, unless it is not there, or hears nothing."""
        ...

    def kill(self, worker: int) -> None:
        """End the worker and its process group at once; `Lost` follows, and nothing more of what it said."""
        ...

    def wake(self) -> None:
        """Make `wait` return, now or the next time it is called. Any thread."""
        ...

    def close(self) -> None:
        """End everything within a second; idle workers first get the end of their messages. Then nothing is left."""
        ...
