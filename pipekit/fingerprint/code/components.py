"""From entities to digests: a Merkle hash in which entities that use each other in a circle are hashed as one, whichever of them is
asked for first. It must never know what an entity is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import filterfalse

from pipekit import canon
from pipekit.fingerprint.code.entities import Content, Node, Scope
from pipekit.values import Digest


class Components:
    """Digests of entities, remembered. With `flags`, what their contents open up for such readers counts too: `content` is then
    the whole of it."""

    def __init__(self, scope: Scope, flags: int = 0) -> None:
        self.flags = flags
        self.content = self._content = self._opened if flags else scope.content
        self._scope, self._open = scope, dict[Node, Content]()
        self._done: dict[Node, Digest] = {}
        self._reads: dict[Node, int] = {}

    def digest(self, root: Node) -> Digest:
        """The digest of `root` and all that it reaches. Raises Unknown."""
        if root not in self._done:
            self._visit(root)
        return self._done[root]

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

    def _visit(self, root: Node) -> None:
        """Strongly connected components, deepest first, without recursion: `held` are the nodes that are entered and in no component
        yet; `starts` where, as far as is known, the components among them begin."""
        done, order, look = self._done, dict[Node, int](), self._content
        held: list[Node] = []
        starts: list[int] = []
        path: list[tuple[Node | None, Iterator[Node]]] = []
        node, rest = None, iter((root,))
        while True:
            for one in rest:
                at = order.get(one)
                if at is not None:
                    while starts[-1] > at:
                        starts.pop()
                    continue
                content = look(one) if self.flags or one.content is None else one.content
                try:
                    below = [done[each] for each in content.uses]
                except KeyError:  # some of what it uses comes first
                    path.append((node, rest))
                    node, rest = one, filterfalse(done.__contains__, content.uses)
                    order[one] = len(held)
                    starts.append(len(held))
                    held.append(one)
                    break
                done[one] = self._hash(one, content, below)
                if content.reads or self._reads:  # most code reads nothing
                    self._note([one])
            else:
                if node is None:
                    return
                if starts[-1] == order[node]:
                    self._close(held[starts[-1] :])
                    del held[starts.pop() :]
                node, rest = path.pop()

    def _note(self, members: Sequence[Node]) -> None:
        """Remember what the members read, and what is read below them."""
        contents = [self._content(node) for node in members]
        reads = 0
        for content in contents:
            reads |= content.reads
            for one in content.uses:
                reads |= self._reads.get(one, 0)
        if reads:
            self._reads.update(dict.fromkeys(members, reads))

    def _close(self, members: list[Node]) -> None:
        done, content = self._done, self._content(members[0])
        if len(members) > 1 or members[0] in content.uses:
            self._refine(members)
        else:
            done[members[0]] = self._hash(members[0], content, [done[one] for one in content.uses])
        if self._reads or any(self._content(node).reads for node in members):
            self._note(members)

    def _refine(self, members: list[Node]) -> None:
        """Colours by name, then by what each is and the colours of what it uses, until no more are told apart. The set of colours is
        the component; entities that stay alike do the same."""
        names = [f"{node.kind} {node.name}" for node in members]
        ranks = {name: Digest(b"%32d" % rank) for rank, name in enumerate(sorted(set(names)))}
        colours, count = {node: ranks[name] for node, name in zip(members, names)}, len(ranks)
        while True:
            colours = self._round(members, colours)
            found = set(colours.values())
            if len(found) == count:
                break
            count = len(found)
        whole = canon.digest(b"".join(sorted(found)))
        for node in members:
            self._done[node] = canon.digest(b"in" + whole + colours[node])

    def _round(self, members: list[Node], colours: dict[Node, Digest]) -> dict[Node, Digest]:
        done, found = self._done, {}
        for node in members:
            content = self._content(node)
            found[node] = self._hash(node, content, [done.get(one) or colours[one] for one in content.uses])
        return found

    def _hash(self, node: Node, content: Content, below: list[Digest]) -> Digest:
        body, more = content.body, content.more
        if node.unordered:
            below.sort()
        head = f"{node.kind} {node.name} {len(body)} {len(more)}\n".encode()
        return canon.digest(b"".join([head, body, more, *below]))
