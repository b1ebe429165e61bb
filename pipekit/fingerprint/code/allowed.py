"""Live objects that count by what kind of thing they are, because nothing that they hold reaches a result. It must never grow
by an object whose state a result can depend on."""

from __future__ import annotations

import sys
from typing import Any

from pipekit.canon.form import Handler, Walk, Write, text
from pipekit.canon.instances import inside, instance

_KINDS = frozenset(
    {
        "_thread:lock", "_thread:RLock", "_thread:_local", "_thread:LockType", "threading:local", "threading:Condition",
        "threading:Semaphore", "threading:BoundedSemaphore", "threading:Event", "threading:Barrier", "threading:_RLock",
        "_threading_local:local", "multiprocessing.synchronize:SemLock", "multiprocessing.context:BaseContext",
        "asyncio.locks:Lock", "asyncio.locks:Event", "asyncio.locks:Condition", "asyncio.locks:Semaphore",
        "logging:Filterer", "logging:Logger", "logging:LoggerAdapter", "logging:Handler", "logging:Manager",
        "weakref:ProxyType", "weakref:CallableProxyType", "weakref:finalize", "builtins:weakproxy",
        "_contextvars:Context", "_contextvars:Token", "_abc:_abc_data", "_json:Scanner", "_json:Encoder",
        "concurrent.futures._base:Executor", "builtins:frame", "builtins:traceback",
        "loguru._logger:Logger", "structlog._config:BoundLoggerLazyProxy", "structlog._base:BoundLoggerBase",
        "rich.console:Console", "tqdm.std:tqdm", "os:_Environ", "random:SystemRandom",
    }
)  # fmt: skip


def find_allowed(cls: type) -> Handler | None:
    """The handler of a class whose instances count by type."""
    for base in cls.__mro__:
        if f"{base.__module__}:{base.__qualname__}" in _KINDS:
            return by_class
        if base.__module__ == "_io":
            return _stream
    return None


def by_type(value: Any) -> bytes:
    """The form of an object that counts by its type alone."""
    cls = type(value)
    return b"\xd0" + text(f"{cls.__module__}:{cls.__qualname__}")


def by_class(value: Any, write: Write, walk: Walk) -> None:
    """By type; and by what its class does, where that is not of the standard library."""
    write(by_type(value))
    if type(value).__module__.partition(".")[0] not in sys.stdlib_module_names:
        inside(value, "", type(value), write, walk)


def _stream(value: Any, write: Write, walk: Walk) -> None:
    """An open file: the three that every process has count by name."""
    for name in ("stdin", "stdout", "stderr"):
        if value is getattr(sys, name) or value is getattr(sys, f"__{name}__"):
            return write(b"\xd1" + text(name))
    return instance(value, write, walk)
