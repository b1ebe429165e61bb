"""What random programs are put together from: pieces of Python as people write it, with holes for what an edit can change. Each is
something that turns a whole number into another, so that any piece can use any other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

HOLE = re.compile(r"\$(?:(use|order|one)\(([^()]*)\)|(N|lit|op|cmp|bool|fn|cls|patch|v|doc|ann|ret)\b)")
"""`$N` is the piece's name, `$lit` a number, `$op` and `$cmp` operators, `$use(x)` another piece given `x`, `$fn` a function to
hand on, `$cls` a class to inherit from, `$patch` a function of another module to be replaced, `$order(A, B)` two names in some order, `$one(A, B)` one of them,
`$v` a local variable; `$doc`, `$ann` and `$ret` are a docstring and annotations, or nothing."""


def hole(found: re.Match[str]) -> tuple[str, str]:
    """Kind and argument of a hole."""
    return found.group(1) or found.group(3), found.group(2) or ""


@dataclass(frozen=True)
class Template:
    """A kind of piece. `call` says what a user of it writes: `@` is the piece, `#` what it is given. Flags: `fn` (can be handed
    on as a function), `cls` (can be inherited from), `names` (looks names up in its whole module), `reads` (docstrings or annotations of
    whatever it reaches), `acts` (on other pieces, or through those that are reached by nothing), `once` (at most one in a module)."""

    kind: str
    call: str
    flags: frozenset[str]
    text: str

    @property
    def holes(self) -> list[tuple[str, str]]:
        """Kind and argument of each hole that is filled by itself, in order."""
        found = [hole(one) for one in HOLE.finditer(self.text)]
        return [one for one in found if one[0] not in ("N", "v")]


@cache
def templates() -> dict[str, Template]:
    """All of them, by kind."""
    found = {}
    for block in _ALL.split("\n=== ")[1:]:
        head, _, text = block.partition("\n")
        kind, _, rest = head.partition(" | ")
        call, _, flags = rest.rpartition(" | ")
        found[kind] = Template(kind, call, frozenset(flags.split()), text.rstrip("\n") + "\n")
    return found


_ALL = '''
=== constant | (@ + #) | .
$N = $lit
=== constant of an expression | (@ - #) | .
_$N = [$lit, $lit]
$N = sum(_$N) $op len(_$N)
=== constant of another piece | (@ + #) | .
$N = $use(2)
=== function | @(#) | fn
def $N(x$ann, y=$lit)$ret:
    $doc
    $v = x $op $lit
    return $v + y + $use(x)
=== keyword default of another piece | @(#) | fn
def $N(x, *, y=$use(1)):
    $v = $lit
    return x $op y + $v
=== list default | @(#) | fn
def $N(x$ann, /, y=[$lit, $lit], *more):
    $doc
    return x $op sum(y) + $use(x)
=== function default | @(#) | fn
def $N(x, then=$fn):
    return then(x) $op $lit
=== closure | @(#) | fn
def make_$N(n$ann):
    $doc
    def inner(x$ann):
        $doc
        return x $op n + $use(x)
    return inner
$N = make_$N($lit)
=== closure of a function | @(#) | fn
def make_$N(fn, n=$lit):
    return lambda x: fn(x) $op n
$N = make_$N($fn)
=== closures of a loop | @[int(#) % 3](#) | .
$N = [lambda x, n=n: x $op n + $lit for n in (1, 2, $lit)]
=== nonlocal | @(#) | fn
def $N(x):
    n = $lit
    def bump():
        nonlocal n
        n = n $op x
        return n
    bump()
    return bump() + $use(x)
=== decorator | @(#) | fn
def deco_$N(n):
    $doc
    def around(fn):
        @functools.wraps(fn)
        def inner(*args, **more):
            return fn(*args, **more) $op n
        return inner
    return around
@deco_$N($lit)
def $N(x$ann)$ret:
    $doc
    return $use(x) + $lit
=== class as decorator | @(#) | fn
class Deco_$N:
    def __init__(self, fn):
        functools.update_wrapper(self, fn)
        self.fn, self.n = fn, $lit
    def __call__(self, x):
        return self.fn(x) $op self.n
@Deco_$N
def $N(x$ann):
    $doc
    return $use(x) - $lit
=== decorator that registers | @(#) | fn
REG_$N = {}
def reg_$N(fn):
    REG_$N[fn.__name__] = fn
    return fn
@reg_$N
def a_$N(x):
    return x $op $lit
@reg_$N
def b_$N(x):
    return $use(x) + $lit
def $N(x):
    return sum(fn(x) for fn in REG_$N.values())
=== decorated by another piece | @(#) | fn
def $N(x):
    def scaled(fn):
        return lambda y: fn(y) $op $lit
    @scaled
    def inner(y$ann):
        $doc
        return $use(y)
    return inner(x)
=== table of lambdas | @[int(#) % 2](#) | .
$N = {0: lambda x: x $op $lit, 1: lambda x: $use(x) - $lit}
=== table of functions | @[int(#) % 2](#) | .
$N = [$fn, $fn]
=== table in a tuple | @["k"][1](#) | .
$N = {"k": ($lit, $fn), "n": {"m": [$lit]}}
=== set of functions | sum(f(#) for f in @) | .
$N = {$fn, $fn, abs}
=== partial | @(#) | fn
def base_$N(x, n):
    return x $op n + $lit
$N = functools.partial(base_$N, n=$lit)
=== partial of another piece | @(#) | fn
$N = functools.partial(lambda fn, n, x: fn(x) $op n, $fn, $lit)
=== mutual recursion | @(#) | fn
def even_$N(n, k):
    $doc
    return $lit if n <= 0 else odd_$N(n - 1, k) $op k
def odd_$N(n, k):
    return $lit if n <= 0 else even_$N(n - 1, k) + $use(k)
def $N(x):
    return even_$N(3, x)
=== recursion | @(#) | fn
def $N(x, n=2):
    return $use(x) if n == 0 else $N(x, n - 1) $op $lit
=== class | @(#).go() | cls
class Parent_$N:
    FACTOR = $lit
    def __init__(self, x):
        self.x = x
    def step(self):
        $doc
        return self.x $op self.FACTOR
class $N(Parent_$N):
    $doc
    def go(self$ann)$ret:
        $doc
        return super().step() + self.size + self.make() + self.twice(self.x)
    @property
    def size(self):
        return self.x $op $lit
    @classmethod
    def make(cls):
        return cls.FACTOR + $lit
    @staticmethod
    def twice(x):
        return $use(x)
=== subclass | @(#).go() | cls
class $N($cls):
    $doc
    def go(self):
        return super().go() $op $lit
=== subclass with an attribute | @(#).go() | cls
class $N($cls):
    FACTOR = $lit
=== order of bases | @(#).go() | cls
class Left_$N:
    def at(self):
        return $lit
class Right_$N:
    def at(self):
        return $lit
class $N($order(Left_$N, Right_$N)):
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x $op self.at()
=== slots | @(#).go() | cls
class $N:
    __slots__ = ("x", "y")
    def __init__(self, x):
        self.x, self.y = x, $lit
    def go(self):
        return self.x $op self.y + len(self.__slots__)
=== dataclass | @(#).go() | cls
@dataclasses.dataclass(order=$bool)
class $N:
    $doc
    x: int
    y: int = $lit
    z: list = dataclasses.field(default_factory=lambda: [$lit], repr=$bool)
    def __post_init__(self):
        self.y = self.y $op $lit
    def go(self$ann):
        return self.x + self.y + sum(self.z) + len(repr(self)) + hasattr(type(self), "__lt__") * 0
=== frozen dataclass | @(#).go() | cls
def fresh_$N():
    return $lit
@dataclasses.dataclass(frozen=True, kw_only=False)
class $N:
    x: int
    y: int = dataclasses.field(default_factory=fresh_$N)
    K: typing.ClassVar[int] = $lit
    def go(self):
        return self.x $op self.y + self.K + hash(self) * 0
=== dataclass read by its fields | @(#) | fn
@dataclasses.dataclass
class Inner_$N:
    n: int = $lit
@dataclasses.dataclass
class Outer_$N:
    inner: Inner_$N
def build_$N(cls):
    return cls(**{one.name: one.type() for one in dataclasses.fields(cls)})
def $N(x):
    return build_$N(Outer_$N).inner.n $op x
=== NamedTuple | @(#).go() | .
class $N(typing.NamedTuple):
    a: int
    b: int = $lit
    def go(self$ann):
        $doc
        return self.a $op self.b + $use(self.a)
=== namedtuple | sum(@(#)) | .
$N = collections.namedtuple("$N", "a b", defaults=[$lit])
=== enum | (@.B.value + @["A"].up(#)) | .
class $N(enum.Enum):
    $doc
    A = $lit
    B = $use(1)
    def up(self, x):
        return x $op self._value_ + list(type(self)).index(self)
=== enum of auto | @.B.go(#) | .
class $N(enum.IntEnum):
    def _generate_next_value_(name, start, count, last):
        return count + $lit
    A = enum.auto()
    B = enum.auto()
    __neg__ = lambda self: $lit
    def go(self, x):
        return x $op -self + int(self)
=== enum of text | (len(str(@.A)) + len(@.A.show(1)) + #) | .
class $N(str, enum.Enum):
    A = "one"
    __str__ = str.$one(upper, __repr__)
    show = json.$one(dumps, loads)
    def __init__(self, text):
        self.note = $lit
=== flag | (@.A | @.B).value * # | .
class $N(enum.Flag):
    A = $lit
    B = 16
=== generator | sum(@(#)) | .
def $N(n$ann):
    $doc
    for i in range(3):
        got = yield i $op $lit
        if got:
            return
    yield from [$use(n)]
=== comprehension | @(#) | fn
def $N(x):
    return sum(i $op $lit for i in range(4) if i $cmp $lit) + sum({k: v + x for k, v in [(1, $lit)]}.values())
=== generator function in a constant | @(#) | fn
WALK_$N = lambda xs: (y $op $lit for y in xs)
def $N(x):
    return sum(WALK_$N([x, $lit]))
=== match | @(#) | fn
def $N(x):
    match (x, $lit):
        case (0, y):
            return y $op $lit
        case (int() | float() as n, y) if n $cmp $lit:
            return n + y
        case _:
            return $use(x)
=== format | @(#) | fn
def $N(x):
    return len(f"{x:>{$lit}}") + len(f"{str(x)!r:<4}") + int("{}{}".format($lit, 1)) $op len("%03d" % $lit)
=== singledispatch | @(#) | fn
@functools.singledispatch
def $N(x):
    return $lit
@$N.register
def _(x: int):
    return x $op $lit
@$N.register(float)
def _(x):
    return $use(x)
=== lru_cache | @(#) | fn
@functools.lru_cache(maxsize=$lit)
def $N(x$ann):
    $doc
    return x $op $lit + $use(x)
=== cache without arguments | @(#) | fn
@functools.cache
def table_$N():
    return {1: $lit}
def $N(x):
    return table_$N()[1] $op x
=== instance | @.go(#) | .
class C_$N:
    def __init__(self, n):
        self.n, self.deep = n, {"k": [n, (n,)]}
    def go(self, x):
        $doc
        return x $op self.n + self.deep["k"][1][0] + $use(x)
$N = C_$N($lit)
=== instance that is called | @(#) | fn
class C_$N:
    def __init__(self, n):
        self.n = n
    def __call__(self, x$ann):
        return x $op self.n
$N = C_$N($lit)
=== bound method | @(#) | fn
class C_$N:
    def __init__(self, n):
        self.n = n
    def go(self, x):
        return $use(x) $op self.n
$N = C_$N($lit).go
=== class attribute set later | @(#).go() | cls
class $N:
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x $op self.K + self.late()
$N.K = $lit
$N.late = lambda self: $lit
=== metaclass | @(#).go() | cls
class Meta_$N(type):
    def __call__(cls, *args):
        made = super().__call__(*args)
        made.extra = $lit
        return made
    @property
    def K(cls):
        return $lit
class $N(metaclass=Meta_$N):
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x $op self.extra + type(self).K
=== contextmanager | @(#) | fn
@contextlib.contextmanager
def with_$N(n):
    $doc
    yield n $op $lit
def $N(x):
    with with_$N(x) as y:
        return y + $use(x)
=== context class | @(#) | fn
class With_$N:
    def __enter__(self):
        return $lit
    def __exit__(self, *_):
        return True
def $N(x):
    with With_$N() as y:
        return x $op y
=== condition at import | @(#) | fn
if $bool:
    def $N(x):
        return x $op $lit
else:
    def $N(x):
        return $use(x)
=== attempt at import | @(#) | fn
try:
    import surely_absent as m_$N
except ImportError:
    m_$N = None
def $N(x):
    return x $op $lit if m_$N is None else 0
=== descriptor | @(#).go() | cls
class Field_$N:
    def __init__(self, n):
        self.n = n
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, one, owner=None):
        return self.n $op len(self.name)
class $N:
    abc = Field_$N($lit)
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x + self.abc
=== __init_subclass__ | @(#).go() | cls
class Parent_$N:
    def __init_subclass__(cls, n=$lit, **more):
        super().__init_subclass__(**more)
        cls.n = n $op 2
class $N(Parent_$N, n=$lit):
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x $op self.n
=== subclasses | @(#) | fn acts
class P_$N:
    pass
class A_$N(P_$N):
    n = $lit
class B_$N(A_$N):
    def go(self):
        return $lit
def $N(x):
    return sum(cls.n $op x for cls in P_$N.__subclasses__())
=== class_getitem | @[#] | .
class $N:
    def __class_getitem__(cls, x):
        return x $op $lit
=== total_ordering | @(#) | fn
@functools.total_ordering
class T_$N:
    def __init__(self, x):
        self.x = x $op $lit
    def __eq__(self, other):
        return self.x == other.x
    def __lt__(self, other):
        return self.x $cmp other.x
def $N(x):
    return (T_$N(x) >= T_$N($lit)) + $use(x)
=== methods of functools | @(#).go() | cls
class $N:
    def __init__(self, x):
        self.x = x
    @functools.singledispatchmethod
    def by(self, x):
        return $lit
    @by.register
    def _(self, x: int):
        return x $op $lit
    def power(self, n, m):
        return n $op m
    two = functools.partialmethod(power, $lit)
    @functools.cached_property
    def kept(self):
        $doc
        return $use(self.x)
    def go(self):
        return self.by(self.x) + self.two(self.x) + self.kept + self.kept
=== reduce | @(#) | fn
def $N(x):
    return functools.reduce(lambda a, b: a $op b, [x, $lit, $lit], 0)
=== operators | @(#) | fn
FIRST_$N = operator.itemgetter($bool)
REAL_$N = operator.attrgetter("$one(real, imag)")
CALL_$N = operator.methodcaller("__add__", $lit)
def $N(x):
    return FIRST_$N([x, $lit]) + REAL_$N(x) + CALL_$N(int(x))
=== class made by type | @(#).go() | cls
$N = type("$N", (), {"__init__": lambda self, x: setattr(self, "x", x), "K": $lit, "go": lambda self: self.x $op self.K})
=== abstract class | @(#).go() | cls
class P_$N(abc.ABC):
    @abc.abstractmethod
    def part(self): ...
    def go(self):
        return self.part() $op $lit
class $N(P_$N):
    def __init__(self, x):
        self.x = x
    def part(self):
        return self.x + $lit
=== protocol | @(#) | fn
@typing.runtime_checkable
class Shape_$N(typing.Protocol):
    def area(self) -> int: ...
class Box_$N:
    def $one(area, other)(self):
        return $lit
def $N(x):
    return isinstance(Box_$N(), Shape_$N) + x
=== coroutine | @(#) | fn
async def co_$N(x):
    $doc
    return x $op $lit
async def outer_$N(x):
    return await co_$N(x) + $use(x)
def $N(x):
    try:
        outer_$N(x).send(None)
    except StopIteration as stop:
        return stop.value
=== walrus and stars | @(#) | fn
def inner_$N(a, /, b=$lit, *rest, c=$lit, **more):
    return a $op b + sum(rest) + c + sum(more.values())
def $N(x):
    if (y := x $op $lit) $cmp $lit:
        return inner_$N(*[x, y], d=y)
    first, *rest = [x, y, $lit]
    return inner_$N(*rest, **{"c": first})
=== made by exec | @(#) | fn
exec("def $N(x):\\n    return x $op $lit + K_$N\\n")
K_$N = $lit
=== eval | @(#) | fn names
K_$N = $lit
def $N(x):
    return eval("x $op K_$N")
=== globals | @(#) | fn names
def g_$N(x):
    return x $op $lit
def $N(x):
    return globals()["g_" + "$N"](x)
=== its module by name | @(#) | fn names
def g_$N(x):
    return x $op $lit
def $N(x):
    return getattr(sys.modules[__name__], "g_$N")(x)
=== attribute of a function | @(#) | fn
def $N(x):
    return x $op $N.n
$N.n = $lit
=== values of the standard library | @(#) | fn
R_$N = re.compile("[a-c]" if $bool else "[a-z]", re.I if $bool else 0)
D_$N = decimal.Decimal($lit) / 4
F_$N = fractions.Fraction($lit, 7)
T_$N = datetime.timedelta(days=$lit)
S_$N = struct.Struct("<h" if $bool else ">h")
P_$N = pathlib.PurePosixPath("a") / str($lit)
N_$N = types.SimpleNamespace(n=$lit, f=lambda x: x $op $lit)
def $N(x):
    found = len(R_$N.findall("aBcDef")) + int(D_$N * 100) + F_$N.denominator + T_$N.days + S_$N.pack(1)[0]
    return found + len(P_$N.name) + int(P_$N.name) + N_$N.f(x) + N_$N.n
=== collections | @(#) | fn
Q_$N = collections.deque([1, $lit], maxlen=9)
M_$N = collections.ChainMap({"a": $lit}, {"b": $lit})
C_$N = collections.Counter({"a": $lit})
V_$N = {"k": $lit}.values()
Z_$N = frozenset({$lit, 20})
def $N(x):
    return sum(Q_$N) + M_$N["a"] + M_$N["b"] + C_$N["a"] + sum(V_$N) + sum(Z_$N) + x
=== statements | @(#) | fn
def $N(x):
    n = 0
    while n < 3:
        n += 1
        if n $cmp $lit:
            continue
        try:
            assert n $cmp x
        except AssertionError:
            n = n $op 1 + 1
        else:
            n += $lit
        finally:
            x += 1
    for i in range(2):
        if i > $lit:
            break
    else:
        x = x + 1
    del i
    return x + n + (1 < x <= $lit) + (x if x $cmp 2 else -$lit)
=== exceptions | @(#) | fn
class Wrong_$N(ValueError):
    n = $lit
    def __str__(self):
        return "w" * self.n
def $N(x):
    try:
        raise Wrong_$N(x)
    except ValueError as error:
        return len(str(error)) $op x
=== class in a function | @(#) | fn
K_$N = $lit
def $N(x):
    class Local:
        $doc
        z = K_$N
        def go(self, y=$lit):
            return self.z $op y + $use(y)
    return Local().go() + x
=== class body that computes | @(#).go() | cls
class $N:
    TABLE = {}
    for i in range(3):
        TABLE[i] = i $op $lit
    del i
    SQUARES = [n * n for n in range($lit)]
    def __init__(self, x):
        self.x = x
    def go(self):
        return self.x + sum(self.TABLE.values()) + sum(self.SQUARES)
=== special methods | @(#).go() | cls
class $N:
    def __init__(self, x):
        self.__hidden = x
    def __getattr__(self, name):
        return len(name) $op $lit
    def __iter__(self):
        yield from (self.__hidden, $lit)
    def __contains__(self, x):
        return x $cmp $lit
    def __len__(self):
        return $lit
    def go(self):
        return sum(self) + self.missing + (3 in self) + len(self)
=== generic class | @[int](#).go() | .
T_$N = typing.TypeVar("T_$N")
class $N(typing.Generic[T_$N]):
    def __init__(self, x: T_$N):
        self.x = x
    def go(self) -> int:
        return self.x $op $lit
=== logger of its own | @.go(#) | .
class L_$N(logging.Logger):
    def go(self, x):
        return x $op $lit
$N = L_$N("$N")
=== context variable | (@.get() + #) | .
$N = contextvars.ContextVar("$N", default=$lit)
=== local of its own | (@.n + #) | .
class L_$N(threading.local):
    n = $lit
$N = L_$N()
=== weak references | @(#) | fn
def f_$N(x):
    return x $op $lit
W_$N = weakref.WeakValueDictionary(a=f_$N)
def $N(x):
    return W_$N["a"](x) + weakref.ref(f_$N)()(x)
=== sentinels | @(#) | fn
A_$N, B_$N = object(), object()
def which_$N(x=$one(A_$N, B_$N)):
    return x
def $N(x):
    return x + (which_$N() is A_$N)
=== its own docstring | @(#) | fn reads
def $N(x):
    """$lit"""
    return x $op int($N.__doc__)
=== docstrings | @(#) | fn reads
def show_$N(fn):
    return int(fn.__doc__)
def f_$N():
    """$lit"""
def $N(x):
    return show_$N(f_$N) $op x
=== annotations | @(#) | fn reads
class A_$N:
    n = $lit
def f_$N(a: A_$N, b: "B_$N"):
    return a.n $op b.n
class B_$N:
    n = $lit
def $N(x):
    return f_$N(**{name: cls() for name, cls in typing.get_type_hints(f_$N).items()}) + x
=== patch of a function | (@ + #) | acts
$patch = lambda x: x $op $lit
$N = $lit
=== patch of a class | @(#).go() | cls
class $N($cls):
    pass
$N.go = lambda self: $lit
=== module __getattr__ | @(#) | fn once names
def __getattr__(name):
    if name == "lazy":
        return $lit
    raise AttributeError(name)
def $N(x):
    return sys.modules[__name__].lazy $op x
'''
