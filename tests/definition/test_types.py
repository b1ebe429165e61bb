"""From annotations to types, and what they say of values."""

from __future__ import annotations

import collections.abc as abc
import enum
import io
import pickle
import re
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Protocol, TypedDict, TypeVar

import pytest

from pipekit import Cell, Env, File, Folder, Secret
from pipekit.definition.annotations import type_of
from pipekit.definition.check import check
from pipekit.definition.scope import Scope
from pipekit.definition.types import Type
from pipekit.errors import DefinitionError

env = Env("types")


@env.type()
def positive(value: int) -> bool:
    """A whole number above zero.

    With more to say of it.
    """
    return value > 0


@env.type(parent=positive)
def page_size(value: int) -> bool:
    """Fits a page."""
    return value <= 100


@env.type()
def grumpy(value: str) -> bool:
    """Raises."""
    raise LookupError("never mind")


@env.type()
def forgetful(value: str) -> bool:  # type: ignore[return]
    """Forgets to return."""


@env.type()
def nonempty(value: abc.Sized) -> bool:
    """Not empty."""
    return len(value) > 0


Positive = Annotated[int, positive]
T = TypeVar("T")
Number = TypeVar("Number", int, str)
UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Point:
    x: float
    y: Positive = 1


@dataclass
class Node:
    value: int
    next: Node | None = None
    below: list[Node] = field(default_factory=list)


@dataclass
class Box(Generic[T]):
    held: T


class Pair(NamedTuple):
    one: int
    two: str = ""


class Keys(TypedDict):
    one: int
    two: NotRequired[str]


class Loose(TypedDict, total=False):
    one: int


@typing.runtime_checkable
class Closeable(Protocol):
    def close(self) -> None: ...


class Opaque(Protocol):
    def close(self) -> None: ...


class Plain:
    pass


def of(annotation: Any) -> Type[Any]:
    return type_of(annotation, Scope(names=globals()))


YES = [
    (int, 3), (bool, True), (float, 3.5), (float, 3), (str, ""), (bytes, b""), (None, None), (Any, object()), (object, 3),
    (list[int], [1, 2]), (list[int], []), (list, [1, "a"]), (typing.List[int], [1]), (typing.List, ["x"]),  # noqa: UP006
    (tuple, (1, "a")), (typing.Tuple, (1, 2)), (tuple[int, ...], ()), (tuple[int, ...], (1, 2)), (tuple[int, str], (1, "a")),  # noqa: UP006
    (tuple[()], ()), (set[int], {1}), (frozenset[str], frozenset("a")), (dict[str, int], {"a": 1}), (dict, {1: 2}),
    (abc.Sequence[int], (1, 2)), (abc.Mapping[str, int], {"a": 1}), (abc.Iterable[int], [1]), (abc.Set[int], frozenset({1})),
    (abc.Callable[[int], int], len), (type[int], bool), (int | None, None), (typing.Optional[int], 3), (int | str, "a"),  # noqa: UP045
    (Literal["a", 1], 1), (Literal[True], True), (Literal[Colour.RED], Colour.RED), (Colour, Colour.BLUE),
    (Path, Path("x")), (File, Path("x")), (Folder, Path("x")), (File | None, None), (Secret, Secret("x")),
    (Positive, 3), (Annotated[int, page_size], 100), (Point, Point(1.0)), (Point, Point(1)), (Node, Node(1, Node(2), [Node(3)])),
    (Box[int], Box(3)), (Box, Box("a")), (Pair, Pair(1)), (Keys, {"one": 1}), (Keys, {"one": 1, "two": "a"}), (Loose, {}),
    (UserId, 3), (Closeable, io.StringIO()), (Plain, Plain()), (T, 3), (Number, "a"), (typing.LiteralString, "a"),
    (Annotated[list[int], nonempty], [1]), (Annotated[int, positive, page_size], 3), (Cell[int], Cell({}, 3)),
    (dict[str, list[Positive]], {"a": [1]}), ("int", 3), (list["int"], [3]), (typing.List["Node"], [Node(1)]),  # noqa: UP006
]  # fmt: skip

