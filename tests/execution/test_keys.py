"""What is in a key, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipekit import Cell, Env, File, Secret
from pipekit.canon import digest
from pipekit.execution import keys
from pipekit.execution.keys import World
from pipekit.execution.plan import contributions
from pipekit.invocation.steps import Needs, Step
from pipekit.store.products import Product

env = Env("keys")
NONE = Secret("none")


@env.task(environ=["REGION"])
def load(*, path: File, top: int = 3, key: Secret = NONE) -> int:
    return top


@env.task(load.cells)
def gather(cells: Iterator[Cell[int]], /) -> int:
    return 0


PROJECT = Path("/projects/lab")
CONTENT = {PROJECT / "a.csv": digest(b"a"), PROJECT / "b.csv": digest(b"b")}
WORLD = World(lambda task: b"code", CONTENT.get, PROJECT, {"python": "cpython 3.11"}, {"REGION": "eu", "OTHER": "x"})


def static(world: World = WORLD, **options: Any) -> bytes:
    given = {"path": Path("a.csv"), "top": 3, "key": Secret("s"), **options}
    return keys.static(load, Step(0, "load", "load", (), given, ()), world).digest


@pytest.mark.parametrize(("world", "options"), [
    (WORLD, {"top": 4}),
    (WORLD, {"top": True}),
    (WORLD, {"path": Path("b.csv")}),
    (replace(WORLD, identity={PROJECT / "a.csv": digest(b"other")}.get), {}),
    (replace(WORLD, code=lambda task: b"other"), {}),
    (replace(WORLD, environment={"python": "cpython 3.12"}), {}),
    (replace(WORLD, variables={"REGION": "us"}), {}),
])  # fmt: skip
def test_what_counts(world: World, options: dict[str, Any]) -> None:
    assert static(world, **options) != static()


@pytest.mark.parametrize(("world", "options"), [
    (WORLD, {"key": Secret("another")}),
    (WORLD, {"path": PROJECT / "a.csv"}),
    (replace(WORLD, variables={"REGION": "eu", "OTHER": "y"}), {}),
    (replace(WORLD, folder=Path("/moved"), identity={Path("/moved/a.csv"): digest(b"a")}.get), {}),
])  # fmt: skip
def test_what_does_not_count(world: World, options: dict[str, Any]) -> None:
    assert static(world, **options) == static()


def test_facts_say_what_is_in_it_and_no_secret() -> None:
    given = {"path": Path("a.csv"), "top": 3, "key": Secret("hunter2")}
    facts = keys.static(load, Step(0, "load", "load", (), given, ()), WORLD).facts
    assert facts.options["top"][0] == "3" and facts.options["path"][0] == "a.csv"
    assert facts.files == {"a.csv": digest(b"a").hex()} and b"hunter2" not in facts.pack()
    assert facts.environment == {"python": "cpython 3.11", "REGION": "eu"}


def product(text: str) -> Product:
    return Product.of("str", (digest(text.encode()),), len(text))


def test_what_deps_give() -> None:
    products = {0: product("a"), 1: product("b")}
    one, two = {"load.top": 1}, {"load.top": 2}

    def cells(*rows: tuple[dict[str, int], int]) -> list[bytes] | None:
        needs = Needs("cells", tuple(step for _, step in rows), tuple(cell for cell, _ in rows))
        return contributions([needs], products, lambda step: [])

    assert contributions([Needs("product", (0,))], products, lambda step: []) == [products[0].digest]
    assert contributions([Needs("product", (2,))], products, lambda step: []) is None
    found = [cells((one, 0), (two, 1)), cells((two, 1), (one, 0)), cells((one, 1), (two, 0)), cells((one, 0))]
    assert len({tuple(each or ()) for each in found}) == 4


def test_an_items_key_holds_its_content_alone() -> None:
    prefix = keys.item_prefix(digest(b"static"), [b"side"])
    assert keys.item_key(prefix, product("a").digest) == keys.item_key(prefix, product("a").digest)
    assert keys.item_key(prefix, product("a").digest) != keys.item_key(prefix, product("b").digest)
    assert prefix != keys.item_prefix(digest(b"static"), [b"other"])


def test_seeds_depend_on_name_and_options_and_on_no_secret() -> None:
    assert keys.seed("a", {"x": 1}) == keys.seed("a", {"x": 1, "key": Secret("s")})
    assert len({keys.seed("a", {}), keys.seed("b", {}), keys.seed("a", {"x": 1}), keys.seed("a", {"x": 2})}) == 4
