"""What no fingerprint sees of code. Each case is a module; a line that ends in `#: clock time.time` is one where that is found, and there
are no others."""

from __future__ import annotations

import re
import sys
from textwrap import dedent

import pytest

from pipekit.fingerprint.code.suspects import Suspect, Suspects

from .conftest import Project

CASES = {
    "the clock": """
        import time
        def load():
            return time.time()  #: clock time.time
        """,
    "in nanoseconds": """
        import time
        def load():
            return time.time_ns()  #: clock time.time_ns
        """,
    "under another name": """
        from time import time as now
        def load():
            return now()  #: clock time.time
        """,
    "of a module under another name": """
        import time as t
        def load():
            return t.time()  #: clock time.time
        """,
    "an alias of the module": """
        import time
        now = time.time
        def load():
            return now()  #: clock time.time
        """,
    "an alias of a method, which is another object each time": """
        import datetime
        now = datetime.datetime.now
        def load():
            return now()  #: clock datetime.datetime.now
        """,
    "imported in the function": """
        def load():
            import time
            from datetime import datetime as dt
            return time.time(), dt.now()  #: clock time.time, clock datetime.datetime.now
        """,
    "imported in the function, and never before": """
        import sys
        sys.modules.pop("secrets", None)
        def load():
            import secrets
            from secrets import token_hex as token
            a = secrets.token_bytes(4)  #: random secrets.token_bytes
            return a, token()  #: random secrets.token_hex
        """,
    "a name given in the function": """
        import datetime
        def load():
            d = datetime.datetime
            return d.now()  #: clock datetime.datetime.now
        """,
    "another name, counted where that is used": """
        import os, time
        def load():
            now = time.time
            env, unused = os.environ, 1  #: environ os.environ
            names = os.environ
            get, items = os.environ.get, os.environ.items  #: environ os.environ.get, environ os.environ
            look = os.environ.get
            keys = os.environ.keys  #: environ os.environ
            print(names["A"], look("B"), get("C"), keys())  #: environ os.environ A, environ os.environ.get B
            return now(), [now]  #: clock time.time, clock time.time
        """,
    "another name that may be something else": """
        import time
        def load(flag):
            now = time.time  #: clock time.time
            if flag:
                now = len
            return now()
        """,
    "datetime by both ways": """
        import datetime
        from datetime import date, datetime as moment
        def load():
            a = datetime.datetime.utcnow()  #: clock datetime.datetime.utcnow
            b = moment.today()  #: clock datetime.datetime.today
            return a, b, date.today()  #: clock datetime.date.today
        """,
    "handed on": """
        import time
        def load():
            return sorted([1, 2], key=lambda one: one, reverse=bool(list(map(time.ctime, [1])))), [time.time]  #: clock time.time
        """,
    "now, for want of an argument": """
        import time
        def load():
            a = time.localtime(), time.gmtime(None)  #: clock time.localtime, clock time.gmtime
            b = time.strftime("%Y"), time.ctime(), time.asctime()  #: clock time.strftime, clock time.ctime, clock time.asctime
            return a, b
        """,
    "times that are given": """
        import time, datetime
        def load(x):
            a = time.localtime(x), time.gmtime(0), time.strftime("%Y", x), time.ctime(x), time.asctime(x), time.localtime(*x)
            return a, datetime.datetime.fromtimestamp(0), datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1).isoformat()
        """,
    "durations": """
        import time
        def load():
            begun = time.perf_counter(), time.monotonic(), time.process_time(), time.thread_time()
            time.sleep(0)
            return begun
        """,
    "a time of numpy's": """
        import numpy as np
        def load(x):
            return np.datetime64("now"), np.datetime64("2020-01-01"), np.datetime64(x)  #: clock numpy.datetime64
        """,
    "a time of pandas'": """
        import pandas as pd
        def load(x):
            a = pd.Timestamp("2020"), pd.Timestamp(x), pd.to_datetime(["2020"])
            b = pd.Timestamp.now(), pd.Timestamp("now")  #: clock pandas.Timestamp.now, clock pandas.Timestamp
            return a, b, pd.to_datetime("today")  #: clock pandas.to_datetime
        """,
    "a local variable of that name": """
        import time
        def load(time):
            return time.time()
        """,
    "a variable of a loop": """
        import time
        def load(rows):
            for time in rows:
                time.time()
            return [uuid.uuid4() for uuid in rows]
        """,
    "any other way of binding a name": """
        import time, uuid, secrets, random
        def load(rows):
            with rows as time:
                time.time()
            try:
                (uuid := rows)
            except ValueError as secrets:
                secrets.token_hex()
            match rows:
                case {"a": random, **os}:
                    os.urandom(random.SystemRandom())
            return uuid.uuid4()
        """,
    "the project's own function": """
        def time():
            return 1
        def eval(text):
            return text
        def load():
            return time(), eval("1")
        """,
    "the project's own class": """
        class datetime:
            @classmethod
            def now(cls):
                return 1
        class os:
            environ = {"A": 1}
        def load():
            return datetime.now(), os.environ["A"]
        """,
    "a method of that name": """
        def load(frame, model):
            model.eval()
            return frame.eval("a + b"), frame.time.time(), model.exec("x")
        """,
    "a global statement": """
        import time
        def load():
            global time
            time = time
            return time.time()  #: clock time.time
        """,
    "a nested function": """
        import time
        def load():
            def inner(at=time.time()):  #: clock time.time
                return time.time_ns(), at  #: clock time.time_ns
            return inner()
        """,
    "a nested function with a name of the outer one": """
        import time as clock
        def load(rows):
            time = rows
            def inner():
                return time.time(), clock.time()  #: clock time.time
            return inner()
        """,
    "a local class": """
        import time
        def load():
            class Local:
                time = None
                at = time
                def now(self):
                    return time.time()  #: clock time.time
            return Local().now()
        """,
    "a comprehension, a lambda, a generator": """
        import time, uuid
        def load():
            a = [time.time() for _ in "ab"]  #: clock time.time
            b = lambda: uuid.uuid4()  #: random uuid.uuid4
            yield from ((a, b(), time.time_ns()) for _ in "a")  #: clock time.time_ns
        """,
    "annotations": """
        from __future__ import annotations
        import random, time
        def load(rng: random.SystemRandom = None) -> random.SystemRandom:
            x: time.time() = rng
            return x
        """,
    "a helper": """
        import time
        def stamp():
            return time.time()  #: clock time.time
        def unused():
            return time.time()
        def load():
            return stamp()
        """,
    "a method": """
        import time
        class Clock:
            def now(self):
                return time.time()  #: clock time.time
            @property
            def today(self):
                return time.gmtime()  #: clock time.gmtime
            @staticmethod
            async def later():
                return time.time_ns()  #: clock time.time_ns
        def load():
            return Clock().now()
        """,
    "a decorator's wrapper": """
        import functools, time
        def timed(fn):
            @functools.wraps(fn)
            def wrapper(*args):
                return time.time(), fn(*args)  #: clock time.time
            return wrapper
        @timed
        def load():
            return 1
        """,
    "a closure": """
        import time
        def make(now):
            def load():
                return now(), time.time_ns()  #: clock time.time, clock time.time_ns
            return load
        load = make(time.time)
        """,
    "a partial in a global": """
        import functools, time
        def stamp(x):
            return time.time()  #: clock time.time
        STAMP = functools.partial(stamp, 1)
        def load():
            return STAMP()
        """,
    "a table of functions": """
        import time, uuid
        TABLE = {
            "a": time.time,  #: clock time.time
            "b": lambda: uuid.uuid4(),  #: random uuid.uuid4
        }
        UNUSED = {"a": time.time}
        def load(name):
            return TABLE[name]()
        """,
    "a default that is called": """
        import time
        def helper(now=time.time):  #: clock time.time
            return now()
        def load():
            return helper()
        """,
    "what is kept for later": """
        import os
        TABLE = {"run": eval, "look": os.environ}  #: eval builtins.eval, environ os.environ
        COPY = dict(os.environ), len(os.environ), os.environ["PATH"], eval("1"), [os.environ.get("A")], "A" in os.environ
        def helper(env=os.environ, *, get=os.getenv, path=os.environ.get("A")):  #: environ os.environ, environ os.getenv
            return env["A"], get("B")
        def load():
            return helper(), TABLE, COPY
        """,
    "a field's default": """
        import time, uuid
        from dataclasses import dataclass, field
        @dataclass
        class Row:
            at: float = field(default_factory=time.time)  #: clock time.time
            id: str = field(default_factory=lambda: uuid.uuid4().hex)  #: random uuid.uuid4
            rows: list = field(default_factory=list)
        def load():
            return Row()
        """,
    "a constant that is made anew": """
        import time, os, uuid
        START = time.time()  #: made clock time.time
        RUN, OTHER = uuid.uuid4().hex, 1  #: made random uuid.uuid4
        HOME = os.environ.get("HOME")
        NEVER = time.time()
        def load():
            return START, RUN, HOME
        """,
    "a class attribute that is made anew": """
        import datetime
        class Config:
            day = datetime.date.today().isoformat()  #: made clock datetime.date.today
            other = 1
        def load():
            return Config.day
        """,
    "a default that is made anew": """
        import datetime, os
        def load(day=datetime.date.today().isoformat(), *, home=os.environ.get("HOME")):  #: made clock datetime.date.today
            return day, home
        """,
    "eval and exec": """
        def load(text):
            exec(text)  #: eval builtins.exec
            return eval(text)  #: eval builtins.eval
        """,
    "eval by way of its module, and handed on": """
        import builtins
        def load(texts):
            builtins.exec("x")  #: eval builtins.exec
            return list(map(eval, texts))  #: eval builtins.eval
        """,
    "compiling alone runs nothing": """
        import ast, re
        def load(text):
            return compile(text, "f", "exec"), re.compile(text), ast.literal_eval(text)
        """,
    "imports by a literal name": """
        import importlib
        from importlib import import_module
        def load():
            name = "json"
            return importlib.import_module("json"), import_module("json.decoder"), __import__("json"), import_module(name)
        """,
    "imports by a computed name": """
        import importlib
        from importlib import import_module
        NAME = "json"
        def load(name):
            a = importlib.import_module(name)  #: import importlib.import_module
            b = import_module(f"json.{name}")  #: import importlib.import_module
            c = __import__("json." + name)  #: import builtins.__import__
            d = import_module(NAME)  #: import importlib.import_module
            return a, b, c, d, list(map(import_module, ["json"]))  #: import importlib.import_module
        """,
    "imports by a relative name, which no fingerprint follows": """
        from importlib import import_module
        def load():
            return import_module(".decoder", package="json")  #: import importlib.import_module
        """,
    "modules that are looked up": """
        import sys
        def load(name):
            a = sys.modules["json"], sys.modules[__name__], "numpy" in sys.modules, name in sys.modules, len(sys.modules)
            sys.modules[name] = None
            return a, sys.modules[name], sys.modules.get(name)  #: import sys.modules, import sys.modules
        """,
    "files that are run": """
        import runpy
        def load(path):
            return runpy.run_path(path)  #: import runpy.run_path
        """,
    "what a fingerprint follows": """
        import json
        def helper():
            return 1
        def load(name):
            return globals()[name](), getattr(json, name), vars(json)[name], locals()
        """,
    "the environment": """
        import os
        from os import environ, getenv
        def load(name):
            a = os.environ["A"], os.environ.get("B"), os.getenv("C")  #: environ os.environ A, environ os.environ.get B, environ os.getenv C
            b = environ["D"], getenv("E", "x"), getenv(key="F")  #: environ os.environ D, environ os.getenv E, environ os.getenv F
            c = "G" in environ, os.environb[b"H"]  #: environ os.environ G, environ os.environb
            return a, b, c, environ[name], dict(os.environ)  #: environ os.environ, environ os.environ
        """,
    "a variable by a constant": """
        import os
        NAME = "A"
        def load():
            other = "B"
            return os.environ[NAME], os.environ[other]  #: environ os.environ A, environ os.environ B
        """,
    "an alias of the environment": """
        import os
        env = os.environ
        get = os.environ.get
        def load():
            return env["A"], get("B")  #: environ os.environ A, environ os.environ.get B
        """,
    "the environment, written": """
        import os
        def load():
            os.environ["A"] = "b"
            os.environ["A"] += "c"
            os.environ.setdefault("B", "c")
            os.environ.update(C="d")
            os.environ.pop("C", None)
            del os.environ["A"]
            return os.environ.pop("D")  #: environ os.environ D
        """,
    "the environment of a process that is started": """
        import os, subprocess
        def load():
            subprocess.run(["true"], env={**os.environ, "LC_ALL": "C"})
            subprocess.run(["true"], env=os.environ.copy())
            subprocess.run(["true"], env={"A": os.environ["A"]})  #: environ os.environ A
        """,
    "variables in a path": """
        import os.path
        def load():
            return os.path.expandvars("$A/b")  #: environ os.path.expandvars
        """,
    "what pipekit seeds": """
        import random
        import numpy as np
        def load():
            random.seed(3)
            np.random.seed(3)
            return random.random(), random.choice([1]), np.random.rand(), np.random.shuffle([1]), random.getstate()
        """,
    "generators with a seed": """
        import random
        import numpy as np
        import pipekit
        def load(seed, rng=None):
            a = random.Random(3), random.Random(x=seed), np.random.default_rng(pipekit.seed("a")), np.random.RandomState(seed=1)
            b = np.random.Generator(np.random.PCG64(1)), np.random.default_rng(*seed), np.random.default_rng(**seed)
            return a, b, isinstance(rng, random.Random | random.SystemRandom), np.random.SeedSequence(entropy=1)
        """,
    "generators without a seed": """
        import random
        import numpy as np
        from numpy.random import default_rng, Generator, PCG64
        def load():
            a = random.Random(), random.Random(None)  #: random random.Random, random random.Random
            b = np.random.default_rng(), default_rng(seed=None)  #: random numpy.random.default_rng, random numpy.random.default_rng
            c = np.random.RandomState(), Generator(PCG64())  #: random numpy.random.RandomState, random numpy.random.PCG64
            return a, b, c, random.SystemRandom()  #: random random.SystemRandom
        """,
    "numpy, imported in the function": """
        def load():
            import numpy.random
            import numpy.random as r
            from numpy import random
            a = numpy.random.default_rng()  #: random numpy.random.default_rng
            return a, r.default_rng(), random.RandomState()  #: random numpy.random.default_rng, random numpy.random.RandomState
        """,
    "seeds that are taken away": """
        import random
        import numpy.random
        def load():
            random.seed()  #: random random.seed
            random.seed(None)  #: random random.seed
            numpy.random.seed()  #: random numpy.random.seed
        """,
    "what the machine draws": """
        import os, secrets, uuid
        def load():
            a = os.urandom(4), secrets.token_hex(), secrets.choice([1])  #: random os.urandom, random secrets.token_hex, random secrets.choice
            b = uuid.uuid1(), uuid.uuid4().hex, secrets.randbelow(3)  #: random uuid.uuid1, random uuid.uuid4, random secrets.randbelow
            return a, b, secrets.SystemRandom()  #: random random.SystemRandom
        """,
    "names and numbers that are made of something": """
        import uuid, secrets, hashlib
        def load(x):
            return uuid.uuid5(uuid.NAMESPACE_URL, "a"), uuid.UUID(int=3), secrets.compare_digest(x, x), hashlib.sha256(x)
        """,
    "imports that may fail": """
        def load():
            try:
                from time import time as now
            except ImportError:
                from time import time_ns as now
            return now()  #: clock time.time
        """,
    "an import or something else": """
        def load(flag):
            now = len
            if flag:
                from time import time as now
            return now()
        """,
    "a name that stands for itself": """
        import time
        def load():
            x = x.time
            return x()
        """,
    "a text over several lines": '''
        import time
        def load(x):
            return f"""
              {x}
              {time.time():>{x}}  #: clock time.time
            """
        ''',
    "a chain over several lines": """
        import datetime
        def load():
            return (
                datetime  #: clock datetime.datetime.now
                .datetime
                .now()
            )
        """,
    "ignored": """
        import time, uuid
        def load():
            a = time.time()  # pipekit: ignore
            b = time.time()  # pipekit: ignore[clock]
            c = time.time(), uuid.uuid4()  # pipekit: ignore[clock, random] for the log alone
            d = time.time()  # noqa: X100 # pipekit: ignore[clock] # and more
            e = time.time(), uuid.uuid4()  # pipekit:ignore[clock]  #: random uuid.uuid4
            f = time.time()  # pipekit: ignore[random]  #: clock time.time
            g = "# pipekit: ignore", time.time()  #: clock time.time
            # pipekit: ignore
            h = time.time()  #: clock time.time
            return a, b, c, d, e, f, g, h
        """,
    "ignored where a constant is made": """
        import time
        START = time.time()  # pipekit: ignore[clock]
        def load():
            return START
        """,
    "a lambda as the function": """
        import time
        load = lambda: time.time()  #: clock time.time
        """,
    "a decorated function": """
        import time
        def keep(fn):
            return fn
        @keep
        @keep
        def load():
            return time.time()  #: clock time.time
        """,
    "code that is in no file": """
        made = {}
        exec("import time\\ndef load():\\n    return time.time()", made)
        load = made["load"]
        """,
    "a function with a cache": """
        import functools, time
        @functools.cache
        def stamp():
            return time.time()  #: clock time.time
        def load():
            return stamp()
        """,
    "two functions that call each other": """
        import time
        def a(n):
            return b(n - 1) if n else time.time()  #: clock time.time
        def b(n):
            return a(n)
        def load():
            return a(3) + b(2)
        """,
}  # fmt: skip


