"""Imports only point down, siblings do not know each other, pure rooms touch nothing of the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from support.house import Import, Source, imports, sources

LAYERS = (
    {"errors"},
    {"values"},
    {"canon"},
    {"definition", "fingerprint", "store", "parallel"},
    {"graph"},
    {"invocation"},
    {"execution"},
    {"project"},
    {"faces", "testing", "__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

UPWARD = {
    ("pipekit.definition.env", "graph"),
    ("pipekit.graph.graph", "invocation"),
    ("pipekit.definition.recall", "definition"),
}
"""The calls that point up, made when they are called: docs/explanation/decisions.md says why."""


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "pipekit" and len(parts) > 1 and parts[1] in LEVEL else None


def wrong(source: Source) -> Iterator[str]:
    for one in imports(source):
        room = room_of(one.module)
        if room is None or room == source.room or source.name == "pipekit":
            continue
        if (one.late or one.typing) and (source.name, room) in UPWARD:
            continue
        if LEVEL[room] >= LEVEL[source.room] and source.room != "__main__":
            yield f"{source.shown}:{one.line}: {source.room} imports {one.module}"


@pytest.mark.parametrize("source", sources(), ids=lambda one: one.name)
def test_imports_point_down(source: Source) -> None:
    assert list(wrong(source)) == []


def test_every_room_has_a_level() -> None:
    assert {source.room for source in sources()} - {""} <= set(LEVEL)


def test_no_cycles_between_modules() -> None:
    names = {source.name for source in sources()}
    edges = {
        s.name: {t for one in imports(s) if not one.late and not one.typing and (t := known(one, names))}
        for s in sources()
    }
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> None:
        if name in path:
            raise AssertionError("a cycle: " + " -> ".join([*path[path.index(name) :], name]))
        if name not in done:
            path.append(name)
            for other in sorted(edges[name] - {name}):
                visit(other)
            path.pop()
            done.add(name)

    for name in sorted(names):
        visit(name)


def known(one: Import, names: set[str]) -> str | None:
    return one.module if one.module in names and one.module != "pipekit" else None


WORLD = {
    "asyncio", "io", "logging", "multiprocessing", "os", "queue", "random", "resource", "shutil", "signal", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "glob", "select", "mmap",
}  # fmt: skip


@pytest.mark.parametrize("room", ["definition", "graph", "invocation", "canon"])
def test_pure_rooms_touch_nothing(room: str) -> None:
    found = []
    for source in sources():
        if source.room == room:
            found += [
                f"{source.shown}:{one.line}: imports {one.module}"
                for one in imports(source)
                if one.module in WORLD and not one.typing
            ]
            found += [f"{source.shown}:{node.lineno}: opens a file" for node in ast.walk(source.tree) if _opens(node)]
    assert found == []


def test_the_scheduler_touches_nothing() -> None:
    """All of parallel but its pools; the simulator's luck comes from a seed."""
    found = [
        f"{source.shown}:{one.line}: imports {one.module}"
        for source in sources()
        if source.room == "parallel" and not source.name.startswith("pipekit.parallel.pools")
        for one in imports(source)
        if one.module in WORLD - {"random"} or one.module.startswith("pipekit.parallel.pools")
    ]
    assert found == []


def _opens(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "open"
    return isinstance(node.func, ast.Attribute) and node.func.attr in {
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "is_file",
        "exists",
    }


def test_parallel_is_a_library_of_its_own() -> None:
    found = [
        f"{source.shown}:{one.line}: imports {one.module}"
        for source in sources()
        if source.room == "parallel"
        for one in imports(source)
        if one.module.startswith("pipekit") and not one.module.startswith("pipekit.parallel")
    ]
    assert found == []


def test_except_exception_stands_at_the_doors_only() -> None:
    doors = {"pipekit/values/call.py", "pipekit/faces/door.py", "pipekit/parallel/pools/call.py"}
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler) and source.shown not in doors:
                names = (
                    {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)}
                    if node.type
                    else {"BaseException"}
                )
                if names & {"Exception", "BaseException"} and not isinstance(node.body[-1], ast.Raise):
                    found.append(f"{source.shown}:{node.lineno}")
    assert found == []


def test_the_environment_is_read_in_faces_and_layout_only() -> None:
    """`surroundings` sets a worker's variables for one call and puts back what was there; `variables` watches others read them."""
    found = []
    for source in sources():
        if source.room in ("faces", "testing") or source.name in (
            "pipekit.project.layout",
            "pipekit.execution.surroundings",
            "pipekit.execution.variables",
        ):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb"):
                found.append(f"{source.shown}:{node.lineno}: os.{node.attr}")
    assert found == []


def test_only_faces_print() -> None:
    """parallel's worker processes have no face: what ends one stands on its stderr."""
    found = [
        f"{source.shown}:{node.lineno}"
        for source in sources()
        if source.room not in ("faces", "parallel")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []
