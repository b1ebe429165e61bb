from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Protocol, TypedDict, TypeVar, runtime_checkable

import pytest

from pipekit import Cell, Env, File, Folder
from pipekit.definition.annotations import type_of
from pipekit.definition.check import check
from pipekit.definition.fit import fits
from pipekit.definition.scope import Scope

env = Env("fit")
T = TypeVar("T")


@env.type()
def positive(value: int) -> bool:
    return value > 0


@env.type(parent=positive)
def page_size(value: int) -> bool:
    return value <= 100


@env.type()
def nonempty(value: abc.Sized) -> bool:
    return len(value) > 0


Positive = Annotated[int, positive]
PageSize = Annotated[int, page_size]
Filled = Annotated[list[int], nonempty]


class Animal:
    pass


class Dog(Animal):
    pass


@dataclass
class Box(Generic[T]):
    held: T


class Pair(NamedTuple):
    one: int
    two: str


class Keys(TypedDict):
    one: int
    two: str


class Fewer(TypedDict):
    one: float


@runtime_checkable
class Named(Protocol):
    name: str


def of(annotation: Any) -> Any:
    return type_of(annotation, Scope(env._known, globals()))


YES = [
    (int, int), (int, float), (bool, bool), (Dog, Animal), (int, Any), (Any, int), (int, object), (int, int | str), (int | str, str | int | None), (bool, bool | int),
    (list[Dog], list[Animal]), (list[int], list[float]), (list[int], list), (list[int], abc.Sequence[int]), (list[int], abc.Iterable[int]), (tuple[int, ...], abc.Sequence[int]),
    (tuple[int, int], tuple[int, ...]), (tuple[int, str], tuple[float, str]), (dict[str, int], abc.Mapping[str, float]), (dict[str, int], abc.Iterable[str]),
    (Positive, int), (PageSize, Positive), (PageSize, int), (PageSize, float), (Positive, Positive), (File, Path), (File, File), (list[PageSize], list[Positive]),
    (Filled, list[int]), (Filled, Filled), (Filled, abc.Sequence[float]), (Literal["a"], Literal["a", "b"]), (Literal["a", "b"], str), (Literal[1, "a"], int | str),
    (Box[Dog], Box[Animal]), (Cell[int], Cell[float]), (Pair, tuple[int, str]), (Pair, tuple), (Keys, Keys), (Keys, Fewer), (Keys, abc.Mapping[str, int | str]),
    (abc.Iterator[int], abc.Iterable[int]), (abc.Generator[int, None, None], abc.Iterator[int]), (None, int | None), (None, None), (Dog, Named), (str, abc.Iterable[str]),
    (list[Any], list[int]), (dict[str, Any], dict[str, int]),
]  # fmt: skip

NO = [
    (float, int), (bool, int), (bool, float), (int, bool), (Animal, Dog), (int | str, int), (int | None, int), (list[Animal], list[Dog]), (list[int], tuple[int, ...]),
    (tuple[int, ...], tuple[int, int]), (tuple[int, int], tuple[int]), (dict[str, int], dict[int, int]), (list[int], abc.Iterator[int]), (int, Positive), (Positive, PageSize),
    (Path, File), (File, Folder), (list[int], Filled), (Literal["a", "c"], Literal["a", "b"]), (str, Literal["a"]), (Literal[True], int), (Box[Animal], Box[Dog]),
    (Pair, tuple[str, str]), (Fewer, Keys), (Keys, abc.Mapping[str, int]), (None, int), (dict[str, int], Keys), (set[int], frozenset[int]),
]  # fmt: skip


@pytest.mark.parametrize(("product", "parameter"), YES, ids=repr)
def test_fits(product: Any, parameter: Any) -> None:
    assert fits(of(product), of(parameter))


@pytest.mark.parametrize(("product", "parameter"), NO, ids=repr)
def test_does_not_fit(product: Any, parameter: Any) -> None:
    assert not fits(of(product), of(parameter))


def test_records_that_hold_themselves() -> None:
    class Tree(TypedDict):
        value: int
        below: list[Any]

    tree = of(Tree)
    assert fits(tree, tree) and fits(of(list[Tree]), of(list[Tree]))


PARTS: list[Any] = [
    int,
    float,
    bool,
    str,
    None,
    Positive,
    PageSize,
    Literal[1, "a"],
    Literal[True],
    int | None,
    Literal[True] | str,
]
HOLDING = [
    lambda one: list[one],  # type: ignore[valid-type]
    lambda one: tuple[one, ...],  # type: ignore[valid-type]
    lambda one: tuple[one, one],  # type: ignore[valid-type]
    lambda one: dict[str, one],  # type: ignore[valid-type]
    lambda one: abc.Sequence[one],  # type: ignore[valid-type]
    lambda one: list[one] | one,  # type: ignore[valid-type]
    lambda one: Annotated[list[one], nonempty],  # type: ignore[valid-type]
]
SCALARS: list[Any] = [None, True, False, 0, 1, 101, 0.5, "a", "b"]
SHAPES = [lambda one: [one], lambda one: (one, one), lambda one: (one,), lambda one: {"a": one}, lambda one: []]


def test_what_fits_is_never_a_wrong_value() -> None:
    types = [of(one) for one in [*PARTS, *(hold(one) for hold in HOLDING for one in PARTS if one is not None)]]
    values = [*SCALARS, *(shape(one) for shape in SHAPES for one in SCALARS)]
    are = {one: {at for at, value in enumerate(values) if check(one, value) is None} for one in types}
    wrong = [(one, other) for one in types for other in types if fits(one, other) and not are[one] <= are[other]]
    assert wrong == []
    assert sum(fits(one, other) for one in types for other in types) > 4 * len(types)
    for one in types:
        assert fits(one, one) and fits(one, of(Any)) and fits(of(Any), one)
