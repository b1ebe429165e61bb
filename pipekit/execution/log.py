"""The JSON form of events and the log file of a run, read and written. It must never know what an event means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from pipekit.execution.events import Event
from pipekit.store.faults import telling

MOST = 1000
"""Lines that wait."""

_encode = msgspec.json.Encoder().encode


@cache
def _decoder() -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(Event)  # milliseconds of imports, which those who only write do without


def to_json(event: Event) -> bytes:
    """One line without its end: `{"event": "step_started", "time": ..., ...}`. What is no text (a file's name may be none) is
    written as "?"."""
    try:
        return _encode(event)
    except UnicodeEncodeError:
        return _encode(_readable(msgspec.to_builtins(event)))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_readable(name): _readable(one) for name, one in value.items()}
    return [_readable(one) for one in value] if isinstance(value, list | tuple) else value


def from_json(line: str | bytes) -> Event | None:
    """The event of one line; None for a torn line or an event of a newer pipekit."""
    try:
        return _decoder().decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class Log:
    """Appends events to a file; lines reach the file when `flush` is called or so many are waiting. StoreError when the disk takes no
    more."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._lines: list[bytes] = []

    def write(self, event: Event) -> None:
        self._lines.append(to_json(event))
        if len(self._lines) >= MOST:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._lines.append(b"")
            view = memoryview(b"\n".join(self._lines))
            self._lines = []
            with telling("write", self.path):
                while view:
                    view = view[self._file.write(view) :]

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._file.close()


class Reader:
    """Follows a log that may still grow: each `read` gives what came since the last one; a torn last line waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self, most: int | None = 1 << 24) -> Iterator[Event]:
        """What has come, up to `most` bytes at a time; with None all of it."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read(most)
            if b"\n" not in data and data:
                data += file.readline()  # a line longer than `most` would keep the reader in its place
        whole, newline, _ = data.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.splitlines():
            if (event := from_json(line)) is not None:
                yield event
