"""Products that no bytes stand for: made once in each worker that needs one, known by their keys, gone when nobody asks any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.programs import load, start, store_in

from pipekit.execution import held

PROGRAM = """
import threading
LOG = "/dev/null"
from collections.abc import Iterator
from pathlib import Path
from pipekit import Env

env = Env("held")

class Connection:
    def __init__(self, port: int, table: list[int]) -> None:
        self.lock, self.port, self.table = threading.Lock(), port, table
        with open(LOG, "a") as log:
            log.write(f"{port}\\n")

@env.task(store="never")
def table() -> list[int]:
    return list(range(1000))

@env.task(table, store="never")
def connection(table: list[int], /, *, port: int = 1) -> Connection:
    return Connection(port, table)

@env.stream()
def numbers(*, count: int = 40) -> Iterator[int]:
    yield from range(count)

@env.each(numbers, connection)
def fetched(number: int, conn: Connection, /) -> int:
    with conn.lock:
        return number + conn.port + len(conn.table)

@env.task(fetched, connection)
def total(rows: Iterator[int], conn: Connection, /, *, plus: int = 0) -> int:
    return sum(rows) + conn.port + plus
"""

SUM = sum(number + 1001 for number in range(40)) + 1


@pytest.mark.parametrize("pool", ["inline", "threads"])
def test_who_needs_it_gets_it_and_it_is_made_once_a_worker(tmp_path: Path, pool: str) -> None:
    store, names = store_in(tmp_path / "store"), load(PROGRAM.replace("/dev/null", str(tmp_path / "log")))
    run = start(names["env"], store, pool=pool).wait()
    assert run.product("total") == SUM
    assert 1 <= (tmp_path / "log").read_text().count("1") <= 3
    row = next(row for row in run.ledger.rows if row.planned.step.task == "connection")
    assert row.product is not None and (row.product.codec, row.product.objects) == (held.CODEC, ())
    assert row.product.classes and row.product.digest == held.product_of(row.key, 1).digest  # type: ignore[arg-type]


def test_worker_processes_make_their_own(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(PROGRAM)
    assert start(names["env"], store, pool="processes").wait().product("total") == SUM


def test_it_is_made_again_only_for_who_must_run_and_another_key_is_another_product(tmp_path: Path) -> None:
    store, names = store_in(tmp_path), load(PROGRAM)
    start(names["env"], store).wait()
    assert start(names["env"], store).plan.nothing_to_do
    again = start(names["env"], store, settings=[names["total"].set(plus=1)]).wait()
    assert again.product("total") == SUM + 1
    assert {row.planned.step.task for row in again.ledger.rows if row.state == "ran"} == {
        "total",
        "connection",
        "table",
    }
    other = start(names["env"], store, settings=[names["connection"].set(port=2)]).wait()
    assert other.product("total") == SUM + 41, "nobody can tell whether it is the same, so all below it run"


def test_cells_and_what_lies_above_it_are_held_too(tmp_path: Path) -> None:
    text = (
        PROGRAM
        + """
from pipekit import Cell

@env.task(connection, store="never")
def session(conn: Connection, /) -> Connection:
    return Connection(conn.port * 100, conn.table)

@env.task(session.cells)
def ports(cells: Iterator[Cell[Connection]], /) -> list[int]:
    return [cell.product.port for cell in cells]
"""
    )
    names = load(text)
    for pool in ("inline", "threads", "processes"):
        matrix = [[names["connection"].set(port=one) for one in (1, 2)]]
        run = start(names["env"], store_in(tmp_path / pool), targets=[names["ports"]], matrix=matrix, pool=pool).wait()
        assert run.product("ports") == [100, 200]


def test_stored_or_asked_for_it_is_refused_with_the_way_to_the_culprit(tmp_path: Path) -> None:
    stored = load(PROGRAM.replace('@env.task(table, store="never")', "@env.task(table)"))
    run = start(stored["env"], store_in(tmp_path / "1")).wait()
    failed = [row.message for row in run.ledger.rows if row.state == "failed"]
    assert failed == ["value.lock cannot be stored: TypeError: cannot pickle '_thread.lock' object"]
    names = load(PROGRAM)
    asked = start(names["env"], store_in(tmp_path / "2"), targets=[names["connection"]]).wait()
    assert [row.message for row in asked.ledger.rows if row.state == "failed"] == failed


def test_what_goes_wrong_while_it_is_made_again_fails_who_needs_it() -> None:
    def fail(call: object) -> object:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        held.Held(fail).value(held.product_of(b"k" * 32, 1), "recipe")  # type: ignore[arg-type]


def test_a_worker_forgets() -> None:
    made: list[object] = []
    keeper = held.Held(lambda call: made.append(call) or len(made))
    product = held.product_of(b"k" * 32, 1)  # type: ignore[arg-type]
    keeper.keep(product, "value")
    assert keeper.value(product, "recipe") == "value" and made == []
    keeper.forget(product.digest)
    assert keeper.value(product, "recipe") == 1 == keeper.value(product, "recipe") and made == ["recipe"]
    keeper.forget(b"another" * 4)  # type: ignore[arg-type]
