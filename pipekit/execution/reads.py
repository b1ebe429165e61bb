"""Which files of the project the user's code opens for reading, from what Python tells audit hooks. It must never keep a file from
being opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from pipekit.execution.messages import Used
from pipekit.values import Ok, Raised, call_user

PACKAGES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages", ".venv"))
"""Parts of a path below which nothing is the project's."""

_OURS = (f".pipekit{os.sep}", f".git{os.sep}")
_CODE = (".py", ".pyc", ".so", ".pyd")

Place = tuple[str, int]
"""A file and a line; ("", 0) where they are unknown."""


class Reads:
    """The files below `folder` that are opened in this process. A call of the user's begins with `begin`; what was made since
    `forget` is its own."""

    def __init__(self, folder: Path | None) -> None:
        self.root = f"{folder}{os.sep}" if folder is not None else ""
        self._real = f"{os.path.realpath(folder)}{os.sep}" if folder is not None else ""
        self.call_user: Callable[..., Ok[Any] | Raised] = call_user
        self.strayed = False
        """Has anybody left the working directory?"""
        self.heard: dict[str, Callable[..., None]] = {
            "os.chdir": self._stray,
            "open": self._open,
            "os.mkdir": self._make,
            "os.rename": self._rename,
        }
        self._opened: dict[str, Place] = {}
        self._made: set[str] = set()

    def watch(self) -> None:
        """From now on, and for the life of this process, hear what is opened."""
        sys.addaudithook(self.hear)

    def begin(self) -> None:
        """A call begins: nothing was read yet."""
        self._opened.clear()
        self.forget()

    def forget(self) -> None:
        """What was made before now is no longer the user's own."""
        self._made.clear()

    def used(self, apart: Collection[str] = ()) -> tuple[Used, ...]:
        """What was noted since `begin`, but nothing at or below the paths `apart`."""
        places = [self.there(path) for path in apart] if self._opened else []
        return tuple(
            Used("file", self.name(path), *place)
            for path, place in list(self._opened.items())
            if not any(path == one or path.startswith(one + os.sep) for one in places)
        )

    def name(self, path: str) -> str:
        """A path as people know it: relative to the project where it lies inside."""
        return path.removeprefix(self.root) if self.root else path

    def there(self, path: Any) -> str:
        """An absolute path; where links lead to the project, as the project calls it."""
        found = os.path.abspath(os.fsdecode(path))
        return self.root + found[len(self._real) :] if self._real and found.startswith(self._real) else found

    def counts(self, path: str) -> bool:
        """Whether reading the file at the absolute `path` is worth a note."""
        return self.is_inside(path) and not path.endswith(_CODE)

    def is_inside(self, path: str) -> bool:
        """Whether it is a file of the project, and of nothing that lies in it."""
        if not self.root or not path.startswith(self.root) or any(part in path for part in PACKAGES):
            return False
        return not path.startswith(_OURS, len(self.root)) and "__pycache__" not in path

    def place(self) -> Place:
        """Which line of the project is at work."""
        return "", 0

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take what Python tells an audit hook."""
        found = self.heard.get(event)
        if found is not None:
            call_user(found, *args)

    def _stray(self, path: Any) -> None:
        self.strayed = True

    def _open(self, path: Any, mode: Any, flags: int) -> None:
        if isinstance(path, int):
            return
        there = self.there(path)
        if not self.counts(there):
            return
        if flags & os.O_TRUNC or (flags & os.O_CREAT and not os.path.lexists(there)):
            self._made.add(there)
        elif flags & os.O_ACCMODE != os.O_WRONLY:
            self._read(there)

    def _read(self, path: str) -> None:
        if path not in self._opened and os.path.isfile(path) and not self._is_made(path):
            self._opened[path] = self.place()

    def _make(self, path: Any, *_: Any) -> None:
        there = self.there(path)
        if not os.path.lexists(there):
            self._made.add(there)

    def _rename(self, source: Any, target: Any, *_: Any) -> None:
        if self._is_made(self.there(source)):
            self._made.add(self.there(target))

    def _is_made(self, path: str) -> bool:
        """Whether the user's code has made it, or the folder it lies in."""
        if not self._made:
            return False
        while path not in self._made:
            path, before = os.path.dirname(path), path
            if path == before:
                return False
        return True
