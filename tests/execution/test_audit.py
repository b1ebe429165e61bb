"""What a step used and its key does not hold: which of it is told, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from support.codes import ToldCodes
from support.programs import start, store_in

from pipekit import Cell, Env, File, Folder
from pipekit.canon import digest
from pipekit.execution.audit import Audit, covered
from pipekit.execution.messages import Used
from pipekit.execution.world import World
from pipekit.fingerprint.code.symbols import Symbol
from pipekit.values import Digest, Origin


def symbol(name: str, kind: str, file: str = "", line: int = 0, lines: int = 0) -> Symbol:
    return Symbol(name, kind, digest(name.encode()), "", Origin(file, line) if file else None, "x\n" * lines)


def code(subject: str, file: str, line: int) -> Used:
    return Used("code", subject, file, line)


# --- what symbols cover --------------------------------------------------------------------------------------------------

SYMBOLS = [
    symbol("tasks.count", "function", "/p/tasks.py", 10, 4),
    symbol("prep.Shape", "class", "/p/prep.py", 20, 10),
    symbol("text", "module", "/p/text.py"),
    symbol("odd.<lambda>#2", "function", "/p/odd.py", 7),
    symbol("made.f.<locals>.Inner", "class"),
    symbol("slow.table", "opaque"),
    symbol("prep.LIMIT", "constant", "/p/prep.py", 40, 1),
    symbol("pandas", "distribution"),
]


@pytest.mark.parametrize(("used", "held"), [
    (code("tasks:count", "/p/tasks.py", 10), True),
    (code("tasks:count.<locals>.<listcomp>", "/p/tasks.py", 13), True),
    (code("tasks:other", "/p/tasks.py", 14), False),
    (code("tasks:before", "/p/tasks.py", 9), False),
    (code("tasks:count", "/p/other.py", 10), False),
    (code("prep:Shape.area", "/p/prep.py", 25), True),
    (code("prep:limit", "/p/prep.py", 40), False),
    (Used("module", "prep", "/p/prep.py", 1), False),
    (Used("module", "text", "/p/text.py", 1), True),
    (code("text:anything", "/p/text.py", 99), True),
    (code("odd:<lambda>", "/p/odd.py", 8), True),
    (code("made:f.<locals>.Inner.run", "/p/made.py", 3), True),
    (code("made:f", "/p/made.py", 1), False),
    (code("slow:table", "/p/slow.py", 5), True),
    (code("slow:table.inner", "/p/slow.py", 6), True),
    (code("slow:tables", "/p/slow.py", 8), False),
])  # fmt: skip
def test_code_is_covered_by_its_lines_or_its_name(used: Used, held: bool) -> None:
    assert covered(SYMBOLS).holds(used) is held


def test_a_module_whose_first_line_is_a_function_is_not_covered_by_it() -> None:
    known = covered([symbol("one.f", "function", "/p/one.py", 1, 1)])
    assert known.holds(code("one:f", "/p/one.py", 1)) and not known.holds(Used("module", "one", "/p/one.py", 1))


# --- what a run is told -------------------------------------------------------------------------------------------------


class Mode(Enum):
    FAST = 1


@dataclass(frozen=True)
class Box:
    size: int = 1


env = Env("audited")


@env.task(environ=["REGION"], version="sort 9.1", opaque=["slow.table", "tar", "notes"])
def load(*, path: File = Path("a.csv"), more: Folder = Path("more"), mode: Mode = Mode.FAST) -> Box:
    return Box()


@env.task(load)
def size(box: Box, /) -> int:
    return box.size


@env.task(load.cells)
def sizes(cells: Iterator[Cell[Box]], /) -> list[int]:
    return [cell.product.size for cell in cells]


@env.stream()
def boxes() -> Iterator[Box]:
    yield Box()
    yield Box(0)


@env.each(boxes, on_error="skip")
def halves(box: Box, /) -> float:
    return 1 / box.size


@env.task(halves.failed)
def lost(failures: Iterator[Any], /) -> int:
    return sum(1 for _ in failures)


HERE = f"{__name__}:"
BOX = Symbol("shapes.Box", "class", digest(b"box"), "", Origin("/p/shapes.py", 5), "x\n" * 5)
MODE = Symbol("shapes.Mode", "class", digest(b"mode"), "", Origin("/p/shapes.py", 20), "x\n" * 5)
CODES = ToldCodes(
    tasks={"load": [symbol("tasks.load", "function", "/p/tasks.py", 3, 4), symbol("text", "module", "/p/text.py")]},
    classes={f"{HERE}Box": [BOX], f"{HERE}Mode": [MODE]},
    foreign=("numpy",),
)


@pytest.fixture
def audits(tmp_path: Path) -> dict[str, tuple[Audit, int]]:
    """The audit of a run that is over, and the number of each task's step."""

    def nothing(path: Path) -> Digest | None:
        return None

    (tmp_path / "a.csv").touch()
    (tmp_path / "more").mkdir()
    targets = [env.tasks[name] for name in ("size", "sizes", "lost")]
    settings = [load.set(path=tmp_path / "a.csv", more=tmp_path / "more")]
    run = start(
        env, store_in(tmp_path / "store"), targets=targets, settings=settings, world=World(CODES, nothing, tmp_path)
    )
    run.wait()
    assert run.status == "succeeded" and not run.audit.findings
    return {entry.task.name: (run.audit, entry.step.id) for entry in run.plan.entries}


