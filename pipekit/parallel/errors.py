"""The errors of parallel work, a tree of their own: it must never know whose work it is.

ParallelError        has `.hint`: what to do
└── PoolError        a pool was used wrongly, or cannot be had here
    └── Unpicklable  a message that cannot be sent; the message names its class and why
"""

from __future__ import annotations


class ParallelError(Exception):
    """The root. `str(error)` is the message; `hint` says what to do, where something can be done."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class PoolError(ParallelError):
    """A pool was used wrongly (closed, no such worker), or cannot be had on this platform."""


class Unpicklable(PoolError):
    """A message that pickle cannot turn into bytes; nothing was sent and the worker lives."""
