"""What earlier runs leave to later ones: how long tasks take, and that runs took place. It must never decide anything by it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from pipekit.store.pack import Pack


class Duration(Struct, frozen=True):
    """What a task took so far, as moving averages: `seconds` in user code and their `spread`, `size` of the product in bytes.

    `peak` is the most memory seen, in bytes; `count` is how many times it ran.
    """

    task: str
    seconds: float
    spread: float = 0.0
    size: float = 0.0
    peak: int = 0
    count: int = 1


class Ran(Struct, frozen=True):
    """One run: `started` and `finished` are Unix seconds (None: it goes on, or was killed); `summary` is JSON, opaque here."""

    run: str
    invocation: str
    started: float
    finished: float | None
    status: str
    summary: bytes = b"{}"


_DURATION: Final = struct.Struct("<dddQQ")
_RAN: Final = struct.Struct("<d?dII")


class History:
    """The durations and runs of a pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def durations(self, tasks: Sequence[str]) -> dict[str, Duration]:
        """What is known of each of `tasks` that ran before."""
        names = {task.encode(): task for task in tasks}
        rows = self._pack.select_by("SELECT task, body FROM durations WHERE task IN ({})", names.keys())
        whole = ((names[name], body) for name, body in rows if _is_body(body, _DURATION.size) and name in names)
        return {task: Duration(task, *_DURATION.unpack_from(body)) for task, body in whole}

    def put_durations(self, durations: Iterable[Duration]) -> None:
        """Keep what is known now, in one transaction, in place of what was."""
        rows = [(d.task.encode(), _DURATION.pack(d.seconds, d.spread, d.size, d.peak, d.count)) for d in durations]
        if rows:
            with self._pack.transaction() as connection:
                connection.executemany("INSERT OR REPLACE INTO durations (task, body) VALUES (?, ?)", rows)

    def runs(self, count: int) -> list[Ran]:
        """The last `count` runs, newest first."""
        rows = self._pack.select("SELECT id, body FROM runs ORDER BY started DESC, id DESC LIMIT ?", (count,))
        return [_ran(run, body) for run, body in rows if _is_body(body, _RAN.size)]

    def put_run(self, ran: Ran) -> None:
        """Keep the run, in place of what was known of it."""
        row = (ran.run, ran.started, _packed(ran))
        with self._pack.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO runs (id, started, body) VALUES (?, ?, ?)", row)


def _is_body(body: Any, least: int) -> bool:
    return type(body) is bytes and len(body) >= least


def _packed(ran: Ran) -> bytes:
    invocation, status = ran.invocation.encode(), ran.status.encode()
    ended = ran.finished is not None
    head = _RAN.pack(ran.started, ended, ran.finished or 0.0, len(invocation), len(status))
    return head + invocation + status + ran.summary


def _ran(run: str, body: bytes) -> Ran:
    started, ended, finished, one, two = _RAN.unpack_from(body)
    at = _RAN.size
    invocation, status = body[at : at + one], body[at + one : at + one + two]
    summary = body[at + one + two :]
    return Ran(
        run,
        invocation.decode("utf-8", "replace"),
        started,
        finished if ended else None,
        status.decode("utf-8", "replace"),
        summary,
    )
