"""Edits whose effect on a task is easily missed, by kind of hiding place; and edits that only seem to have one."""

from __future__ import annotations

import sys

import pytest

from pipekit.errors import FingerprintError

from .conftest import Project
from .test_edits import Edit, before_and_after, tasks


def edit(name: str, body: str, old: str, new: str, file: str = "tasks.py", **more: str) -> Edit:
    return Edit(name, tasks(body, **more), file, old, new)


LIVE_OBJECTS = [
    edit("format of a struct", "import struct\nS = struct.Struct('<i')\ndef load():\n    return S.pack(1)\n", "<i", ">i"),
    edit("method of a struct", "import struct\npack = struct.Struct('<i').pack\ndef load():\n    return pack(1)\n", "<i", ">i"),
    edit("keys of a dict", "K = {'a': 1}.keys()\ndef load():\n    return list(K)\n", "'a'", "'b'"),
    edit("items of a dict", "K = {'a': 1}.items()\ndef load():\n    return list(K)\n", "1", "2"),
    edit("decoder", "import json\nD = json.JSONDecoder(strict=True)\ndef load():\n    return D.strict\n", "True", "False"),
    edit("method of a logger", "import logging\nclass L(logging.Logger):\n    def go(self):\n        return 1\nX = L('a')\ndef load():\n    return X.go()\n", "return 1", "return 2"),
    edit("attribute of a local", "import threading\nclass L(threading.local):\n    n = 1\nX = L()\ndef load():\n    return X.n\n", "n = 1", "n = 2"),
    edit("default of a context variable", "from contextvars import ContextVar\nX = ContextVar('x', default=1)\ndef load():\n    return X.get()\n", "default=1", "default=2"),
    edit("value of a context variable", "from contextvars import ContextVar\nX = ContextVar('x')\nX.set(1)\ndef load():\n    return X.get()\n", "set(1)", "set(2)"),
    edit("weak reference", "import weakref\ndef f():\n    return 1\nX = weakref.ref(f)\ndef load():\n    return X()()\n", "return 1", "return 2"),
    edit("weak method", "import weakref\nclass C:\n    def f(self):\n        return 1\nc = C()\nX = weakref.WeakMethod(c.f)\ndef load():\n    return X()()\n", "return 1", "return 2"),
    edit("weak values", "import weakref\ndef f():\n    return 1\nX = weakref.WeakValueDictionary(a=f)\ndef load():\n    return X['a']()\n", "return 1", "return 2"),
    edit("which weak value", "import weakref\ndef f(): pass\ndef g(): pass\nX = weakref.WeakValueDictionary(a=f, b=g)\ndef load():\n    return X['a']()\n", "a=f, b=g", "a=g, b=f"),
    edit("weak keys", "import weakref\nclass C:\n    n = 1\ndef f(): pass\nX = weakref.WeakKeyDictionary({C: f})\ndef load():\n    return [c.n for c in X]\n", "n = 1", "n = 2"),
    edit("weak set", "import weakref\nclass C:\n    n = 1\nX = weakref.WeakSet([C])\ndef load():\n    return [c.n for c in X]\n", "n = 1", "n = 2"),
    edit("what a thread does", "import threading\nT = threading.Thread(target=lambda: 1)\ndef load():\n    return T._target()\n", "lambda: 1", "lambda: 2"),
    edit("field of a C structure", "import ctypes\nclass S(ctypes.Structure):\n    _fields_ = [('a', ctypes.c_int)]\ndef load():\n    return ctypes.sizeof(S)\n", "c_int", "c_int64"),
    edit("what is declared of a C function", "import ctypes\nL = ctypes.CDLL(None)\nL.abs.restype = ctypes.c_int16\ndef load():\n    return L.abs(-3)\n", "c_int16", "c_int64"),
    edit("which C function", "import ctypes\nf = ctypes.CDLL(None).abs\ndef load():\n    return f(-3)\n", ".abs", ".labs"),
]  # fmt: skip

