"""The JSON form of events and the log file of a run, read and written. It must never know what an event means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, get_args

from pipekit.execution.events import Event
from pipekit.execution.reasons import Reason

_CLASSES: dict[str, type] = {re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in get_args(Event)}
_FIELDS = {cls: ("event", *(f.name for f in fields(cls))) for cls in _CLASSES.values()}
_VALUES = {cls: attrgetter(*names[1:]) for cls, names in _FIELDS.items()}
_NAMES = {cls: name for name, cls in _CLASSES.items()}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=lambda value: _plain(value)).encode


def _plain(value: object) -> object:
    if isinstance(value, Reason):
        return {"kind": value.kind, "subject": value.subject, "was": value.was, "now": value.now}
    raise TypeError(type(value).__name__)


def to_json(event: Event) -> str:
    """One line: `{"event": "step_started", "time": ..., ...}`."""
    cls = type(event)
    return _encode(dict(zip(_FIELDS[cls], (_NAMES[cls], *_VALUES[cls](event)))))


def from_json(line: str | bytes) -> Event | None:
    """The event of one line; None for a torn line or an event of a newer pipekit."""
    try:
        found: dict[str, Any] = json.loads(line)
        cls = _CLASSES[found.pop("event")]
        if "reason" in found:
            found["reason"] = Reason(**found["reason"])
        for name in ("deps", "tags"):
            if name in found:
                found[name] = tuple(found[name])
        event: Event = cls(**found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return event


class Log:
    """Appends events to a file; lines reach the file when `flush` is called or 64 KiB are waiting."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: BinaryIO = path.open("ab", buffering=1 << 16)

    def write(self, event: Event) -> None:
        self._file.write(to_json(event).encode("utf-8", "surrogatepass") + b"\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Reader:
    """Follows a log that may still grow: each `read` gives what came since the last one; a torn last line waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self, most: int = 1 << 24) -> Iterator[Event]:
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read(most)
        whole, newline, _ = data.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.splitlines():
            if (event := from_json(line)) is not None:
                yield event
