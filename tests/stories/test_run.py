"""What runs, what does not run again, and what people see of it."""

from __future__ import annotations

import json

import pytest
from support.stories import Place

WORDS = """
    from collections.abc import Iterator
    from pipekit import Env, File

    env = Env("words")

    @env.stream()
    def lines(*, path: File) -> Iterator[str]:
        with open(path) as file:
            for line in file:
                yield line.rstrip()

    @env.each(lines)
    def words(line: str, /, *, lower: bool = True) -> list[str]:
        return (line.lower() if lower else line).split()

    @env.task(words)
    def counts(rows: Iterator[list[str]], /) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in rows:
            for word in row:
                found[word] = found.get(word, 0) + 1
        return found

    @env.task(counts)
    def ranking(table: dict[str, int], /, *, top: int = 2) -> list[str]:
        return sorted(table, key=lambda word: (-table[word], word))[:top]
"""
YAML = """
    version: 1
    options:
      lines: {path: book.txt}
    invocations:
      default:
        targets: [ranking]
        outputs: {ranking: results/ranking.json}
"""
BOOK = """
    the cat and the hat
    The cat sat
"""


@pytest.fixture
def words(place: Place) -> Place:
    return place.write(tasks_py=WORDS, pipeline_yaml=YAML, book_txt=BOOK)


def test_cold_then_nothing(words: Place) -> None:
    assert words.counts() == {"ran": 4}
    assert json.loads((words.folder / "results/ranking.json").read_text()) == ["the", "cat"]
    assert words.counts() == {"cached": 4}


def test_what_is_said_off_a_terminal(words: Place) -> None:
    first = words.pipekit("run")
    assert (first.code, first.out) == (0, "")
    assert first.talk == (
        "run RUNID (default): 4 tasks, 0 cached, 4 to run, WORKERS\n"
        "ran     lines  TIME  SIZE  2 items\n"
        "ran     words  TIME  SIZE  2 items\n"
        "ran     counts  TIME  SIZE\n"
        "ran     ranking  TIME  SIZE\n"
        "wrote results/ranking.json (SIZE)\n"
        "run RUNID succeeded in TIME: 4 ran\n"
    )
    assert words.pipekit("run").talk == (
        "run RUNID (default): 4 tasks, 4 cached, 0 to run, WORKERS\nrun RUNID succeeded in TIME: 4 cached\n"
    )


def test_an_option_changed_runs_its_step_and_those_below(words: Place) -> None:
    words.counts()
    assert words.counts("-o", "ranking.top=1") == {"ran": 1, "cached": 3}
    assert words.counts("-o", "words.lower=false") == {"ran": 3, "cached": 1}
    assert words.counts() == {"cached": 4}


def test_a_product_that_comes_out_equal_stops_the_wave(words: Place) -> None:
    words.counts()
    words.write(book_txt="the cat and the HAT\nthe CAT sat\n")
    said = words.pipekit("run", "--json").json
    assert {name: task["state"] for name, task in said["tasks"].items()} == {
        "lines": "ran", "words": "ran", "counts": "cached", "ranking": "cached",
    }  # fmt: skip


def test_only_new_items_are_computed(words: Place) -> None:
    words.counts()
    words.write(book_txt=BOOK + "    a third line\n")
    items = words.pipekit("run", "--json").json["tasks"]["words"]["items"]
    assert items == {"ran": 1, "cached": 2, "failed": 0, "skipped": 0}
    words.write(book_txt="a third line\nThe cat sat\nthe cat and the hat\n")
    items = words.pipekit("run", "--json").json["tasks"]["words"]["items"]
    assert items == {"ran": 0, "cached": 3, "failed": 0, "skipped": 0}


def test_equal_items_run_once(words: Place) -> None:
    words.write(book_txt="a b\na b\nc\n")
    items = words.pipekit("run", "--json").json["tasks"]["words"]["items"]
    assert items == {"ran": 2, "cached": 1, "failed": 0, "skipped": 0}


def test_the_json_object(words: Place) -> None:
    said = words.pipekit("run", "--json").json
    assert list(said) == ["run", "invocation", "status", "partial", "seconds", "counts", "tasks", "lower_bound_seconds"]
    assert said["counts"] == {"ran": 4, "cached": 0, "failed": 0, "blocked": 0, "cancelled": 0, "unneeded": 0}
    assert (said["invocation"], said["status"], said["partial"]) == ("default", "succeeded", False)
    assert list(said["tasks"]["ranking"]) == ["state", "reason", "seconds", "key", "product", "bytes"]
    assert said["tasks"]["ranking"]["reason"] == {"kind": "new", "subject": "", "was": "", "now": ""}
    assert said["tasks"]["lines"]["items"] == {"ran": 2, "cached": 0, "failed": 0, "skipped": 0}
    planned = words.pipekit("run", "-n", "--json").json
    assert planned["status"] == "planned"
    assert {task["state"] for task in planned["tasks"].values()} == {"cached"}


