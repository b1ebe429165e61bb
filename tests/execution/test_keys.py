"""What is in a key, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.codes import ToldCodes

from pipekit import Cell, Env, File, Secret
from pipekit.canon import digest
from pipekit.execution import keys
from pipekit.execution.given import Given, given, item_keys, pack, unpack
from pipekit.execution.world import World
from pipekit.fingerprint.code.symbols import Symbol
from pipekit.invocation.steps import Needs, Step
from pipekit.store.blocks import item_digest
from pipekit.store.building import Builder
from pipekit.store.columns import split
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
CODES = ToldCodes()
CLASSES = partial(CODES.of_class, load)
IDENTITY = partial(CODES.identity, load)
WORLD = World(CODES, CONTENT.get, PROJECT, {"python": "cpython 3.11"}, {"REGION": "eu", "OTHER": "x"})


def static(world: World = WORLD, **options: Any) -> bytes:
    given = {"path": Path("a.csv"), "top": 3, "key": Secret("s"), **options}
    return keys.static(load, Step(0, "load", "load", (), given, ()), world).digest


@pytest.mark.parametrize(("world", "options"), [
    (WORLD, {"top": 4}),
    (WORLD, {"top": True}),
    (WORLD, {"path": Path("b.csv")}),
    (replace(WORLD, identity={PROJECT / "a.csv": digest(b"other")}.get), {}),
    (replace(WORLD, codes=ToldCodes({"load": 1})), {}),
    (replace(WORLD, environment={"python": "cpython 3.12"}), {}),
    (replace(WORLD, variables={"REGION": "us"}), {}),
    (replace(WORLD, variables={"REGION": ""}), {}),
    (replace(WORLD, variables={}), {}),
    (replace(WORLD, variables={"REGION": "no text: \udcff"}), {}),
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


def test_a_variable_that_is_not_set_is_not_one_that_is_empty() -> None:
    assert static(replace(WORLD, variables={"REGION": ""})) != static(replace(WORLD, variables={}))


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

    def cells(*rows: tuple[dict[str, int], int]) -> list[Given] | None:
        needs = Needs("cells", tuple(step for _, step in rows), tuple(cell for cell, _ in rows))
        return given([needs], products, lambda step: [], CLASSES, IDENTITY)

    assert given([Needs("product", (0,))], products, lambda step: [], CLASSES, IDENTITY) == [Given(products[0].digest)]
    assert given([Needs("product", (2,))], products, lambda step: [], CLASSES, IDENTITY) is None
    found = [cells((one, 0), (two, 1)), cells((two, 1), (one, 0)), cells((one, 1), (two, 0)), cells((one, 0))]
    assert len({tuple(each or ()) for each in found}) == 4


def test_the_code_of_classes_in_a_product_counts() -> None:
    boxes = Product.of("pickle", (digest(b"boxes"),), 5, ["shapes:Box", "shapes:Side"])
    older, newer = ToldCodes(), ToldCodes(classes={"shapes:Box": [Symbol("shapes.Box.area", "function", digest(b"2"))]})
    needs = [Needs("product", (0,))]
    (was,), (now,) = (
        given(needs, {0: boxes}, lambda step: [], partial(codes.of_class, load), IDENTITY) or ()
        for codes in (older, newer)
    )
    assert [name for name, _ in now.classes] == ["shapes:Box", "shapes:Side"]
    assert was.digest == now.digest and was.form != now.form and was.form != boxes.digest
    builder = Builder()
    builder.add_product(boxes)
    builder.add("plain", b"a")
    block, plain = builder.take(), item_digest("plain", b"a")
    for codes, given_ in ((older, was), (newer, now)):
        found = item_keys(block, lambda name, codes=codes: codes.of_class(load, name).digest)  # type: ignore[misc]
        assert split(found) == [given_.form, plain]
    assert item_keys(block.part([1]), {}.__getitem__) == plain


def test_what_deps_gave_survives_packing() -> None:
    rows = [Given(digest(b"a")), Given(digest(b"b"), (("prep:Rów", digest(b"c")), ("prep:Zeile", digest(b"d"))))]
    assert unpack(pack(rows)) == rows and unpack(pack([])) == []
    with pytest.raises(ValueError):
        unpack(pack(rows) + digest(b"rest"))


def test_what_all_items_have_in_common_holds_code_options_and_sides() -> None:
    prefix = keys.item_prefix(digest(b"static"), [b"side"])
    assert prefix == keys.item_prefix(digest(b"static"), [b"side"])
    assert prefix != keys.item_prefix(digest(b"static"), [b"other"])
    assert prefix != keys.item_prefix(digest(b"other"), [b"side"])


def test_seeds_depend_on_name_and_options_and_on_no_secret() -> None:
    assert keys.seed("a", {"x": 1}) == keys.seed("a", {"x": 1, "key": Secret("s")})
    assert len({keys.seed("a", {}), keys.seed("b", {}), keys.seed("a", {"x": 1}), keys.seed("a", {"x": 2})}) == 4
