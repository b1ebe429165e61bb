"""Which files of the project the user's code opens, by an audit hook. It must never keep a file from being opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path

opened: list[str] = []
"""Paths below the watched folder, relative to it, in the order they were opened; the worker clears it for each call."""

_folder: list[str] = []
_CODE = (".py", ".pyc", ".so", ".pyd")


def watch(folder: Path | None) -> None:
    """From now on, and for the life of this process, note what is opened for reading below `folder`."""
    if folder is None:
        return
    if not _folder:
        sys.addaudithook(_hook)
    _folder[:] = [str(folder) + os.sep]


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event != "open" or not isinstance(args[0], str):
        return
    path, mode = args[0], args[1]
    if isinstance(mode, str) and mode[:1] not in ("r", ""):
        return
    root = _folder[0]
    if not path.startswith("/"):
        path = os.path.normpath(root + path)
    if path.startswith(root) and not path.endswith(_CODE):
        relative = path[len(root) :]
        if not relative.startswith((".pipekit/", ".git/")) and "__pycache__" not in relative:
            opened.append(relative)