def test_the_plan_says_why(words: Place) -> None:
    first = words.pipekit("run", "-n")
    assert first.out == (
        "would run  lines    never run\n"
        "would run  words    never run\n"
        "would run  counts   never run\n"
        "would run  ranking  never run\n"
    )
    words.counts()
    said = words.pipekit("run", "-n", "-o", "ranking.top=1")
    assert said.out == "would run  ranking  option top: 2 → 1\n"
    assert said.err == "1 would run, 0 may run, 3 up to date\n"
    words.write(book_txt="another book\n")
    said = words.pipekit("status")
    lines = said.out.splitlines()
    assert lines[0].startswith("would run  lines    file book.txt: ")
    assert lines[1:] == [
        "may run    words    depends on what lines will give",
        "may run    counts   depends on what words will give",
        "may run    ranking  depends on what counts will give",
    ]
    assert words.pipekit("status", "--exit-code").code == 1


def test_force(words: Place) -> None:
    words.counts()
    assert words.counts("--force", "words") == {"ran": 1, "cached": 3}
    assert words.counts("--force", "words+") == {"ran": 3, "cached": 1}


def test_targets_replace_and_drop_outputs(words: Place) -> None:
    assert words.counts("-t", "counts") == {"ran": 3}
    assert not (words.folder / "results").exists()


SWEEP = """
    from collections.abc import Iterator
    from pipekit import Cell, Env

    env = Env("sweep")

    @env.task()
    def table() -> list[int]:
        return [1, 2, 3]

    @env.task(table)
    def train(rows: list[int], /, *, lr: float = 0.1, depth: int = 1, seed: int = 0) -> float:
        return sum(rows) * lr / depth + seed

    @env.task(train)
    def score(model: float, /, *, digits: int = 3) -> float:
        return round(model, digits)

    @env.task(score.cells)
    def best(cells: Iterator[Cell[float]], /) -> dict[str, float]:
        return dict(min(cells, key=lambda cell: cell.product).options)
"""
SWEEP_YAML = """
    version: 1
    invocations:
      default:
        targets: [best]
      sweep:
        extends: default
        matrix:
          train.lr: [0.01, 0.03, 0.1]
          train.depth: [2, 3, 4, 5]
          train.seed: [0, 1, 2]
"""


def test_a_matrix_shares_steps(place: Place) -> None:
    place.write(tasks_py=SWEEP, pipeline_yaml=SWEEP_YAML)
    said = place.pipekit("run", "sweep", "--json").json
    assert said["counts"]["ran"] == 1 + 36 + 36 + 1
    assert "tasks" not in said and len(said["cells"]) == 37
    cells = {tuple(cell["cell"].values()): set(cell["tasks"]) for cell in said["cells"]}
    assert cells[()] == {"best"} and cells[0.01, 2, 0] == {"table", "train", "score"}
    assert json.loads(place.pipekit("cat", "best", "-i", "sweep").out) == {
        "train.lr": 0.01, "train.depth": 5, "train.seed": 0,
    }  # fmt: skip
    again = place.pipekit("run", "sweep", "-o", "score.digits=2", "--json").json
    assert again["counts"]["ran"] in (36, 37) and again["counts"]["cached"] == 74 - again["counts"]["ran"]
    assert place.counts("sweep") == {"cached": 74}
    assert place.counts() == {"ran": 3, "cached": 1}


def test_without_pipeline_yaml(place: Place) -> None:
    place.write(tasks_py=SWEEP)
    assert place.counts() == {"ran": 4}


def test_never_stored_is_computed_again_only_when_read(place: Place) -> None:
    place.write(
        tasks_py="""
        from pipekit import Env
        env = Env("never")

        @env.task(store="never")
        def big() -> list[int]:
            return [1, 2, 3]

        @env.task(big)
        def total(rows: list[int], /, *, plus: int = 0) -> int:
            return sum(rows) + plus
        """
    )
    assert place.counts() == {"ran": 2}
    assert place.counts() == {"cached": 2}
    said = place.pipekit("run", "-n", "-o", "total.plus=1")
    assert (
        said.out
        == "would run  big    product no longer in the store; not stored\nwould run  total  option plus: 0 → 1\n"
    )
    assert place.counts("-o", "total.plus=1") == {"ran": 2}


def test_threads_and_inline_give_the_same(words: Place) -> None:
    products = []
    for pool in ("threads", "inline", "processes"):
        said = words.pipekit("run", "--json", "--force", "+ranking", "--pool", pool).json
        products.append({name: task["product"] for name, task in said["tasks"].items()})
    assert products[0] == products[1] == products[2]


def test_the_seconds_of_an_each_are_those_of_all_its_items(place: Place) -> None:
    place.write(
        tasks_py="""
        import time
        from pipekit import Env
        env = Env("seconds")

        @env.task()
        def numbers() -> list[int]:
            return list(range(60))

        @env.each(numbers)
        def slow(number: int, /) -> int:
            end = time.perf_counter() + 0.01
            while time.perf_counter() < end:
                pass
            return number
        """
    )
    said = place.pipekit("run", "--json").json
    assert said["tasks"]["slow"]["seconds"] >= 0.6
