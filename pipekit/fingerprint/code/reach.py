"""Everything that one entity reaches, as symbols for people, and the way to each. It must never change a digest."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from pipekit import canon
from pipekit.fingerprint.code.entities import EXTERN, NAMED, Content, Node, Told, Unknown
from pipekit.fingerprint.code.scope import Entities
from pipekit.fingerprint.code.show import show
from pipekit.fingerprint.code.symbols import Symbol
from pipekit.values import Digest, Origin

_VALUES = {"constant", "closure", "default", "attribute"}
_VERSIONS = {"distribution", "python"}


class Walked:
    """The entities below `root`, nearest first, with the one through which each was met; `look` says what each consists of."""

    def __init__(self, entities: Entities, root: Node, look: Callable[[Node], Content]) -> None:
        self.scope, self.root = entities, root
        self._entities, self._content = entities, look
        self._above: dict[Node, Node | None] = {root: None}
        self._told: dict[str, Node] = {}
        waiting = deque([root])
        while waiting:
            node = waiting.popleft()
            try:
                content = self._content(node)
            except Unknown:  # so that the way to what has no identity can be told
                continue
            for told in self._told_of(node, content):
                self._told.setdefault(told.name, node)
            for one in content.uses:
                if one not in self._above:
                    self._above[one] = node
                    waiting.append(one)

    def _told_of(self, node: Node, content: Content) -> Sequence[Told]:
        return () if content.told is None else content.told(node, self._entities)

    def chain(self, name: str) -> tuple[str, ...]:
        """The names from the root to the symbol `name`; () where it is none of these."""
        for node in self._above:
            if node.kind and node.name == name:
                return self.way(node)
        holder = self._told.get(name)
        return (*self.way(holder), name) if holder is not None else ()

    def way(self, node: Node) -> tuple[str, ...]:
        """The names from the root to `node`."""
        return way(self._above, node)

    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol, sorted by name and kind; where several share both, they are numbered in the order in which they are met."""
        seen: dict[tuple[str, str], list[Digest]] = {}
        found: list[Symbol] = []
        for symbol in self._all():
            same = seen.setdefault((symbol.name, symbol.kind), [])
            if symbol.digest in same:
                continue
            same.append(symbol.digest)
            name = symbol.name if len(same) == 1 else f"{symbol.name}#{len(same)}"
            found.append(Symbol(name, symbol.kind, symbol.digest, symbol.value, symbol.where, symbol.source))
        return tuple(sorted(found, key=lambda one: (one.name, one.kind)))

    def outside(self) -> frozenset[str]:
        """The modules of Python and of other distributions that are used."""
        found = (node.name.partition(":")[0] for node in self._above if not node.kind and _is_outside(node))
        return frozenset(found)

    def _all(self) -> Iterator[Symbol]:
        for node in self._above:
            content = self._content(node)
            if node.kind or (node is self.root and node.name):  # a wrapper that another distribution made has no kind
                yield self._symbol(node, content)
            for told in self._told_of(node, content):
                own = canon.digest_parts(told.kind.encode(), told.name.encode(), told.form)
                yield Symbol(told.name, told.kind, own, self._show(told.value))

    def _symbol(self, node: Node, content: Content) -> Symbol:
        where, source = content.place(node, self._entities) if content.place is not None else self._place(node)
        value = self._show(node.thing) if node.kind in _VALUES else ""
        if node.kind in _VERSIONS:
            value = content.body.decode()
        return Symbol(node.name, node.kind or "function", self._own(node), value, where, source)

    def _show(self, value: object) -> str:
        """A short text, the same wherever the project lies."""
        roots = self._entities.roots
        if type(value) is str and value.startswith(roots):
            value = "." + value[max(len(root) for root in roots if value.startswith(root)) :]
        text = show(value)
        for root in roots:
            text = text.replace(root, ".")
        return text

    def _own(self, node: Node) -> Digest:
        """What it is by itself: its body, and the names of what it uses."""
        content = self._content(node)
        uses = [f"{one.kind} {one.name}".encode() if one.kind else self._own(one) for one in content.uses]
        if node.unordered:
            uses.sort()
        return canon.digest_parts(node.kind.encode(), node.name.encode(), content.body, *uses)

    def _place(self, node: Node) -> tuple[Origin | None, str]:
        """Where a constant is assigned."""
        if node.kind not in _VALUES:
            return None, ""
        home, _, rest = node.name.rpartition(".")
        while home:
            file = getattr(sys.modules.get(home), "__file__", None)
            if isinstance(file, str):
                return self._line(file, rest)
            home, _, last = home.rpartition(".")
            rest = f"{last}.{rest}"
        return None, ""

    def _line(self, file: str, name: str) -> tuple[Origin | None, str]:
        source = self._entities.sources.of(file) if self._entities.belonging.is_project(file) else None
        lines = source.rest.lines.get(name) if source is not None else None
        if lines is None:
            return None, ""
        first, last = lines
        return Origin(file, first), self._entities.sources.text(file, first, last)

    def where(self, node: Node) -> Origin | None:
        """Where `node` is written, or else what it is met through."""
        one: Node | None = node
        while one is not None:
            try:
                content: Content | None = self._content(one)
            except Unknown:
                content = None
            place = content.place if content is not None else None
            found = place(one, self._entities)[0] if place is not None else self._place(one)[0]
            if found is not None:
                return found
            one = self._above[one]
        return None


def way(above: Mapping[Node, Node | None], node: Node) -> tuple[str, ...]:
    """The names that lead to `node`, where `above` has the entity through which each was met."""
    found: list[str] = []
    one: Node | None = node
    while one is not None:
        if (one.kind or one is node) and one.name and one.name != (found[-1] if found else ""):
            found.append(one.name)
        one = above[one]
    return tuple(reversed(found))


def _is_outside(node: Node) -> bool:
    return node.content is not None and node.content.body in (EXTERN, NAMED)
