from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

import pytest

from pipekit import Cell, Env, File, Folder
from pipekit.definition.annotations import type_of
from pipekit.definition.places import replace_files
from pipekit.definition.scope import Scope
from pipekit.values import Reference

env = Env("places")


@env.type()
def csv(value: File) -> bool:
    return value.suffix == ".csv"


@dataclass(frozen=True)
class Model:
    weights: File
    loss: float
    note: Path = Path("note")


@dataclass(frozen=True, slots=True)
class Slim:
    weights: File


class Pair(NamedTuple):
    one: File
    two: int


class Keys(TypedDict, total=False):
    at: Folder


A, B, N = Path("a"), Path("b"), Path("note")


def of(annotation: Any) -> Any:
    return type_of(annotation, Scope(names=globals()))


def named(path: Path, folder: bool) -> Any:
    return f"{path}/" if folder else f"<{path}>"


REPLACED = [
    (File, A, "<a>"), (Folder, A, "a/"), (Annotated[File, csv], A, "<a>"), (File | None, A, "<a>"), (File | str, A, "<a>"), (Path | File, A, "<a>"),
    (list[File], [A, B], ["<a>", "<b>"]), (tuple[File, ...], (A,), ("<a>",)), (tuple[int, Folder], (1, A), (1, "a/")), (set[File], {A}, {"<a>"}), (frozenset[File], frozenset({A}), frozenset({"<a>"})),
    (dict[str, File], {"x": A}, {"x": "<a>"}), (dict[File, File], {A: B}, {"<a>": "<b>"}), (Mapping[str, list[File]], {"x": [A]}, {"x": ["<a>"]}),
    (Sequence[File], deque([A]), deque(["<a>"])), (dict[str, File], OrderedDict(x=A), OrderedDict(x="<a>")),
    (Pair, Pair(A, 1), Pair("<a>", 1)), (Keys, {"at": A}, {"at": "a/"}),  # type: ignore[arg-type]
    (Model, Model(A, 1.0), Model("<a>", 1.0)), (Slim, Slim(A), Slim("<a>")), (list[Model | None], [None, Model(A, 1.0)], [None, Model("<a>", 1.0)]),  # type: ignore[arg-type]
    (Cell[Model], Cell({}, Model(A, 1.0)), Cell({}, Model("<a>", 1.0))),  # type: ignore[arg-type]
    (Annotated[tuple[File, str], "x"] if False else tuple[File, str], (A, "a"), ("<a>", "a")),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "value", "expected"), REPLACED, ids=repr)
def test_replaced_wherever_they_stand(annotation: Any, value: Any, expected: Any) -> None:
    before = repr(value)
    made = replace_files(of(annotation), value, named)
    assert made == expected and made.__class__ is expected.__class__
    assert repr(value) == before


@pytest.mark.parametrize(("annotation", "value", "expected"), REPLACED, ids=repr)
def test_the_value_itself_where_nothing_changes(annotation: Any, value: Any, expected: Any) -> None:
    assert replace_files(of(annotation), value, lambda path, folder: path) is value


@pytest.mark.parametrize(
    ("annotation", "value"), [(Path, A), (list[Path], [A]), (Any, A), (dict[str, Any], {"x": A}), (str | None, None)]
)
def test_only_what_is_declared_is_visited(annotation: Any, value: Any) -> None:
    visited: list[Path] = []
    assert replace_files(of(annotation), value, lambda path, folder: visited.append(path)) is value
    assert visited == []


def test_fields_that_are_no_file_are_kept_as_they_are() -> None:
    model = Model(A, 1.5)
    made = replace_files(of(Model), model, lambda path, folder: Reference(str(path), None))
    assert (made.weights, made.loss, made.note) == (Reference("a", None), 1.5, N) and made.note is model.note
