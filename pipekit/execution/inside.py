"""What a task may ask for while it runs: folders, progress, resources, seeds. It must never know which pool it runs on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path

from msgspec import Struct, field

from pipekit import canon


class Context(Struct):
    """One call of the user's function: its folders (made when first asked for), what it was granted, whom to tell."""

    scratch_at: str
    checkpoint_at: str
    say: Callable[[float, float], None]
    granted: Mapping[str, float] = field(default_factory=dict)
    scratched: bool = False

    @property
    def scratch_path(self) -> Path:
        """The folder that is gone after the call, made or not."""
        return Path(self.scratch_at)

    @property
    def checkpoint_path(self) -> Path:
        """The folder that outlives a failure, made or not."""
        return Path(self.checkpoint_at)


_here: ContextVar[Context | None] = ContextVar("pipekit task", default=None)
_process: list[Context | None] = [None]


def enter(context: Context | None, *, whole_process: bool) -> None:
    """From now on this is the task that runs: in this thread, or in every thread of the process."""
    _here.set(context)
    if whole_process:
        _process[0] = context


def current() -> Context | None:
    """The call that runs in this thread or, in a worker process, at all."""
    return _here.get() or _process[0]


def scratch() -> Path:
    """A private folder that is gone after the task; outside a run a new temporary one.

    A file that lies here when the task returns its path becomes part of the store.
    """
    context = current()
    if context is None:
        return Path(tempfile.mkdtemp(prefix="pipekit-"))
    context.scratched = True
    context.scratch_path.mkdir(parents=True, exist_ok=True)
    return context.scratch_path


def checkpoint() -> Path:
    """A folder that survives failures and kills, until a run with the same key succeeds; outside a run a temporary one."""
    context = current()
    if context is None:
        return Path(tempfile.mkdtemp(prefix="pipekit-"))
    context.checkpoint_path.mkdir(parents=True, exist_ok=True)
    return context.checkpoint_path


def progress(done: float, total: float) -> None:
    """Tell the run how far the task is; does nothing outside a run."""
    context = current()
    if context is not None:
        context.say(float(done), float(total))


def granted(resource: str) -> int:
    """How much of a resource the task was given: "cpu", "memory" in bytes, or a named one; outside a run 1."""
    context = current()
    if context is None:
        return 1
    return int(context.granted.get(resource, 1 if resource == "cpu" else 0))


def seed(*values: object) -> int:
    """A 128-bit number made from the values' canonical form; the same in every process and on every machine.

    Raises FingerprintError where a value has no canonical form.
    """
    return int.from_bytes(canon.digest(canon.encode(values))[:16], "big")
