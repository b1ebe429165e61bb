"""What people are told of why something runs, what is different, and what was accepted: the exact text."""

from __future__ import annotations

import pytest
from support.explained import UP_TO_DATE, lay_out, run, told
from support.stories import Place


@pytest.fixture
def words(place: Place) -> Place:
    return lay_out(place)


def test_never_run(words: Place) -> None:
    assert told(words.call("run", "-n")) == (
        "would run  text     never run\n"
        "would run  words    never run\n"
        "would run  counts   never run\n"
        "would run  ranking  never run\n"
        "4 would run, 0 may run, 0 up to date\n"
    )
    assert told(words.call("why", "words")) == "words would run: never run\n"


def test_up_to_date(words: Place) -> None:
    first = run(words)
    assert told(words.call("run", "-n")) == UP_TO_DATE
    assert told(words.call("status")) == (
        "up to date  text     nothing changed\n"
        "up to date  words    nothing changed\n"
        "up to date  counts   nothing changed\n"
        "up to date  ranking  nothing changed\n" + UP_TO_DATE
    )
    assert told(words.call("why", "words"), first) == "words is up to date\n  made by run RUN1, just now, in TIME\n"
    said = words.call("why", "words", "--json").json
    assert (said["task"], said["state"], said["differences"], said["upstream"]) == ("words", "cached", [], [])
    assert said["reason"] == {"kind": "cached", "subject": "", "was": "", "now": ""}
    assert said["compared"]["run"] == first and said["compared"]["key"] == said["key"]


def test_an_option(words: Place) -> None:
    first = run(words)
    assert told(words.call("why", "ranking", "-o", "ranking.top=1"), first) == (
        "ranking would run\n  option top: 2 → 1\n  compared with run RUN1, just now, which took TIME\n"
    )
    second = run(words, "-o", "ranking.top=1")
    assert told(words.call("why", "ranking", second), first, second) == (
        "ranking is up to date; since run RUN2:\n  option top: 1 → 2\n  compared with run RUN2, just now, which took TIME\n"
    )


def test_a_file(words: Place) -> None:
    first = run(words)
    words.write(book_txt="Another book\n")
    assert told(words.call("why", "text"), first) == (
        "text would run\n  file book.txt: DIGEST → DIGEST\n  compared with run RUN1, just now, which took TIME\n"
    )
    (words.folder / "book.txt").rename(words.folder / "novel.txt")
    assert told(words.call("why", "text", "-o", "text.path=novel.txt"), first) == (
        "text would run\n  option path: book.txt → novel.txt\n  compared with run RUN1, just now, which took TIME\n"
    )


CODE = """\
words would run
  code prep.LIMIT: 3 → 4 (prep.py:1)
      - LIMIT = 3
      + LIMIT = 4
  code prep.clean changed (prep.py:4)
        def clean(word: str) -> str:
            \"\"\"One word.\"\"\"
      -     return word.lower().strip()[:LIMIT]
      +     return word.lower()[:LIMIT]
  compared with run RUN1, just now, which took TIME
"""


def edit_code(words: Place) -> None:
    words.edit("prep.py", "LIMIT = 3", "LIMIT = 4")
    words.edit("prep.py", ".strip()", "")


def test_code_and_what_is_above(words: Place) -> None:
    first = run(words)
    edit_code(words)
    assert told(words.call("run", "-n")) == (
        "would run  words    code prep.LIMIT: 3 → 4 (prep.py:1)\n"
        "may run    counts   depends on what words will give\n"
        "may run    ranking  depends on what counts will give\n"
        "1 would run, 2 may run, 1 up to date\n"
    )
    assert told(words.call("why", "words"), first) == CODE
    assert told(words.call("why", "ranking"), first) == (
        "ranking may run: depends on what counts will give\ncounts may run: depends on what words will give\n" + CODE
    )
    said = words.call("why", "ranking", "--json").json
    assert [(one["task"], one["state"], one["reason"]["kind"]) for one in (said, *said["upstream"])] == [
        ("ranking", "may_run", "upstream"), ("counts", "may_run", "upstream"), ("words", "would_run", "code"),
    ]  # fmt: skip
    assert said["upstream"][1]["differences"] == [
        {
            "kind": "code", "subject": "prep.LIMIT", "was": "3", "now": "4", "where": "prep.py:1",
            "source": ["- LIMIT = 3", "+ LIMIT = 4"],
        },
        {
            "kind": "code", "subject": "prep.clean", "was": "", "now": "", "where": "prep.py:4",
            "source": [
                "  def clean(word: str) -> str:", '      """One word."""',
                "-     return word.lower().strip()[:LIMIT]", "+     return word.lower()[:LIMIT]",
            ],
        },
    ]  # fmt: skip