def told(audits: dict[str, tuple[Audit, int]], task: str, *used: Used) -> list[str]:
    """`kind subject` of what is found, and that it is found once."""
    audit, step = audits[task]
    found = [*audit.take(step, used), *audit.rest()]
    assert [*audit.take(step, used), *audit.rest()] == []
    assert found == list(audit.findings.values()) and all(one.step == step and one.task == task for one in found)
    return [f"{one.kind} {one.subject}" for one in found]


@pytest.mark.parametrize(("used", "found"), [
    (Used("variable", "REGION"), []),
    (Used("variable", "REGIONS"), ["variable REGIONS"]),
    (Used("program", "/usr/bin/sort"), []),
    (Used("program", "/bin/tar"), []),
    (Used("program", "/usr/bin/sortie"), ["program /usr/bin/sortie"]),
    (Used("file", "a.csv"), []),
    (Used("file", "a.csv.gz"), ["file a.csv.gz"]),
    (Used("file", "more/below/b.csv"), []),
    (Used("file", "moreover.csv"), ["file moreover.csv"]),
    (Used("file", "notes/one.txt"), []),
    (Used("file", "/elsewhere/c.csv"), ["file /elsewhere/c.csv"]),
    (Used("program", "more/tool"), []),
    (code("tasks:load", "/p/tasks.py", 3), []),
    (code("tasks:hidden", "/p/tasks.py", 30), ["code tasks.hidden"]),
    (code("text:words", "/p/text.py", 3), []),
    (code("numpy:sum", "/p/numpy.py", 3), []),
    (code("slow:table", "/p/slow.py", 3), []),
    (code("slow:tables", "/p/slow.py", 3), ["code slow.tables"]),
    (code("shapes:Mode.factor", "/p/shapes.py", 22), []),  # an option's class
    (code("shapes:Box.area", "/p/shapes.py", 6), ["code shapes.Box.area"]),  # it makes one, and code_of says nothing of that
    (Used("module", "prep", "/p/prep.py", 1), ["module prep"]),
])  # fmt: skip
def test_what_options_and_arguments_name_is_known(
    audits: dict[str, tuple[Audit, int]], used: Used, found: list[str]
) -> None:
    assert told(audits, "load", used) == found


@pytest.mark.parametrize("task", ["size", "sizes", "halves", "lost"])
def test_the_classes_in_what_a_step_takes_are_known(audits: dict[str, tuple[Audit, int]], task: str) -> None:
    assert told(audits, task, code("shapes:Box.area", "/p/shapes.py", 6)) == []


def test_the_options_in_cells_are_known(audits: dict[str, tuple[Audit, int]], tmp_path: Path) -> None:
    used = code("shapes:Mode.factor", "/p/shapes.py", 22)
    assert told(audits, "size", used) == ["code shapes.Mode.factor"]
    matrix = [[load.set(mode=Mode.FAST)]]
    store = store_in(tmp_path / "other")
    (tmp_path / "b.csv").touch()
    settings = [load.set(path=tmp_path / "b.csv", more=tmp_path / "more")]
    run = start(
        env, store, targets=[sizes], settings=settings, matrix=matrix, world=World(CODES, lambda _: None, tmp_path)
    )
    run.wait()
    step = next(entry.step.id for entry in run.plan.entries if entry.task.name == "sizes")
    assert told({"sizes": (run.audit, step)}, "sizes", used) == []


