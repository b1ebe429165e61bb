"""`refresh=`: tasks that read the outside world run again when their period is over; what depends on them is cut off where they
give the same."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from support.explained import ran, run, told
from support.stories import Place

from pipekit.store.segments import Segment
from pipekit.store.store import open_store

DAY = 86400.0
TASKS = """
    from collections.abc import Iterator
    from pathlib import Path
    from pipekit import Env

    env = Env("prices")


    @env.task(refresh="{refresh}")
    def prices() -> list[str]:
        return Path("world.txt").read_text().split()


    @env.task(prices)
    def count(rows: list[str], /) -> int:
        return len(rows)


    @env.each(prices, refresh="{refresh}")
    def looked_up(name: str, /) -> str:
        return name.upper()


    @env.task(looked_up)
    def all_of_them(names: Iterator[str], /) -> str:
        return " ".join(names)
"""


@pytest.fixture
def prices(place: Place) -> Place:
    return place.write(tasks_py=TASKS.format(refresh="1d"), world_txt="a b c\n")


def age(place: Place, days: float, *names: str) -> None:
    """Make the records of these tasks older, and `#`: those of all items."""
    store = open_store(place.folder / ".pipekit")
    if "#" in names:
        for (prefix,) in store.pack.select("SELECT DISTINCT static FROM segments"):
            store.commit([], segments=[older(one, days * DAY) for one in store.segments(prefix)])
    for name in names:
        if name == "#":
            continue
        found = store.recent(name, 100)
        assert found
        store.commit([replace(one, created=one.created - days * DAY) for one in found])
    store.close()


def older(segment: Segment, seconds: float) -> Segment:
    origins = tuple(one._replace(created=one.created - seconds) for one in segment.origins)
    return replace(segment, origins=origins)


def test_always(place: Place) -> None:
    place.write(tasks_py=TASKS.format(refresh="always"), world_txt="a b c\n")
    run(place)
    said = told(place.call("run", "-n"))
    said = re.sub(r"made [-0-9]+ [0-9:]+ UTC", "made THEN", said)
    assert said == (
        "may run  prices       refresh is due (always): made THEN\n"
        "may run  count        depends on what prices will give\n"
        "may run  looked_up    depends on what prices will give\n"
        "may run  all_of_them  depends on what looked_up will give\n"
        "0 would run, 4 may run, 0 up to date\n"
    )
    for _ in range(2):
        assert ran(place) == {"prices": "refresh", "looked_up": "refresh"}
    place.write(world_txt="a b c d\n")
    assert ran(place) == {"prices": "refresh", "count": "dep", "looked_up": "dep", "all_of_them": "dep"}


def test_a_day_that_is_not_over(prices: Place) -> None:
    assert set(ran(prices)) == {"prices", "count", "looked_up", "all_of_them"}
    prices.write(world_txt="others\n")
    assert ran(prices) == {}


def test_a_day_that_is_over(prices: Place) -> None:
    first = run(prices)
    age(prices, 1, "prices")
    said = prices.call("why", "prices")
    assert re.sub(r"made [-0-9]+ [0-9:]+ UTC", "made THEN", told(said, first)) == (
        "prices may run: refresh is due (1d): made THEN\n  made by run RUN1, 1 day ago, in TIME\n"
    )
    assert prices.call("status", "--exit-code").code == 1
    assert ran(prices) == {"prices": "refresh"}
    assert ran(prices) == {}


def test_another_product_runs_what_depends_on_it(prices: Place) -> None:
    run(prices)
    age(prices, 1, "prices")
    prices.write(world_txt="a b\n")
    said = prices.call("run", "--json", "--pool", "inline").json["tasks"]
    assert {name for name, task in said.items() if task["state"] == "ran"} == {"prices", "count", "all_of_them"}
    assert said["looked_up"]["items"] == {"ran": 0, "cached": 2, "failed": 0, "skipped": 0}
    assert ran(prices) == {}


def test_items_each_have_a_day_of_their_own(prices: Place) -> None:
    run(prices)
    age(prices, 1, "looked_up", "#")
    prices.write(world_txt="a b c d\n")
    age(prices, 1, "prices")
    said = prices.call("run", "--json", "--pool", "inline").json["tasks"]["looked_up"]
    assert said["items"] == {"ran": 4, "cached": 0, "failed": 0, "skipped": 0}
    age(prices, 1, "prices")
    prices.write(world_txt="a b c d e\n")
    said = prices.call("run", "--json", "--pool", "inline").json["tasks"]["looked_up"]
    assert said["items"] == {"ran": 1, "cached": 4, "failed": 0, "skipped": 0}


def test_what_is_due_cannot_be_accepted(prices: Place) -> None:
    run(prices)
    age(prices, 1, "prices")
    said = prices.call("accept", "prices")
    assert said.code == 1 and said.err.startswith("error: 'prices' is no refactoring: refresh is due (1d): made ")


def test_passing_a_check_makes_no_record_younger(prices: Place) -> None:
    """A type's predicate is another one: what is checked again is as old as it was."""
    prices.write(
        tasks_py="""
        from typing import Annotated
        from pipekit import Env

        env = Env("prices")

        @env.type()
        def some(value: int) -> bool:
            return value > 0

        @env.task(refresh="1d")
        def price() -> Annotated[int, some]:
            return 3
        """
    )
    run(prices)
    (before,) = open_store(prices.folder / ".pipekit").recent("price", 9)
    prices.edit("tasks.py", "value > 0", "value > 1")
    run(prices)
    (after,) = open_store(prices.folder / ".pipekit").recent("price", 9)
    assert after.predicates != before.predicates and after.created == before.created
