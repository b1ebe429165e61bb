"""`accept`: after a refactoring what is stored stands for the code as it is now; nothing else may be accepted."""

from __future__ import annotations

import pytest
from support.explained import UP_TO_DATE, lay_out, ran, run, told
from support.stories import Place


@pytest.fixture
def words(place: Place) -> Place:
    """A project that has run, and whose code was then refactored."""
    lay_out(place)
    run(place)
    place.edit("prep.py", "word.lower()", "str.lower(word)")
    return place


def test_a_refactored_task_stands(words: Place) -> None:
    first = words.runs()[0].stem
    said = words.call("accept", "words", "--by", "Ada")
    (second,) = (one.stem for one in words.runs() if one.stem != first)
    assert told(said, first) == "words stands: DIGEST of run RUN1\n  code prep.clean changed (prep.py:4)\n"
    assert told(words.call("run", "-n")) == UP_TO_DATE
    assert ran(words) == {}
    assert told(words.call("why", "words"), second) == (
        "words is up to date\n  accepted just now by Ada (run RUN1), in place of DIGEST\n"
    )
    compared = words.call("why", "words", "--json").json["compared"]
    assert (compared["run"], compared["accepted"]["by"]) == (second, "Ada")
    assert told(words.call("accept", "words")) == "words is up to date: there is nothing to accept\n"


def test_the_log_says_who_and_when(words: Place) -> None:
    first = words.runs()[0].stem
    words.call("accept", "words", "--by", "Ada")
    (second,) = (one.stem for one in words.runs() if one.stem != first)
    log = words.call("log").out.splitlines()
    assert [line.split()[0] for line in log] == [second, first]
    assert "  accepted   " in log[0] and log[0].endswith("  default")
    lines = told(words.call("log", second), second).splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "run RUN1 of default: 1 step",
        "words accepted by Ada: DIGEST stands, made for DIGEST",
        "accepted in TIME",
    ]
    assert told(words.call("diff", first, second)) == (
        "words    same product DIGEST  code prep.clean changed\n"
        "text     gone\n"
        "counts   gone\n"
        "ranking  gone\n"
        "4 steps differ, 0 the same\n"
    )
    assert told(words.call("why", "words", first, second)) == (
        "words: same product DIGEST\n"
        "  code prep.clean changed\n"
        "        def clean(word: str) -> str:\n"
        '            """One word."""\n'
        "      -     return word.lower().strip()[:LIMIT]\n"
        "      +     return str.lower(word).strip()[:LIMIT]\n"
    )


def test_it_says_it_as_data(words: Place) -> None:
    first = words.runs()[0].stem
    (row,) = words.call("accept", "words", "--by", "Ada", "--json").json["accepted"]
    assert (row["task"], row["by"]) == ("words", "Ada")
    assert row["run"] != first and len(row["key"]) == len(row["was"]) == len(row["product"]) == 64
    assert words.call("run", "-n", "--json").json["tasks"]["words"]["key"] == row["key"]
    assert words.call("accept", "words", "--json").json == {"accepted": []}


def test_the_next_edit_runs_it(words: Place) -> None:
    words.call("accept", "words", "--by", "Ada")
    words.edit("prep.py", "LIMIT = 3", "LIMIT = 4")
    assert told(words.call("why", "words"), words.runs()[-1].stem).startswith(
        "words would run\n  code prep.LIMIT: 3 → 4 (prep.py:1)\n      - LIMIT = 3\n      + LIMIT = 4\n  accepted just now by Ada"
    )
    assert ran(words) == {"words": "code", "counts": "dep", "ranking": "dep"}
    words.edit("prep.py", "LIMIT = 4", "LIMIT = 3")
    assert ran(words) == {}
    words.edit("prep.py", "str.lower(word)", "word.lower()")
    assert ran(words) == {}


def test_who_it_is_by(words: Place) -> None:
    words.env.update(
        GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="user.name", GIT_CONFIG_VALUE_0="Grace"
    )
    assert words.call("accept", "words", "--json").json["accepted"][0]["by"] == "Grace"


REFUSED = [
    (("ranking",), "", "'ranking' cannot be accepted before 'words', which it takes and which is stale itself", "accept that first, or run it: pipekit accept words"),
    (("counts",), "", "'counts' cannot be accepted before 'words', which it takes and which is stale itself", "accept that first, or run it: pipekit accept words"),
    (("text", "-o", "text.encoding=latin-1"), "", "'text' is not only refactored: option encoding is another one than that of the product there is", "run it: pipekit run -t text"),
    (("text",), "Another book\n", "'text' is no refactoring: file book.txt: DIGEST → DIGEST", "run it: pipekit run -t text"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "book", "message", "hint"), REFUSED, ids=lambda one: one if isinstance(one, str) else one[0]
)
def test_what_is_no_refactoring(words: Place, asked: tuple[str, ...], book: str, message: str, hint: str) -> None:
    if book:
        words.write(book_txt=book)
    runs = words.runs()
    said = words.call("accept", *asked)
    lines = told(said).splitlines()
    assert (said.code, said.out, lines[0]) == (1, "", f"error: {message}")
    assert f"hint: {hint}" in lines and lines[-1] == "1 problem"
    assert words.runs() == runs