def test_a_reason_of_its_own_below_something_stale(words: Place) -> None:
    first = run(words)
    edit_code(words)
    words.edit("tasks.py", "rows.count(row) for", "len(rows) for")
    assert told(words.call("run", "-n")) == (
        "would run  words    code prep.LIMIT: 3 → 4 (prep.py:1)\n"
        "would run  counts   code tasks.counts changed (tasks.py:17)\n"
        "may run    ranking  depends on what counts will give\n"
        "2 would run, 1 may run, 1 up to date\n"
    )
    assert told(words.call("why", "ranking"), first) == (
        "ranking may run: depends on what counts will give\n"
        "counts would run\n"
        "  code tasks.counts changed (tasks.py:17)\n"
        "        @env.task(words)\n"
        "        def counts(rows: list[str], /) -> dict[str, int]:\n"
        "      -     return {row: rows.count(row) for row in rows}\n"
        "      +     return {row: len(rows) for row in rows}\n"
        "  compared with run RUN1, just now, which took TIME\n"
    )


def test_something_else_by_the_same_name(words: Place) -> None:
    first = run(words)
    words.write(more_py="def clean(word):\n    return word\n")
    words.edit("tasks.py", "from prep import", "from more import")
    assert told(words.call("why", "words"), first) == (
        "words would run\n"
        "  code more.clean: new (more.py:1)\n"
        "      + def clean(word):\n"
        "      +     return word\n"
        "  code prep.LIMIT: 3 → (gone)\n"
        "      - LIMIT = 3\n"
        "  code prep.clean: function → (gone)\n"
        "      - def clean(word: str) -> str:\n"
        '      -     """One word."""\n'
        "      -     return word.lower().strip()[:LIMIT]\n"
        "  code tasks.words changed (tasks.py:12)\n"
        "  compared with run RUN1, just now, which took TIME\n"
    )


def test_a_product_that_is_gone(words: Place) -> None:
    words.edit("tasks.py", "@env.task(words)", '@env.task(words, store="never")')
    first = run(words)
    assert told(words.call("run", "-n")) == UP_TO_DATE
    said = words.call("run", "-n", "-o", "ranking.top=1")
    assert told(said) == (
        "would run  counts   product no longer in the store; not stored\n"
        "would run  ranking  option top: 2 → 1\n"
        "2 would run, 0 may run, 2 up to date\n"
    )
    assert told(words.call("why", "counts", "-o", "ranking.top=1"), first) == (
        "counts would run: product no longer in the store\n  made by run RUN1, just now, in TIME\n"
    )


def test_runs_with_each_other(words: Place) -> None:
    first = run(words)
    edit_code(words)
    second = run(words)
    words.edit("prep.py", "word.lower()", "str.lower(word)")
    third = run(words)
    assert told(words.call("why", "words", first, second), first, second) == (
        CODE.replace("words would run", "words: product DIGEST → DIGEST")
        .replace(" (prep.py:1)", "")
        .replace(" (prep.py:4)", "")
        .replace("  compared with run RUN1, just now, which took TIME\n", "")
    )
    assert told(words.call("why", "words", second, third), second, third) == (
        "words: same product DIGEST\n"
        "  code prep.clean changed\n"
        "        def clean(word: str) -> str:\n"
        '            """One word."""\n'
        "      -     return word.lower()[:LIMIT]\n"
        "      +     return str.lower(word)[:LIMIT]\n"
    )
    assert (
        told(words.call("why", "text", first, second))
        == "text: same product DIGEST\n  the same key in both runs: DIGEST\n"
    )
    assert told(words.call("why", "ranking", first, third), first, third) == (
        "ranking: product DIGEST → DIGEST\n  dep counts: DIGEST → DIGEST\n"
    )
    assert told(words.call("diff", first, third)) == (
        "words    product DIGEST → DIGEST  code prep.LIMIT: 3 → 4 (and 1 more)\n"
        "counts   product DIGEST → DIGEST  dep words: DIGEST → DIGEST\n"
        "ranking  product DIGEST → DIGEST  dep counts: DIGEST → DIGEST\n"
        "3 steps differ, 1 the same\n"
    )
    assert told(words.call("diff", second, third, "--all")) == (
        "text     same product DIGEST\n"
        "words    same product DIGEST  code prep.clean changed\n"
        "counts   same product DIGEST\n"
        "ranking  same product DIGEST\n"
        "1 step differs, 3 the same\n"
    )
    said = words.call("diff", first, second, "--json").json
    assert (said["runs"], said["same"], [one["task"] for one in said["steps"]]) == (
        [first, second], 1, ["words", "counts", "ranking"],
    )  # fmt: skip
    assert [one["kind"] for one in said["steps"][0]["differences"]] == ["code", "code"]
    said = words.call("why", "words", first, second, "--json").json
    assert (said["was"]["state"], said["now"]["state"]) == ("ran", "ran")
    assert [one["subject"] for one in said["differences"]] == ["prep.LIMIT", "prep.clean"]


