"""What a codebase says of code: symbols, chains, errors, opaque names, and the same whichever way one asks."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pipekit import canon
from pipekit.errors import FingerprintError
from pipekit.fingerprint.code.codebase import Code
from pipekit.fingerprint.code.sources import Sources

from .conftest import Kept, Project

LOCKED = {
    "tasks.py": "from prep import norm\n\ndef load(x):\n    return norm(x)\n",
    "prep.py": "import socket\n\nLOCK = socket.socket()\n\ndef norm(x):\n    return LOCK, x\n",
}


def named(code: Code, kind: str | None = None) -> list[str]:
    return [symbol.name for symbol in code.symbols if kind in (None, symbol.kind)]


def test_the_error_names_the_chain_and_three_remedies(project: Project) -> None:
    project.write(LOCKED)
    with pytest.raises(FingerprintError) as caught:
        project.code()
    assert str(caught.value) == "tasks.load -> prep.norm -> prep.LOCK is a socket and has no identity"
    assert caught.value.hint == (
        'make it inside the function, pass it as an option, or count it by name alone: opaque=["prep.LOCK"] on the task'
    )
    assert str(caught.value.where) == f"{project.folder}/prep.py:3"


def test_the_error_leads_into_a_value(project: Project) -> None:
    project.write({"tasks.py": "import socket\nSTATE = {'a': [1, socket.socket()]}\ndef load():\n    return STATE\n"})
    with pytest.raises(FingerprintError) as caught:
        project.code()
    assert str(caught.value) == "tasks.load -> tasks.STATE['a'][1] is a socket and has no identity"
    assert 'opaque=["tasks.STATE"]' in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("body", "chain"),
    [
        ("def make(f):\n    def load():\n        return f\n    return load\nload = make(open(__file__))\n", "tasks.make.<locals>.load.f"),
        ("def load(x=open(__file__)):\n    return x\n", "tasks.load.x"),
        ("class C:\n    f = open(__file__)\ndef load():\n    return C\n", "tasks.C -> tasks.C.f"),
        ("import numpy\nX = numpy.frompyfunc(lambda x: x, 1, 1)\ndef load():\n    return X\n", "tasks.X"),
        ("X = (i for i in range(3))\ndef load():\n    return X\n", "tasks.X"),
    ],
)  # fmt: skip
def test_wherever_it_stands(project: Project, body: str, chain: str) -> None:
    project.write({"tasks.py": body})
    with pytest.raises(FingerprintError) as caught:
        project.code()
    assert chain in str(caught.value)
    assert "has no identity" in str(caught.value)


def test_the_shortest_chain_is_told(project: Project) -> None:
    files = dict(LOCKED)
    files["tasks.py"] = (
        "import prep\n\ndef a(x):\n    return prep.norm(x)\n\ndef load(x):\n    return a(x), prep.norm(x)\n"
    )
    project.write(files)
    with pytest.raises(FingerprintError, match=r"^tasks\.load -> prep\.norm -> prep\.LOCK is"):
        project.code()


@pytest.mark.parametrize("name", ["prep.LOCK", "prep.norm"])
def test_an_opaque_name_counts_by_name_alone(project: Project, name: str) -> None:
    project.write(LOCKED)
    code = project.code(opaque=[name])
    assert name in named(code, "opaque")
    project.edit("prep.py", "socket.socket()", "socket.socket(socket.AF_INET)")
    assert project.digest(opaque=[name]) == code.digest.hex()
    project.edit("prep.py", "return LOCK, x", "return LOCK, -x")
    assert (project.digest(opaque=[name]) == code.digest.hex()) is (name == "prep.norm")


def test_an_opaque_object_is_opaque_wherever_it_stands(project: Project) -> None:
    project.write({"tasks.py": "import socket\nSTATE = {'a': [socket.socket()]}\ndef load():\n    return STATE\n"})
    load = project.load("tasks:load")
    state = project.find("tasks").STATE
    codebase = project.codebase()
    with pytest.raises(FingerprintError):
        codebase.of(load)
    hidden = codebase.of(load, opaque=[state["a"][0]])
    assert hidden.digest != codebase.of(load, opaque=["tasks.STATE"]).digest


def test_an_opaque_distribution_has_no_version(project: Project) -> None:
    project.write({"tasks.py": "import numpy\ndef load():\n    return numpy.pi\n"})
    before, hidden = project.digest(), project.digest(opaque=["numpy"])
    project.versions["numpy"] = "numpy 3"
    assert project.digest() != before
    assert project.digest(opaque=["numpy"]) == hidden


@pytest.mark.parametrize(
    "value",
    [
        "threading.Lock()", "threading.RLock()", "threading.local()", "threading.Event()", "logging.getLogger(__name__)",
        "contextvars.ContextVar('x')", "weakref.ref(threading)", "weakref.WeakKeyDictionary()", "sys.stdout", "os.environ",
        "concurrent.futures.ThreadPoolExecutor()", "object()", "sys.argv",
    ],
)  # fmt: skip
def test_some_live_objects_count_by_type(project: Project, value: str) -> None:
    imports = "import concurrent.futures, contextvars, logging, os, sys, threading, weakref\n"
    project.write({"tasks.py": f"{imports}X = {value}\nclass C:\n    def __init__(self):\n        self.x = X\nY = C()\ndef load():\n    return X, Y\n"})  # fmt: skip
    before = project.digest()
    assert project.digest() == before
    project.edit("tasks.py", f"X = {value}", "X = None")
    assert project.digest() != before


def test_symbols_are_everything_the_digest_covers(project: Project) -> None:
    project.write(
        {
            "tasks.py": """
            import json
            import numpy as np
            from prep import norm

            def load(x, *, top=20):
                '''Doc.'''
                return norm(x), np.mean(x), json.dumps(top)
            """,
            "prep.py": "K = 3\n\n\ndef norm(x):\n    return x * K\n",
        }
    )
    code = project.code()
    found = {(one.name, one.kind): one for one in code.symbols}
    assert list(found) == sorted(found)
    assert set(found) == {
        ("numpy", "distribution"),
        ("prep.K", "constant"),
        ("prep.norm", "function"),
        ("python", "python"),
        ("tasks.load", "function"),
        ("tasks.load.top", "default"),
    }
    assert found["prep.K", "constant"].value == "3"
    assert str(found["prep.K", "constant"].where) == f"{project.folder}/prep.py:1"
    assert found["prep.K", "constant"].source == "K = 3\n"
    assert found["prep.norm", "function"].source == "def norm(x):\n    return x * K\n"
    assert found["numpy", "distribution"].value == "2.1.0"
    assert found["python", "python"].value == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert found["tasks.load.top", "default"].value == "20"
    assert code.reaches("prep.K") == ("tasks.load", "prep.norm", "prep.K")
    assert code.reaches("tasks.load.top") == ("tasks.load", "tasks.load.top")
    assert code.reaches("tasks.load") == ("tasks.load",)
    assert code.reaches("prep.other") == ()


def test_a_source_is_the_lines_that_python_counts(project: Project) -> None:
    text = "\f\ndef load():\n    return '\u2028\x1c', 1\n\f\nX = 1\n"
    project.write({"tasks.py": text})
    assert {one.name: one.source for one in project.code().symbols} == {
        "tasks.load": "def load():\n    return '\u2028\x1c', 1\n"
    }


def test_only_the_symbol_that_changed_has_another_digest(project: Project) -> None:
    project.write({"tasks.py": "K = 1\ndef norm(x, n=2):\n    return x * K\ndef load(x):\n    return norm(x)\n"})

    def digests() -> dict[str, bytes]:
        return {one.name: one.digest for one in project.code().symbols}

    before = digests()
    project.edit("tasks.py", "K = 1", "K = 2")
    assert {name for name, digest in digests().items() if digest != before[name]} == {"tasks.K"}
    before = digests()
    project.edit("tasks.py", "x * K", "x + K")
    assert {name for name, digest in digests().items() if digest != before[name]} == {"tasks.norm"}
    before = digests()
    project.edit("tasks.py", "n=2", "n=3")
    assert {name for name, digest in digests().items() if digest != before[name]} == {"tasks.norm.n"}


def test_symbols_of_one_name_are_numbered(project: Project) -> None:
    project.write(
        {"tasks.py": "def make(n):\n    return lambda: n\na, b = make(1), make(2)\ndef load():\n    return a() + b()\n"}
    )
    names = named(project.code())
    assert "tasks.make.<locals>.<lambda>.n" in names
    assert "tasks.make.<locals>.<lambda>.n#2" in names


def test_a_constant_stands_where_it_was_made(project: Project) -> None:
    project.write({"tasks.py": "from pkg import K\ndef load():\n    return K\n", "pkg/__init__.py": "from .inner import K\n", "pkg/inner.py": "K = [1]\n"})  # fmt: skip
    assert named(project.code(), "constant") == ["pkg.inner.K"]


def test_what_is_imported_by_name_from_another_distribution_is_its_own(project: Project) -> None:
    project.write({"tasks.py": "from os import environ\nfrom random import random, randint\ndef load():\n    return environ, random(), randint(1, 2)\n"})  # fmt: skip
    assert named(project.code()) == ["python", "tasks.load"]


CIRCLE = """
def a(n):
    return b(n) + 1

