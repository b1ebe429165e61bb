"""From a folder of Python files to facts about each of them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from pipekit import File

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
DECISIONS = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case,
)  # fmt: skip


@dataclass(frozen=True)
class Module:
    """A source file: its dotted name, its path below the library's folder, and the file itself."""

    name: str
    path: str
    source: File


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int
    complexity: int


@dataclass(frozen=True)
class Facts:
    """What one module says about itself.

    `needs` is what it imports when it is imported, `later` what it imports inside functions or when run as a script;
    both hold absolute dotted names. `public` counts the module itself and its public classes and functions, `documented` those with a docstring.
    """

    name: str
    path: str
    title: str
    lines: int
    classes: int
    functions: tuple[Function, ...]
    needs: tuple[str, ...]
    later: tuple[str, ...]
    public: int
    documented: int

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def is_test(self) -> bool:
        return not {"test", "tests", "idle_test"}.isdisjoint(Path(self.path).parts)

    @property
    def complexity(self) -> float | None:
        """The mean over its functions; None where it has none."""
        return fmean(function.complexity for function in self.functions) if self.functions else None


def modules_in(library: Path) -> Iterator[Module]:
    """Every importable source file below `library`, in the order of their paths."""
    prefix = (library.name,) if (library / "__init__.py").exists() else ()
    for source in _sources(library):
        path = source.relative_to(library)
        parts = (*prefix, *path.with_suffix("").parts)
        yield Module(".".join(parts).removesuffix(".__init__"), path.as_posix(), source)


def _sources(folder: Path) -> Iterator[Path]:
    """What has a name that can be imported; `site-packages` has none, so installed packages stay out."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name.isidentifier():
            yield from _sources(path)
        elif path.suffix == ".py" and path.stem.isidentifier():
            yield path


def facts_of(module: Module) -> Facts:
    """Parse one module. Raises SyntaxError, with the line, where this Python cannot read it."""
    source = module.source.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a library's string is not our user's business
        tree = ast.parse(source, filename=str(module.source))
    package = module.name if module.path.endswith("__init__.py") else module.name.rpartition(".")[0]
    found = _Survey(package)
    found.visit(tree)
    return Facts(
        name=module.name,
        path=module.path,
        title=(ast.get_docstring(tree) or "").strip().partition("\n")[0],
        lines=source.count(b"\n"),
        classes=found.classes,
        functions=tuple(sorted(found.functions, key=lambda function: function.line)),
        needs=tuple(sorted(found.needs)),
        later=tuple(sorted(found.later - found.needs)),
        public=found.public,
        documented=found.documented,
    )


@dataclass
class _Survey:
    """One walk over a module's tree; `scope` is where the walk stands, as in `Class.method.inner`."""

    package: str
    classes: int = 0
    public: int = 0
    documented: int = 0
    functions: list[Function] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)

    def visit(self, node: ast.AST, scope: tuple[str, ...] = (), inside: bool = False) -> int:
        """The decisions in `node`, without those of functions defined in it; `inside`: not run by a mere import."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            (self.later if inside else self.needs).update(_imported(node, self.package))
        if isinstance(node, (*DEFINITIONS, ast.Module)) and not inside:
            self._count_docstring(node)
        if isinstance(node, DEFINITIONS):
            scope = (*scope, node.name)
        inside = inside or isinstance(node, FUNCTIONS) or _is_script_part(node)
        decisions = sum(self.visit(child, scope, inside) for child in ast.iter_child_nodes(node))
        if isinstance(node, FUNCTIONS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            self.functions.append(Function(".".join(scope), node.lineno, lines, 1 + decisions))
            return 0
        self.classes += isinstance(node, ast.ClassDef)
        return decisions + _decisions(node)

    def _count_docstring(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module) -> None:
        if not getattr(node, "name", "").startswith("_"):
            self.public += 1
            self.documented += ast.get_docstring(node, clean=False) is not None


def _decisions(node: ast.AST) -> int:
    """Where the path through the code forks, after McCabe, "A Complexity Measure" (1976); `and` and `or` fork too."""
    return len(node.values) - 1 if isinstance(node, ast.BoolOp) else int(isinstance(node, DECISIONS))


def _is_script_part(node: ast.AST) -> bool:
    """Whether this is `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and "__name__" in (getattr(part, "id", "") for part in ast.walk(node.test))


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    """The absolute names: `from . import x` in `a.b` is `a.x`, and `from a import b` is `a.b`, module or not."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = [*above, *(node.module.split(".") if node.module else [])]
    yield from (".".join(base if alias.name == "*" else [*base, alias.name]) for alias in node.names)