def test_what_was_never_run(place: Place) -> None:
    lay_out(place)
    said = place.call("accept", "text")
    assert said.code == 1 and said.err.startswith("error: 'text' has no product that could stand\n  --> tasks.py:8\n")
    assert said.err.endswith("hint: run it: pipekit run -t text\n\n1 problem\n")


def test_a_product_that_is_gone(place: Place) -> None:
    lay_out(place).edit("tasks.py", "@env.task(text)", '@env.task(text, store="never")')
    run(place)
    place.edit("prep.py", "word.lower()", "str.lower(word)")
    said = place.call("accept", "words")
    assert said.code == 1 and said.err.startswith(
        "error: the product of 'words' is no longer in the store, or its deps are others\n"
    )


CELLS = """
    from collections.abc import Iterator
    from pipekit import Cell, Env
    from prep import double

    env = Env("cells")


    @env.stream()
    def numbers(*, top: int = 5) -> Iterator[int]:
        yield from range(top)


    @env.each(numbers)
    def doubled(n: int, /, *, plus: int = 0) -> int:
        return double(n) + plus


    @env.task(doubled)
    def total(rows: Iterator[int], /, *, lr: float = 0.1) -> float:
        return sum(rows) * lr


    @env.task(total.cells)
    def best(cells: Iterator[Cell[float]], /) -> float:
        return max(cell.product for cell in cells)
"""
SWEEP = """
    version: 1
    invocations:
      default: {targets: [best]}
      sweep: {targets: [best], matrix: {doubled.plus: [0, 1], total.lr: [0.1, 0.2]}}
"""


@pytest.fixture
def cells(place: Place) -> Place:
    return place.write(tasks_py=CELLS, pipeline_yaml=SWEEP, prep_py="def double(x):\n    return x * 2\n")


def test_an_each_with_its_items(cells: Place) -> None:
    run(cells)
    cells.edit("prep.py", "x * 2", "2 * x")
    assert (
        told(cells.call("accept", "doubled"))
        == "doubled stands: DIGEST of run RUN\n  code prep.double changed (prep.py:1)\n"
    )
    assert ran(cells) == {}
    said = cells.call("run", "--json", "--pool", "inline", "-o", "numbers.top=6").json["tasks"]["doubled"]
    assert said["items"] == {"ran": 1, "cached": 5, "failed": 0, "skipped": 0}
    cells.edit("prep.py", "2 * x", "3 * x")
    said = cells.call("run", "--json", "--pool", "inline").json["tasks"]["doubled"]
    assert said["items"] == {"ran": 5, "cached": 0, "failed": 0, "skipped": 0}


def test_cells_of_a_matrix(cells: Place) -> None:
    run(cells, "sweep")
    cells.edit("prep.py", "x * 2", "2 * x")
    assert told(cells.call("accept", "doubled@plus=1", "-i", "sweep")) == (
        "doubled@plus=1 stands: DIGEST of run RUN\n  code prep.double changed (prep.py:1)\n"
    )
    assert told(cells.call("run", "sweep", "-n")) == (
        "would run  doubled@plus=0       code prep.double changed (prep.py:1)\n"
        "may run    total@plus=0,lr=0.1  depends on what doubled@plus=0 will give\n"
        "may run    total@plus=0,lr=0.2  depends on what doubled@plus=0 will give\n"
        "may run    best                 depends on what total@plus=0,lr=0.1 will give\n"
        "1 would run, 3 may run, 4 up to date\n"
    )
    said = cells.call("accept", "total@plus=0,lr=0.2", "-i", "sweep")
    assert said.code == 1 and "cannot be accepted before 'doubled@plus=0'" in said.err
    assert told(cells.call("accept", "doubled", "-i", "sweep")) == (
        "doubled@plus=0 stands: DIGEST of run RUN\n  code prep.double changed (prep.py:1)\n"
        "doubled@plus=1 is up to date: there is nothing to accept\n"
    )
    assert told(cells.call("run", "sweep", "-n")) == "0 would run, 0 may run, 8 up to date\n"
    cells.edit("tasks.py", "sum(rows) * lr", "lr * sum(rows)")
    assert cells.call("accept", "total", "-i", "sweep").out.count(" stands: ") == 4
    assert cells.call("run", "sweep", "--json", "--pool", "inline").json["counts"]["cached"] == 8
