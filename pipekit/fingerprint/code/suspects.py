"""What code does that no fingerprint of it sees, so that its result can be stale or cannot be made again: the places, in the source of
what a live function reaches. It must never run what it reads, nor know what a task is."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pipekit.fingerprint.code.doubts import DOUBTS, Use, read
from pipekit.fingerprint.code.entities import Node, Scope, Unknown
from pipekit.fingerprint.code.meaning import Block, Known, Live, World, bindings, is_alias, literal, meaning
from pipekit.fingerprint.code.pages import Page
from pipekit.fingerprint.code.pieces import Piece, body, made_with, pieces
from pipekit.fingerprint.code.reach import Walked, way
from pipekit.fingerprint.code.symbols import Code
from pipekit.values import Origin

_AT_IMPORT = {"clock", "random"}
"""What makes an object anew at every import. Of the rest the fingerprint of the object says what came of it, unless it is kept for
later as it is."""


class Suspect(Struct, frozen=True):
    """One place: `what` is used there, by its full name, in `holder` (`prep.stamp`). `variable`: of the environment, where it is known.
    `made`: it is used when the module is imported, to make what `holder` holds."""

    kind: str
    what: str
    holder: str
    where: Origin
    variable: str = ""
    made: bool = False


class Suspects:
    """The suspects of many functions: what they share is looked at once. `pages`: every file of which something was looked at."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self._known = Known()
        self._found: dict[Node, tuple[Suspect, ...]] = {}

    def of(self, code: Code) -> Iterator[tuple[Suspect, tuple[str, ...]]]:
        """Each suspect in the function and in what it reaches, nearest first, with the names that lead there."""
        reach = code.look()
        if not isinstance(reach, Walked):
            return
        seen: set[Origin] = set()
        for node, names in _reached(reach.scope, reach.root):
            if node not in self._found:
                self._found[node] = tuple(self._look(node, reach.scope))
            for one in self._found[node]:
                if one.where not in seen:
                    seen.add(one.where)
                    yield one, names

    def _look(self, node: Node, scope: Scope) -> Iterator[Suspect]:
        for piece in pieces(node, scope, self._known):
            self.pages[piece.page.file] = piece.page
            for one in _Look(piece, self._known).all():
                if not piece.page.ignores(one.where, one.kind):
                    yield one


def _reached(scope: Scope, root: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """The entities below `root`, nearest first, with the names that lead to each; but not the tasks in a module that is taken as a
    whole, which stand beside the one that is asked about and are no part of it."""
    above: dict[Node, Node | None] = {root: None}
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        try:
            content = scope.content(node)
        except Unknown:
            continue
        yield node, way(above, node)
        for one in content.uses:
            if one not in above and not (node.kind == "module" and _is_task(one.thing)):
                above[one] = node
                waiting.append(one)


def _is_task(thing: object) -> bool:
    return any(f"{cls.__module__}:{cls.__qualname__}" == "pipekit.definition.tasks:Task" for cls in type(thing).__mro__)


class _Look:
    """One look at a piece: the names in it, by what they stand for, against the table."""

    def __init__(self, piece: Piece, known: Known) -> None:
        self._piece, self._known = piece, known
        self._waiting: list[tuple[ast.AST, Block | World, bool]] = []

    def all(self) -> Iterator[Suspect]:
        self._put(self._piece.nodes, self._piece.block, self._piece.made)
        while self._waiting:
            node, block, made = self._waiting.pop()
            name = self._doubted(node, block)
            if name is not None and isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield from self._used(name, node, block, made)
            else:
                self._enter(node, block, made)

    def _doubted(self, node: ast.AST, block: Block | World) -> str | None:
        """The name in the table that `node` stands for."""
        found = meaning(node, block) if isinstance(node, ast.Name | ast.Attribute) else None
        name = self._known.name(found) if found is not None else None
        return name if name in DOUBTS else None

    def _put(self, nodes: Iterable[ast.AST], block: Block | World, made: bool) -> None:
        self._waiting += [(node, block, made) for node in nodes]

    def _enter(self, node: ast.AST, block: Block | World, made: bool) -> None:
        outside = block.outside if isinstance(block, Block) else block
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._put(made_with(node), block, made)
            self._put(body(node), Block(bindings(node, body(node)), outside), False)
        elif isinstance(node, ast.ClassDef):
            self._put([*node.decorator_list, *node.bases, *node.keywords], block, made)
            self._put(node.body, Block(bindings(None, node.body), outside, of_class=True), made)
        elif isinstance(node, ast.AnnAssign):  # its annotation is not run, or says nothing
            self._put([one for one in (node.target, node.value) if one is not None], block, made)
        elif not (is_alias(node, block) and self._doubted(node.value, block)):
            self._put(ast.iter_child_nodes(node), block, made)

    def _used(self, name: str, node: ast.expr, block: Block | World, made: bool) -> Iterator[Suspect]:
        use = Use(node, self._piece.page.parents, lambda one, as_written: _text(one, block, as_written))
        kind, holds = DOUBTS[name]
        if not holds(use) or (made and kind not in _AT_IMPORT and not use.is_kept):
            return
        key = use.key if holds is read else None
        variable = _text(key, block, False) if key is not None else None
        made = made and use.call is not None
        yield Suspect(kind, name, self._piece.holder, self._piece.page.origin(node), variable or "", made)


def _text(node: ast.expr, block: Block | World, as_written: bool) -> str | None:
    """The text that an expression certainly is; `as_written`: as it stands in the function, not by way of a global name."""
    if as_written:
        return literal(node, block)
    found = meaning(node, block)
    return found.value if isinstance(found, Live) and isinstance(found.value, str) else None
