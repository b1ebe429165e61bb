"""One predicate per reason to run, and their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipekit.execution.keys import Facts
from pipekit.execution.reasons import Reason, reason

BEFORE = Facts(
    "train",
    "",
    "aaaa",
    {"lr": ("0.1", "x1"), "path": ("data.csv", "f1")},
    {"data.csv": "11112222"},
    {"python": "cpython 3.11"},
)


@pytest.mark.parametrize(("now", "expected"), [
    (replace(BEFORE, version="2"), Reason("version", "train", "", "2")),
    (replace(BEFORE, options={**BEFORE.options, "lr": ("0.3", "x2")}), Reason("option", "lr", "0.1", "0.3")),
    (replace(BEFORE, options={"lr": BEFORE.options["lr"]}), Reason("option", "path", "data.csv", "")),
    (replace(BEFORE, options={**BEFORE.options, "path": ("data.csv", "f2")}, files={"data.csv": "33334444"}), Reason("file", "data.csv", "11112222", "33334444")),
    (replace(BEFORE, code="bbbb"), Reason("code", "train", "aaaa", "bbbb")),
    (replace(BEFORE, environment={"python": "cpython 3.12"}), Reason("environment", "python", "cpython 3.11", "cpython 3.12")),
    (BEFORE, Reason("dep")),
])  # fmt: skip
def test_a_reason_is_data(now: Facts, expected: Reason) -> None:
    assert reason(now, BEFORE) == expected


def test_never_run_comes_first() -> None:
    assert reason(BEFORE, None) == Reason("new")


def test_facts_survive_packing() -> None:
    assert Facts.unpack(BEFORE.pack()) == BEFORE