def b(n):
    return c(n) + 2

def c(n):
    return a(n) + d(n)

def d(n):
    return n

class P:
    def go(self):
        return Q

class Q:
    def go(self):
        return P, a
"""


@pytest.mark.parametrize("first", ["a", "b", "c", "P", "Q"])
def test_a_circle_is_the_same_from_wherever_it_is_entered(project: Project, first: str) -> None:
    project.write({"circle.py": CIRCLE})
    module = project.load("circle")
    names = ["a", "b", "c", "d", "P", "Q"]
    expected = {name: project.codebase().of(getattr(module, name)).digest for name in names}
    codebase = project.codebase()
    order = [first, *reversed(names)]
    assert {name: codebase.of(getattr(module, name)).digest for name in order} == expected
    assert len(set(expected.values())) == len(names)


def test_members_of_a_circle_that_are_alike_are_told_apart_by_what_they_use(project: Project) -> None:
    body = "def make(k):\n    def f(n):\n        return (n and other[0](n - 1)) or k\n    other = []\n    return f, other\n"
    project.write({"tasks.py": body + "f, o = make(1)\ng, p = make(2)\no.append(g)\np.append(f)\n"})
    module = project.load("tasks")
    codebase = project.codebase()
    one, two = codebase.of(module.f).digest, codebase.of(module.g).digest
    assert one != two
    again = project.codebase()
    assert (again.of(module.g).digest, again.of(module.f).digest) == (two, one)


def test_what_is_included_counts(project: Project) -> None:
    project.write(
        {"tasks.py": "import prep\ndef load(x):\n    return x\n", "prep.py": "K = 1\ndef f():\n    return 1\n"}
    )
    plain = project.digest()
    for included in (["prep"], ["prep.f"], ["prep.K"], [project.load("prep")], [project.find("prep").f]):
        before = project.digest(includes=included)
        assert before != plain
    for text, old, new in (
        ("prep.f", "return 1", "return 2"),
        ("prep.K", "K = 1", "K = 2"),
        ("prep", "K = 2", "K = 3"),
    ):
        before = project.digest(includes=[text])
        project.edit("prep.py", old, new)
        assert project.digest(includes=[text]) != before
    assert project.digest() == plain


@pytest.mark.parametrize("name", ["deep.Box.size", "deep.Box", "deep.K", "late", "late.f", "numpy"])
def test_what_is_included_by_name_counts(project: Project, name: str) -> None:
    deep = "K = 1\nclass Box:\n    def size(self):\n        return 1\n"
    project.write(
        {"tasks.py": "import deep, numpy\ndef load(x):\n    return x\n", "deep.py": deep, "late.py": "K = 1\n"}
    )
    before = project.digest(includes=[name])
    project.edit("deep.py", "return 1", "return 2")
    project.edit("deep.py", "K = 1", "K = 2")
    project.edit("late.py", "K = 1", "K = 2")
    project.versions["numpy"] = "numpy 3"
    assert project.digest(includes=[name]) != before


@pytest.mark.parametrize("name", ["prp", "prep.nrm", "prep.norm.more.yet", "data/rules.txt", ""])
def test_what_is_included_by_a_name_that_stands_for_nothing(project: Project, name: str) -> None:
    project.write(LOCKED)
    with pytest.raises(FingerprintError, match=f"code_includes names '{name}', and there is none"):
        project.code(includes=[name])


def test_the_identity_of_a_class_is_its_code(project: Project) -> None:
    project.write({"tasks.py": "class P:\n    K = 1\nclass C(P):\n    def __init__(self, x):\n        self.x = x\n"})

    def identity() -> tuple[bytes, Any]:
        cls = project.load("tasks:C")
        codebase = project.codebase()
        form = canon.fingerprint([cls(1)], class_identity=codebase.class_identity)
        assert codebase.class_identity(cls) == codebase.class_identity(cls)
        assert codebase.class_identity(int) == b""
        return codebase.class_identity(cls), form

    before = identity()
    assert identity() == before
    project.edit("tasks.py", "K = 1", "K = 2")
    after = identity()
    assert after[0] != before[0] and after[1] != before[1]


def test_a_file_that_is_known_is_not_read_again_by_the_parser(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"tasks.py": "def load(x):\n    return x in {'a', 'b'} or (lambda: x)()\n"})
    before = project.digest()
    assert len(project.bodies) == 1
    monkeypatch.setattr(Sources, "_made", None)
    assert project.digest() == before


def test_damaged_bodies_are_made_again(project: Project) -> None:
    project.write({"tasks.py": "def load(x):\n    return x\n"})
    before = project.digest()
    damages = (b"", b"{}", b"[1]", b"\xff", b"i" * 100, next(iter(project.bodies.values()))[:-1])
    for damage in damages:
        for key in project.bodies:
            project.bodies[key] = damage
        assert project.digest() == before
        assert not any(body in damages for body in project.bodies.values())


def test_the_same_without_remembered_bodies(project: Project) -> None:
    project.write({"tasks.py": "def load(x):\n    return x\n"})
    before = project.digest()
    project.bodies = Kept()
    assert project.digest() == before


def test_a_closure_per_value_shares_its_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"tasks.py": "def make(n):\n    def f(x):\n        return x + n + len('a')\n    return f\nall = [make(n) for n in range(500)]\n"})  # fmt: skip
    functions = project.load("tasks").all
    codebase = project.codebase()
    from pipekit.fingerprint.code.forms import Forms

    marks: list[object] = []
    mark = Forms.mark
    monkeypatch.setattr(Forms, "mark", lambda self, code: marks.append(code) or mark(self, code))
    assert len({codebase.of(fn).digest for fn in functions}) == 500
    assert sum(code is functions[0].__code__ for code in marks) == 1


def test_a_handle_that_code_calls_counts_by_its_function(project: Project) -> None:
    body = """
    from typing import Annotated
    import pipekit
    from pipekit import Env
    env = Env("e")
    @env.type()
    def small(value: int) -> bool:
        return value < 10
    @env.task(retries=1)
    def one(*, x: Annotated[int, small] = 1) -> int:
        return x
    @env.task(one)
    def load(x: int, /) -> int:
        return one(x=2) + pipekit.seed(1) + len(env.tasks)
    def checks(x):
        return small(x)
    """
    project.write({"tasks.py": body})
    load, checks = project.digest("tasks:load.fn"), project.digest("tasks:checks")
    for old, new, changed in (
        ("retries=1", "retries=2", False),
        ("value < 10", "value < 9", False),
        ("return x\n", "return -x\n", True),
    ):
        project.edit("tasks.py", old, new)
        assert (project.digest("tasks:load.fn") != load) is changed
    assert project.digest("tasks:checks") != checks