NO = [
    (int, True, "True is not an int"), (int, 1.0, "1.0 is not an int"), (int, "x", "'x' is not an int"), (float, True, "True is not a float"),
    (bool, 1, "1 is not a bool"), (str, b"", "b'' is not a str"), (None, 0, "0 is not a None"),
    (list[int], [1, "a"], "[1]: 'a' is not an int"), (list[int], (1,), "(1,) is not a list[int]"), (list[int], [True], "[0]: True is not an int"),
    (tuple[int, str], (1,), "(1,) is not a tuple[int, str] (it has 1 parts, not 2)"), (tuple[()], (1,), "(1,) is not a tuple[()] (it has 1 parts, not 0)"),
    (set[int], {"a"}, "'a' is not an int"), (dict[str, int], {1: 1}, "1 is not a str"), (dict[str, int], {"a": "b"}, "['a']: 'b' is not an int"),
    (abc.Sequence[int], ["a"], "[0]: 'a' is not an int"), (int | str, 1.5, "1.5 is not an int | str"), (int | None, "a", "'a' is not an int"),
    (Literal["a", "b"], "c", "'c' is not a Literal['a', 'b']"), (Literal[1], True, "True is not a Literal[1]"), (Literal[1], 1.0, "1.0 is not a Literal[1]"),
    (Colour, 1, "1 is not a Colour"), (Path, "x", "'x' is not a Path"), (File, "x", "'x' is not a Path"),
    (Positive, 0, "0 is not a positive: A whole number above zero."), (Positive, "a", "'a' is not an int"),
    (Annotated[int, page_size], 0, "0 is not a positive: A whole number above zero."),
    (Annotated[int, page_size], 101, "101 is not a page_size: Fits a page."),
    (Annotated[int, page_size] | None, 101, "101 is not a page_size: Fits a page."),
    (Annotated[str, grumpy], "a", "'a' is not a grumpy: Raises. (its predicate raised LookupError: never mind)"),
    (Annotated[str, forgetful], "a", "'a' is not a forgetful: Forgets to return. (its predicate returned None)"),
    (Annotated[list[int], nonempty], [], "[] is not a nonempty: Not empty."), (Annotated[list[int], nonempty], ["a"], "[0]: 'a' is not an int"),
    (Point, Point("a"), ".x: 'a' is not a float"), (Point, Point(1.0, 0), ".y: 0 is not a positive: A whole number above zero."),  # type: ignore[arg-type]
    (Node, Node(1, Node(2, Node("x"))), ".next.next.value: 'x' is not an int"),  # type: ignore[arg-type]
    (list[Node], [Node(1, below=[Node(None)])], "[0].below[0].value: None is not an int"),  # type: ignore[arg-type]
    (Box[int], Box("a"), ".held: 'a' is not an int"), (Pair, (1, ""), "(1, '') is not a Pair"), (Pair, Pair("a"), ".one: 'a' is not an int"),  # type: ignore[arg-type]
    (Keys, {}, "{} is not a Keys (it lacks the key one)"), (Keys, {"one": 1, "two": 2}, "['two']: 2 is not a str"), (Loose, {"one": ""}, "['one']: '' is not an int"),
    (UserId, "a", "'a' is not an int"), (Closeable, 3, "3 is not a Closeable"), (Number, 1.5, "1.5 is not an int | str"),
    (Secret, "hush", "this str is not a Secret"), (Cell[int], Cell({}, "a"), ".product: 'a' is not an int"),
    (dict[str, list[Positive]], {"a": [1, 0]}, "['a'][1]: 0 is not a positive: A whole number above zero."),
]  # fmt: skip


def label(value: object) -> str:
    """The same in every process."""
    return re.sub(r" at 0x\w+", "", repr(value))


@pytest.mark.parametrize(("annotation", "value"), YES, ids=label)
def test_is_one(annotation: Any, value: Any) -> None:
    assert check(of(annotation), value) is None


@pytest.mark.parametrize(("annotation", "value", "message"), NO, ids=label)
def test_is_none(annotation: Any, value: Any, message: str) -> None:
    bad = check(of(annotation), value)
    assert bad is not None and bad.message == message
    assert message.startswith(bad.path)


