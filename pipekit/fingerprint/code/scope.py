"""The entities of one process under one set of opaque names, each made once. It must never compute a digest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

from pipekit import canon
from pipekit.canon.builtins import HANDLERS
from pipekit.canon.digests import flat
from pipekit.canon.form import LARGE, Culprit, Walk, text
from pipekit.fingerprint.code.allowed import by_type
from pipekit.fingerprint.code.belonging import PYTHON, Belonging, Home
from pipekit.fingerprint.code.classes import class_name, class_node
from pipekit.fingerprint.code.entities import EXTERN, NAMED, OPEN, SCALARS, SOURCE, Content, Node, Scope, Unknown
from pipekit.fingerprint.code.finding import find_file
from pipekit.fingerprint.code.functions import expand_code, function_name, function_node
from pipekit.fingerprint.code.names import Namespace
from pipekit.fingerprint.code.owners import Owners
from pipekit.fingerprint.code.references import References
from pipekit.fingerprint.code.sources import Sources
from pipekit.fingerprint.code.uses import reads_of
from pipekit.fingerprint.code.values import TABLE, lenient, without
from pipekit.fingerprint.code.whole import file_node, module_node

_NO_WALK = Walk(TABLE, HANDLERS[type(None)])
"""For values that never look at it."""

_PROCESS = ("argv", "orig_argv", "path", "meta_path", "path_hooks", "modules")
"""What in `sys` says how this process was started: by name, wherever code holds it."""

_KINDLESS = frozenset(
    {"property", "staticmethod", "classmethod", "cached_property", "partialmethod", "singledispatchmethod"}
)
_READERS = {
    "inspect:signature": OPEN, "inspect:Signature": OPEN, "inspect:getfullargspec": OPEN, "inspect:get_annotations": OPEN,
    "inspect:getdoc": OPEN, "inspect:formatannotation": OPEN, "inspect": OPEN | SOURCE, "inspect:getsource": OPEN | SOURCE,
    "inspect:getsourcelines": OPEN | SOURCE, "inspect:findsource": OPEN | SOURCE, "inspect:getcomments": OPEN | SOURCE,
    "inspect:getblock": OPEN | SOURCE, "typing:get_type_hints": OPEN, "typing_extensions:get_type_hints": OPEN,
    "_sitebuiltins:_Helper": OPEN, "pydoc": OPEN, "pydoc:getdoc": OPEN, "pydoc:render_doc": OPEN, "pydoc:help": OPEN,
    "annotationlib:get_annotations": OPEN, "typing_extensions:get_annotations": OPEN,
}  # fmt: skip


class Entities:
    """Finds and remembers entities; see Scope for what each question means."""

    def __init__(
        self, belonging: Belonging, sources: Sources, roots: tuple[str, ...], opaque: Sequence[object]
    ) -> None:
        self.belonging, self.sources, self.roots = belonging, sources, roots
        self.folders = tuple(root.encode("utf-8", "surrogatepass") for root in roots)
        self._opaque_names = {one for one in opaque if isinstance(one, str)}
        self._opaque_ids = {id(one): one for one in opaque if not isinstance(one, str)}
        self.hides = bool(opaque)
        self._process = {id(one): (name, one) for name in _PROCESS if (one := getattr(sys, name, None)) is not None}
        self._table = without(self._opaque_ids.values()) if self._opaque_ids else TABLE
        self._gentle = lenient(self._table)
        self.owner = Owners(belonging, sources, roots).of
        self._nodes: dict[int, Node] = {}
        self._alive: list[object] = []
        self._plain: dict[tuple[type, object], bytes | None] = {}
        self._codes: dict[tuple[int, int], Node] = {}
        self._spaces: dict[int, Namespace] = {}
        self._externs: dict[str, Node] = {}
        self._files: dict[str, Node | None] = {}
        self.known = sources.known

    def content(self, node: Node) -> Content:
        """What `node` consists of. Raises Unknown."""
        found = node.content
        if found is None:
            found = node.content = node.expand(node, self)
        return found

    def namespace(self, names: dict[str, Any]) -> Namespace:
        found = self._spaces.get(id(names))
        if found is None:
            found = self._spaces[id(names)] = Namespace(self, names, self.belonging.of_names(names))
        return found

    def plain(self, value: Any) -> bytes | None:
        cls = type(value)
        if cls not in SCALARS or self.hides:
            return None
        if cls is float or cls is complex:  # of which equal ones may differ
            return self._scalar(value)
        form = self._plain.get((cls, value))
        if form is None:
            form = self._plain[cls, value] = self._scalar(value)
        return form

    def _scalar(self, value: Any) -> bytes | None:
        if type(value) is str:
            if value.startswith(self.roots):
                return self.form(value)[0]
            if reads_of(value.encode("utf-8", "surrogatepass")):
                return None
        out: list[Any] = []
        HANDLERS[type(value)](value, out.append, _NO_WALK)
        return _joined(out)

    def node(self, value: Any, name: str, kind: str, lenient: bool = False) -> Node:
        if self.hides:
            hidden = self._opaque(value, name)
            if hidden is not None:
                return hidden
        if type(value) not in SCALARS:
            known = self.entity(value)
            if known is not None:
                return known
            if id(value) in self._process:
                return self.extern(f"sys:{self._process[id(value)][0]}", PYTHON)
            if type(value).__name__ in _KINDLESS:
                kind = ""
        return Node(name, kind, value, _expand_lenient if lenient else _expand_value)

    def entity(self, thing: Any) -> Node | None:
        node = self._nodes.get(id(thing))
        if node is None:
            node = self._entity(thing)
            if node is not None:
                self._nodes[id(thing)] = node
                if node.thing is not thing:
                    self._alive.append(thing)
        return node

    def _entity(self, thing: Any) -> Node | None:
        make: Callable[[Any, Any], Node]
        if type(thing) is FunctionType:
            make = function_node
        elif issubclass(type(thing), type):
            make = class_node
        elif issubclass(type(thing), ModuleType):
            make = module_node
        else:
            return None
        hidden = self._opaque(thing, _name_of(thing)) if self.hides else None
        return hidden or make(self, thing)

    def _opaque(self, value: object, name: str) -> Node | None:
        if name in self._opaque_names or id(value) in self._opaque_ids:
            return self._extern(name, "opaque", Content(b"opaque"))
        return None

    def code(self, code: Any, names: dict[str, Any]) -> Node:
        known = self._codes.get((id(code), id(names)))
        if known is None:
            name = f"{names.get('__name__', '?')}.{code.co_qualname}"
            known = self._codes[id(code), id(names)] = Node(name, "", (code, names), expand_code)
        return known

    def module(self, module: ModuleType) -> Node:
        node = self.entity(module)
        assert node is not None
        return node

    def find_module(self, name: str) -> Node | None:
        module = sys.modules.get(name)
        if name == "__main__":  # which is another one in every kind of process
            return None
        if isinstance(module, ModuleType):
            return None if self.belonging.of_module(module).kind == "extern" else self.module(module)
        if name not in self._files:
            file = find_file(name)
            ours = file is not None and self.belonging.of(file, name).kind != "extern"
            self._files[name] = file_node(name, file) if ours and file is not None else None
        return self._files[name]

    def extern(self, name: str, home: Home) -> Node:
        top = name.partition(":")[0].partition(".")[0]
        if name in self._opaque_names or top in self._opaque_names or not home.what:
            return self._extern(name, "", Content(NAMED))
        kind = "python" if home.what.startswith("python ") else "distribution"
        what, _, version = home.what.partition(" ")
        below = self._extern(what, kind, Content(version.encode()))
        reads = _READERS.get(name, 0)
        return self._extern(name, "", Content(EXTERN, (below,), reads=reads))

    def _extern(self, name: str, kind: str, content: Content) -> Node:
        key = f"{kind} {name}"
        node = self._externs.get(key)
        if node is None:
            node = self._externs[key] = Node(name, kind, content, _expand_given)
        return node

    def form(self, value: Any, lenient: bool = False) -> tuple[bytes, tuple[Node, ...]]:
        out: list[Any] = []
        walk = References(self._gentle if lenient else self._table, self)
        walk.table[type(value)](value, out.append, walk)
        if len(out) == 1 and type(out[0]) is bytes and len(out[0]) < LARGE:
            return out[0], tuple(walk.nodes)
        return _joined([piece if type(piece) is bytes else flat(piece) for piece in out]), tuple(walk.nodes)


def _name_of(thing: Any) -> str:
    if type(thing) is FunctionType:
        return function_name(thing)
    return class_name(thing) if isinstance(thing, type) else str(thing.__name__)


def _joined(pieces: list[bytes | memoryview]) -> bytes:
    """The bytes themselves where they are few, else their digest, without a copy of them all."""
    if sum(map(len, pieces)) < LARGE:
        return b"".join(pieces)
    made = canon.hasher()
    for piece in pieces:
        made.update(piece)
    return b"\xe1" + made.digest()


def _expand_given(node: Node, scope: Scope) -> Content:
    content: Content = node.thing
    return content


def _expand_value(node: Node, scope: Scope) -> Content:
    plain = scope.plain(node.thing)
    if plain is not None:
        return Content(plain)
    try:
        form, nodes = scope.form(node.thing)
    except Culprit as culprit:
        raise Unknown(node, culprit.path.removeprefix("value"), _why(culprit)) from None
    except RecursionError:
        raise Unknown(node, "", "lies too deep") from None
    owner = scope.owner(node.thing)
    if owner and owner != node.name:
        form += b"@" + text(owner)
    return Content(form, nodes, reads=reads_of(form))


def _why(culprit: Culprit) -> str:
    kind = type(culprit.value)
    if "has no fingerprint" in culprit.why:
        article = "an" if kind.__qualname__[:1].lower() in "aeiou" else "a"
        return f"is {article} {kind.__qualname__} and has no identity"
    return culprit.why


def _expand_lenient(node: Node, scope: Scope) -> Content:
    try:
        form, nodes = scope.form(node.thing, True)
    except RecursionError:
        return Content(by_type(node.thing))
    return Content(form, nodes, reads=reads_of(form))
