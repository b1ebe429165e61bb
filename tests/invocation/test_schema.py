"""The schema that `check` writes: it takes what is right, refuses what an editor should mark, and knows the docs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from support import words as w
from support.documents import small

from pipekit.invocation.schema import schema
from pipekit.project.nodes import build

GOOD = (Path(__file__).parents[1] / "project" / "good.yaml").read_text()


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    made = schema(w.env.graph())
    Draft7Validator.check_schema(made)
    return Draft7Validator(made)


def plain(text: str) -> Any:
    return build(text, "pipeline.yaml").plain()


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "",
        "version: 1\noptions:\ninvocations:\nsettings:\n",
        "options: {ranking: {top: '${env:TOP}', look: {style: FANCY, widths: [1]}}, lines: }",
        "options: {fetched: {token: '${env:T}', urls: '${env:URLS}', login: {user: a, password: '${env:P}'}, limit: 1}}",
        "invocations: {a: , b: {matrix: {ranking.ratio: [1, 0.5, '${env:R}']}, exclude: []}}",
        "settings: {jobs: '${env:J:-3}', memory: 1000}",
    ],
)
def test_what_is_right_is_valid(validator: Draft7Validator, text: str) -> None:
    assert [error.message for error in validator.iter_errors(plain(text))] == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("versoin: 1", []),
        ("version: 2", ["version"]),
        ("options: {rankng: {}}", ["options"]),
        ("options: {ranking: {tpo: 1}}", ["options", "ranking"]),
        ("options: {ranking: {top: ten}}", ["options", "ranking", "top"]),
        ("options: {ranking: {look: {style: PLIAN}}}", ["options", "ranking", "look"]),
        ("options: {fetched: {token: abc}}", ["options", "fetched", "token"]),
        ("invocations: {a: {target: [ranking]}}", ["invocations", "a"]),
        ("invocations: {a: {targets: [rankng]}}", ["invocations", "a", "targets", 0]),
        ("invocations: {a: {targets: ranking}}", ["invocations", "a", "targets"]),
        ("invocations: {a: {matrix: {ranking.top: 3}}}", ["invocations", "a", "matrix", "ranking.top"]),
        ("invocations: {a: {matrix: {fetched.token: ['${env:T}']}}}", ["invocations", "a", "matrix"]),
        ("invocations: {a: {exclude: [{}]}}", ["invocations", "a", "exclude", 0]),
        ("invocations: {a: {outputs: {ranking: 3}}}", ["invocations", "a", "outputs", "ranking"]),
        ("settings: {jobs: 0}", ["settings", "jobs"]),
        ("settings: {resources: {cpu: 1}}", ["settings", "resources"]),
        ("[]", []),
    ],
)
def test_what_is_wrong_is_marked_where_it_stands(validator: Draft7Validator, text: str, path: list[str | int]) -> None:
    errors = list(validator.iter_errors(plain(text)))
    assert [list(error.absolute_path) for error in errors] == [path]


def test_options_carry_their_types_docs_and_defaults() -> None:
    made = schema(w.env.graph())
    options = made["definitions"]["options"]["properties"]
    assert (
        options["ranking"]["properties"]["top"]["description"]
        == "page_size: A positive number that still fits a page. (default 20)"
    )
    assert options["lines"]["properties"]["path"]["description"] == "File: The path of a file. (required)"
    assert made["$schema"] == "http://json-schema.org/draft-07/schema#" and made["title"] == "pipeline.yaml of words"
    assert made["definitions"]["task"]["enum"] == ["lines", "words", "counts", "ranking", "fetched"]


def test_a_graph_without_tasks_has_a_schema() -> None:
    made = schema(small().only())
    Draft7Validator.check_schema(made)
    assert list(Draft7Validator(made).iter_errors(plain("version: 1"))) == []


@pytest.mark.parametrize("project", ["sweep", "textlab"])
def test_the_projects_of_users_are_valid(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(__file__).parents[1] / "users" / project
    env = _env_of(home, monkeypatch)
    found = schema(env.graph())
    Draft7Validator.check_schema(found)
    document = build((home / "pipeline.yaml").read_text(), "pipeline.yaml").plain()
    assert [error.message for error in Draft7Validator(found).iter_errors(document)] == []
    document["invocations"]["default"]["targets"] = ["nothing"]
    assert len(list(Draft7Validator(found).iter_errors(document))) == 1


def _env_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import importlib.util
    import sys

    pytest.importorskip("numpy")
    pytest.importorskip("httpx")
    monkeypatch.syspath_prepend(str(home))
    spec = importlib.util.spec_from_file_location(f"schema_{home.name}", home / "tasks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    for name in [name for name in sys.modules if name.split(".")[0] == home.name]:
        monkeypatch.delitem(sys.modules, name)
    return module.env