def test_a_remedy_is_told_once(audits: dict[str, tuple[Audit, int]], tmp_path: Path) -> None:
    place = f"{tmp_path}/prep.py"
    used = [
        code("prep:Shape.area", place, 12),
        code("prep:Shape.width", place, 15),
        code("prep:make.<locals>.inner", place, 21),
        code("prep:make", place, 20),
        code("prep:<lambda>", place, 30),
        Used("module", "extra", f"{tmp_path}/extra.py", 1),
        code("extra:f", f"{tmp_path}/extra.py", 3),
        Used("file", "script.py", f"{tmp_path}/tasks.py", 5),
        Used("module", "script", f"{tmp_path}/script.py", 1),
        code("script:f", f"{tmp_path}/script.py", 1),
    ]
    found = [
        "code prep.Shape.area",
        "code prep.make.<locals>.inner",
        "code prep.<lambda>",
        "module extra",
        "file script.py",
    ]
    assert told(audits, "load", *used) == found
    audit, _ = audits["load"]
    assert [one.remedy for one in audit.findings.values()] == [
        "Say on 'load': code_includes=[\"prep.Shape\"]",
        "Say on 'load': code_includes=[\"prep.make\"]",
        "Say on 'load': code_includes=[\"prep\"]",
        "Say on 'load': code_includes=[\"extra\"]",
        "Give load an option of type File, and set it to script.py",
    ]


MESSAGES: Sequence[tuple[Used, str]] = [
    (
        code("prep:hidden", "{}/prep.py", 12),
        "'load' called prep.hidden (prep.py:12), which is not in its key: a change of it reruns nothing. "
        "Say on 'load': code_includes=[\"prep.hidden\"]",
    ),
    (
        code("plug:go", "{}/plugins/plug-1.py", 2),
        "'load' called plug.go (plugins/plug-1.py:2), which is not in its key: a change of it reruns nothing. "
        "Give load an option of type File, and set it to plugins/plug-1.py",
    ),
    (
        Used("module", "plugins.extra", "{}/plugins/extra.py", 1),
        "'load' imported plugins.extra (plugins/extra.py:1), which is not in its key: a change of it reruns nothing. "
        "Say on 'load': code_includes=[\"plugins.extra\"]",
    ),
    (
        Used("file", "b.csv", "{}/tasks.py", 9),
        "'load' read b.csv, which no option names: a change of it reruns nothing. "
        "Give load an option of type File, and set it to b.csv",
    ),
    (
        Used("variable", "HOME", "{}/tasks.py", 9),
        "'load' read the variable HOME (tasks.py:9), which is not in its key: another value reruns nothing. "
        "Say on 'load': environ=[\"HOME\"]",
    ),
    (
        Used("program", "/usr/bin/wc", "{}/tasks.py", 9),
        "'load' started /usr/bin/wc (tasks.py:9), which is not in its key: another version of it reruns nothing. "
        "Say on 'load' which one it is: version=\"wc 1.0\"",
    ),
    (
        Used("program", "tools/count"),
        "'load' started tools/count, which is not in its key: another version of it reruns nothing. "
        "Give load an option of type File, and set it to tools/count",
    ),
]


@pytest.mark.parametrize(("used", "message"), MESSAGES, ids=[used.kind for used, _ in MESSAGES])
def test_the_words(audits: dict[str, tuple[Audit, int]], tmp_path: Path, used: Used, message: str) -> None:
    audit, step = audits["load"]
    found = [*audit.take(step, [used._replace(file=used.file.format(tmp_path))]), *audit.rest()]
    assert [one.message for one in found] == [message]
    where = "" if not used.file else f"{used.file.format('').lstrip('/')}:{used.line}"
    assert found[0].told() == {
        "task": "load", "kind": used.kind, "subject": used.subject.replace(":", "."), "where": where,
    }  # fmt: skip


def test_links_lead_to_what_an_option_names(audits: dict[str, tuple[Audit, int]], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "big.csv").touch()
    (tmp_path / "more").rmdir()
    (tmp_path / "more").symlink_to(tmp_path / "elsewhere")
    assert told(audits, "load", Used("file", f"{tmp_path}/elsewhere/big.csv")) == []


def test_files_that_were_read_are_known_for_watching(audits: dict[str, tuple[Audit, int]]) -> None:
    audit, step = audits["load"]
    audit.take(step, [Used("file", "a.csv"), Used("file", "/elsewhere/c.csv"), Used("variable", "HOME")])
    assert audit.read == {"a.csv"}


def test_code_is_not_judged_where_it_is_unknown_what_a_step_took(audits: dict[str, tuple[Audit, int]]) -> None:
    audit, _ = audits["size"]
    audit.ledger.products.clear()
    assert told(audits, "size", code("shapes:Box.area", "/p/shapes.py", 6), Used("file", "b.csv")) == ["file b.csv"]
