"""Which variables of the environment are read by name, and from where. It must never change one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_BETWEEN = ("os", "collections.abc", "_collections_abc")
"""Modules through which variables are read."""

Tell = Callable[[str, FrameType], None]
"""Takes a variable's name and the frame that reads it."""


class Variables(dict[Any, Any]):
    """The data of `os.environ`, which tells of every read by name; but not of what was set since `forget`, nor of those that are read
    because all are copied."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(vars(os.environ)["_data"])
        self._tell = tell
        self._set: set[Any] = set()
        self._copies: tuple[int, int] | None = None

    def watch(self) -> None:
        """From now on, and for the life of this process, tell."""
        vars(os.environ)["_data"] = self

    def forget(self) -> None:
        """What was set before now was not set by the user's code."""
        self._set.clear()

    def __getitem__(self, name: Any) -> Any:
        frame = _reader()
        if frame is not None and name not in self._set and (id(frame), frame.f_lasti) != self._copies:
            self._tell(os.fsdecode(name), frame)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[Any]:
        frame = _reader()
        self._copies = (id(frame), frame.f_lasti) if frame is not None else None
        return super().__iter__()

    def __setitem__(self, name: Any, value: Any) -> None:
        self._set.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: Any) -> None:
        self._set.add(name)
        super().__delitem__(name)


def _reader() -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") in _BETWEEN:
        frame = frame.f_back
    return frame
