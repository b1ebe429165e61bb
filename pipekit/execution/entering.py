"""Which code is entered while the user's code runs, in all its threads, in the way that costs least with this Python. It must never
know whose code it is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from types import CodeType
from typing import Any

if sys.version_info >= (3, 12):
    _TOOLS = (4, 3, sys.monitoring.OPTIMIZER_ID, sys.monitoring.PROFILER_ID, sys.monitoring.COVERAGE_ID)

    class Entering:
        """Notes between `start` and `stop`, by `sys.monitoring`: what was noted once costs nothing any more."""

        def __init__(self) -> None:
            self._found: dict[int, CodeType] = {}
            self.tool = next(tool for tool in _TOOLS if sys.monitoring.get_tool(tool) is None)
            sys.monitoring.use_tool_id(self.tool, "pipekit audit")
            sys.monitoring.register_callback(self.tool, sys.monitoring.events.PY_START, self._note)
            self.forget()

        def start(self) -> None:
            sys.monitoring.set_events(self.tool, sys.monitoring.events.PY_START)

        def stop(self) -> None:
            sys.monitoring.set_events(self.tool, 0)

        def forget(self) -> None:
            self._found.clear()
            sys.monitoring.restart_events()

        def entered(self) -> list[CodeType]:
            return list(self._found.values())

        def _note(self, code: CodeType, offset: int) -> object:
            self._found[id(code)] = code  # not by itself: code of two files may be equal
            return sys.monitoring.DISABLE

else:
    from cProfile import Profile

    class Entering:
        """Notes between `start` and `stop`, by Python's own profiler: a profile function would cost ten times as much, for every look
        that it takes at a frame is an audit event. Of other threads it notes what they have left, if `threading` started them."""

        def __init__(self) -> None:
            self._main = _profiler()
            self._others: list[tuple[threading.Thread, Any, Mapping[int, int]]] = []
            self._first: list[CodeType] = []

        def start(self) -> None:
            """From now on, note."""
            threading.setprofile(self._begun)
            self._main.enable()

        def stop(self) -> None:
            """Note no more."""
            self._main.disable()
            threading.setprofile(None)

        def forget(self) -> None:
            """What was noted so far is no matter any more."""
            self._main.clear()
            self._first.clear()
            self._others = [(thread, one, _counts(one)) for thread, one, _ in self._others if thread.is_alive()]

        def entered(self) -> list[CodeType]:
            """What was entered since `forget`, in no order; something may be named twice."""
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
        return Profile(subcalls=False, builtins=False)

    def _counts(profiler: Any) -> Mapping[int, int]:
        """How often code was entered, by its id: code of two files may be equal."""
        return {id(entry.code): entry.callcount for entry in profiler.getstats()}
