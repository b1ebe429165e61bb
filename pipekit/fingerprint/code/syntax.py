"""The canonical text of a syntax tree: what the code does, and nothing of comments, layout, docstrings and function annotations.
It must never look at a live object."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pipekit import canon

_NONE = frozenset[str]()
_NOWHERE = 0, 0, 0, 0

Line = tuple[int, int]
Span = tuple[int, int, int, int]


class Written(NamedTuple):
    """A function as it is written: first line (of its decorators), last line, and its canonical text, without decorators,
    defaults and annotations of its own, which the live function says better. `idle`: names that stand in the annotations of
    functions within it and nowhere else, so that its code loads them for nothing. `body`: from where to where a lambda's stands."""

    name: str
    first: int
    last: int
    text: str
    idle: frozenset[str]
    body: Span


class Import(NamedTuple):
    """`from module import name as bound`; without a `name`, `import module` (`bound` is then what is assigned)."""

    bound: str
    module: str
    name: str
    level: int


class Syntax:
    """One module's text, and what is found while it is written."""

    def __init__(self, tree: ast.Module) -> None:
        self.out: list[str] = []
        self.functions: list[tuple[str, int, int, int, int, Span]] = []
        self.annotated: list[tuple[int, str]] = []
        self.lines: dict[str, Line] = {}
        self.imports: list[Import] = []
        self.bound: dict[str, Import] = {}
        self.path: list[str] = []
        self.depth = 0
        self.acts = False
        _block(self, tree.body)

    @property
    def text(self) -> str:
        """The whole module's."""
        return "\n".join(self.out)

    def written(self) -> list[Written]:
        """Every function and lambda."""
        return [
            Written(name, first, last, "\n".join(self.out[a:b]), self._idle(a, b), body)
            for name, first, last, a, b, body in self.functions
        ]

    def _idle(self, start: int, end: int) -> frozenset[str]:
        first, last = bisect_left(self.annotated, (start,)), bisect_left(self.annotated, (end,))
        found = {name for _, name in self.annotated[first:last]}
        return frozenset(found.difference(one[1:] for one in self.out[start:end] if one[:1] == "$")) if found else _NONE


def _visit(one: Syntax, node: Any) -> None:
    cls = node.__class__
    handler = _HANDLERS.get(cls)
    if handler is not None:
        handler(one, node)
        return
    put = one.out.append
    put(cls.__name__)
    for name in cls._fields:
        if name in _IGNORED:
            continue
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            _visit(one, value)
        elif isinstance(value, list):
            _block(one, value) if name in _BLOCKS else _all(one, value)
        else:
            put(_scalar(value))


_BLOCKS = {"body", "orelse", "finalbody"}
_IGNORED = {"ctx", "type_comment", "kind"}


def _all(one: Syntax, nodes: Sequence[Any]) -> None:
    put = one.out.append
    put(f"[{len(nodes)}")
    for node in nodes:
        if isinstance(node, ast.AST):
            handler = _HANDLERS.get(node.__class__, _visit)
            handler(one, node)
        else:
            put(_scalar(node))


def _block(one: Syntax, nodes: Any) -> None:
    """Statements, without those that do nothing: docstrings, other bare constants, `pass`. The body of a conditional
    expression or of a lambda is an expression."""
    if not isinstance(nodes, list):
        _visit(one, nodes)
        return
    put = one.out.append
    put("{")
    for node in nodes:
        cls = node.__class__
        if cls is ast.Pass or (cls is ast.Expr and node.value.__class__ is ast.Constant):
            continue
        handler = _HANDLERS.get(cls, _visit)
        handler(one, node)
    put("}")


def _scalar(value: Any) -> str:
    cls = value.__class__
    if cls is str:
        return f"'{len(value)}:{value}"
    if cls is int:
        return f"#{value:x}"
    if value is None:
        return "~"
    if cls is bool:
        return f"?{value}"
    return "=" + canon.encode(value).hex()


def _name(one: Syntax, node: ast.Name) -> None:
    one.out.append("$" + node.id if node.id != "__debug__" else f"?{__debug__}")


def _assert(one: Syntax, node: ast.Assert) -> None:
    if not __debug__:  # it does nothing under -O
        return
    one.out.append("Assert")
    _visit(one, node.test)
    _visit(one, node.msg) if node.msg is not None else one.out.append("~")


def _attribute(one: Syntax, node: ast.Attribute) -> None:
    one.out.append("." + node.attr)
    _visit(one, node.value)


def _constant(one: Syntax, node: ast.Constant) -> None:
    one.out.append(_scalar(node.value))


def _expr(one: Syntax, node: ast.Expr) -> None:
    one.out.append("!")
    _visit(one, node.value)


def _call(one: Syntax, node: ast.Call) -> None:
    one.out.append(f"({len(node.args)},{len(node.keywords)}")
    _visit(one, node.func)
    for part in node.args:
        _visit(one, part)
    for keyword in node.keywords:
        one.out.append(f"{keyword.arg}=")
        _visit(one, keyword.value)


def _binary(one: Syntax, node: ast.BinOp) -> None:
    one.out.append(node.op.__class__.__name__)
    _visit(one, node.left)
    _visit(one, node.right)


