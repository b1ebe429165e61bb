"""A value that was read from text, with the place of every part of it: what a reader hands to the checker. It must never
know which syntax it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from pipekit.errors import Problem
from pipekit.values import Origin


class Located(Struct, frozen=True):
    """One node: `value` is None, bool, int, float, str, a list of Located or a dict of scalar -> Located.

    `key` is where its key stands, if it is a mapping's value; `problems` (of the topmost node) is what the reader found
    wrong and could read past, so that it is reported together with everything else.
    """

    value: Any
    origin: Origin
    key: Origin | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def named(self) -> Origin:
        """Where its key stands; where it stands itself, if it has none."""
        return self.key or self.origin

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def leaves(self) -> Iterator[Located]:
        """Every scalar in it, in order."""
        if isinstance(self.value, dict):
            for node in self.value.values():
                yield from node.leaves()
        elif isinstance(self.value, list):
            for node in self.value:
                yield from node.leaves()
        else:
            yield self

    def under(self, key: Origin | None) -> Located:
        """The same node as the value of another key."""
        return Located(self.value, self.origin, key)


def merged(below: Located, above: Located) -> Located:
    """`above` laid over `below`: mappings merge, anything else replaces."""
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    parts = dict(below.value)
    for key, node in above.value.items():
        parts[key] = merged(parts[key], node) if key in parts else node
    return Located(parts, above.origin, above.key)
