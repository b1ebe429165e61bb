"""From pipeline.yaml, Python and the command line to an invocation: what counts, what is needed, and every problem in exact words."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import words as w
from support.documents import FILE, ROOT, invoked, look, refused, small

from pipekit.definition.env import Env
from pipekit.errors import InvocationError, TaskFailed
from pipekit.invocation.check import MOST_CELLS, invoke
from pipekit.invocation.files import check_files
from pipekit.invocation.invocation import Axis
from pipekit.invocation.secrets import AbsentSecret
from pipekit.values import Origin, Secret

GOOD = (Path(__file__).parents[1] / "project" / "good.yaml").read_text()
BOOK = "options: {lines: {path: data/book.txt}}\n"
TASKS = "the tasks are: lines, words, counts, ranking"
RANKING = f"ranking takes: top, ratio, look ({w.at('ranking')})"


def test_the_example_of_the_design() -> None:
    made = invoked(GOOD)
    assert (made.name, made.targets, made.axes) == ("default", ("ranking",), ())
    assert made.values["lines"] == {"path": Path("data/book.txt"), "encoding": "utf-8"}
    assert made.values["ranking"] == {"top": 10, "ratio": 0.5, "look": None}
    assert made.values["counts"] == {} and set(made.values) == {"lines", "words", "counts", "ranking"}
    assert [(one.task, one.path, one.origin) for one in made.outputs] == [
        ("ranking", "results/ranking.json", Origin(FILE, 11, 16, 20))
    ]
    assert made.environment == {"BOOK": ""}
    assert made.origins["ranking", "top"] == Origin(FILE, 9, 22, 2)


def test_no_document_at_all_and_an_empty_one() -> None:
    for text in (None, "", "version: 1\noptions:\ninvocations:\nsettings:\n", "invocations: {default: }"):
        made = invoked(text, targets=["words"], overrides={"lines.path": "data/book.txt"})
        assert (made.name, made.targets, set(made.values)) == ("default", ("words",), {"lines", "words"})


def test_what_counts_from_the_default_up_to_the_command_line() -> None:
    text = BOOK + (
        "invocations:\n"
        "  a: {options: {ranking: {top: 2, ratio: 0.2}}}\n"
        "  b: {extends: a, options: {ranking: {top: 3}}}\n"
        "  c: {extends: b, matrix: {ranking.top: [4, 5]}}\n"
    )  # fmt: skip
    assert invoked(text, "a").values["ranking"] == {"top": 2, "ratio": 0.2, "look": None}
    assert invoked(text, "b").values["ranking"] == {"top": 3, "ratio": 0.2, "look": None}
    assert invoked(text, "c").axes == (Axis("ranking", "top", (4, 5)),)
    assert invoked(text, "c").values["ranking"]["top"] == 4
    by_python = invoked(text, "c", settings=[w.ranking.set(top=6)], options={"ranking.ratio": 1})
    assert by_python.axes == (Axis("ranking", "top", (6,)),)
    assert (
        by_python.values["ranking"] == {"top": 6, "ratio": 1.0, "look": None}
        and type(by_python.values["ranking"]["ratio"]) is float
    )
    by_text = invoked(
        text,
        "c",
        settings=[w.ranking.set(top=6)],
        options={"ranking.ratio": 1},
        overrides={"ranking.top": "7", "ranking.ratio": "2"},
    )
    assert by_text.axes == (Axis("ranking", "top", (7,)),) and by_text.values["ranking"]["ratio"] == 2.0
    assert by_text.origins["ranking", "top"] == Origin("-o ranking.top=7")


def test_base_options_lie_below_every_invocation() -> None:
    text = "options: {lines: {path: data/book.txt}, ranking: {top: 1}}\ninvocations: {a: {options: {ranking: {ratio: 1}}}, b: {options: {ranking: {top: 9}}}}"
    assert invoked(text, "a").values["ranking"] == {"top": 1, "ratio": 1.0, "look": None}
    assert invoked(text, "b").values["ranking"]["top"] == 9


def test_extends_merges_mappings_and_replaces_lists() -> None:
    text = BOOK + (
        "invocations:\n"
        "  a: {targets: [counts], options: {ranking: {look: {style: PLAIN, widths: [1, 2]}}}, outputs: {counts: c.json},\n"
        "      matrix: {ranking.top: [1, 2], words.lower: [true]}, exclude: [{ranking.top: 1}]}\n"
        "  b: {extends: a, targets: [ranking], options: {ranking: {look: {widths: [3]}}}, outputs: {ranking: 'r{top}.json'},\n"
        "      matrix: {ranking.top: [7, 8], ranking.ratio: [1]}}\n"
        "  c: {extends: b, exclude: []}\n"
    )
    made = invoked(text, "b")
    assert made.targets == ("ranking", "counts")
    assert made.values["ranking"]["look"] == w.Look(w.Style.PLAIN, (3,))
    assert made.axes == (
        Axis("ranking", "top", (7, 8)),
        Axis("words", "lower", (True,)),
        Axis("ranking", "ratio", (1.0,)),
    )
    assert [(one.task, one.path) for one in made.outputs] == [("counts", "c.json"), ("ranking", "r{top}.json")]
    assert made.exclude == ({"ranking.top": 1},) and invoked(text, "c").exclude == ()


def test_a_matrix_of_a_wrong_neighbour_is_said_even_if_another_is_invoked() -> None:
    assert refused(BOOK + "invocations: {default: {}, b: {matrix: {rankng.top: [1]}}}") == [
        f"there is no task 'rankng' @ 2:41+10 ? did you mean 'ranking'? {TASKS}"
    ]


def test_every_problem_at_once_in_the_order_of_the_file() -> None:
    said = refused(
        "versoin: 1\n"
        "version: 2\n"
        "options:\n"
        "  lins: {path: x}\n"
        "  lines: {pth: x, path: 3}\n"
        "  ranking: 10\n"
        "invocations:\n"
        "  default:\n"
        "    extends: defualt\n"
        "    target: [a]\n"
        "    targets: ranking\n"
        "    options: {ranking: {top: 0, ratio: no, look: {style: PLIAN}}}\n"
        "    options: 3\n"
        "    outputs: {ranking: ../x, counts: 'a-{tpo}.json'}\n"
        "settings: {jobs: 0}\n",
        overrides={"ranking.tpo": "3"},
    )
    assert [one.partition(" ? ")[0] if "@ 14:" in one else one for one in said] == [
        "pipeline.yaml has no key 'versoin' @ 1:1+7 ? did you mean 'version'? the keys are: version, options, invocations, settings",
        "the version is 2 @ 2:10+1 ? this pipekit reads version 1; a newer one may read it",
        f"there is no task 'lins' @ 4:3+4 ? did you mean 'lines'? {TASKS}",
        f"task 'lines' has no option 'pth' @ 5:11+3 ? did you mean 'path'? lines takes: path, encoding ({w.at('lines')})",
        "option 'path' of task 'lines': 3 is not a File: The path of a file. @ 5:25+1 ? put it in quotes if it is text",
        "the options of task 'ranking' are 10, not a mapping @ 6:12+2 ? write ranking: {option: value}",
        "there is no invocation 'defualt' to extend @ 9:14+7 ? did you mean 'default'? the invocations are: default",
        "invocation 'default' has no key 'target' @ 10:5+6 ? did you mean 'targets'? the keys are: extends, targets, options, matrix, exclude, outputs",
        "'targets' of invocation 'default' is 'ranking', not a list @ 11:14+7 ? write targets: [ranking]",
        f"option 'top' of task 'ranking': 0 is not a positive: A whole number above zero. @ 12:30+1 ? 'positive' is declared in {w.at('positive')}",
        "option 'ratio' of task 'ranking': 'no' is not a float @ 12:40+2",
        "option 'look' of task 'ranking': .style: 'PLIAN' is not a Style (it has PLAIN, FANCY; did you mean PLAIN?) @ 12:58+5"
        " ? the option takes: Look | None",
        "the key 'options' stands twice @ 13:5+7 ? the first is in line 12; keep one of them",
        "the output '../x' of 'ranking' lies outside the project @ 14:24+4",
        "the output 'a-{tpo}.json' of 'counts': there is no option 'tpo' @ 14:38+14",
        "jobs is 0, not a whole number above zero @ 15:18+1 ? write it like 4",
        f"task 'ranking' has no option 'tpo' @ -o ranking.tpo=3 ? did you mean 'top'? {RANKING}",
    ]  # fmt: skip


def test_a_missing_option_says_where_it_is_declared_and_how_to_give_it() -> None:
    origin = w.env.tasks["lines"].options["path"].origin
    assert origin is not None
    (said,) = refused("")
    assert said.partition(" ? ")[0] == f"task 'lines' needs a value for its option 'path', a File @ {origin}"
    assert said.partition(" ? ")[2] == (
        "give it in pipeline.yaml (options: {lines: {path: ...}}), with -o lines.path=..., or in Python: lines.set(path=...)"
    )


def test_a_secret_that_is_missing_is_never_asked_for_with_o() -> None:
    said = refused(graph=w.env.graph().only("fetched"), overrides={"fetched.limit": "1"})
    assert [one.partition(" ? ")[2] for one in said] == [
        'give it in pipeline.yaml (options: {fetched: {token: "${env:NAME}"}}), or in Python: fetched.set(token=...)'
    ]


def test_required_options_matter_only_above_the_targets() -> None:
    graph = w.env.graph()
    assert set(invoked(BOOK, targets=[w.words], graph=graph).values) == {"lines", "words"}
    assert len(refused(BOOK, targets=[w.fetched], graph=graph)) == 2


def test_given_values_are_checked_wherever_they_are() -> None:
    text = "options: {lines: {path: data/book.txt}, ranking: {top: 0}}"
    assert refused(text, targets=["words"]) == [
        f"option 'top' of task 'ranking': 0 is not a positive: A whole number above zero. @ 1:56+1 ? 'positive' is declared in {w.at('positive')}"
    ]
    assert "ranking" not in invoked(text.replace("0}}", "1}}"), targets=["words"]).values


def test_a_predicate_of_the_type_itself_and_of_its_parent_are_quoted() -> None:
    assert [one.partition(" @ ")[0] for one in refused(BOOK, overrides={"ranking.top": "101"})] == [
        "option 'top' of task 'ranking': 101 is not a page_size: A positive number that still fits a page."
    ]
    assert [one.partition(" @ ")[0] for one in refused(BOOK, overrides={"ranking.top": "true"})] == ["option 'top' of task 'ranking': true is not a page_size: A positive number that still fits a page."]  # fmt: skip


def test_which_invocation_is_taken_without_a_name() -> None:
    single = BOOK + "invocations: {only: {options: {ranking: {top: 2}}}}"
    assert invoked(single).name == "only" and invoked(single, "default").name == "only"
    two = BOOK + "invocations: {a: {}, default: {}}"
    assert invoked(two).name == "default"
    assert refused(BOOK + "invocations: {a: {}, b: {}}") == ["no invocation is named 'default' ? name one of: a, b"]
    assert refused(two, "defualt") == [
        "there is no invocation 'defualt' ? did you mean 'default'? the invocations are: a, default"
    ]
    assert refused(BOOK, "quick") == ["there is no invocation 'quick' ? pipeline.yaml has none: leave the name out"]


def test_targets_and_outputs() -> None:
    text = (
        BOOK
        + "invocations: {default: {outputs: {words: w, ranking: r.json}}, a: {targets: [counts], outputs: {words: w}}, b: {targets: [], outputs: {words: w}}}"
    )
    assert invoked(text).targets == ("ranking", "words")
    assert invoked(text, "a").targets == ("counts", "words")
    assert invoked(text, "b").targets == ("words",)
    by_hand = invoked(text, targets=["words", w.words])
    assert by_hand.targets == ("words",) and [one.task for one in by_hand.outputs] == ["words"]
    assert invoked(text, targets=["lines"]).outputs == ()


def test_inherited_outputs_do_not_widen_targets_of_ones_own() -> None:
    text = BOOK + (
        "invocations:\n"
        "  default: {targets: [ranking], outputs: {ranking: r.json, words: w}}\n"
        "  early: {extends: default, targets: [counts]}\n"
        "  named: {extends: default, targets: [counts], outputs: {ranking: r2.json}}\n"
        "  same: {extends: default, outputs: {counts: c.json}}\n"
        "  late: {extends: early, outputs: {lines: l}}\n"
    )
    told = {name: (invoked(text, name).targets, [one.path for one in invoked(text, name).outputs])
            for name in ("default", "early", "named", "same", "late")}  # fmt: skip
    assert told == {
        "default": (("ranking", "words"), ["r.json", "w"]),
        "early": (("counts", "words"), ["w"]),
        "named": (("counts", "ranking", "words"), ["r2.json", "w"]),
        "same": (("ranking", "words", "counts"), ["r.json", "w", "c.json"]),
        "late": (("counts", "lines", "words"), ["w", "l"]),
    }


def test_targets_that_are_not_there() -> None:
    assert refused(BOOK, targets=["rankng"]) == [
        f"there is no task 'rankng' @ -t rankng ? did you mean 'ranking'? {TASKS}"
    ]
    assert refused(BOOK, targets=["words.failed"]) == [
        "there is no task 'words.failed' @ -t words.failed ? 'words.failed' is a dep and no task; 'words' is one"
    ]
    assert refused(BOOK + "invocations: {a: {targets: [xyz, 3]}}") == [
        f"there is no task 'xyz' @ 2:29+3 ? {TASKS}",
        "a target is 3, not a name @ 2:34+1 ? name a task",
    ]
    assert refused(BOOK + "invocations: {a: {targets: []}}") == [
        "there is no target @ 2:28+2 ? name a task, or delete 'targets'"
    ]
    assert refused(BOOK + "invocations: {a: {extends: b, targets: []}, b: {outputs: {words: w}}}", "a") == [
        "there is no target @ 2:40+2 ? name a task, or delete 'targets'"
    ]
    assert refused(BOOK + "invocations: {a: {outputs: {ranking: 3, xyz: a}}}") == [
        "the output of 'ranking' is 3, not a path @ 2:38+1 ? write a path, such as results/x.json",
        f"there is no task 'xyz' @ 2:41+3 ? {TASKS}",
    ]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("matrix: {ranking.top: 5}", "the values of the axis 'ranking.top' are 5, not a list @ 2:41+1 ? write ranking.top: [5]"),
        ("matrix: {ranking.top: []}", "the axis 'ranking.top' has no values @ 2:41+2 ? give at least one, or delete it"),
        ("matrix: {ranking: [1]}", "'ranking' names no option @ 2:28+7 ? write task.option, such as ranking.top"),
        ("matrix: {counts.x: [1]}", f"task 'counts' has no option 'x' @ 2:28+8 ? counts takes no options ({w.at('counts')})"),
        ("matrix: {3: [1]}", "3 names no option @ 2:28+1 ? write task.option"),
        ("matrix: [1]", "'matrix' of invocation 'a' is a list, not a mapping @ 2:27+3 ? write key: value"),
        ("matrix: {ranking.top: [1, x]}", "option 'top' of task 'ranking': 'x' is not a page_size: A positive number that still fits a page. @ 2:45+1"
                                          f" ? 'page_size' is declared in {w.at('page_size')}"),
        ("exclude: [{ranking.top: 1}]", "'ranking.top' is no axis of the matrix @ 2:30+11 ? there is no matrix"),
        ("exclude: 3", "'exclude' of invocation 'a' is 3, not a list @ 2:28+1 ? write exclude: [{ranking.top: 20}]"),
        ("exclude: [{}]", "'exclude' holds an empty mapping @ 2:29+2 ? write {task.option: value}: the cells to leave out"),
        ("matrix: {ranking.top: [1]}, exclude: [{ranking.top: 1}]", "every cell of the matrix is excluded @ 2:56+18 ? "),
        ("extends: [a]", "'extends' of invocation 'a' is a list, not a name @ 2:28+3 ? it names one invocation"),
        ("extends: a", "'extends' goes round: a -> a @ 2:28+1 ? an invocation cannot extend itself"),
        ("matrix: {ranking.top: [1, 2]}, outputs: {ranking: r.json}", "the output 'r.json' would be written by 2 steps of 'ranking' @ 2:69+6 ? "),
    ],
)  # fmt: skip
def test_a_wrong_section(section: str, said: str) -> None:
    (told,) = refused(BOOK + f"invocations: {{a: {{{section}}}}}")
    assert told == said or (said.endswith("? ") and told.startswith(said))


def test_names_that_are_no_text_are_problems_like_others() -> None:
    assert refused(BOOK + "invocations: {a: {targets: [{b: 1}, [2], null]}}") == [
        "a target is a mapping, not a name @ 2:29+6 ? name a task",
        "a target is a list, not a name @ 2:37+3 ? name a task",
        "a target is null, not a name @ 2:42+4 ? name a task",
    ]
    assert refused(BOOK + "invocations: {a: {matrix: {3: [1], null: [2]}, exclude: [{ranking.top: 1}]}}") == [
        "3 names no option @ 2:28+1 ? write task.option",
        "null names no option @ 2:36+4 ? write task.option",
        "'ranking.top' is no axis of the matrix @ 2:59+11 ? the axes are: 3, null",
    ]
    assert refused(BOOK + "invocations: {3: {}, a: {options: {3: {}, ranking: {4: 1}}, outputs: {null: x}}}") == [
        "an invocation cannot be named 3 @ 2:15+1 ? put the name in quotes",
        f"there is no task 3 @ 2:36+1 ? {TASKS}",
        f"task 'ranking' has no option 4 @ 2:53+1 ? {RANKING}",
        f"there is no task null @ 2:71+4 ? {TASKS}",
    ]


def test_extends_that_goes_round_is_said_once_and_a_long_chain_too() -> None:
    assert refused(BOOK + "invocations: {a: {extends: c}, b: {extends: a}, c: {extends: b}, d: {extends: a}}", "d") == [
        "'extends' goes round: a -> c -> b -> a @ 2:28+1 ? an invocation cannot extend itself"
    ]
    chain = "".join(f"  i{n}: {{extends: i{n - 1}}}\n" for n in range(1, 102))
    assert refused(BOOK + "invocations:\n  i0: {}\n" + chain, "i0") == [
        "this chain of 'extends' is too long @ 103:19+3 ? at most 100; extend one that has less above it"
    ]


def test_a_matrix_has_a_sane_number_of_cells() -> None:
    tops, ratios = list(range(1, 101)), list(range(1, 20_001))
    text = BOOK + f"invocations: {{a: {{matrix: {{ranking.top: {tops}, ranking.ratio: {ratios}}}}}}}"
    assert refused(text) == [f"the matrix has 2,000,000 cells @ 2:42+1 ? at most {MOST_CELLS:,}; give fewer values"]


def test_rows_of_exclude_are_bounded_too() -> None:
    rows = ", ".join("{ranking.ratio: %d}" % row for row in range(200))  # noqa: UP031
    ratios = list(range(1, 10_001))
    text = BOOK + f"invocations: {{a: {{matrix: {{ranking.ratio: {ratios}}}, exclude: [{rows}]}}}}"
    (said,) = refused(text)
    assert said.startswith("the matrix has 10,000 cells and 200 rows of exclude @ 2:")
    assert said.endswith(" ? give fewer values, or fewer rows")


def test_an_axis_outside_the_targets_stays_for_exclude_to_look_at() -> None:
    text = (
        BOOK
        + "invocations: {a: {matrix: {ranking.top: [1, 2], words.lower: [true, false]}, exclude: [{ranking.top: 1, words.lower: true}]}}"
    )
    made = invoked(text, targets=["words"])
    assert [axis.name for axis in made.axes] == ["ranking.top", "words.lower"] and len(made.exclude) == 1
    assert "ranking" not in made.values


def test_the_command_line_is_yaml_core_or_raw_text() -> None:
    graph = w.env.graph()
    base = {
        "fetched.limit": "0x10",
        "lines.path": "010",
        "lines.encoding": "12",
        "ranking.ratio": "1e1",
        "words.lower": "false",
    }
    made = invoked('options: {fetched: {token: "${env:T}"}}', graph=graph, environ={"T": "t"}, look=None,
                   overrides={**base, "fetched.urls": "[a, b]", "ranking.look": "{style: FANCY}", "fetched.cache": "null"})  # fmt: skip
    assert made.values["lines"] == {"path": Path("010"), "encoding": "12"}
    assert (
        made.values["fetched"]["limit"] == 16
        and made.values["fetched"]["urls"] == ("a", "b")
        and made.values["fetched"]["cache"] is None
    )
    assert made.values["ranking"]["ratio"] == 10.0 and made.values["words"] == {"lower": False}
    assert made.values["ranking"]["look"] == w.Look(w.Style.FANCY)


def test_a_wrong_override() -> None:
    assert refused(
        BOOK,
        overrides={
            "ranking": "1",
            "rankng.top": "1",
            "ranking.ratio": "[1",
            "words.lower": "no",
            "ranking.top": "${env:X}",
        },
    ) == [
        "'ranking' names no option @ -o ranking=1 ? write task.option, such as ranking.top",
        f"there is no task 'rankng' @ -o rankng.top=1 ? did you mean 'ranking'? {TASKS}",
        "'[1': the '[' is not closed @ -o ranking.ratio=[1 ? a ',' or a ']' is missing",
        "option 'lower' of task 'words': 'no' is not a bool @ -o words.lower=no ? write true or false",
        "option 'top' of task 'ranking': '${env:X}' is not a page_size: A positive number that still fits a page. @ -o ranking.top=${env:X}"
        f" ? 'page_size' is declared in {w.at('page_size')}",
    ]


def test_the_environment_gives_text_and_what_it_gave_is_recorded() -> None:
    text = (
        BOOK
        + '  # x\ninvocations: {a: {options: {ranking: {top: "${env:TOP}", ratio: "${env:R:-0.25}"}, lines: {encoding: "${env:ENC}", path: "${env:DIR:-data}/book.txt"}},\n'
    )
    text += ' outputs: {ranking: "${env:OUT}/r.json"}}}\nsettings: {jobs: "${env:JOBS:-3}"}'
    made = invoked(text, environ={"TOP": "0o17", "ENC": "12", "OUT": "res", "DIR": "", "OTHER": "x"})
    assert made.values["ranking"]["top"] == 15 and made.values["ranking"]["ratio"] == 0.25
    assert made.values["lines"] == {"path": Path("data/book.txt"), "encoding": "12"}
    assert made.environment == {"TOP": "0o17", "R": "", "ENC": "12", "DIR": "", "OUT": "res", "JOBS": ""}
    assert made.outputs[0].path == "res/r.json" and made.settings.jobs == 3


def test_a_variable_that_is_not_set_matters_only_above_the_targets() -> None:
    text = (
        BOOK
        + 'invocations: {a: {options: {ranking: {top: "${env:TOP}"}}}, b: {options: {ranking: {top: "${env:NO}"}}}}'
    )
    assert refused(text, "a") == [
        "the environment variable 'TOP' is not set @ 2:44+12 ? set it, or give a default: ${env:TOP:-default}"
    ]
    assert "ranking" not in invoked(text, "a", targets=["words"]).values


@pytest.mark.parametrize("bad", ["${env:}", "${env:A-b}", "${env:A:-${env:B}}", "${env:1A}", "${env:A", "x${env:A:=3}"])
def test_an_interpolation_that_cannot_be_read(bad: str) -> None:
    said = refused(BOOK + f'invocations: {{a: {{options: {{lines: {{encoding: "{bad}"}}}}}}}}')
    assert said == [
        f"this interpolation cannot be read @ 2:47+{len(bad) + 2} ? write ${{env:NAME}} or ${{env:NAME:-default}}"
    ]


def test_other_dollars_are_text() -> None:
    assert (
        invoked(BOOK + "invocations: {a: {options: {lines: {encoding: '${HOME} $(x) $env:A {env:B}'}}}}").values[
            "lines"
        ]["encoding"]
        == "${HOME} $(x) $env:A {env:B}"
    )


def test_a_secret_comes_from_the_environment_alone() -> None:
    graph = w.env.graph().only("fetched")
    text = 'options: {fetched: {limit: 1, token: "${env:T}", login: {user: "${env:U}", password: "${env:P}"}}}'
    made = invoked(text, graph=graph, environ={"T": "t", "U": "7", "P": "p"})
    assert made.values["fetched"]["token"] == Secret("t") and made.values["fetched"]["login"] == w.Login(
        "7", Secret("p")
    )
    assert made.environment == {"U": "7"}
    for value in ("abc", '"${env:T:-abc}"', '"x${env:T}"'):
        assert refused(f"options: {{fetched: {{limit: 1, token: {value}}}}}", graph=graph, environ={"T": "t"}) == [
            'a Secret cannot be written in pipeline.yaml @ 1:38+0 ? only "${env:NAME}", the whole value and without a default, may give it'
        ]
    assert refused(text, graph=graph, environ={"T": "t", "U": "u", "P": "p"}, overrides={"fetched.token": "hush"}) == [
        "option 'token' of task 'fetched' is a Secret, and -o cannot give one @ -o fetched.token=***"
        ' ? give it in pipeline.yaml: fetched: {token: "${env:NAME}"}'
    ]
    from_python = invoke(graph, settings=[w.fetched.set(token=Secret("py"), limit=1)])
    assert from_python.values["fetched"]["token"] == Secret("py")


def test_a_secret_that_is_not_set_fails_only_who_asks() -> None:
    graph = w.env.graph().only("fetched")
    token = invoked('options: {fetched: {limit: 1, token: "${env:T}"}}', graph=graph).values["fetched"]["token"]
    token = pickle.loads(pickle.dumps(token))
    assert isinstance(token, AbsentSecret) and repr(token) == "Secret('***')"
    with pytest.raises(TaskFailed, match="the environment variable 'T', which holds a Secret, is not set"):
        token.reveal()


def test_a_missing_file_is_said_with_where_paths_start() -> None:
    assert refused("options: {lines: {path: data/no.txt}}") == [
        "option 'path' of task 'lines': there is no file 'data/no.txt' @ 1:25+11"
        " ? make it, or give another file; relative paths start at /project"
    ]
    assert refused("options: {lines: {path: data}}") == [
        "option 'path' of task 'lines': 'data' is a folder, not a file @ 1:25+4"
        " ? make it, or give another file; relative paths start at /project"
    ]
    assert refused(overrides={"lines.path": "/etc/none"}) == [
        "option 'path' of task 'lines': there is no file '/etc/none' @ -o lines.path=/etc/none ? make it, or give another file"
    ]
    assert refused(BOOK + "invocations: {a: {matrix: {lines.path: [data/book.txt, b, other.txt]}}}") == [
        "option 'path' of task 'lines': there is no file 'b' @ 2:56+1"
        " ? make it, or give another file; relative paths start at /project"
    ]


def test_nobody_looks_for_files_that_are_not_needed_or_where_there_is_no_disk() -> None:
    graph = w.env.graph()
    assert invoked(
        "options: {lines: {path: no.txt}, fetched: {limit: 1, token: '${env:T}'}}", targets=["fetched"], graph=graph
    ).targets == ("fetched",)
    made = invoke(small(), settings=[w.lines.set(path=Path("no.txt"))])
    with pytest.raises(InvocationError) as caught:
        check_files(made, look, ROOT)
    (problem,) = caught.value.problems
    assert problem.message == "option 'path' of task 'lines': there is no file 'no.txt'"
    assert isinstance(problem.where, Origin) and problem.where.file == __file__
    check_files(invoke(small(), settings=[w.lines.set(path=Path("other.txt"))]), look, ROOT)


@pytest.mark.parametrize(
    ("path", "output", "said"),
    [
        ("data/book.txt", "data/book.txt", "'data/book.txt' names 'data/book.txt'"),
        ("data/../data//book.txt", "./data/book.txt", "'data/../data/book.txt' names 'data/book.txt'"),
        ("/project/data/book.txt", "data/book.txt", "'/project/data/book.txt' names 'data/book.txt'"),
        ("data/book.txt", "data", "'data/book.txt' names 'data'"),
    ],
)
def test_an_option_that_names_the_invocations_own_output_is_refused(path: str, output: str, said: str) -> None:
    text = f"options: {{lines: {{path: {path}}}}}\ninvocations: {{a: {{outputs: {{counts: {output}}}}}}}"
    (told,) = refused(text, look=lambda path: "folder" if path.name == "data" else "file")
    assert told == (
        f"option 'path' of task 'lines': {said}, the output of 'counts' in the same invocation @ 1:25+{len(path)}"
        " ? make 'counts' a dep, or write its product elsewhere"
    )


def test_a_folder_that_holds_an_output_is_refused_too() -> None:
    text = "options: {fetched: {limit: 1, token: '${env:T}', cache: data}}\ninvocations: {a: {outputs: {fetched: data/raw.bin}}}"
    assert refused(text, graph=w.env.graph().only("fetched")) == [
        "option 'cache' of task 'fetched': 'data' holds 'data/raw.bin', the output of 'fetched' in the same invocation @ 1:57+4"
        " ? make 'fetched' a dep, or write its product elsewhere"
    ]


def test_python_gives_settings_options_and_a_matrix() -> None:
    made = invoke(small(), targets=[w.ranking], settings=[w.lines.set(path=Path("b"))], options={"ranking.top": 3},
                  matrix=[[w.words.set(lower=x) for x in (True, False)], [w.ranking.set(ratio=r) for r in (1, 2)]])  # fmt: skip
    assert made.axes == (Axis("words", "lower", (True, False)), Axis("ranking", "ratio", (1.0, 2.0)))
    assert made.values["ranking"] == {"top": 3, "ratio": 1.0, "look": None}
    frame = inspect.currentframe()
    assert frame is not None and made.origins["ranking", "top"].file == __file__


def test_python_is_told_the_line_of_the_call() -> None:
    line = test_python_is_told_the_line_of_the_call.__code__.co_firstlineno
    with pytest.raises(InvocationError) as caught:
        invoke(
            small(),
            options={"ranking.tpo": 1, "lines.path": "x"},
            matrix=[[w.ranking.set(top=1), w.words.set(lower=True)], []],
        )
    assert [str(problem.where) for problem in caught.value.problems] == [f"{__file__}:{line + 3}"] * 3
    assert [problem.message for problem in caught.value.problems] == [
        "task 'ranking' has no option 'tpo'",
        "an axis of the matrix holds settings of one option of one task, at least one",
        "option 'path' of task 'lines': 'x' is not a Path",
    ]


def test_what_a_mutation_took_away_is_checked_and_then_not_needed() -> None:
    graph = small().pin(w.counts, {"x": 3})
    assert "lines" not in graph.tasks
    text = GOOD.replace("ranking.top: [5, 10, 20]", "ranking.top: [5, 10, 20]\n      words.lower: [true]")
    assert set(invoked(text, graph=graph).values) == {"counts", "ranking"}
    assert [axis.name for axis in invoked(text, "sweep", graph=graph).axes] == ["ranking.top"]
    assert [one.partition(" @ ")[0] for one in refused("options: {lines: {pth: 3, encoding: 7}}", graph=graph)] == [
        "task 'lines' has no option 'pth'",
        "option 'encoding' of task 'lines': 7 is not a str",
    ]


def test_the_same_problem_behind_an_alias_is_said_once() -> None:
    assert len(refused(BOOK + "invocations: {a: &a {options: {ranking: {top: 0}}}, b: *a, c: {extends: b}}", "c")) == 1


def test_ten_thousand_tasks_without_options() -> None:
    env = Env("many")
    for number in range(10_000):
        env.task(name=f"t{number}")(_one)
    made = invoke(env.graph())
    assert len(made.values) == len(made.targets) == 10_000 and not made.values["t9999"]


def _one() -> int:
    return 1


@settings(max_examples=250)
@given(st.data())
def test_any_mutation_of_a_good_file_is_an_invocation_or_an_invocation_error(data: st.DataObject) -> None:
    text, tokens = (
        GOOD,
        [
            "",
            "null",
            "[]",
            "{}",
            "3",
            "x",
            "${env:A}",
            "ranking",
            "ranking.top",
            "default",
            ".nan",
            "- ",
            ": ",
            ", ",
            "[[1]]",
            "{a: {b: c}}",
            "0",
            "'",
        ],
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(at, min(len(text), at + 12)))
        text = text[:at] + data.draw(st.sampled_from(tokens)) + text[end:]
    assert _either(text, data.draw(st.sampled_from([None, "default", "quick", "sweep"])))


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["ranking", "lines", "a", "${env:B}", "${env:", "", "ranking.top", "x{top}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["ranking", "lines", "path", "top", "look", "ranking.top", "a", 3, None, True]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=250)
@given(st.dictionaries(st.sampled_from(["version", "options", "invocations", "settings"]), VALUES), VALUES)
def test_any_shape_of_document_is_too(top: dict[str, Any], section: Any) -> None:
    top.setdefault("invocations", {"default": section})
    assert _either(
        json.dumps(top, allow_nan=False) if "nan" not in repr(top).lower() and "inf" not in repr(top) else "{}", None
    )


def _either(text: str, name: str | None) -> bool:
    try:
        return invoked(text, name).graph is not None
    except InvocationError as error:
        return bool(error.problems) and all(problem.message for problem in error.problems)
