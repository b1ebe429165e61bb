"""The least a worker can do; it imports nothing, so that what is measured is the pool."""

from __future__ import annotations

import os


def echo(port, setup):  # type: ignore[no-untyped-def]
    return port.send


def main(write: int, read: int) -> None:
    """Says which descriptors it has beside the first three."""
    found = [fd for fd in range(3, 99) if _is_open(fd)]
    os.write(write, " ".join(map(str, found)).encode())


def _is_open(fd: int) -> bool:
    try:
        return os.fstat(fd).st_mode > 0
    except OSError:
        return False
