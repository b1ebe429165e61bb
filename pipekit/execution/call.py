"""One call, from its message to its result: receive, run the user's function, make products, report. It must never
let an exception of the user's code through."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipekit import canon
from pipekit.errors import PipekitError
from pipekit.execution.failure import fault, told, veil
from pipekit.execution.inputs import Inputs
from pipekit.execution.inside import Context
from pipekit.execution.making import Maker, must_be
from pipekit.execution.messages import Call, Done, Fault, ItemDone, ItemsDone, Made, More, Used, Yielded
from pipekit.values import Ok, Secret, call_user
from pipekit.values.call import Raised

if TYPE_CHECKING:
    from pipekit.execution.worker import Worker

MOST_ITEMS = 256
FLUSH_SECONDS = 0.001
"""A batch of items goes out when it has this many or the oldest has waited this long."""

_END = object()


class Work:
    """A call at work. `run` sends everything there is to say about it."""

    def __init__(self, worker: Worker, call: Call, context: Context) -> None:
        self.worker = worker
        self.call = call
        self.context = context
        self.inputs = Inputs(call, worker.stores, context.scratch_path / "inputs", self._fetch)
        stored = worker.stores[0 if call.keep else 1]
        self.maker = Maker(stored, worker.setup.folder, context.scratch_path, self.inputs.handed)
        self.seconds = self.waited = 0.0
        self.secrets: tuple[str, ...] = ()

    def run(self) -> None:
        """Do the call and send its result."""
        call, worker = self.call, self.worker
        worker.capture.begin()
        prepared = call_user(self._prepare)
        if isinstance(prepared, Raised):
            self._finish(None, self._fault(prepared.error))
            return
        task, options = prepared.value
        if not logging.root.handlers and worker.whole_process:
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        if call.mode == "each":
            self._each(task, options)
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
        received = call_user(self._receive, task, 0)
        if isinstance(received, Raised):
            self._finish(None, self._fault(received.error))
            return
        result = self._timed(task.fn, *received.value, **options)
        if isinstance(result, Ok) and self.call.mode == "stream":
            found = self._stream(task, result.value)
            self._finish(None, found)
        elif isinstance(result, Ok):
            made = call_user(self.maker.make, task.product, result.value)
            self._finish(*((made.value, None) if isinstance(made, Ok) else (None, self._fault(made.error))))
        else:
            self._finish(None, self._fault(result.error))

    def _receive(self, task: Any, first: int) -> list[Any]:
        sources = self.call.sources
        return [self.inputs.receive(at, sources[at], task.takes[at]) for at in range(first, len(sources))]

    def _stream(self, task: Any, iterable: Any) -> Fault | None:
        """Send the items on as they come; gives what ended it early."""
        begun = self._timed(iter, iterable)
        if isinstance(begun, Raised):
            return self._fault(begun.error)
        batch: list[Made] = []
        since = time.perf_counter()
        found: Fault | None = None
        for outcome in self._items(begun.value, task):
            if isinstance(outcome, Raised):
                found = self._fault(outcome.error)
                break
            batch.append(outcome.value)
            now = time.perf_counter()
            if len(batch) >= MOST_ITEMS or now - since >= FLUSH_SECONDS:
                self._pass_on(batch)
                batch, since = [], time.perf_counter()
        if batch:
            self.worker.port.send(Yielded(self.call.job, tuple(batch)))
        return found

    def _pass_on(self, batch: list[Made]) -> None:
        self.worker.port.send(Yielded(self.call.job, tuple(batch)))
        self.worker.spend(self.call.job, len(batch), sum(one.size for one in batch))

    def _items(self, iterator: Iterator[Any], task: Any) -> Iterator[Ok[Made] | Raised]:
        while True:
            item = self._timed(next, iterator, _END)
            if isinstance(item, Raised):
                yield item
                return
            if item.value is _END:
                return
            yield call_user(self.maker.make, task.product, item.value)

    def _split(self, task: Any) -> None:
        """The items of a list product, each a product of its own; `task` is the each, whose `over` is their type."""
        rows = call_user(self.inputs.value, self.call.sources[0].products[0])
        if isinstance(rows, Raised):
            self._finish(None, self._fault(rows.error))
            return
        for start in range(0, len(rows.value), MOST_ITEMS):
            made = [call_user(self.maker.make, task.over, row) for row in rows.value[start : start + MOST_ITEMS]]
            for one in made:
                if isinstance(one, Raised):
                    self._finish(None, self._fault(one.error))
                    return
            self.worker.port.send(Yielded(self.call.job, tuple(one.value for one in made if isinstance(one, Ok))))
        self._finish(None, None)

    def _check(self, task: Any) -> None:
        """What is recorded, against a type whose predicates are others by now."""
        checked = call_user(self._checked, task)
        self._finish(None, self._fault(checked.error) if isinstance(checked, Raised) else None)

    def _checked(self, task: Any) -> None:
        source = self.call.sources[0]
        received = self.inputs.receive(0, source, "iterator")
        for value in received if source.kind == "stream" else [received]:
            must_be(task.product, value)

    # --- an each ------------------------------------------------------------------------------------------------------

    def _each(self, task: Any, options: dict[str, Any]) -> None:
        batch: list[ItemDone] = []
        since = time.perf_counter()
        for index, packed, known in self.call.items:
            self.seconds = 0.0
            made, found = self._recheck(task, known) if known else self._item(task, options, packed)
            batch.append(ItemDone(index, made, found, self.seconds, self._log()))
            self.worker.capture.begin()
            now = time.perf_counter()
            if now - since >= 0.05:
                self.worker.port.send(ItemsDone(self.call.job, tuple(batch), False))
                batch, since = [], now
        self._log()
        self.worker.port.send(ItemsDone(self.call.job, tuple(batch), True, self._used(), self.worker.peak()))

    def _item(self, task: Any, options: dict[str, Any], packed: bytes) -> tuple[tuple[Made, ...], Fault | None]:
        self.worker.plant(canon.digest(self.call.seed + packed)[:16])
        self.worker.reads.forget()
        received = call_user(lambda: [self.inputs.value(packed), *self._receive(task, 1)])
        if isinstance(received, Raised):
            return (), self._fault(received.error)
        result = self._timed(task.fn, *received.value, **options)
        if isinstance(result, Ok) and task.flat:
            return self._several(task, result.value)
        if isinstance(result, Ok):
            one = call_user(self.maker.make, task.product, result.value)
            return ((one.value,), None) if isinstance(one, Ok) else ((), self._fault(one.error))
        return (), self._fault(result.error)

    def _recheck(self, task: Any, known: tuple[bytes, ...]) -> tuple[tuple[Made, ...], Fault | None]:
        for packed in known:
            checked = call_user(lambda one: must_be(task.product, self.inputs.value(one)), packed)
            if isinstance(checked, Raised):
                return (), self._fault(checked.error)
        return (), None

    def _several(self, task: Any, iterable: Any) -> tuple[tuple[Made, ...], Fault | None]:
        begun = self._timed(iter, iterable)
        if isinstance(begun, Raised):
            return (), self._fault(begun.error)
        made: list[Made] = []
        for outcome in self._items(begun.value, task):
            if isinstance(outcome, Raised):
                return (), self._fault(outcome.error)
            made.append(outcome.value)
        return tuple(made), None

    # --- what all share -----------------------------------------------------------------------------------------------

    def _timed(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Ok[Any] | Raised:
        began, waited = time.perf_counter(), self.waited
        result = self.worker.reads.call_user(fn, *args, **kwargs)
        self.seconds += time.perf_counter() - began - (self.waited - waited)
        return result

    def _fetch(self, position: int) -> More:
        """More items; to wait for them is no work of the task's."""
        began = time.perf_counter()
        more = self.worker.fetch(self.call.job, position)
        self.waited += time.perf_counter() - began
        return more

    def _fault(self, error: BaseException) -> Fault:
        if isinstance(error, PipekitError):
            return told(error)
        return fault(error, self.secrets)

    def _used(self) -> tuple[Used, ...]:
        """What the user's code used; files that came with what it took, or that it gives on, count by their content anyway."""
        return self.worker.reads.used([*self.inputs.referred, *self.maker.referred])

    def _log(self) -> bytes:
        text = self.worker.capture.end()
        if text and self.secrets:
            text = veil(text.decode("utf-8", "replace"), self.secrets).encode()
        return text

    def _finish(self, made: Made | None, found: Fault | None) -> None:
        worker, call = self.worker, self.call
        done = Done(call.job, made, found, self.seconds, self._log(), self._used(), worker.peak())
        if call.mode in ("each",):
            faulty = tuple(ItemDone(i, (), found, 0.0, done.log) for i, *_ in call.items)
            worker.port.send(ItemsDone(call.job, faulty, True, done.used, done.peak))
        else:
            worker.port.send(done)
