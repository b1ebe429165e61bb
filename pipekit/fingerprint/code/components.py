"""From entities to digests: a Merkle hash in which entities that use each other in a circle are hashed as one, whichever of them is
asked for first. It must never know what an entity is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipekit import canon
from pipekit.fingerprint.code.entities import Content, Node, Scope
from pipekit.values import Digest


class Expanded(Scope, Protocol):
    """A scope that remembers contents."""

    def content(self, node: Node) -> Content:
        """What `node` consists of. Raises Unknown."""
        ...


class Components:
    """Digests of entities, remembered. With `flags`, what their contents open up for such readers counts too: `content` is then
    the whole of it."""

    def __init__(self, scope: Expanded, flags: int = 0) -> None:
        self.flags = flags
        self.content = self._content = self._opened if flags else scope.content
        self._scope, self._open = scope, dict[Node, Content]()
        self._done: dict[Node, Digest] = {}
        self._reads: dict[Node, int] = {}

    def digest(self, root: Node) -> Digest:
        """The digest of `root` and all that it reaches. Raises Unknown."""
        known = self._done.get(root)
        if known is None:
            if not self._ready(root):
                self._visit(root)
            known = self._done[root]
        return known

    def reads(self, root: Node) -> int:
        """What any code in the reach of a digested `root` reads of other code."""
        return self._reads.get(root, 0)

    def _opened(self, node: Node) -> Content:
        found = self._open.get(node)
        if found is None:
            found = self._scope.content(node)
            if found.opened is not None:
                more, uses = found.opened(node, self._scope, self.flags)
                found = found._replace(body=found.body + more, uses=(*found.uses, *uses))
            self._open[node] = found
        return found

    def _ready(self, node: Node) -> bool:
        """Whether all that it uses was digested; then it is, too."""
        done, content = self._done, self._content(node)
        for one in content.uses:
            if one not in done:
                return False
        self._done[node] = self._hash(node, done)
        self._note([node], content.reads)
        return True

    def _note(self, members: list[Node], reads: int) -> None:
        """Remember what the members read, and what is read below them; most code reads nothing."""
        if self._reads:
            for node in members:
                for one in self._content(node).uses:
                    reads |= self._reads.get(one, 0)
        if reads:
            self._reads.update(dict.fromkeys(members, reads))

    def _visit(self, root: Node) -> None:
        """Tarjan's strongly connected components, deepest first, without recursion."""
        done, order, low = self._done, dict[Node, int](), dict[Node, int]()
        held: list[Node] = []
        path: list[tuple[Node, Iterator[Node]]] = []

        def enter(node: Node) -> None:
            path.append((node, iter(self._content(node).uses)))
            order[node] = low[node] = len(order)
            held.append(node)

        enter(root)
        while path:
            node, rest = path[-1]
            for one in rest:
                if one in order:
                    if one not in done:  # then it is still held
                        low[node] = min(low[node], order[one])
                elif one not in done and not self._ready(one):
                    enter(one)
                    break
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == order[node]:
                    at = len(held) - 1 if held[-1] is node else held.index(node)
                    self._close(held[at:])
                    del held[at:]

    def _close(self, members: list[Node]) -> None:
        if len(members) > 1 or not self._ready(members[0]):
            self._refine(members)
            reads = 0
            for node in members:
                reads |= self._content(node).reads
            self._note(members, reads)

    def _refine(self, members: list[Node]) -> None:
        """Colours by what each is, then by the colours of what it uses, until no two are told apart any more. The set of colours is
        the component; entities that stay alike do the same."""
        colours = self._round(members, dict.fromkeys(members, Digest(b"")))
        while True:
            finer = self._round(members, colours)
            if len(set(finer.values())) == len(set(colours.values())):
                break
            colours = finer
        whole = canon.digest(b"".join(sorted(set(finer.values()))))
        for node in members:
            self._done[node] = canon.digest(b"in" + whole + finer[node])

    def _round(self, members: list[Node], colours: dict[Node, Digest]) -> dict[Node, Digest]:
        return {node: self._hash(node, colours) for node in members}

    def _hash(self, node: Node, colours: dict[Node, Digest]) -> Digest:
        content, done = self._content(node), self._done
        body = content.body
        head = f"{node.kind} {node.name} {len(body)} {len(content.more)}\n".encode()
        below = [done.get(one) or colours[one] for one in content.uses]
        if node.unordered:
            below.sort()
        return canon.digest(b"".join((head, body, content.more, *below)))
