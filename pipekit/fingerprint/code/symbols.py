"""What people are told of code's identity: one digest, and every symbol that it covers. It must never compute one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from pipekit.values import Digest, Origin


class Symbol(Struct, frozen=True):
    """One thing that code's identity covers, by itself: its digest changes exactly where it does, whatever it uses.

    `kind` is function, class, constant, closure, default, attribute, module, distribution, python or opaque; `value` a short text of a
    plain value or a version; `where` and `source` the place and the text it is written in, where they are certain.
    """

    name: str
    kind: str
    digest: Digest
    value: str = ""
    where: Origin | None = None
    source: str = ""


class Reach(Protocol):
    """Everything that one function's identity covers."""

    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols, sorted by name and kind."""
        ...

    def chain(self, name: str) -> tuple[str, ...]:
        """The names from the function to the symbol `name`."""
        ...

    def outside(self) -> frozenset[str]:
        """The modules of Python and of other distributions that are used."""
        ...


@dataclass(frozen=True, slots=True)
class Code:
    """The identity of a function's code; two are equal if their digests are."""

    digest: Digest
    look: Callable[[], Reach] = field(repr=False, compare=False)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Everything the digest covers, sorted by name and kind; found out when it is asked for."""
        return self.look().symbols()

    @property
    def outside(self) -> frozenset[str]:
        """The modules of Python and of other distributions that are used; of builtins there is no word."""
        return self.look().outside()

    def reaches(self, name: str) -> tuple[str, ...]:
        """How the function comes to use the symbol `name`: ("tasks.load", "prep.norm", "prep.LOCK"); () where it does not."""
        return self.look().chain(name)