def _compare(one: Syntax, node: ast.Compare) -> None:
    one.out.append(" ".join(["<", *(op.__class__.__name__ for op in node.ops)]))
    _visit(one, node.left)
    for part in node.comparators:
        _visit(one, part)


def _subscript(one: Syntax, node: ast.Subscript) -> None:
    one.out.append("@")
    _visit(one, node.value)
    _visit(one, node.slice)


def _assign(one: Syntax, node: ast.Assign) -> None:
    if not one.depth:
        for target in node.targets:
            _note(one, target, node)
    one.out.append(f":={len(node.targets)}")
    for target in node.targets:
        _visit(one, target)
    _visit(one, node.value)


def _note(one: Syntax, target: ast.expr, node: ast.stmt) -> None:
    if isinstance(target, ast.Name):
        one.lines[".".join([*one.path, target.id])] = (node.lineno, node.end_lineno or node.lineno)
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            _note(one, part, node)


def _annotated(one: Syntax, node: ast.AnnAssign) -> None:
    """Annotations count in a class body alone: there a dataclass or the like may read them. Elsewhere what is given a value is an
    assignment like any other; without one it makes the name local."""
    if not one.depth:
        _note(one, node.target, node)
    if node.value is not None and not one.acts:
        one.out.append(":=1")
        _visit(one, node.target)
        _visit(one, node.value)
        return
    one.out.append(f"AnnAssign{node.simple}")
    _visit(one, node.target)
    if one.acts:
        _visit(one, node.annotation)
    if node.value is not None:
        one.out.append("=")
        _visit(one, node.value)


def _import(one: Syntax, node: ast.Import) -> None:
    one.out.append(f"Import{len(node.names)}")
    for alias in node.names:
        one.out.append(f"{alias.name} {alias.asname}")
        head = alias.name.partition(".")[0]
        _import_found(one, Import(alias.asname or head, alias.name if alias.asname else head, "", 0))
        if not alias.asname and head != alias.name:
            one.imports.append(Import("", alias.name, "", 0))


def _import_from(one: Syntax, node: ast.ImportFrom) -> None:
    one.out.append(f"ImportFrom{len(node.names)} {node.level} {node.module}")
    for alias in node.names:
        one.out.append(f"{alias.name} {alias.asname}")
        _import_found(one, Import(alias.asname or alias.name, node.module or "", alias.name, node.level))


def _import_found(one: Syntax, found: Import) -> None:
    one.imports.append(found)
    if not one.path:
        one.bound[found.bound if found.bound != "*" else f"*{found.level}{found.module}"] = found


def _function(one: Syntax, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    put = one.out.append
    put(f"{node.__class__.__name__} {node.name}")
    _all(one, node.decorator_list)
    _defaults(one, node.args)
    start = len(one.out)
    _annotations(one, node)
    put(node.__class__.__name__)
    _inside(one, node, node.name)
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    one.functions.append((node.name, first, node.end_lineno or first, start, len(one.out), _NOWHERE))


def _annotations(one: Syntax, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Notes the names that a function's annotations load, where the function around it will find them."""
    args = node.args
    found = [
        arg.annotation for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if arg
    ]
    for annotation in (*found, node.returns):
        if annotation is not None:
            names = (part.id for part in ast.walk(annotation) if isinstance(part, ast.Name))
            one.annotated += [(len(one.out) - 1, name) for name in names]


def _lambda(one: Syntax, node: ast.Lambda) -> None:
    one.out.append("Lambda")
    _defaults(one, node.args)
    start = len(one.out)
    one.out.append("Lambda")
    _inside(one, node, "<lambda>")
    body = node.body
    span = body.lineno, body.col_offset, body.end_lineno or 0, body.end_col_offset or 0
    one.functions.append(("<lambda>", node.lineno, node.end_lineno or node.lineno, start, len(one.out), span))


def _inside(one: Syntax, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> None:
    """Parameters and body, and of generic functions the type parameters."""
    args, acts = node.args, one.acts
    names = [[a.arg for a in group] for group in (args.posonlyargs, args.args, args.kwonlyargs)]
    stars = [a.arg if a is not None else "" for a in (args.vararg, args.kwarg)]
    one.out.append(" / ".join(" ".join(group) for group in [*names, stars[:1], stars[1:]]))
    _all(one, getattr(node, "type_params", ()))
    one.path += [name, "<locals>"]
    one.depth += 1
    one.acts = False
    _block(one, node.body)
    one.acts = acts
    one.depth -= 1
    del one.path[-2:]


def _defaults(one: Syntax, args: ast.arguments) -> None:
    _all(one, args.defaults)
    _all(one, args.kw_defaults)


def _class(one: Syntax, node: ast.ClassDef) -> None:
    one.out.append(f"ClassDef {node.name}")
    _all(one, node.decorator_list)
    _all(one, node.bases)
    _all(one, node.keywords)
    acts = one.acts
    one.path.append(node.name)
    one.lines[".".join(one.path)] = (
        node.decorator_list[0].lineno if node.decorator_list else node.lineno,
        node.end_lineno or node.lineno,
    )
    one.acts = True
    _block(one, node.body)
    one.acts = acts
    one.path.pop()


_HANDLERS: dict[type, Callable[[Syntax, Any], None]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.Expr: _expr,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Lambda: _lambda,
    ast.ClassDef: _class,
}
