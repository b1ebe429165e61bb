"""The worker's side of a run: takes calls, runs the user's function on values of its own, sends back products. It must
never know the graph, the plan or the store's records."""

from __future__ import annotations

import os
import pickle
import random
import resource
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib import import_module
from typing import Any, Protocol

from pipekit.execution import inside
from pipekit.execution.call import Work
from pipekit.execution.capture import Capture, Descriptors, Streams
from pipekit.execution.held import Held
from pipekit.execution.messages import (
    Call,
    Credit,
    Forget,
    Made,
    More,
    Progress,
    Revoke,
    Setup,
    Source,
    Stalled,
    Waiting,
    Want,
    full,
)
from pipekit.execution.reads import Reads
from pipekit.execution.surroundings import Surroundings, settle
from pipekit.store import files
from pipekit.store.objects import Objects
from pipekit.values import Digest, call_user

LONG = 0.02
"""Seconds of a call after which the worker looks whether what waits for its turn is still wanted here."""


class Port(Protocol):
    """The way to the run."""

    @property
    def streams(self) -> bool: ...
    def send(self, message: object, more: bool = False) -> None: ...
    def recv(self) -> object: ...
    def poll(self, timeout: float = 0.0) -> bool: ...
    def flush(self) -> None: ...


def main(port: Port, setup: Setup) -> Callable[[object], None]:
    """What a pool calls once in each worker; gives the function that takes each message."""
    worker = Worker(port, setup)
    if worker.whole_process:
        call_user(worker.tasks)  # before there is anything to do; what goes wrong is told by the first call
    return worker.handle