MADE_CLASSES = [
    edit("default given to make_dataclass", "from dataclasses import make_dataclass, field\nC = make_dataclass('C', [('x', int, field(default=1))])\ndef load():\n    return C().x\n", "default=1", "default=2"),
    edit("method given to make_dataclass", "from dataclasses import make_dataclass\nC = make_dataclass('C', [], namespace={'go': lambda self: 1})\ndef load():\n    return C().go()\n", "self: 1", "self: 2"),
    edit("names given to new_class", "import types\nC = types.new_class('C', (), {}, lambda names: names.update(x=1))\ndef load():\n    return C().x\n", "x=1", "x=2"),
    edit("class made by a metaclass", "import abc\nC = abc.ABCMeta('C', (), {'x': 1})\ndef load():\n    return C().x\n", "'x': 1", "'x': 2"),
    edit("class made by type", "C = type('C', (), {'x': 1})\ndef load():\n    return C().x\n", "'x': 1", "'x': 2"),
    edit("enum made by a call", "from enum import Enum\nC = Enum('C', 'A B')\ndef load():\n    return list(C)\n", "A B", "B A"),
]  # fmt: skip

ENUMS = [
    edit("special method from elsewhere", "from enum import Enum\nclass C(str, Enum):\n    A = 'a'\n    __str__ = str.__str__\ndef load():\n    return str(C.A)\n", "= str.__str__", "= str.__repr__"),
    edit("method from elsewhere", "import json\nfrom enum import Enum\nclass C(Enum):\n    A = 'a'\n    go = json.dumps\ndef load():\n    return C.go('1')\n", "json.dumps", "json.loads"),
    edit("special attribute", "from enum import Enum\nclass C(Enum):\n    A = 1\n    __limit__ = 5\ndef load():\n    return C.__limit__\n", "= 5", "= 6"),
    edit("attribute of a member", "from enum import Enum\nclass C(Enum):\n    A = 1\nC.A.note = 5\ndef load():\n    return C.A.note\n", "= 5", "= 6"),
    edit("attribute of a member in a constant", "from enum import Enum\nclass C(Enum):\n    A = 1\nC.A.note = 5\nX = C.A\ndef load():\n    return X.note\n", "= 5", "= 6"),
    edit("boundary", "from enum import Flag, KEEP, CONFORM\nclass C(Flag, boundary=KEEP):\n    A = 1\ndef load():\n    return C(8)\n", "boundary=KEEP", "boundary=CONFORM"),
    edit("_missing_", "from enum import Enum\nclass C(Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, value):\n        return cls.A if value == 2 else None\ndef load():\n    return C(2)\n", "== 2", "== 3"),
    edit("_generate_next_value_", "from enum import Enum, auto\nclass C(Enum):\n    def _generate_next_value_(name, *_):\n        return name + '1'\n    A = auto()\ndef load():\n    return C.A.value, C._generate_next_value_\n", "'1'", "'2'"),
]  # fmt: skip

