"""The table of what code can do that no fingerprint of it sees: by the full name of a function or object, the kind of it and the
uses that count. It must never resolve a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_KEYED = {"get", "pop", "setdefault", "__getitem__"}
_SEEDS = {"seed", "entropy", "x", "a"}


class Use(NamedTuple):
    """One place where a name of the table is used. `text(node)`: the text that an expression certainly is, `literal` if it must stand
    in the same function; None where it is none."""

    node: ast.expr
    parents: Mapping[ast.AST, ast.AST]
    text: Callable[[ast.expr, bool], str | None]

    @property
    def call(self) -> ast.Call | None:
        """The call of it."""
        return _call_of(self.node, self.parents)

    @property
    def key(self) -> ast.expr | None:
        """What is looked up in it, or with it: `"HOME"` of `os.environ["HOME"]`, `os.environ.get("HOME")`, `os.getenv("HOME")`."""
        above = self.parents[self.node]
        if isinstance(above, ast.Subscript) and above.value is self.node:
            return above.slice
        if isinstance(above, ast.Compare) and isinstance(above.ops[0], ast.In | ast.NotIn):
            return above.left if above.left is not self.node else None
        keyed = isinstance(above, ast.Attribute) and above.attr in _KEYED
        call = _call_of(above, self.parents) if keyed else self.call
        if call is None:
            return None
        return call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "key"), None)

    @property
    def is_kept(self) -> bool:
        """Whether it becomes a part of what the statement makes, as it is: a default, an element of a table."""
        return not any(isinstance(one, ast.Call | ast.Attribute | ast.Subscript | ast.Compare) for one in self.around)

    @property
    def around(self) -> Iterator[ast.AST]:
        """What it stands in, up to the statement."""
        node: ast.AST = self.node
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
            yield node


def _call_of(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.Call | None:
    above = parents.get(node)
    return above if isinstance(above, ast.Call) and above.func is node else None


class Doubt(NamedTuple):
    """What is unseen about a name: its kind, and whether a use of it counts."""

    kind: str
    holds: Callable[[Use], bool]


def named(use: Use) -> bool:
    """However it is used: also handed on, for others to call."""
    return True


def called(use: Use) -> bool:
    """Only a call: a class, which can also stand in an `isinstance`."""
    return use.call is not None


def lacks(at: int, *names: str) -> Callable[[Use], bool]:
    """Only a call without this argument, or with None for it."""

    def holds(use: Use) -> bool:
        call = use.call
        if call is None or any(isinstance(one, ast.Starred) for one in call.args):
            return False
        given = [*call.args[at : at + 1], *(one.value for one in call.keywords if one.arg is None or one.arg in names)]
        return all(isinstance(one, ast.Constant) and one.value is None for one in given)

    return holds


def computed(use: Use) -> bool:
    """Only with a module's name that does not stand in the same function: the texts in it are taken for names of modules."""
    if use.call is None:
        return True
    name = _first(use.call)
    return name is None or not _NAME.fullmatch(use.text(name, True) or "")


def computed_key(use: Use) -> bool:
    """Only where something is looked up by a name that does not stand in the same function; the module's own is known."""
    key = None if isinstance(use.parents[use.node], ast.Compare) or _is_written(use) else use.key
    if key is None or (isinstance(key, ast.Name) and key.id == "__name__"):
        return False
    return not _NAME.fullmatch(use.text(key, True) or "")


def read(use: Use) -> bool:
    """Only where it is read; and not where all of it is handed to a process, which would inherit it anyway."""
    whole = use.key is None and any(isinstance(one, ast.keyword) and one.arg == "env" for one in use.around)
    return not whole and not _is_written(use)


def says_now(use: Use) -> bool:
    """Only where the text "now" or "today" is given."""
    given = _first(use.call) if use.call is not None else None
    return given is not None and (use.text(given, False) or "").lower() in ("now", "today")


def _first(call: ast.Call) -> ast.expr | None:
    given = [*call.args, *(one.value for one in call.keywords if one.arg == "name")]
    return given[0] if given else None


def _is_written(use: Use) -> bool:
    """Whether it is set or deleted; or a method of it is called for what that does: `os.environ.setdefault("A", "b")`."""
    above = use.parents[use.node]
    if isinstance(above, ast.Subscript):
        return not isinstance(above.ctx, ast.Load)
    call = _call_of(above, use.parents) if isinstance(above, ast.Attribute) else None
    return call is not None and isinstance(use.parents[call], ast.Expr)


_unseeded = lacks(0, *_SEEDS)

_TABLE: tuple[tuple[str, Callable[[Use], bool], str], ...] = (
    ("eval", named, "builtins.eval builtins.exec"),
    ("import", computed, "builtins.__import__ importlib.__import__ importlib.import_module"),
    ("import", computed_key, "sys.modules"),
    ("import", named, "runpy.run_module runpy.run_path pkgutil.resolve_name importlib.util.spec_from_file_location"),
    ("environ", read, "os.environ os.environ.get os.environb os.getenv os.getenvb"),
    ("environ", named, "os.path.expandvars"),
    ("clock", named, "time.time time.time_ns datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today"),
    ("clock", named, "datetime.date.today pandas.Timestamp.now pandas.Timestamp.utcnow pandas.Timestamp.today"),
    ("clock", lacks(0), "time.localtime time.gmtime time.ctime time.asctime"),
    ("clock", lacks(1), "time.strftime"),
    ("clock", says_now, "numpy.datetime64 pandas.Timestamp pandas.to_datetime"),
    ("random", called, "random.SystemRandom"),
    (
        "random",
        _unseeded,
        "random.Random random.seed numpy.random.seed numpy.random.default_rng numpy.random.RandomState",
    ),
    ("random", _unseeded, "numpy.random.SeedSequence numpy.random.PCG64 numpy.random.PCG64DXSM numpy.random.MT19937"),
    ("random", _unseeded, "numpy.random.Philox numpy.random.SFC64"),
    ("random", named, "secrets.token_bytes secrets.token_hex secrets.token_urlsafe secrets.randbits secrets.randbelow"),
    ("random", named, "secrets.choice os.urandom os.getrandom uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 uuid.uuid8"),
)

DOUBTS: Mapping[str, Doubt] = {name: Doubt(kind, holds) for kind, holds, names in _TABLE for name in names.split()}
"""By full name, as one would import it."""
