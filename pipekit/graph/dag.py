"""A directed acyclic graph of ids 0..n-1 and the edges between them: order, closures, layers, all iterative and linear
in nodes and edges. It owns the algorithms and must never know what an id stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

Ids = tuple[int, ...]


class Cycle(ValueError):
    """The edges go round; `ids` is one such round, each depending on the next and the last on the first."""

    def __init__(self, ids: Ids) -> None:
        super().__init__(f"the edges go round: {ids}")
        self.ids = ids


@dataclass(frozen=True)
class Dag:
    """`deps[i]` are the ids that `i` depends on, in order. Ids out of range are an IndexError where they are met."""

    deps: Sequence[Ids]

    def __len__(self) -> int:
        return len(self.deps)

    @cached_property
    def dependents(self) -> Sequence[Ids]:
        """For each id those that depend on it, ascending, each once."""
        found: list[list[int]] = [[] for _ in self.deps]
        for node, deps in enumerate(self.deps):
            for dep in deps:
                if not found[dep] or found[dep][-1] != node:
                    found[dep].append(node)
        return [tuple(nodes) for nodes in found]

    @cached_property
    def order(self) -> Ids:
        """Every id after all it depends on, and otherwise ascending where possible; raises Cycle."""
        if all(dep < node for node, deps in enumerate(self.deps) for dep in deps):
            return tuple(range(len(self.deps)))
        return _deps_first(self.deps)

    @cached_property
    def sinks(self) -> Ids:
        """The ids that nothing depends on, ascending."""
        return tuple(node for node, dependents in enumerate(self.dependents) if not dependents)

    @cached_property
    def layers(self) -> Sequence[int]:
        """For each id the length of the longest path that leads to it: 0 without deps; raises Cycle."""
        layer = [0] * len(self.deps)
        for node in self.order:
            for dep in self.deps[node]:
                if layer[dep] >= layer[node]:
                    layer[node] = layer[dep] + 1
        return layer

    def upstream(self, of: Iterable[int]) -> set[int]:
        """`of` and everything they depend on."""
        return _closure(self.deps, of)

    def downstream(self, of: Iterable[int]) -> set[int]:
        """`of` and everything that depends on them."""
        return _closure(self.dependents, of)

    def between(self, start: Iterable[int], end: Iterable[int]) -> set[int]:
        """The ids on a path from `start` to `end`, both ends included; none where no path leads from one to the other."""
        return self.downstream(start) & self.upstream(end)


def _closure(neighbours: Sequence[Ids], of: Iterable[int]) -> set[int]:
    seen = set(of)
    waiting = list(seen)
    while waiting:
        for node in neighbours[waiting.pop()]:
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return seen


def _deps_first(deps: Sequence[Ids]) -> Ids:
    done: dict[int, None] = {}
    for start in range(len(deps)):
        if start not in done:
            _visit(deps, start, done)
    return tuple(done)


def _visit(deps: Sequence[Ids], start: int, done: dict[int, None]) -> None:
    """Depth first from `start` with a stack of its own, since a chain may be deeper than Python recurses."""
    path = {start: None}
    stack = [(start, iter(deps[start]))]
    while stack:
        node, left = stack[-1]
        for dep in left:
            if dep in path:
                round_ = list(path)
                raise Cycle(tuple(round_[round_.index(dep) :]))
            if dep not in done:
                path[dep] = None
                stack.append((dep, iter(deps[dep])))
                break
        else:
            stack.pop()
            del path[node]
            done[node] = None
