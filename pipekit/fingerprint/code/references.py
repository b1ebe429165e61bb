"""The walk over one value that notes which entities it refers to; the value's form says only in what order. It must never
know what an entity is made of."""

from __future__ import annotations

from typing import Any

from pipekit.canon.form import Culprit, Handlers, Walk, Write, length
from pipekit.fingerprint.code.entities import Content, Node, Scope

_DEEP = 200
_SCALARS = frozenset({str, int, bytes, float, bool, complex, type(None)})


class References(Walk):
    """`nodes`: the entities in the order in which the value first names them. What can change is written once: where it stands
    again, it is the same object, and code may notice."""

    __slots__ = ("count", "depth", "kept", "nodes", "scope")

    def __init__(self, table: Handlers, scope: Scope) -> None:
        super().__init__(table, _again, None, self.named)
        self.scope = scope
        self.nodes: dict[Node, int] = {}
        self.kept: list[Any] = []
        self.count = self.depth = 0

    def enter(self, value: Any) -> None:
        """Note that `value` is being written; Culprit when it lies too deep."""
        self.depth += 1
        if self.depth > _DEEP:
            raise Culprit(value, "lies too deep")
        self.active[id(value)] = self.count
        self.count += 1
        self.kept.append(value)  # or another object might get its id

    def leave(self, value: Any) -> None:
        """Note that `value` is written. Equal tuples may or may not be the same one, so they are forgotten."""
        self.depth -= 1
        if type(value) is tuple:
            del self.active[id(value)]

    def point(self, node: Node, write: Write) -> None:
        """Write a reference to `node`."""
        write(b"\xdf" + length(self.nodes.setdefault(node, len(self.nodes))))

    def named(self, thing: Any) -> bytes:
        """What canon writes beside the name of a class or function: which reference it is."""
        if thing.__module__ == "builtins":
            return b""
        node = self.scope.entity(thing)
        return b"" if node is None else length(self.nodes.setdefault(node, len(self.nodes)))

    def apart(self, member: Any) -> tuple[bytes, tuple[Node, ...]]:
        """The form of a set's member by itself, and what it refers to."""
        walk = References(self.table, self.scope)
        walk.active, walk.count, walk.depth = dict(self.active), self.count, self.depth
        out: list[Any] = []
        self.table[type(member)](member, out.append, walk)
        self.kept += walk.kept
        return b"".join(out), tuple(walk.nodes)


def members(value: Any, write: Write, walk: Walk) -> None:
    """A set: its plain members sorted by form; those that refer to entities as one entity without order."""
    assert isinstance(walk, References)
    plain: list[bytes] = []
    others: list[Node] = []
    table = walk.table
    for member in value:
        kind = type(member)
        if kind in _SCALARS:
            out: list[Any] = []
            table[kind](member, out.append, walk)
            plain.append(b"".join(out))
            continue
        try:
            form, nodes = walk.apart(member)
        except Culprit as culprit:
            raise culprit.climb(value, "{...}") from None
        if nodes:
            others.append(Node("", "", (form, nodes), _member))
        else:
            plain.append(form)
    write(type(value).__name__.encode() + length(len(value)) + length(len(plain)))
    write(b"".join(sorted(plain)))
    if others:
        walk.point(Node("", "", tuple(others), _unordered, unordered=True), write)


def _member(node: Node, scope: Scope) -> Content:
    form, nodes = node.thing
    return Content(form, nodes)


def _unordered(node: Node, scope: Scope) -> Content:
    return Content(b"set", node.thing)


def _again(value: Any, write: Write, walk: Walk) -> None:
    write(b"^" + length(walk.active[id(value)]))
