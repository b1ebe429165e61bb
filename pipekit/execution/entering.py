"""Which code is entered while the user's code runs, in all its threads, in the way that costs least with this Python. It must never
know whose code it is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from types import CodeType
from typing import Any, Protocol


class Entering(Protocol):
    """Notes between `start` and `stop`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def forget(self) -> None: ...

    def entered(self) -> list[CodeType]:
        """What was entered since `forget`, in no order; something may be named twice."""
        ...


def entering() -> Entering:
    """The way of this Python."""
    if sys.version_info >= (3, 12):
        for tool in (4, 3, sys.monitoring.PROFILER_ID):
            if sys.monitoring.get_tool(tool) is None:
                return Monitored(tool)
    return Profiled()


class Profiled:
    """By Python's own profiler: a profile function would be called several times as often, and every look at a frame is an audit
    event. Not of threads that other threads than Python's `threading` start, nor of what a thread has not left yet."""

    def __init__(self) -> None:
        self._main = _profiler()
        self._others: list[tuple[threading.Thread, Any, Mapping[int, int]]] = []
        self._first: list[CodeType] = []

    def start(self) -> None:
        threading.setprofile(self._begun)
        self._main.enable()

    def stop(self) -> None:
        self._main.disable()
        threading.setprofile(None)

    def forget(self) -> None:
        self._main.clear()
        self._first.clear()
        self._others = [(thread, one, _counts(one)) for thread, one, _ in self._others if thread.is_alive()]

    def entered(self) -> list[CodeType]:
        found = [*self._first, *(entry.code for entry in self._main.getstats())]
        for _, one, before in list(self._others):
            found += [entry.code for entry in one.getstats() if entry.callcount > before.get(id(entry.code), 0)]
        return found

    def _begun(self, frame: Any, event: str, arg: object) -> None:
        """The first that a new thread does: from now on it has a profiler of its own."""
        self._first.append(frame.f_code)
        one = _profiler()
        self._others.append((threading.current_thread(), one, {}))
        one.enable()


def _profiler() -> Any:
    from cProfile import Profile

    return Profile(subcalls=False, builtins=False)


def _counts(profiler: Any) -> Mapping[int, int]:
    """How often code was entered, by its id: code of two files may be equal."""
    return {id(entry.code): entry.callcount for entry in profiler.getstats()}


if sys.version_info >= (3, 12):

    class Monitored:
        """By `sys.monitoring`, under the number `tool`: what was heard of once costs nothing any more."""

        def __init__(self, tool: int) -> None:
            self._tool = tool
            self._found: dict[int, CodeType] = {}
            sys.monitoring.use_tool_id(tool, "pipekit audit")
            sys.monitoring.register_callback(tool, sys.monitoring.events.PY_START, self._heard)

        def start(self) -> None:
            sys.monitoring.set_events(self._tool, sys.monitoring.events.PY_START)

        def stop(self) -> None:
            sys.monitoring.set_events(self._tool, 0)

        def forget(self) -> None:
            self._found.clear()
            sys.monitoring.restart_events()

        def entered(self) -> list[CodeType]:
            return list(self._found.values())

        def _heard(self, code: CodeType, offset: int) -> object:
            self._found[id(code)] = code
            return sys.monitoring.DISABLE