NAMES = [
    edit("__doc__ by attrgetter", "from operator import attrgetter\nget = attrgetter('__doc__')\ndef f():\n    'one'\ndef load():\n    return get(f)\n", "'one'", "'two'"),
    edit("__doc__ by a constant", "NAME = '__doc__'\ndef f():\n    'one'\ndef load():\n    return getattr(f, NAME)\n", "'one'", "'two'"),
    edit("__doc__ by a default", "def f():\n    'one'\ndef load(name='__doc__'):\n    return getattr(f, name)\n", "'one'", "'two'"),
    edit("__doc__ in a module imported inside", "def load(x):\n    import prep\n    return prep.f()\n", "'one'", "'two'", "prep.py", prep="def f():\n    'one'\n    return f.__doc__\n"),
    edit("__doc__ of what a module imported inside is given", "def g():\n    'one'\ndef load():\n    import prep\n    return prep.f(g)\n", "'one'", "'two'", prep="def f(x):\n    return x.__doc__\n"),
    edit("__doc__ shown by help", "def f():\n    'one'\ndef load():\n    return help(f)\n", "'one'", "'two'"),
    edit("__doc__ given to a property", "class C:\n    x = property(lambda self: 1, doc='one')\ndef load():\n    return C.x.__doc__\n", "'one'", "'two'"),
    edit("annotations of a module", "import prep, typing\ndef load():\n    return typing.get_type_hints(prep)\n", "x: int", "x: str", "prep.py", prep="x: int = 1\n"),
    edit("how a class is copied", "import copy, copyreg\nclass C: pass\ndef reduce(c):\n    return int, (1,)\ncopyreg.pickle(C, reduce)\ndef load():\n    return copy.copy(C())\n", "(1,)", "(2,)"),
    edit("name of a function", "def f(): pass\nf.__name__ = 'one'\ndef load():\n    return f.__name__\n", "'one'", "'two'"),
    edit("name of a class", "class C: pass\nC.__name__ = 'one'\ndef load():\n    return C.__name__\n", "'one'", "'two'"),
    edit("name that a decorator gives", "def named(fn):\n    def inner():\n        return inner.__name__\n    inner.__name__ = fn.__name__ + '1'\n    return inner\n@named\ndef load(): pass\n", "'1'", "'2'"),
    edit("number of a line", "def load():\n    return load.__code__.co_firstlineno\n", "def load", "\ndef load"),
    edit("number of a line that runs", "import sys\ndef load():\n    return sys._getframe().f_lineno\n", "def load", "\ndef load"),
    edit("globals of a function", "K = 1\ndef load():\n    return load.__globals__['K']\n", "K = 1", "K = 2"),
    edit("globals of a frame", "import sys\nK = 1\ndef load():\n    return sys._getframe().f_globals['K']\n", "K = 1", "K = 2"),
    edit("constant among the builtins", "import builtins\nbuiltins.pipekit_test = 5\ndef load():\n    return pipekit_test\n", "= 5", "= 6"),
    edit("function among the builtins", "import builtins\nbuiltins.pipekit_test = lambda: 5\ndef load():\n    return pipekit_test()\n", ": 5", ": 6"),
]  # fmt: skip

