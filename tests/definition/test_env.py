from __future__ import annotations

from typing import Annotated, Any

import pytest

from pipekit import Env, File
from pipekit.definition.define import Frame, redefine
from pipekit.definition.lines import Spot
from pipekit.errors import DefinitionError
from pipekit.values import Origin


def _env() -> Env:
    env = Env("one")

    @env.type()
    def positive(value: int) -> bool:
        """A whole number above zero."""
        return value > 0

    @env.task()
    def numbers(*, upto: int = 3) -> list[int]:
        return list(range(upto))

    return env


def test_types_and_tasks_are_registries_that_cannot_be_written() -> None:
    env = _env()
    assert list(env.types) == ["positive"] and list(env.tasks) == ["numbers"]
    with pytest.raises(TypeError):
        env.tasks["x"] = env.tasks["numbers"]  # type: ignore[index]


def test_include_takes_over_types_and_tasks() -> None:
    base, env = _env(), Env("two")
    env.include(base)
    env.include(base)
    assert env.tasks["numbers"] is base.tasks["numbers"] and env.types["positive"] is base.types["positive"]

    @env.task(base.tasks["numbers"])
    def total(numbers: Any, /) -> int:
        return sum(numbers)

    assert total.deps == ("numbers",) and "total" not in base.tasks


def test_include_refuses_a_type_of_the_same_name() -> None:
    env = _env()
    with pytest.raises(DefinitionError, match="have a type 'positive'"):
        env.include(_env())


def test_graph_holds_the_tasks_and_leaves_the_env_alone() -> None:
    env = _env()
    graph = env.graph()
    assert list(graph.tasks) == ["numbers"] and graph.name == "one"

    @env.task()
    def later() -> int:
        return 1

    assert "later" not in graph.tasks and "later" in env.graph().tasks


def test_a_predicate_from_elsewhere_is_declared_under_a_name() -> None:
    env = Env("elsewhere")

    @env.type()
    def text(value: str) -> bool:
        return True

    lower = env.type(parent=text, name="lower")(str.islower)
    assert env.types["lower"] is lower and lower("a") and not lower("A") and not lower(3)


def test_a_types_place_goes_down_to_its_children() -> None:
    env = Env("files")

    @env.type()
    def fastq(value: File) -> bool:
        return value.suffix == ".fq"

    assert fastq.parent is not None and fastq.parent.name == "File" and fastq.holds_files
    fastq_file = Annotated[File, fastq]

    @env.task()
    def read(*, path: fastq_file) -> int:  # type: ignore[valid-type]
        return 1

    assert read.options["path"].type is fastq


def test_redefine_inherits_what_is_not_annotated() -> None:
    env = _env()

    @env.each(env.tasks["numbers"], retries=3)
    def doubled(number: int, /, *, by: float = 2, also: int = 1) -> float:
        """Times two."""
        return number * by

    def other(number, *, by=3):  # type: ignore[no-untyped-def]
        return number * by

    at = Frame(None, Spot(Origin("x.py", 3)), {})
    new = redefine(doubled, other, (env.tasks["numbers"],), at)
    assert (new.name, new.kind, new.config.retries, new.deps, new.takes) == (
        "doubled",
        "each",
        3,
        ("numbers",),
        ("item",),
    )
    assert list(new.options) == ["by"] and new.options["by"].default == 3.0 and new.options["by"].type.name == "float"
    assert (
        new.product.name == "float" and new.doc == "Times two." and new.fn is other and new.origin == Origin("x.py", 3)
    )
    assert env.tasks["doubled"] is doubled and doubled.fn is not other
    with pytest.raises(DefinitionError, match="takes 1 product"):
        redefine(doubled, other, (), at)