def test_a_run_in_which_it_failed(words: Place) -> None:
    words.edit("tasks.py", "return {row: ", "return 1 / 0 and {row: ")
    failed = words.call("run", "--json", "--pool", "inline").json["run"]
    assert told(words.call("why", "counts", failed), failed) == (
        "counts would run: never run\n  it failed in run RUN1: there is nothing to compare with\n"
    )
    assert told(words.call("why", "ranking", failed), failed) == (
        "ranking would run: never run\n  it was blocked in run RUN1: there is nothing to compare with\n"
    )
    words.edit("tasks.py", "return 1 / 0 and {row: ", "return {row: ")
    second = run(words)
    assert told(words.call("why", "counts", failed, second)) == "counts: failed → ran\n"
    assert told(words.call("diff", failed, second)) == (
        "counts   failed → ran\nranking  blocked → ran\n2 steps differ, 2 the same\n"
    )


def test_runs_that_there_are_not(words: Place) -> None:
    first = run(words)
    none = (
        "error: there is no run 'nope' in the log\n  --> .pipekit/runs\nhint: `pipekit log` lists the runs\n"
        "\n1 problem; nothing has run\n"
    )
    for command in (("why", "words", "nope"), ("why", "words", first, "nope"), ("diff", "nope", first)):
        said = words.call(*command)
        assert (said.code, told(said)) == (2, none)
    some = run(words, "-t", "text")
    for command in (("why", "words", some), ("why", "words", first, some)):
        said = words.call(*command)
        assert (said.code, told(said, some)) == (
            2,
            "error: run RUN1 had no step 'words'\n  --> words\nhint: `pipekit log RUN1` lists its steps\n"
            "\n1 problem; nothing has run\n",
        )
    said = words.call("why", "wrds")
    assert said.code == 2 and "there is no task 'wrds'" in said.err


def test_another_version_of_a_package(words: Place) -> None:
    """In processes of their own, as Python looks for packages once."""
    site = words.folder.parent / "site"
    words.env["PYTHONPATH"] = str(site)
    (site / "tiny").mkdir(parents=True)
    (site / "tiny" / "__init__.py").write_text("def lower(word):\n    return word.lower()\n")
    (site / "tiny-1.0.dist-info").mkdir()
    (site / "tiny-1.0.dist-info" / "RECORD").write_text("tiny/__init__.py,,\n")
    words.edit("prep.py", "word.lower()", "tiny.lower(word)")
    words.edit("prep.py", "LIMIT = 3", "import tiny\n\nLIMIT = 3")
    words.counts()
    (site / "tiny-1.0.dist-info").rename(site / "tiny-1.1.dist-info")
    first = words.runs()[0].stem
    assert told(words.pipekit("why", "counts"), first) == (
        "counts may run: depends on what words will give\n"
        "words would run\n  tiny 1.0 → 1.1\n  compared with run RUN1, just now, which took TIME\n"
    )


def test_the_nearest_record_has_the_same_options(words: Place) -> None:
    """The newest records are of other options; what is compared with is that of the same ones."""
    first = run(words)
    run(words, "-o", "ranking.top=1")
    run(words, "-o", "ranking.top=3")
    words.edit("tasks.py", "sorted(table,", "sorted(list(table),")
    assert told(words.call("run", "-n")) == (
        "would run  ranking  code tasks.ranking changed (tasks.py:22)\n1 would run, 0 may run, 3 up to date\n"
    )
    assert told(words.call("why", "ranking"), first).endswith("  compared with run RUN1, just now, which took TIME\n")
    said = words.call("run", "--json", "--pool", "inline").json["tasks"]["ranking"]
    assert (said["reason"]["kind"], said["reason"]["subject"]) == ("code", "tasks.ranking")


SWEEP = """
    from pipekit import Env

    env = Env("sweep")


    @env.task()
    def first(*, n: int = 0) -> int:
        return n


    @env.task(first)
    def second(n: int, /) -> int:
        return n


    @env.task(second)
    def third(n: int, /, *, plus: int = 0) -> int:
        return n + plus
"""


def test_a_cell_is_compared_with_itself(place: Place) -> None:
    place.write(
        tasks_py=SWEEP,
        pipeline_yaml="invocations: {sweep: {matrix: {first.n: [1, 2, 3], third.plus: [0, 1]}}}\n",
    )
    run(place)
    place.edit("tasks.py", "return n + plus", "return plus + n")
    place.edit(
        "tasks.py", "def second(n: int, /) -> int:\n    return n", "def second(n: int, /) -> int:\n    return +n"
    )
    for name in ("second@n=1", "second@n=2", "second@n=3"):
        said = place.call("why", name, "--json").json
        assert [(one["kind"], one["subject"]) for one in said["differences"]] == [("code", "tasks.second")]
    run(place)
    said = place.call("run", "--json", "--pool", "inline").json
    assert said["counts"]["cached"] == 12
    place.edit("tasks.py", "return plus + n", "return plus - n")
    said = place.call("run", "--json", "--pool", "inline").json
    reasons = [one["tasks"]["third"]["reason"] for one in said["cells"]]
    assert [(one["kind"], one["subject"]) for one in reasons] == [("code", "tasks.third")] * 6
    for name in ("third@n=1,plus=0", "third@n=3,plus=1"):
        said = place.call("why", name, "--json").json
        assert (said["state"], said["differences"]) == ("cached", [])