LAZY = {
    "pkg/__init__.py": "import importlib\nNAMES = {'f': 'inner'}\ndef __getattr__(name):\n    if name not in NAMES:\n        raise AttributeError(name)\n    return getattr(importlib.import_module('.' + NAMES[name], __name__), name)\n",
    "pkg/inner.py": "def f():\n    return 1\n",
}  # fmt: skip
MODULES = [
    edit("constant in a shared namespace", "import ns.inner\ndef load():\n    return ns.inner.K\n", "K = 1", "K = 2", "ns/inner.py", ns__inner="K = 1\n"),
    edit("module in a shared namespace", "import ns.inner\ndef go(m):\n    return m.K\ndef load():\n    return go(ns.inner)\n", "K = 1", "K = 2", "ns/inner.py", ns__inner="K = 1\n"),
    edit("module named as one of Python's", "def load():\n    import chunk\n    return chunk.f()\n", "return 1", "return 2", "chunk.py", chunk="def f():\n    return 1\n"),
    edit("object in a module's place", "import odd\ndef load():\n    import odd\n    return odd.go()\n", "return 1", "return 2", "odd.py", odd="import sys\nclass Odd:\n    __slots__ = ()\n    def go(self):\n        return 1\nsys.modules[__name__] = Odd()\n"),
    edit("module named by a constant", "import importlib\nNAME = 'prep'\ndef load():\n    return importlib.import_module(NAME).K\n", "K = 1", "K = 2", "prep.py", prep="K = 1\n"),
    edit("modules named by a table", "import importlib\nNAMES = {'a': 'prep'}\ndef load():\n    return [importlib.import_module(n).K for n in NAMES.values()]\n", "K = 1", "K = 2", "prep.py", prep="K = 1\n"),
    edit("modules named in a loop", "import importlib\ndef load():\n    return [importlib.import_module(n).K for n in ('prep', 'json')]\n", "K = 1", "K = 2", "prep.py", prep="K = 1\n"),
    edit("module named as its attribute", "import importlib\ndef load():\n    return importlib.import_module('prep').prep\n", "prep = 1", "prep = 2", "prep.py", prep="prep = 1\n"),
    edit("name resolved", "import pkgutil\ndef load():\n    return pkgutil.resolve_name('prep:K')\n", "K = 1", "K = 2", "prep.py", prep="K = 1\n"),
    edit("name located", "import pydoc\ndef load():\n    return pydoc.locate('prep.K')\n", "K = 1", "K = 2", "prep.py", prep="K = 1\n"),
    Edit("module named relatively", {"pkg/__init__.py": "", "pkg/tasks.py": "import importlib\ndef load():\n    return importlib.import_module('.prep', __package__).K\n", "pkg/prep.py": "K = 1\n"}, "pkg/prep.py", "K = 1", "K = 2", "pkg.tasks:load"),
    Edit("package that makes its names up", {"tasks.py": "import pkg\ndef load():\n    return pkg.f()\n", **LAZY}, "pkg/inner.py", "return 1", "return 2"),
    Edit("name that a package makes up, imported inside", {"tasks.py": "def load():\n    from pkg import f\n    return f()\n", **LAZY}, "pkg/inner.py", "return 1", "return 2"),
    Edit("name that an imported package makes up", {"tasks.py": "import pkg\ndef load():\n    from pkg import f\n    return f()\n", **LAZY}, "pkg/inner.py", "return 1", "return 2"),
]  # fmt: skip

LINE = "T = [lambda x: x + 1, lambda x: x + 5, lambda: (lambda: 7)()]\nF = T[0]\ndef load(k):\n    return F(1)\ndef other(k):\n    return T[2](1)\n"
INSIDE = [
    edit("first lambda of a line", LINE, "x + 1", "x + 2"),
    Edit("lambda in a lambda of a line", tasks(LINE), "tasks.py", "7", "8", "tasks:other"),
    edit("attribute of a partial", "from functools import partial\nf = partial(int)\nf.n = 5\ndef load():\n    return f.n\n", "= 5", "= 6"),
    edit("attribute of a cached function", "from functools import lru_cache\n@lru_cache\ndef f(): pass\nf.n = 5\ndef load():\n    return f.n\n", "= 5", "= 6"),
    edit("metadata of an annotation in a closure", "from typing import Annotated, get_type_hints\nclass Above:\n    def __init__(self, n):\n        self.n = n\ndef checked(fn):\n    hints = get_type_hints(fn, include_extras=True)\n    def inner():\n        return hints['x'].__metadata__[0].n\n    return inner\n@checked\ndef load(x: Annotated[int, Above(5)]): pass\n", "Above(5)", "Above(6)"),
    edit("beside a socket, in a class with a foreign parent", "import numpy, socket\nclass C(numpy.ndarray):\n    T = {'k': 5, 's': [socket.socket()]}\ndef load():\n    return C.T['k']\n", "5", "6"),
    edit("function beside a socket, in a foreign wrapper", "import numpy, socket\nclass C(numpy.ndarray):\n    T = {'k': lambda: 5, 's': socket.socket()}\ndef load():\n    return C.T['k']()\n", "5", "6"),
]  # fmt: skip

