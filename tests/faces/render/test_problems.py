"""Problems as people read them: exact pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipekit.errors import DefinitionError, InvocationError, PipekitError, Problem, StoreError
from pipekit.faces.render.problems import WIDEST, render_problems
from pipekit.values import Origin

YAML = """version: 1
options:
  lines: {path: book.txt}
invocations:
  default:
    options:
      ranking: {tpo: 10}
\t# a tab
      größe: "漢字: x" # wide
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.yaml").write_text(YAML, encoding="utf-8")
    return tmp_path


def page(root: Path, *problems: Problem, color: bool = False) -> str:
    return render_problems(InvocationError.of(problems), root, color=color)


def test_one_problem_as_cargo_shows_it(root: Path) -> None:
    where = Origin(str(root / "pipeline.yaml"), 7, 17, 3)
    problem = Problem(
        "task 'ranking' has no option 'tpo'", where, "did you mean 'top'? ranking takes: top (tasks.py:31)"
    )
    assert (
        page(root, problem)
        == """\
error: task 'ranking' has no option 'tpo'
  --> pipeline.yaml:7:17
   |
 7 |       ranking: {tpo: 10}
   |                 ^^^
hint: did you mean 'top'? ranking takes: top (tasks.py:31)

1 problem; nothing has run"""
    )


def test_a_warning_looks_like_an_error(root: Path) -> None:
    where = Origin(str(root / "pipeline.yaml"), 7, 17, 3)
    error = PipekitError.of([Problem("'tpo' is odd", where, "take 'top'"), Problem("and more")])
    shown = render_problems(error, root, label="warning", summary=False)
    assert shown == (
        "warning: 'tpo' is odd\n  --> pipeline.yaml:7:17\n   |\n 7 |       ranking: {tpo: 10}\n   |                 ^^^\n"
        "hint: take 'top'\n\nwarning: and more"
    )
    colourful = render_problems(error, root, label="warning", color=True, summary=False)
    assert colourful.count("\x1b[1;33m") == 3 and "\x1b[1;31m" not in colourful


def test_all_problems_and_the_count_last(root: Path) -> None:
    (root / "tasks.py").write_text("\n" * 30 + "def ranking(table, /, *, top):\n")
    assert (
        page(
            root,
            Problem("first\nand its second line", Origin("pipeline.yaml", 1, 1, 7), "do this\nthen that"),
            Problem("second", Origin(str(root / "tasks.py"), 31)),
            Problem("third", Origin("-o ranking.top=x")),
            Problem("fourth"),
        )
        == """\
error: first
       and its second line
  --> pipeline.yaml:1:1
   |
 1 | version: 1
   | ^^^^^^^
hint: do this
      then that

error: second
   --> tasks.py:31
    |
 31 | def ranking(table, /, *, top):

error: third
  --> -o ranking.top=x

error: fourth

4 problems; nothing has run"""
    )


def test_what_has_run_is_not_denied() -> None:
    assert render_problems(StoreError("the disk is full")) == "error: the disk is full\n\n1 problem"
    assert render_problems(DefinitionError("no")).endswith("\n\n1 problem; nothing has run")
    assert render_problems(DefinitionError("no"), summary=False) == "error: no"


def test_carets_stand_under_wide_and_tabbed_text(root: Path) -> None:
    assert page(root, Problem("wide", Origin("pipeline.yaml", 9, 14, 8))).splitlines()[2:5] == [
        "   |",
        ' 9 |       größe: "漢字: x" # wide',
        "   |              ^^^^^^^^^^",
    ]
    assert page(root, Problem("tab", Origin("pipeline.yaml", 8, 1, 1))).splitlines()[3:5] == [" 8 |  # a tab", "   | ^"]


def test_a_span_behind_the_end_and_a_line_that_is_not_there(root: Path) -> None:
    assert page(root, Problem("end", Origin("pipeline.yaml", 2, 9, 4))).splitlines()[3:5] == [
        " 2 | options:",
        "   |         ^",
    ]
    assert page(root, Problem("gone", Origin("pipeline.yaml", 99, 1, 1))).splitlines()[1:3] == [
        "  --> pipeline.yaml:99:1",
        "",
    ]
    assert page(root, Problem("gone", Origin("nothing.yaml", 1, 1, 1))).splitlines()[1:3] == [
        "  --> nothing.yaml:1:1",
        "",
    ]
    assert page(root, Problem("a folder", Origin(str(root), 1, 1, 1))).splitlines()[1:3] == ["  --> .:1:1", ""]


def test_paths_outside_the_project_stay_whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "x.py"
    assert page(root, Problem("far", Origin(str(other), 3))).splitlines()[1] == f"  --> {other}:3"


def test_colour_is_plain_ansi_and_only_when_asked(root: Path) -> None:
    problem = Problem("bad", Origin("pipeline.yaml", 1, 1, 7), "better")
    plain, coloured = page(root, problem), page(root, problem, color=True)
    assert "\x1b" not in plain
    assert coloured.splitlines()[0] == "\x1b[1;31merror:\x1b[0m bad"
    assert coloured.splitlines()[4] == "  \x1b[1;34m \x1b[0m\x1b[1;34m|\x1b[0m \x1b[1;31m^^^^^^^\x1b[0m".replace(
        "\x1b[1;34m \x1b[0m", " "
    )
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_what_would_steer_a_terminal_is_harmless(root: Path) -> None:
    (root / "evil.yaml").write_text("a: \x1b]0;owned\x07 \u202e b\n")
    shown = page(root, Problem("name '\x1b[2J\r\x9b'", Origin("evil.yaml", 1, 4, 2), "\x07hint\u2066"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "name '␛[2J" in shown and "hint: ␇hint<U+2066>" in shown
    assert "\n 1 | a: ␛]0;owned␇ <U+202E> b\n   |    ^^\n" in shown


def test_a_very_long_line_is_cut_around_its_span(root: Path) -> None:
    (root / "long.yaml").write_text("x" * 100_000 + "HERE" + "y" * 100_000)
    line, carets = page(root, Problem("long", Origin("long.yaml", 1, 100_001, 4))).splitlines()[3:5]
    assert len(line) < WIDEST + 10 and line.startswith(" 1 | …xxx") and line.endswith("yyy…")
    assert carets.index("^") == line.index("HERE") and carets.count("^") == 4


def test_a_span_longer_than_its_line_is_cut(root: Path) -> None:
    assert page(root, Problem("long", Origin("pipeline.yaml", 1, 1, 5000))).splitlines()[4] == "   | ^^^^^^^^^^"


@given(st.text(), st.text(), st.text(), st.integers(-1, 5), st.integers(-1, 30), st.integers(-1, 30))
def test_any_text_and_any_place_can_be_shown(
    message: str, hint: str, file: str, line: int, column: int, length: int
) -> None:
    problem = Problem(message, Origin(file, line, column, length), hint)
    for root in (None, Path(__file__).parent):
        shown = render_problems(PipekitError.of([problem]), root)
        assert shown.startswith("error:") and shown.endswith("1 problem")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
