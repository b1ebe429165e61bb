"""What a module consists of that is taken as a whole: passed around, looked into by computed names, or not imported yet. It must
never import one."""

from __future__ import annotations

import os
from types import ModuleType

from pipekit import canon
from pipekit.canon.form import text
from pipekit.fingerprint.code.annotations import annotation_uses, annotations_form
from pipekit.fingerprint.code.entities import OPEN, SOURCE, Content, Node, Parts, Place, Scope, Told
from pipekit.fingerprint.code.finding import submodules
from pipekit.fingerprint.code.names import Namespace
from pipekit.fingerprint.code.uses import reads_of
from pipekit.values import Origin

_MACHINERY = frozenset(
    {"__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__path__", "__spec__",
     "__annotations__", "__warningregistry__"}
)  # fmt: skip


def module_node(scope: Scope, module: ModuleType) -> Node:
    """The entity of a whole module: the project's by everything in it, another's by name."""
    home = scope.belonging.of_module(module)
    if home.kind == "extern":
        return scope.extern(module.__name__, home)
    return Node(module.__name__, "module", module, _expand_compiled if home.kind == "extension" else _expand)


def file_node(name: str, file: str) -> Node:
    """The entity of a module that is not imported: by its file and what that imports."""
    return Node(name, "module", file, _expand_file)


def _expand_compiled(node: Node, scope: Scope) -> Content:
    return Content(b"compiled" + _raw(scope, str(node.thing.__file__)))


def _raw(scope: Scope, file: str) -> bytes:
    content = scope.sources.content(file)
    return b"absent" if content is None else canon.digest(content)


def _expand(node: Node, scope: Scope) -> Content:
    """The text of the file, which says how its objects came about, and every live name: what has no identity counts by type."""
    module: ModuleType = node.thing
    source = scope.sources.of(_file(node))
    parts = Parts(scope)
    for name in sorted(vars(module)):
        if name not in _MACHINERY:
            parts.mark(name.encode())
            parts.add(vars(module)[name], node.name, name, "constant", lenient=True)
    found = parts.content(b"module" + (source.rest.whole if source is not None else b"unread"))
    return found._replace(told=_tell, opened=_opened, place=_place)


def _tell(node: Node, scope: Scope) -> list[Told]:
    parts = Parts(scope, telling=True)
    for name in sorted(vars(node.thing)):
        if name not in _MACHINERY:
            parts.add(vars(node.thing)[name], node.name, name, "constant", lenient=True)
    return parts.told or []


def _file(node: Node) -> str:
    file = node.thing if isinstance(node.thing, str) else getattr(node.thing, "__file__", None)
    return file if isinstance(file, str) else ""


def _opened(node: Node, scope: Scope, flags: int) -> tuple[bytes, tuple[Node, ...]]:
    """All that is written in the file, where its text is read, or where docstrings are and nobody has imported it."""
    source = scope.sources.of(_file(node))
    parts: list[bytes] = []
    uses: list[Node] = []
    if source is not None and (flags & SOURCE or (flags & OPEN and isinstance(node.thing, str))):
        parts.append(source.content)
    if flags & OPEN and isinstance(node.thing, ModuleType):
        names = vars(node.thing)
        found = names.get("__annotations__") or {}
        parts += annotations_form(found), text(str(names.get("__doc__")))
        uses += annotation_uses(scope, names, found.values())
    return b"".join(parts), tuple(uses)


def _place(node: Node, scope: Scope) -> Place:
    return (Origin(_file(node)) if _file(node) else None), ""


def _expand_file(node: Node, scope: Scope) -> Content:
    file: str = node.thing
    source = scope.sources.of(file) if file.endswith(".py") else None
    if source is None:
        return Content(b"file" + _raw(scope, file))
    package = node.name if file.endswith("__init__.py") else node.name.rpartition(".")[0]
    facts = {"__name__": node.name, "__package__": package, "__file__": file}
    names = Namespace(scope, facts, scope.belonging.of(file, node.name))
    parts = Parts(scope)
    for _, module, name, level in source.rest.imports:
        parts.use(names[f"{level}|{module}|{name or '*'}"])
    if file.endswith("__init__.py") and b"def __getattr__" in (scope.sources.content(file) or b""):
        for lazy in map(scope.find_module, submodules(node.name, [os.path.dirname(file)])):
            if lazy is not None:
                parts.use(lazy)
    reads = 0
    for known in source.functions:
        reads |= known[3] if known is not None else 0
    if reads_of(scope.sources.content(file) or b""):  # it may be a docstring of its own
        parts.mark(source.content)
    return parts.content(b"file" + source.rest.whole)._replace(reads=reads, opened=_opened, place=_place)