FIELDS = "import dataclasses\nfrom dataclasses import dataclass\n@dataclass\nclass In:\n    x: int = 1\n@dataclass\nclass Out:\n    i: TYPE\ndef build(cls):\n    return cls(**{one.name: In() for one in dataclasses.fields(cls)})\ndef load():\n    return build(Out)\n"
BY_CLASS = [
    edit("subclass that a class is asked for", "class P: pass\nclass A(P):\n    n = 1\ndef load():\n    return [c.n for c in P.__subclasses__()]\n", "n = 1", "n = 2"),
    edit("subclass that a class asks itself for", "class P:\n    @classmethod\n    def all(cls):\n        return [c.n for c in cls.__subclasses__()]\nclass A(P):\n    n = 1\nclass B(A):\n    n = 2\ndef load():\n    return P.all()\n", "n = 1", "n = 3"),
    edit("new subclass", "class P: pass\nX = 1\ndef load():\n    return len(P.__subclasses__())\n", "X = 1", "class B(P): pass"),
    edit("registered with an abstract class", "import abc\nclass P(abc.ABC): pass\nclass A: pass\nP.register(A)\ndef load():\n    return isinstance(A(), P)\n", "P.register(A)", ""),
    edit("order of names", "class C:\n    a = 1\n    b = 2\ndef load():\n    return [k for k in vars(C) if k in 'ab']\n", "    a = 1\n    b = 2\n", "    b = 2\n    a = 1\n"),
    edit("order of names of an unknown class", "class C:\n    a = 1\n    b = 2\ndef names(c):\n    return list(c.__dict__)\ndef load():\n    return names(C)\n", "    a = 1\n    b = 2\n", "    b = 2\n    a = 1\n"),
    edit("class of a field", FIELDS.replace("In()", "one.type()").replace("TYPE", "In"), "x: int = 1", "x: int = 2"),
    edit("class within the type of a field", FIELDS.replace("In()", "one.type.__args__[0]()").replace("TYPE", "list[In]"), "x: int = 1", "x: int = 2"),
    edit("class of a field, as an alias", "from __future__ import annotations\nimport typing\nMany = list['In']\n" + FIELDS.replace("In()", "In").replace("TYPE", "Many"), "x: int = 1", "x: int = 2"),
    edit("class of a field, as text", "from __future__ import annotations\nimport typing\n" + FIELDS.replace("In()", "typing.get_type_hints(cls)[one.name]()").replace("TYPE", "In"), "x: int = 1", "x: int = 2"),
    edit("class of a field that another distribution makes", "import numpy as serde\nfrom typing import NamedTuple\nclass In(NamedTuple):\n    x: int = 1\nclass Out(NamedTuple):\n    i: In\ndef load():\n    return serde.array(Out)\n", "x: int = 1", "x: int = 2"),
    edit("class in an annotation and elsewhere", "class M:\n    n = 1\ndef load(x):\n    def f(y: M) -> M:\n        return M.n\n    return f(x)\n", "n = 1", "n = 2"),
    edit("class of a parameter", "import typing\nclass In:\n    x = 1\ndef f(i: In):\n    return i.x\ndef load():\n    return f(**{n: t() for n, t in typing.get_type_hints(f).items()})\n", "x = 1", "x = 2"),
    edit("class of a parameter, as text", "import typing\nclass In:\n    x = 1\ndef f(i: 'In'):\n    return i.x\ndef load():\n    return f(**{n: t() for n, t in typing.get_type_hints(f).items()})\n", "x = 1", "x = 2"),
    edit("metadata of a parameter", "from typing import Annotated, get_type_hints\nclass Above:\n    def __init__(self, n):\n        self.n = n\ndef f(x: Annotated[int, Above(5)]): pass\ndef load():\n    return get_type_hints(f, include_extras=True)['x'].__metadata__[0].n\n", "Above(5)", "Above(6)"),
]  # fmt: skip

