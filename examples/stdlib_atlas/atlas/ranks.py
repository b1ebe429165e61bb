"""Who imports whom, who matters, and who stands on whom: graphs as plain dictionaries of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

Graph = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Imports:
    """Edges between the modules of one library: what each needs at import time, and what its functions import later."""

    needs: dict[str, list[str]]
    later: dict[str, list[str]]

    def all(self) -> dict[str, list[str]]:
        return {name: sorted({*needed, *self.later[name]}) for name, needed in self.needs.items()}


class Ranked(TypedDict):
    """One line of the ranking."""

    module: str
    rank: float
    importers: int
    imports: int
    lines: int
    storey: int


def resolved(names: Iterable[str], known: Mapping[str, object], importer: str) -> list[str]:
    """The longest prefix of each name that is a known module, the importer itself left out: `os.path.join` is `os`."""
    found: set[str] = set()
    for name in names:
        while name and name not in known:
            name = name.rpartition(".")[0]
        found.add(name)
    return sorted(found - {"", importer})


def pagerank(graph: Graph, damping: float = 0.85, tolerance: float = 1e-12) -> dict[str, float]:
    """The share of time a reader spends in each module who follows imports at random; all shares together make 1.

    Sergey Brin and Lawrence Page, "The Anatomy of a Large-Scale Hypertextual Web Search Engine" (1998), by power
    iteration. With probability 1 - `damping` the reader opens any module instead, and so does one who came to a module
    that imports nothing (the treatment of dangling nodes in Langville and Meyer, "Deeper Inside PageRank", 2004).
    Stops when a round moves less than `tolerance` in all.
    """
    nodes = sorted(graph)
    edges = {node: sorted(graph[node]) for node in nodes}
    rank = {node: 1 / len(nodes) for node in nodes}
    moved = 1.0
    while moved > tolerance:
        adrift = sum(rank[node] for node in nodes if not edges[node])
        new = dict.fromkeys(nodes, (1 - damping + damping * adrift) / len(nodes))
        for node in nodes:
            for target in edges[node]:
                new[target] += damping * rank[node] / len(edges[node])
        moved = sum(abs(new[node] - rank[node]) for node in nodes)
        rank = new
    return rank


def depths(graph: Graph) -> dict[str, int]:
    """How many storeys of other modules each one stands on; modules that import each other share a storey."""
    found: dict[str, int] = {}
    for circle in reversed(list(circles(graph))):
        below = {needed for node in circle for needed in graph[node]} - circle
        storey = 1 + max((found[needed] for needed in below), default=-1)
        found.update(dict.fromkeys(circle, storey))
    return {node: found[node] for node in sorted(found)}


def circles(graph: Graph) -> Iterator[frozenset[str]]:
    """The strongly connected components, importers first.

    Kosaraju's algorithm, as in Aho, Hopcroft and Ullman, "Data Structures and Algorithms" (1983), section 6.7.
    """
    backwards: dict[str, list[str]] = {node: [] for node in graph}
    for node in sorted(graph):
        for target in graph[node]:
            backwards[target].append(node)
    taken: set[str] = set()
    for root in reversed(list(_postorder(graph, sorted(graph), set()))):
        if root not in taken:
            yield frozenset(_postorder(backwards, [root], taken))


def _postorder(graph: Graph, roots: Iterable[str], seen: set[str]) -> Iterator[str]:
    """Depth first, each node after what it leads to; without recursion, because import chains can be long."""
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(sorted(graph[root])))]
        while path:
            node, targets = path[-1]
            target = next((target for target in targets if target not in seen), None)
            if target is None:
                path.pop()
                yield node
            else:
                seen.add(target)
                path.append((target, iter(sorted(graph[target]))))
