"""One call, from its message to its result: receive, run the user's function, make products, report. It must never
let an exception of the user's code through."""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipekit.errors import PipekitError, Uncodable
from pipekit.execution import held, yielding
from pipekit.execution.batch import Batch, recheck, refuse
from pipekit.execution.failure import fault, told, veil
from pipekit.execution.inputs import Inputs
from pipekit.execution.inside import Context
from pipekit.execution.making import Maker, must_be
from pipekit.execution.messages import STORE, Call, Done, Fault, Made, More, Used, lean
from pipekit.values import Digest, Ok, Secret, call_user
from pipekit.values.call import Raised

if TYPE_CHECKING:
    from pipekit.execution.worker import Worker

BRIEF = 0.002
"""Seconds in the user's code: what takes less has no memory of its own to speak of."""


class Work:
    """A call at work. `run` sends everything there is to say about it."""

    def __init__(self, worker: Worker, call: Call, context: Context) -> None:
        self.worker = worker
        self.call = call
        self.context = context
        self.inputs = Inputs(call, worker.stores, context, self._ask, self._fetch, worker.held)
        self.maker = Maker(worker.stores[call.place], worker.setup.folder, context, self.inputs.handed)
        self.seconds = self.waited = 0.0
        self.secrets: tuple[str, ...] = ()
        self.made: Made | None = None

    def run(self) -> None:
        """Do the call and send its result."""
        call, worker = self.call, self.worker
        worker.capture.begin(call.tiny)
        prepared = call_user(self._prepare)
        if isinstance(prepared, Raised):
            self._refuse(self.fault(prepared.error))
            return
        task, options = prepared.value
        if not logging.root.handlers and worker.whole_process:
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        if call.mode == "each":
            Batch(self, task, options).run()
        elif call.mode == "recheck":
            recheck(self, task)
        elif call.mode == "split":
            self._split(task)
        elif call.mode == "check":
            self._check(task)
        else:
            self._whole(task, options)

    def _prepare(self) -> tuple[Any, dict[str, Any]]:
        task = self.worker.task(self.call.task)
        options: dict[str, Any] = pickle.loads(self.call.options) if self.call.options else {}
        self.secrets = tuple(value.reveal() for value in options.values() if isinstance(value, Secret))
        return task, options

    # --- a task or a stream -------------------------------------------------------------------------------------------

    def _whole(self, task: Any, options: dict[str, Any]) -> None:
        self.worker.plant(self.call.seed)
        received = call_user(self.receive, task, 0)
        if isinstance(received, Raised):
            self._finish(None, self.fault(received.error))
            return
        result = self.timed(task.fn, *received.value, **options)
        if isinstance(result, Ok) and self.call.mode == "stream":
            found = yielding.stream(self, task, result.value)
            self._finish(None, found)
        elif isinstance(result, Ok):
            made = call_user(self._make, task, result.value)
            self._finish(*((made.value, None) if isinstance(made, Ok) else (None, self.fault(made.error))))
        else:
            self._finish(None, self.fault(result.error))

    def _make(self, task: Any, value: Any) -> Made:
        """The product that stands for the value. Where it is not stored and no bytes can, it is held here. Raises as `Maker.make`."""
        try:
            return self.maker.make(task.product, value)
        except Uncodable:
            if self.call.place == STORE or self.call.mode != "task":
                raise
        product = held.product_of(Digest(bytes.fromhex(os.path.basename(self.call.checkpoint))), value)
        self.worker.held.keep(product, value)
        return Made(product, {})

    def remake(self) -> Any:
        """What the task's function returns, for a value that this worker is to hold. Raises what it raises."""
        task, options = self._prepare()
        self.worker.plant(self.call.seed)
        return task.fn(*self.receive(task, 0), **options)

    def receive(self, task: Any, first: int) -> list[Any]:
        """What the parameters from `first` on get."""
        sources = self.call.sources
        return [self.inputs.receive(at, sources[at], task.takes[at]) for at in range(first, len(sources))]

    def _split(self, task: Any) -> None:
        """`task` is the each, whose `over` is the type of the rows."""
        rows = call_user(self.inputs.receive, 0, self.call.sources[0], "list")
        self._finish(
            None, self.fault(rows.error) if isinstance(rows, Raised) else yielding.split(self, task.over, rows.value)
        )

    def _check(self, task: Any) -> None:
        """What is recorded, against a type whose predicates are others by now."""
        checked = call_user(self._checked, task)
        self._finish(None, self.fault(checked.error) if isinstance(checked, Raised) else None)

    def _checked(self, task: Any) -> None:
        source = self.call.sources[0]
        received = self.inputs.receive(0, source, "iterator")
        for value in received if source.kind == "stream" else [received]:
            must_be(task.product, value)

    # --- what all share -----------------------------------------------------------------------------------------------

    def timed(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Ok[Any] | Raised:
        """Call something of the user's: its time counts."""
        began, waited = time.perf_counter(), self.waited
        result = self.worker.reads.call_user(fn, *args, **kwargs)
        self.seconds += time.perf_counter() - began - (self.waited - waited)
        return result

    def _ask(self, position: int) -> None:
        self.worker.ask(self.call.job, position)

    def _fetch(self, position: int) -> More:
        """More items; to wait for them is no work of the task's."""
        began = time.perf_counter()
        more = self.worker.fetch(position)
        self.waited += time.perf_counter() - began
        return more

    def fault(self, error: BaseException) -> Fault:
        """What an exception tells the run."""
        if isinstance(error, PipekitError):
            return told(error)
        if self.worker.setup.failed is not None:
            self.worker.setup.failed(error)
        return fault(error, self.secrets)

    def used(self) -> tuple[Used, ...]:
        """What the user's code used; files that came with what it took, or that it gives on, count by their content anyway."""
        return self.worker.reads.used([*self.inputs.referred, *self.maker.referred])

    def log(self) -> bytes:
        """What was printed since the capture began."""
        text = self.worker.capture.end()
        if text and self.secrets:
            text = veil(text.decode("utf-8", "replace"), self.secrets).encode()
        return text

    def _finish(self, made: Made | None, found: Fault | None) -> None:
        worker, self.made = self.worker, made
        done = Done(self.call.job, made, found, self.seconds, self.log(), self.used(), self._peak())
        # it goes when the worker waits, or begins with something that may take longer
        worker.port.send(lean(done), more=True)

    def _peak(self) -> int:
        """The most memory so far; of what takes no time it tells nothing, and to ask takes longer."""
        return self.worker.peak() if self.seconds >= BRIEF else 0

    def _refuse(self, found: Fault) -> None:
        """The call cannot even begin."""
        if self.call.mode in ("each", "recheck"):
            refuse(self, found)
        else:
            self._finish(None, found)