def suspects(project: Project, name: str = "tasks:load", **more: object) -> list[Suspect]:
    code = project.code(name, **more)  # type: ignore[arg-type]
    return [one for one, _ in Suspects().of(code)]


def expected(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        _, mark, said = line.partition("#: ")
        found += [(number, one.strip()) for one in said.split(",")] if mark else []
    return sorted(found)


def told(one: Suspect) -> str:
    return " ".join(word for word in ("made" if one.made else "", one.kind, one.what, one.variable) if word)


@pytest.mark.parametrize("name", CASES)
def test_what_is_found(project: Project, name: str) -> None:
    text = dedent(CASES[name]).lstrip("\n")
    project.write({"tasks.py": text})
    found = suspects(project)
    assert sorted((one.where.line, told(one)) for one in found) == expected(text)


def test_every_place_is_that_of_the_name(project: Project) -> None:
    text = """
        import time, os, uuid
        import numpy.random
        def load(x):
            é = "é→𝄞", time.time()
        \tif x: y = [os . environ ["A"], f'{uuid.uuid4()}']
            return é, numpy.random.default_rng(), (numpy.
                random.default_rng)()
        """
    project.write({"tasks.py": dedent(text).replace("\tif", "    if").replace("y = [", "y\t=\t[")})
    lines = (project.folder / "tasks.py").read_text().splitlines()
    where = [one.where for one in suspects(project)]
    shown = {lines[one.line - 1][one.column - 1 : one.column - 1 + one.length] for one in where}
    assert shown == {"time.time", "os . environ", "uuid.uuid4", "numpy.random.default_rng", "numpy."}


def test_a_file_with_a_byte_order_mark_and_other_line_ends(project: Project) -> None:
    text = "\ufeffimport time\r\ndef load():\r\n    x = '\x0c\x85\u2028'; return x, time.time()\r\n"
    (project.folder / "tasks.py").write_bytes(text.encode())
    assert [(one.where.line, one.where.column) for one in suspects(project)] == [(3, 26)]


def test_a_file_in_another_encoding(project: Project) -> None:
    text = "# coding: latin-1\nimport time\ndef load():\n    return 'äöü', time.time()\n"
    (project.folder / "tasks.py").write_bytes(text.encode("latin-1"))
    assert [(one.where.line, one.where.column, one.where.length) for one in suspects(project)] == [(4, 19, 9)]


def test_the_names_that_lead_there(project: Project) -> None:
    project.write(
        {
            "tasks.py": "import prep\n\ndef load(x):\n    return prep.norm(x)\n",
            "prep.py": """
                import datetime as dt

                def norm(x):
                    return Clean(x).all()

                class Clean:
                    def all(self):
                        return stamp()

                def stamp():
                    return dt.datetime.now()
                """,
        }
    )
    [(one, way)] = Suspects().of(project.code())
    assert (one.holder, one.what, str(one.where)) == (
        "prep.stamp", "datetime.datetime.now", f"{project.folder}/prep.py:11:12"
    )  # fmt: skip
    assert way == ("tasks.load", "prep.norm", "prep.Clean", "prep.Clean.all", "prep.stamp")


LATER = {
    "pkg/__init__.py": "",
    "pkg/later.py": """
        import time
        from . import sibling as other
        START = time.time()
        def stamp():
            from .sibling import clock
            return clock.time_ns(), other.local()
        """,
    "pkg/sibling.py": "import time as clock\nimport uuid\n\ndef local():\n    return uuid.uuid4()\n",
}


def test_a_module_that_only_the_function_imports(project: Project) -> None:
    project.write({**LATER, "tasks.py": "def load():\n    from pkg.later import stamp\n    return stamp()\n"})
    found = {(one.holder, told(one)) for one in suspects(project)}
    assert "pkg.later" not in sys.modules
    assert found == {("pkg.later", "clock time.time"), ("pkg.sibling", "random uuid.uuid4")}


def test_the_same_module_once_it_is_imported(project: Project) -> None:
    project.write(
        {**LATER, "tasks.py": "from pkg.later import stamp, START\n\ndef load():\n    return stamp(), START\n"}
    )
    found = {(one.holder, told(one)) for one in suspects(project)}
    assert found == {
        ("pkg.later.stamp", "clock time.time_ns"),
        ("pkg.sibling.local", "random uuid.uuid4"),
        ("pkg.later.START", "made clock time.time"),
    }


def test_a_module_of_the_projects_with_a_name_of_pythons(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "secrets", raising=False)
    project.write(
        {
            "secrets.py": "def token_hex():\n    return 'fixed'\n",
            "tasks.py": "def load():\n    import secrets\n    return secrets.token_hex()\n",
        }
    )
    assert suspects(project) == []


def test_a_whole_module_is_followed(project: Project) -> None:
    project.write(
        {
            "tasks.py": "import prep\n\ndef load(name):\n    return getattr(prep, name)()\n",
            "prep.py": "import time\n\ndef stamp():\n    return time.time()\n",
        }
    )
    assert [(one.holder, told(one)) for one in suspects(project)] == [("prep.stamp", "clock time.time")]


TASKS = """
    import time
    from pipekit import Env
    env = Env("x")

    @env.task()
    def other() -> float:
        return time.time()

    def helper(): return time.time_ns()

    @env.task()
    def load(*, text: str) -> int:
        return eval(text)

    @env.task()
    def calls() -> float:
        return other()
    """


def test_a_whole_module_does_not_reach_the_tasks_in_it(project: Project) -> None:
    project.write({"tasks.py": TASKS})
    found = {(one.holder, told(one)) for one in suspects(project, "tasks:load.fn")}
    assert found == {("tasks.load", "eval builtins.eval"), ("tasks.helper", "clock time.time_ns")}


def test_a_task_that_is_called_is_reached(project: Project) -> None:
    project.write({"tasks.py": TASKS})
    assert [(one.holder, told(one)) for one in suspects(project, "tasks:calls.fn")] == [
        ("tasks.other", "clock time.time")
    ]


def test_what_is_opaque_is_not_looked_into(project: Project) -> None:
    project.write(
        {"tasks.py": "import time\n\ndef stamp():\n    return time.time()\n\ndef load():\n    return stamp()\n"}
    )
    assert [told(one) for one in suspects(project)] == ["clock time.time"]
    assert suspects(project, opaque=["tasks.stamp"]) == []


def test_what_is_included_is_looked_into(project: Project) -> None:
    project.write(
        {
            "tasks.py": "import plugin\n\ndef load():\n    return 1\n",
            "plugin.py": "import time\n\ndef stamp():\n    return time.time()\n",
        }
    )
    assert suspects(project) == []
    assert [one.holder for one in suspects(project, includes=["plugin"])] == ["plugin.stamp"]


def test_other_distributions_are_not_looked_into(project: Project) -> None:
    project.write({"tasks.py": "import email.utils, tempfile\n\ndef load():\n    return email.utils.make_msgid()\n"})
    assert suspects(project) == []


def test_functions_that_share_code_are_told_of_alike(project: Project) -> None:
    project.write(
        {
            "tasks.py": """
                import time

                def stamp():
                    return time.time()

                def load():
                    return stamp()

                def other():
                    return load()
                """
        }
    )
    looked = Suspects()
    load = [*looked.of(project.code("tasks:load"))]
    assert [way for _, way in load] == [("tasks.load", "tasks.stamp")]
    codebase = project.codebase()
    tasks = sys.modules["tasks"]
    both = [[*looked.of(codebase.of(getattr(tasks, name)))] for name in ("load", "other")]
    assert both[0][0][0] == both[1][0][0] == load[0][0]
    assert both[1][0][1] == ("tasks.other", "tasks.load", "tasks.stamp")


@pytest.mark.parametrize(
    ("comment", "stray"),
    [
        ("# pipekit: ignore[clok]", [("clok", 19, 4)]),
        ("# pipekit: ignore[clock, time ,random]", [("time", 26, 4)]),
        ("# pipekit: ignore[Clock]", [("Clock", 19, 5)]),
        ("# pipekit: ignore[]", [("", 1, 19)]),
        ("# pipekit: ignore[ , ]", [("", 1, 22)]),
        ("# pipekit: ignore[clock", [("", 1, 23)]),
        ("# pipekit: ignore clock", [("", 1, 23)]),
        ("# pipekit: ignore the clock  # more", [("", 1, 27)]),
        ("# why # pipekit: ignore[x]", [("x", 25, 1)]),
        ("# pipekit: ignore", []),
        ("# pipekit: ignore  # because", []),
        ("#pipekit:ignore[clock]because", []),
        ("# pipekit: ignored", []),
        ("# pipekit: ignore-me", []),
        ("# pipekit: something else", []),
        ("# type: ignore[clok]", []),
    ],
)
def test_comments_that_ignore_nothing(project: Project, comment: str, stray: list[tuple[str, int, int]]) -> None:
    project.write({"tasks.py": f"def load():\n    return 1\n{comment}\n"})
    looked = Suspects()
    assert [*looked.of(project.code())] == []
    [page] = looked.pages.values()
    assert [(one.kind, one.line, one.column, one.length) for one in page.strays] == [(k, 3, c, n) for k, c, n in stray]
    assert [str(page.stray(one)) for one in page.strays] == [
        f"{project.folder}/tasks.py:3:{column}" for _, column, _ in stray
    ]


def test_the_cases_are_many_and_name_every_kind() -> None:
    said = " ".join(CASES.values())
    assert len(CASES) >= 60
    assert {"clock", "random", "environ", "eval", "import"} <= set(re.findall(r"#: (?:made )?(\w+)", said))