def test_a_type_is_called_as_its_predicate() -> None:
    assert [positive(one) for one in (3, 0, "a", True)] == [True, False, False, False]
    assert not page_size(0) and page_size(7) and not grumpy("x")
    assert repr(positive) == "<type positive>" and env.types["positive"] is positive


def test_parents() -> None:
    assert [one.name for one in page_size.lineage] == ["page_size", "positive", "int"]
    assert page_size.doc == "Fits a page." and page_size.cls is int
    assert positive.origin is not None and positive.origin.file == __file__


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (list[int], "list[int]"), (dict[str, list[Positive]], "dict[str, list[positive]]"), (int | None, "int | None"), (tuple[int, ...], "tuple[int, ...]"),
        (Annotated[list[int], nonempty], "list[int] & nonempty"), (Annotated[int, positive, page_size], "page_size"),
        (Annotated[Annotated[int, page_size], positive], "page_size"), (Box[int], "Box[int]"), (abc.Iterator[str], "Iterator[str]"),
    ],
)  # fmt: skip
def test_names(annotation: Any, name: str) -> None:
    assert of(annotation).name == name


@pytest.mark.parametrize(
    "annotation",
    [Opaque, 3, any, typing.ClassVar[int], int | Opaque, list["Nope"], "1 +", positive],  # noqa: F821
)
def test_what_is_no_type(annotation: Any) -> None:
    with pytest.raises(DefinitionError) as caught:
        of(annotation)
    assert caught.value.hint


def test_holds_files_and_secrets_wherever_they_stand() -> None:
    @dataclass
    class Inner:
        weights: File
        others: dict[str, list[Folder | None]]

    assert of(tuple[int, Inner]).holds_files and of(Cell[Inner]).holds_files and of(Box[File]).holds_files
    assert not of(Path).holds_files and not of(Node).holds_files and not of(Box[Path]).holds_files
    assert of(Secret | None).is_secret and not of(str).is_secret
    assert of(list[Secret]).is_secret


def test_a_cycle_of_values_is_told() -> None:
    node = Node(1)
    node.next = node
    bad = check(of(Node), node)
    assert bad is not None and "nested too deeply, or holds itself" in bad.message


def test_a_field_that_cannot_be_read_is_told() -> None:
    point = object.__new__(Point)
    bad = check(of(Point), point)
    assert bad is not None and "its field x raised AttributeError" in bad.message


def test_classes_that_raise_when_asked_are_told() -> None:
    class Meta(type):
        def __instancecheck__(cls, value: object) -> bool:
            raise OSError("no")

    class Asked(metaclass=Meta):
        pass

    bad = check(of(Asked), 3)
    assert bad is not None and "asking raised OSError: no" in bad.message


def test_values_that_cannot_be_shown_do_not_break_the_message() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise OSError("no")

    bad = check(of(int), Silent())
    assert (
        bad is not None
        and bad.message == "<Silent instance at" + bad.message[19:]
        and bad.message.endswith("is not an int")
    )
    long = check(of(int), "x" * 10_000)
    assert long is not None and len(long.message) < 120


def test_a_generic_class_is_checked_by_its_origin() -> None:
    np = pytest.importorskip("numpy")
    from numpy.typing import NDArray

    floats = of(NDArray[np.float64])
    assert check(floats, np.zeros(3)) is None and check(floats, np.zeros(3, int)) is None
    bad = check(floats, [0.0])
    assert bad is not None and bad.message == "[0.0] is not a ndarray"


def test_types_pickle_without_their_modules() -> None:
    again = pickle.loads(pickle.dumps(of(list[Node | None])))
    assert check(again, [Node(1), None]) is None and check(again, [3]) is not None
    assert len(pickle.dumps(of(Point))) < 3_000


def test_the_same_annotation_is_the_same_type_within_an_env() -> None:
    scope = Scope(names=globals())
    assert type_of(dict[str, Point], scope) is type_of(dict[str, Point], scope)
    assert type_of("Point", scope) is type_of(Point, scope)
    assert type_of(list["Point"], scope) is not type_of(list["Point"], Scope(names={"Point": int}))
