"""Which edits of a project change the identity of a task's code, and which do not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pipekit.fingerprint.code.symbols import Code
from pipekit.values import Digest

from .conftest import Project


@dataclass(frozen=True)
class Edit:
    """`files`, and in one of them `old` becomes `new`."""

    name: str
    files: dict[str, str]
    file: str
    old: str
    new: str
    task: str = "tasks:load"
    versions: dict[str, str] = field(default_factory=dict)


def tasks(body: str, **more: str) -> dict[str, str]:
    return {"tasks.py": body, **{f"{name.replace('__', '/')}.py": text for name, text in more.items()}}


SIMPLE = """
import prep
from prep import norm

SCALE = 3
UNUSED = 5

# a comment
def load(x: int, *, top: int = 20) -> int:
    '''What it does.'''
    # another
    return norm(x) + prep.K * SCALE + 7


def unrelated():
    return UNUSED
"""
PREP = """
K = 4
FREE = 9

def norm(x):
    "Doc."
    return deeper(x)

def deeper(x):
    return x - 1

def loose():
    return FREE
"""
BASE = tasks(SIMPLE, prep=PREP)

DECORATED = tasks(
    """
    from deco import scaled

    @scaled(2)
    def load(x):
        return x
    """,
    deco="""
    import functools

    def scaled(n):
        def around(fn):
            @functools.wraps(fn)
            def inner(*args):
                return n * fn(*args)
            return inner
        return around
    """,
)

CLASSES = tasks(
    """
    from model import Child

    def load(x):
        return Child(x).go()
    """,
    model="""
    class Meta(type):
        def __call__(cls, *args):
            return super().__call__(*args)

    class Parent(metaclass=Meta):
        FACTOR = 2
        def __init__(self, x):
            self.x = x
        def step(self):
            return self.x * self.FACTOR
        def idle(self):
            return 0

    class Child(Parent):
        '''Doc of the class.'''
        note: int
        limit: int = 3
        def go(self):
            '''Doc of the method.'''
            return self.size + self.twice(1) + self.make()
        @property
        def size(self):
            return self.step()
        @staticmethod
        def twice(x):
            return 2 * x
        @classmethod
        def make(cls):
            return 5
    """,
)

RERUN = [
    Edit("constant in the body", BASE, "tasks.py", "+ 7", "+ 8"),
    Edit("int becomes float", BASE, "tasks.py", "+ 7", "+ 7.0"),
    Edit("int becomes bool", BASE, "tasks.py", "SCALE + 7", "SCALE + True"),
    Edit("default literal", BASE, "tasks.py", "top: int = 20", "top: int = 21"),
    Edit("helper in another module", BASE, "prep.py", "return deeper(x)", "return deeper(x) + 1"),
    Edit("helper of a helper", BASE, "prep.py", "x - 1", "x - 2"),
    Edit("constant here", BASE, "tasks.py", "SCALE = 3", "SCALE = 4"),
    Edit("constant elsewhere", BASE, "prep.py", "K = 4", "K = 5"),
    Edit("constant's type", BASE, "prep.py", "K = 4", "K = 4.0"),
    Edit("parameter renamed", BASE, "prep.py", "def norm(x):\n    \"Doc.\"\n    return deeper(x)", "def norm(y):\n    return deeper(y)"),
    Edit("helper here", tasks("def clean(x):\n    return x\n\ndef load(x):\n    return clean(x)\n"), "tasks.py", "return x\n", "return -x\n"),
    Edit("default from a global", tasks("D = 1\ndef load(x=D):\n    return x\n"), "tasks.py", "D = 1", "D = 2"),
    Edit("keyword default", tasks("D = 1\ndef load(*, x=D):\n    return x\n"), "tasks.py", "D = 1", "D = 2"),
    Edit("default is a function", tasks("def h():\n    return 1\ndef load(x=h):\n    return x()\n"), "tasks.py", "return 1", "return 2"),
    Edit("a default less", tasks("def load(x=1):\n    return x\n"), "tasks.py", "x=1", "x"),
    Edit("closure value", tasks("def make(n):\n    def load(x):\n        return x + n\n    return load\nload = make(1)\n"), "tasks.py", "make(1)", "make(2)"),
    Edit("closure function", tasks("def one():\n    return 1\ndef make(f):\n    def load(x):\n        return f()\n    return load\nload = make(one)\n"), "tasks.py", "return 1", "return 2"),
    Edit("factory's inner body", tasks("def make(n):\n    def load(x):\n        return x + n\n    return load\nload = make(1)\n"), "tasks.py", "x + n", "x - n"),
    Edit("decorator argument", DECORATED, "tasks.py", "scaled(2)", "scaled(3)"),
    Edit("decorator's own code", DECORATED, "deco.py", "n * fn", "n + fn"),
    Edit("what a decorator wraps", DECORATED, "tasks.py", "return x", "return -x"),
    Edit("method called inside", CLASSES, "model.py", "return self.size + ", "return self.size - "),
    Edit("base class method", CLASSES, "model.py", "self.x * self.FACTOR", "self.x + self.FACTOR"),
    Edit("class attribute of a base", CLASSES, "model.py", "FACTOR = 2", "FACTOR = 3"),
    Edit("class attribute", CLASSES, "model.py", "limit: int = 3", "limit: int = 4"),
    Edit("constructor", CLASSES, "model.py", "self.x = x", "self.x = -x"),
    Edit("property", CLASSES, "model.py", "return self.step()", "return -self.step()"),
    Edit("static method", CLASSES, "model.py", "return 2 * x", "return 3 * x"),
    Edit("class method", CLASSES, "model.py", "return 5", "return 6"),
    Edit("metaclass", CLASSES, "model.py", "return super().__call__(*args)", "return super().__call__(*args[:1])"),
    Edit("method becomes static", CLASSES, "model.py", "@staticmethod\n    def twice(x)", "def twice(self, x)"),
    Edit("dataclass default", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "x: int = 1", "x: int = 2"),
    Edit("dataclass factory", tasks("from dataclasses import dataclass, field\ndef fresh():\n    return [1]\n@dataclass\nclass C:\n    x: list = field(default_factory=fresh)\ndef load():\n    return C().x\n"), "tasks.py", "return [1]", "return [2]"),
    Edit("dataclass field's annotation", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "x: int", "x: float"),
    Edit("dataclass argument", tasks("from dataclasses import dataclass\n@dataclass(order=False)\nclass C:\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "order=False", "order=True"),
    Edit("dataclass field order", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\n    y: int = 1\ndef load():\n    return C(2).x\n"), "tasks.py", "    x: int = 1\n    y: int = 1\n", "    y: int = 1\n    x: int = 1\n"),
    Edit("method of a dataclass", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\n    def go(self):\n        return 1\ndef load():\n    return C().go()\n"), "tasks.py", "return 1", "return 2"),
    Edit("NamedTuple default", tasks("from typing import NamedTuple\nclass C(NamedTuple):\n    x: int = 1\ndef load():\n    return C()\n"), "tasks.py", "= 1", "= 2"),
    Edit("NamedTuple annotation", tasks("from typing import NamedTuple\nclass C(NamedTuple):\n    x: int = 1\ndef load():\n    return C()\n"), "tasks.py", "x: int", "x: float"),
    Edit("namedtuple field", tasks("from collections import namedtuple\nC = namedtuple('C', 'x y')\ndef load():\n    return C(1, 2)\n"), "tasks.py", "x y", "y x"),
    Edit("TypedDict annotation", tasks("from typing import TypedDict\nclass C(TypedDict):\n    x: int\ndef load():\n    return C(x=1)\n"), "tasks.py", "x: int", "x: str"),
    Edit("a name is said to be local", tasks("x = 1\ndef load():\n    return x\n"), "tasks.py", "    return x", "    x: int\n    return x"),
    Edit("annotation of a class attribute gone", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "x: int = 1", "x = 1"),
    Edit("enum member's value", tasks("from enum import Enum\nclass C(Enum):\n    A = 1\n    B = 2\ndef load():\n    return C.A.value\n"), "tasks.py", "B = 2", "B = 3"),
    Edit("enum member order", tasks("from enum import Enum\nclass C(Enum):\n    A = 1\n    B = 2\ndef load():\n    return list(C)\n"), "tasks.py", "    A = 1\n    B = 2\n", "    B = 2\n    A = 1\n"),
    Edit("enum method", tasks("from enum import Enum\nclass C(Enum):\n    A = 1\n    def up(self):\n        return 1\ndef load():\n    return C.A.up()\n"), "tasks.py", "return 1", "return 2"),
    Edit("constant that is an enum member", tasks("from enum import Enum\nclass C(Enum):\n    A = 1\n    B = 2\nWHICH = C.A\ndef load():\n    return WHICH\n"), "tasks.py", "WHICH = C.A", "WHICH = C.B"),
    Edit("lambda in a table", tasks("TABLE = {'a': lambda x: x + 1, 'b': lambda x: x}\ndef load(k):\n    return TABLE[k](1)\n"), "tasks.py", "x + 1", "x + 2"),
    Edit("one of two lambdas on a line", tasks("TABLE = [lambda x: x + 1, lambda x: x + 5]\ndef load(k):\n    return TABLE[k](1)\n"), "tasks.py", "x + 5", "x + 6"),
    Edit("order of functions in a table", tasks("def a(): return 1\ndef b(): return 2\nTABLE = [a, b]\ndef load(k):\n    return TABLE[k]()\n"), "tasks.py", "[a, b]", "[b, a]"),
    Edit("partial in a global", tasks("from functools import partial\ndef power(x, n):\n    return x ** n\nsquare = partial(power, n=2)\ndef load(x):\n    return square(x)\n"), "tasks.py", "n=2", "n=3"),
    Edit("what a partial calls", tasks("from functools import partial\ndef power(x, n):\n    return x ** n\nsquare = partial(power, n=2)\ndef load(x):\n    return square(x)\n"), "tasks.py", "x ** n", "x * n"),
    Edit("partialmethod", tasks("from functools import partialmethod\nclass C:\n    def go(self, n):\n        return n\n    two = partialmethod(go, 2)\ndef load():\n    return C().two()\n"), "tasks.py", "go, 2", "go, 3"),
    Edit("cached_property", tasks("from functools import cached_property\nclass C:\n    @cached_property\n    def go(self):\n        return 1\ndef load():\n    return C().go\n"), "tasks.py", "return 1", "return 2"),
    Edit("getattr of a module", tasks("import prep\ndef load(k):\n    return getattr(prep, k)()\n", prep=PREP), "prep.py", "return FREE", "return -FREE"),
    Edit("constant of a module that is looked into", tasks("import prep\ndef load(k):\n    return getattr(prep, k)\n", prep=PREP), "prep.py", "FREE = 9", "FREE = 10"),
    Edit("module passed on", tasks("import prep\ndef use(m):\n    return m.loose()\ndef load():\n    return use(prep)\n", prep=PREP), "prep.py", "return FREE", "return -FREE"),
    Edit("module in a table", tasks("import prep\nTABLE = [prep]\ndef load():\n    return TABLE[0].loose()\n", prep=PREP), "prep.py", "return FREE", "return -FREE"),
    Edit("globals()", tasks("def one():\n    return 1\ndef load(k):\n    return globals()[k]()\n"), "tasks.py", "return 1", "return 2"),
    Edit("sys.modules of itself", tasks("import sys\ndef one():\n    return 1\ndef load(k):\n    return getattr(sys.modules[__name__], k)()\n"), "tasks.py", "return 1", "return 2"),
    Edit("mutual recursion", tasks("def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)\ndef load(n):\n    return even(n)\n"), "tasks.py", "n != 0 and", "n > 0 and"),
    Edit("recursion", tasks("def load(n):\n    return n and load(n - 1)\n"), "tasks.py", "n - 1", "n - 2"),
    Edit("import inside the function", tasks("def load(x):\n    from prep import norm\n    return norm(x)\n", prep=PREP), "prep.py", "x - 1", "x - 2"),
    Edit("module imported inside the function", tasks("def load(x):\n    import prep\n    return prep.norm(x)\n", prep=PREP), "prep.py", "x - 1", "x - 2"),
    Edit("imported inside and elsewhere", tasks("import prep\ndef load(x):\n    import prep\n    return prep.norm(x)\n", prep=PREP), "prep.py", "x - 1", "x - 2"),
    Edit("imported inside, passed on", tasks("import prep\ndef load(x):\n    import prep as p\n    return vars(p)\n", prep=PREP), "prep.py", "FREE = 9", "FREE = 8"),
    Edit("what an unimported module imports", tasks("def load(x):\n    import deep\n    return deep.f()\n", deep="import prep\ndef f():\n    return prep.K\n", prep=PREP), "prep.py", "K = 4", "K = 5"),
    Edit("import_module of a text", tasks("import importlib\ndef load(x):\n    return importlib.import_module('prep').norm(x)\n", prep=PREP), "prep.py", "x - 1", "x - 2"),
    Edit("package, relative import", {"tasks.py": "from pkg import go\ndef load(x):\n    return go(x)\n", "pkg/__init__.py": "from .inner import go\n", "pkg/inner.py": "from . import other\nfrom .other import K\ndef go(x):\n    return other.f(x) + K\n", "pkg/other.py": "K = 1\ndef f(x):\n    return x\n"}, "pkg/other.py", "return x", "return -x"),
    Edit("constant through a package", {"tasks.py": "from pkg import K\ndef load(x):\n    return x + K\n", "pkg/__init__.py": "from .inner import K\n", "pkg/inner.py": "K = 1\n"}, "pkg/inner.py", "K = 1", "K = 2"),
    Edit("attribute chain through packages", {"tasks.py": "import pkg.inner.deep\ndef load(x):\n    return pkg.inner.deep.f(x)\n", "pkg/__init__.py": "", "pkg/inner/__init__.py": "", "pkg/inner/deep.py": "def f(x):\n    return x\n"}, "pkg/inner/deep.py", "return x", "return -x"),
    Edit("relative import inside the function", {"pkg/__init__.py": "", "pkg/tasks.py": "def load(x):\n    from .other import f\n    return f(x)\n", "pkg/other.py": "def f(x):\n    return x\n"}, "pkg/other.py", "return x", "return -x", "pkg.tasks:load"),
    Edit("star import", tasks("from prep import *\ndef load(x):\n    return norm(x) + K\n", prep=PREP), "prep.py", "K = 4", "K = 5"),
    Edit("monkeypatched helper", tasks("import prep\ndef other(x):\n    return x\nprep.norm = other\ndef load(x):\n    return prep.norm(x)\n", prep=PREP), "tasks.py", "return x\nprep", "return -x\nprep"),
    Edit("patched into another distribution", tasks("import json\ndef dumps(x):\n    return 1\njson.pipekit_test_dumps = dumps\ndef load(x):\n    return json.pipekit_test_dumps(x)\n"), "tasks.py", "return 1", "return 2"),
    Edit("patched method", tasks("import model\nmodel.C.go = lambda self: 1\ndef load():\n    return model.C().go()\n", model="class C:\n    def go(self):\n        return 0\n"), "tasks.py", "lambda self: 1", "lambda self: 2"),
    Edit("conditional definition", tasks("FLAG = True\nif FLAG:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\ndef load():\n    return f()\n"), "tasks.py", "FLAG = True", "FLAG = False"),
    Edit("third-party version", tasks("import numpy as np\ndef load(x):\n    return np.mean(x)\n"), "tasks.py", "", "", versions={"numpy": "numpy 2.2.0"}),
    Edit("third-party version, function imported", tasks("from numpy import mean\ndef load(x):\n    return mean(x)\n"), "tasks.py", "", "", versions={"numpy": "numpy 2.2.0"}),
    Edit("third-party version, imported inside", tasks("def load(x):\n    import numpy\n    return numpy.mean(x)\n"), "tasks.py", "", "", versions={"numpy": "numpy 2.2.0"}),
    Edit("which function of a distribution", tasks("import math\nf = math.sqrt\ndef load(x):\n    return f(x)\n"), "tasks.py", "math.sqrt", "math.log"),
    Edit("which module a name is", tasks("import json as j\ndef load(x):\n    return j.loads(x)\n"), "tasks.py", "json as j", "marshal as j"),
    Edit("lru_cache size", tasks("from functools import lru_cache\n@lru_cache(maxsize=8)\ndef f(x):\n    return x\ndef load(x):\n    return f(x)\n"), "tasks.py", "maxsize=8", "maxsize=9"),
    Edit("what lru_cache keeps", tasks("from functools import lru_cache\n@lru_cache\ndef f(x):\n    return x\ndef load(x):\n    return f(x)\n"), "tasks.py", "return x\n", "return -x\n"),
    Edit("singledispatch implementation", tasks("from functools import singledispatch\n@singledispatch\ndef f(x):\n    return 0\n@f.register\ndef _(x: int):\n    return 1\ndef load(x):\n    return f(x)\n"), "tasks.py", "return 1", "return 2"),
    Edit("singledispatch class", tasks("from functools import singledispatch\n@singledispatch\ndef f(x):\n    return 0\n@f.register\ndef _(x: int):\n    return 1\ndef load(x):\n    return f(x)\n"), "tasks.py", "x: int", "x: str"),
    Edit("singledispatch default", tasks("from functools import singledispatch\n@singledispatch\ndef f(x):\n    return 0\ndef load(x):\n    return f(x)\n"), "tasks.py", "return 0", "return 1"),
    Edit("context manager", tasks("from contextlib import contextmanager\n@contextmanager\ndef f():\n    yield 1\ndef load():\n    with f() as x:\n        return x\n"), "tasks.py", "yield 1", "yield 2"),
    Edit("compiled pattern", tasks("import re\nP = re.compile('a+')\ndef load(x):\n    return P.match(x)\n"), "tasks.py", "'a+'", "'b+'"),
    Edit("pattern's flags", tasks("import re\nP = re.compile('a+')\ndef load(x):\n    return P.match(x)\n"), "tasks.py", "'a+'", "'a+', re.I"),
    Edit("array", tasks("import numpy as np\nA = np.array([1, 2])\ndef load(x):\n    return A\n"), "tasks.py", "[1, 2]", "[1, 3]"),
    Edit("array's dtype", tasks("import numpy as np\nA = np.array([1, 2])\ndef load(x):\n    return A\n"), "tasks.py", "[1, 2]", "[1, 2], dtype='i4'"),
    Edit("frozenset", tasks("S = frozenset({'a', 'b'})\ndef load(x):\n    return x in S\n"), "tasks.py", "'b'", "'c'"),
    Edit("set literal in the body", tasks("def load(x):\n    return x in {'a', 'b'}\n"), "tasks.py", "'b'", "'c'"),
    Edit("set of functions", tasks("def a(): return 1\ndef b(): return 2\nS = {a, b}\ndef load(x):\n    return [f() for f in S]\n"), "tasks.py", "return 2", "return 3"),
    Edit("generator", tasks("def items(n):\n    for i in range(n):\n        yield i\ndef load(n):\n    yield from items(n)\n"), "tasks.py", "yield i\n", "yield -i\n"),
    Edit("async helper", tasks("async def f():\n    return 1\nasync def load():\n    return await f()\n"), "tasks.py", "return 1", "return 2"),
    Edit("async to plain", tasks("async def load():\n    return 1\n"), "tasks.py", "async def", "def"),
    Edit("nested function", tasks("def load(x):\n    def inner(y=1):\n        return y\n    return inner()\n"), "tasks.py", "y=1", "y=2"),
    Edit("name used by a nested function", tasks("K = 1\ndef load(x):\n    def inner():\n        return [K for _ in range(3)]\n    return inner()\n"), "tasks.py", "K = 1", "K = 2"),
    Edit("name used by a nested class", tasks("K = 1\ndef load(x):\n    class C:\n        z = K\n    return C.z\n"), "tasks.py", "K = 1", "K = 2"),
    Edit("match", tasks("def load(x):\n    match x:\n        case [1, *rest]:\n            return rest\n        case _:\n            return 0\n"), "tasks.py", "[1, *rest]", "[2, *rest]"),
    Edit("class in a pattern", tasks("class P:\n    __match_args__ = ('x',)\n    def __init__(self):\n        self.x = 1\ndef load(v):\n    match v:\n        case P(x):\n            return x\n"), "tasks.py", "self.x = 1", "self.x = 2"),
    Edit("f-string format spec", tasks("def load(x):\n    return f'{x:>10}'\n"), "tasks.py", ">10", ">11"),
    Edit("f-string conversion", tasks("def load(x):\n    return f'{x!r}'\n"), "tasks.py", "!r", "!s"),
    Edit("attribute of a function", tasks("def f():\n    return f.n\nf.n = 1\ndef load():\n    return f()\n"), "tasks.py", "f.n = 1", "f.n = 2"),
    Edit("bound method", tasks("class C:\n    def __init__(self, n):\n        self.n = n\n    def go(self):\n        return self.n\ngo = C(1).go\ndef load():\n    return go()\n"), "tasks.py", "C(1)", "C(2)"),
    Edit("method behind a bound method", tasks("class C:\n    def go(self):\n        return 1\ngo = C().go\ndef load():\n    return go()\n"), "tasks.py", "return 1", "return 2"),
    Edit("state of an instance", tasks("class C:\n    def __init__(self, n):\n        self.n = n\nX = C(1)\ndef load():\n    return X.n\n"), "tasks.py", "C(1)", "C(2)"),
    Edit("callable instance", tasks("class C:\n    def __call__(self, n):\n        return n\nX = C()\ndef load():\n    return X(1)\n"), "tasks.py", "return n", "return -n"),
    Edit("the task is a callable instance", tasks("class C:\n    def __call__(self, n):\n        return n\nload = C()\n"), "tasks.py", "return n", "return -n"),
    Edit("the task is a partial", tasks("from functools import partial\ndef f(n):\n    return n\nload = partial(f, 1)\n"), "tasks.py", "f, 1", "f, 2"),
    Edit("docstring that is read", tasks("def f():\n    'one'\ndef load():\n    return f.__doc__\n"), "tasks.py", "'one'", "'two'"),
    Edit("docstring read inside a helper", tasks("def f():\n    'one'\ndef show(g):\n    return g.__doc__\ndef load():\n    return show(f)\n"), "tasks.py", "'one'", "'two'"),
    Edit("docstring read by inspect", tasks("import inspect\ndef f():\n    'one'\ndef load():\n    return inspect.getdoc(f)\n"), "tasks.py", "'one'", "'two'"),
    Edit("docstring of a class that is read", tasks("class C:\n    'one'\ndef load():\n    return C.__doc__\n"), "tasks.py", "'one'", "'two'"),
    Edit("module docstring that is read", tasks("'one'\ndef load():\n    return __doc__\n"), "tasks.py", "'one'", "'two'"),
    Edit("annotations that are read", tasks("from typing import get_type_hints\ndef f(x: int): pass\ndef load():\n    return get_type_hints(f)\n"), "tasks.py", "x: int", "x: str"),
    Edit("annotations read as an attribute", tasks("def f(x: int): pass\ndef load():\n    return f.__annotations__\n"), "tasks.py", "x: int", "x: str"),
    Edit("source that is read", tasks("import inspect\ndef f():\n    return 1  # one\ndef load():\n    return inspect.getsource(f)\n"), "tasks.py", "# one", "# two"),
    Edit("a name that appears", tasks("def load():\n    return later()\n"), "tasks.py", "def load", "later = len\ndef load"),
    Edit("builtin hidden by a global", tasks("def load(x):\n    return len(x)\n"), "tasks.py", "def load", "def len(x):\n    return 1\ndef load"),
    Edit("__init_subclass__", tasks("class P:\n    def __init_subclass__(cls, **more):\n        cls.n = 1\nclass C(P):\n    pass\ndef load():\n    return C\n"), "tasks.py", "cls.n = 1", "cls.n = 2"),
    Edit("descriptor of its own", tasks("class D:\n    def __get__(self, one, cls):\n        return 1\nclass C:\n    x = D()\ndef load():\n    return C().x\n"), "tasks.py", "return 1", "return 2"),
    Edit("slots", tasks("class C:\n    __slots__ = ('a',)\ndef load():\n    return C()\n"), "tasks.py", "('a',)", "('a', 'b')"),
    Edit("generic alias in the body", tasks("class M:\n    K = 1\nT = list[M]\ndef load():\n    return T\n"), "tasks.py", "K = 1", "K = 2"),
    Edit("cycle through classes", tasks("class A:\n    def go(self):\n        return B()\nclass B:\n    def go(self):\n        return A, 1\ndef load():\n    return A()\n"), "tasks.py", "return A, 1", "return A, 2"),
    Edit("value that holds a cycle", tasks("L = [1]\nL.append(L)\ndef load():\n    return L\n"), "tasks.py", "[1]", "[2]"),
    Edit("table that holds its user", tasks("TABLE = {}\ndef load():\n    return TABLE['x'], 1\nTABLE['x'] = load\nTABLE['y'] = 1\n"), "tasks.py", "TABLE['y'] = 1", "TABLE['y'] = 2"),
]  # fmt: skip

KEEP = [
    Edit("comment", BASE, "tasks.py", "# another", "# something else"),
    Edit("formatting", BASE, "tasks.py", "return norm(x) + prep.K * SCALE + 7", "return (\n        norm( x )\n        + (prep.K*SCALE)\n        + 7\n    )"),
    Edit("docstring", BASE, "tasks.py", "What it does.", "What else it does."),
    Edit("docstring gone", BASE, "tasks.py", "    '''What it does.'''\n", ""),
    Edit("docstring of a helper", BASE, "prep.py", '"Doc."', '"Another."'),
    Edit("function annotation", BASE, "tasks.py", "x: int, *, top: int = 20) -> int", "x: float, *, top = 20)"),
    Edit("lines shifted", BASE, "tasks.py", "# a comment", "\n\n\n# a\n# comment\n\n"),
    Edit("lines shifted elsewhere", BASE, "prep.py", "K = 4\n", "\n\n\nK = 4\n"),
    Edit("unrelated function", BASE, "tasks.py", "return UNUSED", "return -UNUSED"),
    Edit("unrelated constant", BASE, "tasks.py", "UNUSED = 5", "UNUSED = 6"),
    Edit("unrelated function elsewhere", BASE, "prep.py", "return FREE", "return -FREE"),
    Edit("unrelated constant elsewhere", BASE, "prep.py", "FREE = 9", "FREE = 10"),
    Edit("a new function", BASE, "prep.py", "K = 4", "def new():\n    pass\nK = 4"),
    Edit("order of definitions", BASE, "prep.py", "K = 4\nFREE = 9", "FREE = 9\nK = 4"),
    Edit("constant written otherwise", BASE, "prep.py", "K = 4", "K = 2 + 2"),
    Edit("quotes", tasks("def load():\n    return 'a', b'b'\n"), "tasks.py", "'a', b'b'", '"a", b"""b"""'),
    Edit("number written otherwise", tasks("def load():\n    return 1000\n"), "tasks.py", "1000", "1_000"),
    Edit("pass", tasks("def load():\n    x = 1\n    return x\n"), "tasks.py", "x = 1\n", "x = 1\n    pass\n"),
    Edit("annotation of a variable", tasks("def load():\n    x: int = 1\n    return x\n"), "tasks.py", "x: int", "x: float"),
    Edit("annotation of a variable gone", tasks("def load():\n    x: int = 1\n    return x\n"), "tasks.py", "x: int", "x"),
    Edit("annotation of an attribute", tasks("class C:\n    def __init__(self):\n        self.x = 1\ndef load():\n    return C().x\n"), "tasks.py", "self.x = 1", "self.x: int = 1"),
    Edit("annotation of a nested function", tasks("def load():\n    def f(x: int):\n        return x\n    return f(1)\n"), "tasks.py", "x: int", "x: float"),
    Edit("docstring of a class", CLASSES, "model.py", "Doc of the class.", "Other."),
    Edit("docstring of a method", CLASSES, "model.py", "Doc of the method.", "Other."),
    Edit("order of methods", CLASSES, "model.py", "    def step(self):\n        return self.x * self.FACTOR\n    def idle(self):\n        return 0\n", "    def idle(self):\n        return 0\n    def step(self):\n        return self.x * self.FACTOR\n"),
    Edit("annotation in a plain class", CLASSES, "model.py", "note: int", "note: str"),
    Edit("docstring of a dataclass", tasks("from dataclasses import dataclass\n@dataclass\nclass C:\n    'one'\n    x: int = 1\ndef load():\n    return C().x\n"), "tasks.py", "'one'", "'two'"),
    Edit("comment in a lambda's table", tasks("TABLE = {\n    'a': lambda x: x + 1,  # one\n}\ndef load(k):\n    return TABLE[k](1)\n"), "tasks.py", "# one", "# two"),
    Edit("third-party version that is not used", BASE, "tasks.py", "", "", versions={"numpy": "numpy 9.9"}),
    Edit("branch that is not taken", tasks("FLAG = True\nif FLAG:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\ndef load():\n    return f()\n"), "tasks.py", "return 2", "return 3"),
    Edit("helper hidden by a patch", tasks("import prep\nprep.norm = lambda x: x\ndef load(x):\n    return prep.norm(x)\n", prep=PREP), "prep.py", "x - 1", "x - 2"),
    Edit("import moved through a package", {"tasks.py": "from pkg import go\ndef load(x):\n    return go(x)\n", "pkg/__init__.py": "from .inner import go\n", "pkg/inner.py": "def go(x):\n    return x\n"}, "tasks.py", "from pkg import go", "from pkg.inner import go"),
    Edit("import renamed through a package", {"tasks.py": "from pkg import K\ndef load(x):\n    return x + K\n", "pkg/__init__.py": "from .inner import K\n", "pkg/inner.py": "K = 1\n"}, "tasks.py", "from pkg import K", "from pkg.inner import K"),
    Edit("names imported together", {"tasks.py": "from pkg import go, zero\ndef load(x):\n    return go(x), x is zero\n", "pkg/__init__.py": "from .inner import *\n", "pkg/inner.py": "import functools\nzero = object()\n@functools.lru_cache\ndef go(x):\n    return x\n"}, "tasks.py", "from pkg import go, zero", "from pkg.inner import *"),
    Edit("rest of a module imported inside", tasks("import prep\ndef load(x):\n    import prep as p\n    return p.norm(x)\n", prep=PREP), "prep.py", "FREE = 9", "FREE = 8"),
    Edit("comment in a module imported inside", tasks("def load(x):\n    import prep\n    return prep.norm(x)\n", prep=PREP), "prep.py", "K = 4", "K = 4  # four"),
    Edit("docstring of another function than is read", tasks("def f():\n    'one'\ndef g():\n    'more'\n    return 1\ndef load():\n    return f.__doc__, g()\n"), "tasks.py", "'more'", "'less'"),
    Edit("docstring that a decorator copies", DECORATED, "tasks.py", "    return x", "    'Doc.'\n    return x"),
    Edit("predicate of an option's type", tasks("from typing import Annotated\nfrom pipekit import Env\nenv = Env('e')\n@env.type()\ndef small(value: int) -> bool:\n    return value < 10\n@env.task()\ndef load(*, x: Annotated[int, small] = 1) -> int:\n    return x\n"), "tasks.py", "value < 10", "value < 11"),
    Edit("arguments of the task's decorator", tasks("from pipekit import Env\nenv = Env('e')\n@env.task(retries=1)\ndef load(*, x: int = 1) -> int:\n    return x\n"), "tasks.py", "retries=1", "retries=2"),
]  # fmt: skip


def before_and_after(project: Project, edit: Edit) -> tuple[Code, Code]:
    project.write(edit.files)
    before = project.code(edit.task)
    told = symbols(before)
    assert project.digest(edit.task) == before.digest.hex()
    project.edit(edit.file, edit.old, edit.new) if edit.old else project.versions.update(edit.versions)
    after = project.code(edit.task)
    assert (symbols(after) == told) == (before.digest == after.digest), "the symbols tell what the digest does"
    if edit.old:
        project.write(edit.files)
        assert project.digest(edit.task) == before.digest.hex()
    return before, after


def symbols(code: Code) -> dict[tuple[str, str], Digest]:
    return {(one.name, one.kind): one.digest for one in code.symbols}


@pytest.mark.parametrize("edit", RERUN, ids=lambda edit: edit.name)
def test_it_changes_the_code(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before.digest != after.digest


@pytest.mark.parametrize("edit", KEEP, ids=lambda edit: edit.name)
def test_it_does_not(project: Project, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before.digest == after.digest
