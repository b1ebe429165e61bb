"""The JSON form of events and the log file of a run, read and written. It must never know what an event means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, get_args

from pipekit.execution.events import Event
from pipekit.execution.reasons import Reason

_text = json.encoder.encode_basestring


def _number(value: float) -> str:
    return repr(value) if value - value == 0 else json.dumps(value)


def _reason(value: Reason) -> str:
    parts = (_text(value.kind), _text(value.subject), _text(value.was), _text(value.now), _text(value.where))
    return '{{"kind":{},"subject":{},"was":{},"now":{},"where":{}}}'.format(*parts)


_FORMS: dict[str, Callable[[Any], str]] = {
    "float": _number,
    "int": repr,
    "bool": lambda value: "true" if value else "false",
    "str": _text,
    "int | None": lambda value: "null" if value is None else repr(value),
    "tuple[int, ...]": lambda value: f"[{','.join(map(repr, value))}]",
    "tuple[str, ...]": lambda value: f"[{','.join(map(_text, value))}]",
    "Mapping[str, int]": json.dumps,
    "Reason": _reason,
}
"""How a field is written, by its annotation. A general encoder would cost several times as much for each event."""

_CLASSES: dict[str, type[Event]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in get_args(Event)
}
_PLANS = {
    cls: (
        f'{{"event":"{event}"',
        attrgetter(*cls.__struct_fields__),
        [(f',"{name}":', _FORMS[cls.__annotations__[name]]) for name in cls.__struct_fields__],
    )
    for event, cls in _CLASSES.items()
}


def to_json(event: Event) -> str:
    """One line: `{"event": "step_started", "time": ..., ...}`."""
    head, values, plan = _PLANS[type(event)]
    parts = [head]
    for (name, form), value in zip(plan, values(event)):
        parts.append(name)
        parts.append(form(value))
    parts.append("}")
    return "".join(parts)


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