IDENTITIES = [
    edit("which sentinel is a default", "A = object()\nB = object()\ndef load(x=A):\n    return x is A\n", "x=A", "x=B"),
    edit("which sentinel from elsewhere", "from prep import A, B\ndef load(x=A):\n    return x is A\n", "x=A", "x=B", prep="A = object()\nB = object()\n"),
    edit("which sentinel in a table", "A = object()\nB = object()\nT = {'a': A}\ndef load():\n    return T['a'] is A\n", "'a': A", "'a': B"),
    edit("which object of a class", "class S: pass\nA = S()\nB = S()\ndef load(x=A):\n    return x is A\n", "x=A", "x=B"),
    edit("another name for a list", "A = []\nB = A\ndef load():\n    A.append(1)\n    return B\n", "B = A", "B = []"),
    edit("a list as a default", "A = []\ndef load(b=A):\n    A.append(1)\n    return b\n", "b=A", "b=[]"),
    edit("another name for a list elsewhere", "import prep\nA = prep.A\ndef load():\n    A.append(1)\n    return prep.A\n", "A = prep.A", "A = []", prep="A = []\n"),
]  # fmt: skip

RERUN = [*LIVE_OBJECTS, *MADE_CLASSES, *ENUMS, *NAMES, *MODULES, *INSIDE, *BY_CLASS, *IDENTITIES]


