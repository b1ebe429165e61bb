from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from pipekit import Env, Secret
from pipekit.definition.annotations import type_of
from pipekit.definition.check import check
from pipekit.definition.convert import NotA, convert
from pipekit.definition.schema import json_schema
from pipekit.definition.scope import Scope

env = Env("schema")


@env.type()
def positive(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Node:
    """A node."""

    value: float
    below: list[Node] = field(default_factory=list)


class Keys(TypedDict, total=False):
    one: int


def of(annotation: Any) -> Any:
    return type_of(annotation, Scope(names=globals()))


def admits(annotation: Any, raw: Any) -> bool:
    schema = json_schema(of(annotation))
    Draft7Validator.check_schema(schema)
    return bool(Draft7Validator(schema).is_valid(raw))


@pytest.mark.parametrize(
    ("annotation", "raw"),
    [
        (int, 3), (int, "${env:N}"), (int, "a${env:N:-3}"), (float, 3), (str, "x"), (Path, "x"), (bool, True), (None, None), (Any, {"a": 1}), (list[int], [1]),
        (tuple[int, str], [1, "a"]), (tuple[()], []), (dict[str, int], {"a": 1}), (int | None, None), (Colour, "RED"), (Colour, "${env:C}"), (Literal["a", 1], 1),
        (Annotated[int, positive], 3), (Node, {"value": 1, "below": [{"value": 2}]}), (Keys, {}), (dt.date, "2026-01-02"), (dt.timedelta, "3s"), (Secret, "${env:TOKEN}"),
    ],
)  # fmt: skip
def test_admits(annotation: Any, raw: Any) -> None:
    assert admits(annotation, raw)


@pytest.mark.parametrize(
    ("annotation", "raw"),
    [
        (int, "3"), (int, 1.5), (str, 3), (bool, 1), (list[int], ["a"]), (tuple[int, str], [1]), (dict[str, int], {"a": "b"}), (Colour, "GREEN"), (Literal["a"], "b"),
        (Node, {"below": []}), (Node, {"value": 1, "x": 2}), (Node, {"value": 1, "below": [{"value": "a"}]}), (Keys, {"one": "a"}), (Secret, "plain"), (set[int], [1, 1]),
    ],
)  # fmt: skip
def test_refuses(annotation: Any, raw: Any) -> None:
    assert not admits(annotation, raw)


def test_docs_are_shown_and_records_are_shared() -> None:
    definitions: dict[str, Any] = {}
    assert json_schema(of(Annotated[int, positive]), definitions)["description"] == "A whole number above zero."
    one, other = json_schema(of(Node), definitions), json_schema(of(list[Node]), definitions)
    assert other["items"] == one and len(definitions) == 1
    assert next(iter(definitions.values()))["description"] == "A node."


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["a", "RED", "2026-01-02", "3s"])
    | st.sampled_from([0.5, -1.5])
)
RAW = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["value", "below", "one"]), below, max_size=2)
    ),
    max_leaves=4,
)
ANNOTATIONS: list[Any] = [
    int,
    float,
    str,
    bool,
    None,
    Path,
    Colour,
    Node,
    Keys,
    list[int],
    tuple[int, ...],
    tuple[int, str],
    dict[str, float],
    int | None,
    Node | str,
]
ANNOTATIONS += [Literal["a", 1], Annotated[int, positive], list[Colour | None], frozenset[str], dt.date]


@given(st.sampled_from(ANNOTATIONS), RAW)
def test_what_can_be_given_is_admitted(annotation: Any, raw: Any) -> None:
    try:
        made = convert(of(annotation), raw)
    except NotA:
        return
    same = isinstance(raw, list) and len({repr(one) for one in raw}) < len(raw)
    assert check(of(annotation), made) is not None or admits(annotation, raw) or same