class Worker:
    """One worker; it does one call at a time. Messages that arrive while it works wait in `ahead`."""

    def __init__(self, port: Port, setup: Setup) -> None:
        self.port = port
        self.setup = setup
        self.number = os.getpid()
        self.whole_process = setup.capture == "descriptors"
        log = setup.temporary / f"worker-{self.number}.log"
        self.capture: Capture = Descriptors(log) if self.whole_process else Streams()
        self.stores: tuple[Objects, ...] = (Objects(setup.objects, lasting=True), Objects(setup.passing))
        if setup.shared is not None:
            self.stores += (Objects(setup.shared, in_memory=True),)
        self.ahead: deque[object] = deque()
        self.mores: dict[int, More] = {}
        self.job, self.credit = 0, None  # type: tuple[int, tuple[int, int] | None]
        self._home: Mapping[str, Any] | None = None
        self._shipped: dict[bytes, Any] = {}
        self.held = Held(self._remake)
        self.reads = Reads(None)
        self._clear = -1
        if self.whole_process:
            with suppress(OSError):
                self._clear = os.open("/proc/self/clear_refs", os.O_WRONLY)
            self.reads = _watching(setup)
            settle(setup.folder)

    def handle(self, message: object) -> None:
        """Take one message; a call is done before this returns, and what came meanwhile after it."""
        self.ahead.append(message)
        while self.ahead:
            one = self.ahead.popleft()
            if isinstance(one, list):
                self._chain([full(call) for call in one])
            elif isinstance(one, Forget):
                self.held.forget(Digest(one.digest))
            elif isinstance(call := full(one), Call):
                self._call(call)

    def _listen(self) -> None:
        """The call that has ended took long; what waits for its turn may be wanted elsewhere by now."""
        while self.port.poll():
            self._hear()

    def _revoke(self, job: int) -> None:
        """Leave out the call, if it waits, with those behind it."""
        self.ahead = deque(one for one in self.ahead if _number(one) != job)

    def _chain(self, calls: Sequence[Call]) -> None:
        """One call after the other, each with what the one before has made; where that is nothing, the rest is left."""
        made = self._call(calls[0])
        for call in calls[1:]:
            if made is None:
                return
            source = Source("product", (made.product,))
            made = self._call(call._replace(sources=(source,), bodies=made.bodies))

    def task(self, named: str | bytes) -> Any:
        """The task of a call: one of the project's by name, or one that was sent along."""
        if isinstance(named, bytes):
            if named not in self._shipped:
                self._shipped[named] = pickle.loads(named)
            return self._shipped[named]
        return self.tasks()[named]

    def tasks(self) -> Mapping[str, Any]:
        """The project's tasks by name, imported when they are first asked for."""
        if self._home is None:
            if self.setup.home is None:
                return {}
            where, arguments = self.setup.home
            module, _, function = where.partition(":")
            self._home = getattr(import_module(module), function)(*arguments)
        return self._home

    def ask(self, job: int, position: int) -> None:
        """Ask for more items, which come while others are worked on."""
        self.port.send(Want(job, position))

    def fetch(self, position: int) -> More:
        """The items that were asked for; waits for them. Other messages are kept for later."""
        while self.port.poll() and position not in self.mores:
            self._hear()
        if position not in self.mores:
            self.port.send(Waiting(self.job, position))
            while position not in self.mores:
                self._hear()
        return self.mores.pop(position)

    def most(self, wanted: int) -> int:
        """How many items a stream may make now, of `wanted`."""
        return wanted if self.credit is None else max(1, min(wanted, self.credit[0]))

    def spend(self, job: int, items: int, size: int) -> None:
        """A stream has made so much; if that is all it may, wait until it may make more."""
        if self.credit is None:
            return
        self.credit = self.credit[0] - items, self.credit[1] - size
        while self.port.poll():
            self._hear()
        if min(self.credit) <= 0:
            self.port.send(Stalled(job))
            while min(self.credit) <= 0:
                self._hear()

    def _hear(self) -> None:
        """Take the next message in; what is for another call is kept for later."""
        message = self.port.recv()
        if isinstance(message, More):
            if message.job == self.job:
                self.mores[message.position] = message
        elif isinstance(message, Revoke):
            self._revoke(message.job)
        elif isinstance(message, Credit):
            if self.credit is not None and message.job == self.job:
                self.credit = self.credit[0] + message.items, self.credit[1] + message.size
        else:
            self.ahead.append(message)

    def _call(self, call: Call) -> Made | None:
        """Do the call; gives the product of a task that has made one."""
        scratch = f"{self.setup.temporary}{os.sep}scratch-{self.number}-{id(call):x}"
        context = inside.Context(
            scratch,
            call.checkpoint,
            lambda done, total: self.port.send(Progress(call.job, done, total)),
            call.granted,
        )
        inside.enter(context, whole_process=self.whole_process)
        if not call.tiny:
            self.port.flush()
        self.job, self.credit = call.job, call.credit if self.port.streams else None
        self.mores.clear()
        self.reads.begin()
        if not call.tiny:
            self._measure()
        try:
            with self._around(call):
                work = Work(self, call, context)
                work.run()
        finally:
            inside.enter(None, whole_process=self.whole_process)
            if context.scratched:
                files.remove(context.scratch_path)
        if work.seconds >= LONG and self.port.streams:
            self._listen()
        return work.made

    def _remake(self, call: Call) -> Any:
        """What a task's function gives, called in the midst of the call that needs it."""
        context = inside.current()
        assert context is not None
        return Work(self, call, context).remake()

    def _around(self, call: Call) -> AbstractContextManager[object]:
        if not self.whole_process:
            return nullcontext()
        self.reads.strayed = False
        cpus = int(call.granted.get("cpu", 1))
        return Surroundings(call.variables, cpus, self.setup.folder, lambda: self.reads.strayed)

    def _measure(self) -> None:
        """From now on `peak` is that of the call which begins, where the system can forget what was before (Linux)."""
        if self._clear >= 0:
            os.write(self._clear, b"5")

    def peak(self) -> int:
        """The most memory this worker has had, in bytes: since its call began, or at all."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024

    def plant(self, seed: bytes) -> None:
        """Seed `random` and numpy's legacy generator; only where the process is the call's own."""
        if self.whole_process and seed:
            random.seed(seed)
            numpy = sys.modules.get("numpy")
            if numpy is not None:
                numpy.random.seed(int.from_bytes(seed[:4], "big"))


def _number(message: object) -> int | None:
    """The number of the call that a message starts, or the first of several."""
    first = message[0] if isinstance(message, list) else message
    return first[0] if type(first) is tuple else None


def _watching(setup: Setup) -> Reads:
    """What notes, in this process, what the user's code uses."""
    if setup.audit:
        from pipekit.execution.used import Uses

        found: Reads = Uses(setup)
    else:
        found = Reads(setup.folder)
    if setup.audit or setup.folder is not None:
        found.watch()
    return found