@pytest.mark.parametrize("edit", RERUN, ids=lambda edit: edit.name)
def test_it_changes_the_code(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before != after


LAMBDAS = "K = 1\nT = [lambda x: x + 1, lambda x: x + K, lambda x: [lambda y: (x, y), lambda: (yield 3)], lambda *a: {**a[0]}]  # one\ndef load(k):\n    return T[k](1)\n"
WRAPPER = """
import functools
class Counted:
    def __init__(self, fn):
        functools.update_wrapper(self, fn)
        self.fn = fn
    def __call__(self, x):
        return self.fn(x)
@Counted
def load(x: int):
    'Doc.'
    return x
"""
KEEP = [
    edit("annotation that an object copied", WRAPPER, "x: int", "x: float"),
    edit("docstring that an object copied", WRAPPER, "Doc.", "Other."),
    edit("annotation of a decorated function within", "class M:\n    n = 1\ndef load(x):\n    def f(y: M, *more: 'list[M]') -> 'M':\n        return y\n    return f(x)\n", "y: M", "y: float"),
    edit("annotation beside an import by name", "import importlib\ndef load():\n    def f(y: int):\n        return importlib.import_module('json').dumps(y)\n    return f(1)\n", "(y: int)", "(y)"),
    edit("class in an annotation of a function within", "class M:\n    n = 1\ndef load(x):\n    class C:\n        def f(self, y: M) -> M:\n            return y\n    return C().f(x)\n", "n = 1", "n = 2"),
    edit("lambdas of a line apart", LAMBDAS, "x: x + 1, lambda x: x + K, ", "x: x + 1,\n    lambda x:\n      x + K,\n    "),
    edit("another lambda of a line", LINE, "x + 5", "x + 6"),
    edit("comment beside lambdas of a line", LAMBDAS, "  # one", ""),
    edit("sentinel that another module imports", "import prep, other\ndef load(x=prep.A):\n    return x is prep.A\n", "K = 1", "from prep import A", "other.py", prep="A = object()\n", other="K = 1\n"),
    edit("constant whose name stands in an annotation", "from dataclasses import dataclass\nfrom typing import Literal\nfast = 1\n@dataclass\nclass C:\n    x: \"Literal['fast']\"\ndef load():\n    return C('fast').x\n", "fast = 1", "fast = 2"),
    edit("class of a parameter that nobody asks for", "class In:\n    x = 1\ndef f(i: In):\n    return i.x\ndef load(x):\n    return f(x)\n", "x = 1", "x = 2"),
    edit("subclass that nobody asks for", "class P:\n    n = 1\nclass A(P):\n    m = 1\ndef load():\n    return P.n\n", "m = 1", "m = 2"),
    edit("comment where docstrings are read", "class C:\n    'Doc.'\ndef name(x):\n    # one\n    return x.__doc__\ndef load():\n    return name(C), getattr(__import__('tasks'), 'C')\n", "# one", "# two"),
]  # fmt: skip


@pytest.mark.parametrize("edit", KEEP, ids=lambda edit: edit.name)
def test_it_does_not(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before == after


def test_the_way_to_what_is_met_through_an_annotation_or_a_base_is_told(project: Project) -> None:
    project.write({"tasks.py": "import socket\nS = socket.socket()\nclass P: pass\nclass A(P):\n    def go(self):\n        return S\ndef load():\n    return P.__subclasses__()\n"})  # fmt: skip
    with pytest.raises(
        FingerprintError, match=r"^tasks\.load -> tasks\.P -> tasks\.A -> tasks\.A\.go -> tasks\.S is a socket"
    ):
        project.code()
    code = project.code(opaque=["tasks.S"])
    assert code.reaches("tasks.S") == ("tasks.load", "tasks.P", "tasks.A", "tasks.A.go", "tasks.S")
    assert "tasks.A" in {one.name for one in code.symbols}


HOSTILE = """
class Absent:
    @property
    def __class__(self):
        raise RuntimeError("stands for nothing yet")
    def __getattr__(self, name):
        raise RuntimeError("stands for nothing yet")
class Strange:
    __slots__ = ("a",)
    def __getattr__(self, name):
        raise KeyError(name)
X, Y = Absent(), Strange()
class C:
    x = X
def load():
    return X, Y, C
"""


def test_objects_that_answer_no_question_are_not_asked(project: Project) -> None:
    project.write({"tasks.py": HOSTILE})
    before = project.code()
    assert {"tasks.X", "tasks.Y", "tasks.Absent"} <= {one.name for one in before.symbols}
    project.edit("tasks.py", "raise KeyError(name)", "raise KeyError(name, 1)")
    assert project.digest() != before.digest.hex()


def test_the_main_module_does_not_count(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "import sys\ndef load():\n    return sys.modules['__main__'], sys.modules.get('__main__.x'), __import__('__main__')\ndef more():\n    import __main__\n    return __main__, load()\n"
    project.write({"tasks.py": body})
    before = project.digest("tasks:more")
    monkeypatch.setitem(sys.modules, "__main__", project.load("tasks"))
    assert project.codebase().of(project.find("tasks:more")).digest.hex() == before


KEEPS_STILL = [
    "import weakref\nX = weakref.WeakKeyDictionary()\nclass C: pass\ndef load():\n    X[C] = [1]\n",
    "import weakref\nX = weakref.WeakValueDictionary()\nclass C: pass\nc = C()\ndef load():\n    X['a'] = c\n",
    "import ctypes\nL = ctypes.CDLL(None)\ndef load():\n    return L.abs(-3)\n",
    "import threading\nX = threading.local()\ndef load():\n    X.n = 1\n",
    "from functools import cache\n@cache\ndef f(x):\n    return x\ndef load():\n    return f(1)\n",
    "import typing\nclass C: pass\n@typing.runtime_checkable\nclass P(typing.Protocol):\n    def f(self): ...\ndef load():\n    return isinstance(C(), P), (lambda x: x.__doc__)(C)\n",
    "import re\ndef load():\n    return re.match('a', 'a') and 1\n",
]  # fmt: skip


@pytest.mark.parametrize("body", KEEPS_STILL)
def test_what_gathers_while_code_runs_does_not_count(project: Project, body: str) -> None:
    project.write({"tasks.py": body})
    load = project.load("tasks:load")
    before = project.codebase().of(load).digest
    load()
    assert project.codebase().of(load).digest == before


def test_a_builtin_that_was_replaced_counts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"tasks.py": "def load(x):\n    return bin(x)\n", "prep.py": "def one(x):\n    return 1\n"})
    before = project.digest()
    monkeypatch.setattr("builtins.bin", project.load("prep:one"))
    patched = project.codebase().of(project.find("tasks:load"))
    assert patched.digest.hex() != before
    assert patched.reaches("prep.one") == ("tasks.load", "prep.one")
