"""The identity of code in one process, as it is now. It must never know what a task is, nor where files and versions come from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any

from pipekit.errors import FingerprintError
from pipekit.fingerprint.code.belonging import Belonging
from pipekit.fingerprint.code.bodies import Bodies
from pipekit.fingerprint.code.components import Components
from pipekit.fingerprint.code.entities import Content, Node, Unknown
from pipekit.fingerprint.code.entities import Scope as Scope
from pipekit.fingerprint.code.reach import Walked
from pipekit.fingerprint.code.scope import Entities
from pipekit.fingerprint.code.sources import Sources
from pipekit.fingerprint.code.symbols import Code, Symbol
from pipekit.values import Digest

__all__ = ["Bodies", "Code", "Codebase", "Symbol"]


_NOTHING = object()


class _View:
    """Entities under one set of opaque names, and their digests for each way of reading code."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.plain = Components(entities)
        self._by_flags: dict[int, Components] = {}
        self._by_root: dict[Node, Components] = {}

    def digest(self, node: Node) -> Digest:
        found = self.plain
        digest = found.digest(node)
        while more := found.reads(node) & ~found.flags:
            flags = found.flags | more
            found = self._by_root[node] = self._by_flags.setdefault(flags, Components(self.entities, flags))
            digest = found.digest(node)
        return digest

    def walked(self, node: Node) -> Walked:
        """All that the digest of `node` is made of."""
        return Walked(self.entities, node, self._by_root.get(node, self.plain).content)


class Codebase:
    """Code identities for one process: a memo per function, strongly connected component and file.

    `is_project(file)`: does the file belong to the project? `distribution(top-level module)`: "numpy 2.1.0", or None. `read(path)`: the
    bytes of a source file; OSError where there is none. `bodies` remembers files across processes. `compiled(path, bytes)`: the code that
    the import system made of just these bytes, where it is known. Live values are seen as they are when they are first met: make a new
    one when they may have changed.
    """

    def __init__(
        self,
        is_project: Callable[[str], bool],
        *,
        distribution: Callable[[str], str | None],
        read: Callable[[str], bytes],
        bodies: Bodies | None = None,
        compiled: Callable[[str, bytes], CodeType | None] | None = None,
    ) -> None:
        self._belonging = Belonging(is_project, distribution)
        self._sources = Sources(read, bodies, compiled)
        self._views: dict[tuple[object, ...], tuple[Sequence[object], _View]] = {}
        self._roots: tuple[str, ...] | None = None

    def of(
        self, fn: Callable[..., Any], *, includes: Sequence[object] = (), opaque: Sequence[str | object] = ()
    ) -> Code:
        """The identity of `fn` and everything it reaches, and of `includes` (a text names a module, or something in one).

        What is `opaque` (a symbol's name, or an object) counts by name alone. Raises FingerprintError, which names the chain, for a
        live object without identity, and for an included name that stands for nothing.
        """
        view = self._view(opaque)
        node = view.entities.entity(fn) or _callable(view, fn)
        if includes:
            node = Node("", "", (node, *(self._included(view, one) for one in includes)), _several)
        return self._code(view, node)

    def of_class(self, name: str, *, opaque: Sequence[str | object] = ()) -> Code:
        """The identity of the class `module:qualname` and everything it reaches, imported here or not; `opaque` as in `of`. Raises
        FingerprintError."""
        home, _, path = name.partition(":")
        view = self._view(opaque)
        found: Any = sys.modules.get(home)
        for step in path.split(".") if found is not None else ():
            found = vars(found).get(step) if isinstance(found, ModuleType | type) else None
        node = view.entities.entity(found) if isinstance(found, type) else view.entities.find_module(home)
        if node is None:
            node = view.entities.extern(name, self._belonging.of("", home))
        return self._code(view, node)

    def class_identity(self, cls: Any, *, opaque: Sequence[str | object] = ()) -> bytes:
        """The identity of a class's (or function's) code: what canon's hook of that name asks for; `opaque` as in `of`. Raises
        FingerprintError."""
        if getattr(cls, "__module__", None) == "builtins":
            return b""
        view = self._view(opaque)
        node = view.entities.entity(cls)
        return b"" if node is None else self._digest(view, node)

    def owns(self, file: str, module: str) -> bool:
        """Whether code in `file`, in the module of this name, counts by what it says."""
        return self._belonging.of(file, module).kind != "extern"

    def _code(self, view: _View, node: Node) -> Code:
        return Code(self._digest(view, node), lambda: view.walked(node))

    def _digest(self, view: _View, node: Node) -> Digest:
        try:
            return view.digest(node)
        except Unknown as unknown:
            raise _error(view.walked(node), unknown) from None

    def _view(self, opaque: Sequence[object]) -> _View:
        key = tuple(sorted(f"'{one}" if isinstance(one, str) else f"{id(one)}" for one in opaque)) if opaque else ()
        known = self._views.get(key)
        if known is None:
            if self._roots is None:
                self._roots = tuple(sorted(set(_roots(self._belonging))))
            known = self._views[key] = opaque, _View(Entities(self._belonging, self._sources, self._roots, opaque))
        return known[1]

    def _included(self, view: _View, one: object) -> Node:
        """Something by itself or by name; where its module is not imported, all of that."""
        if not isinstance(one, str):
            return view.entities.node(one, "code_includes", "constant")
        home, path = one, ""
        while home:
            found: Any = sys.modules.get(home, _NOTHING)
            whole = view.entities.find_module(home) if found is _NOTHING else None
            if whole is not None:
                return whole
            for step in path.split(".") if path else ():
                found = vars(found).get(step, _NOTHING) if isinstance(found, ModuleType | type) else _NOTHING
            if found is not _NOTHING:
                return view.entities.node(found, one, "constant")
            home, _, last = home.rpartition(".")
            path = f"{last}.{path}" if path else last
        raise FingerprintError(
            f"code_includes names '{one}', and there is none",
            hint="name a module of the project, or what stands in one: prep, prep.norm",
        )


def _roots(belonging: Belonging) -> Iterator[str]:
    """The folders from which the project's modules are imported: paths below them count relatively."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__") if isinstance(module, ModuleType) else None
        if not isinstance(file, str) or name == "__main__" or not belonging.is_project(file):
            continue
        stem = file.rpartition(".")[0].replace(os.sep, "/").removesuffix("/__init__")
        root = file[: len(stem) - len(name) - 1]
        if len(root) > 1 and stem.endswith("/" + name.replace(".", "/")):
            yield root


def _callable(view: _View, fn: object) -> Node:
    """Something that is called like a function: a partial, a method, an instance."""
    name = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    return view.entities.node(fn, f"{getattr(fn, '__module__', '?')}.{name}", "function")


def _several(node: Node, scope: Scope) -> Content:
    return Content(b"includes %d" % len(node.thing), node.thing)


def _error(walked: Walked, unknown: Unknown) -> FingerprintError:
    chain = " -> ".join(walked.way(unknown.node)) + unknown.path
    return FingerprintError(
        f"{chain} {unknown.why}",
        where=walked.where(unknown.node),
        hint=f'make it inside the function, pass it as an option, or count it by name alone: opaque=["{unknown.node.name}"] on the task',
    )
