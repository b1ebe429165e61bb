from __future__ import annotations

import pytest
from support.recorded import sweep, training

from pipekit.faces.render.fold import Fold
from pipekit.faces.tui.filter import parse


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("state:failed", {"audit"}),
        ("state:failed,blocked", {"audit", "publish"}),
        ("tra", {"train"}),
        ("TRAIN", {"train"}),
        ("task:tr*", {"train"}),
        ("kind:each state:running", {"clean", "features", "train", "evaluate"}),
        ("tag:slow", {"train"}),
        ("worker:7", {"train"}),
        ("nothing", set()),
        (
            "state:",
            {
                "fetch",
                "params",
                "schema",
                "clean",
                "features",
                "split",
                "train",
                "evaluate",
                "report",
                "audit",
                "publish",
            },
        ),
    ],
)
def test_what_a_filter_admits(text: str, names: set[str]) -> None:
    fold = Fold()
    for event in training():
        fold.take(event)
    admits = parse(text).admits()
    assert {view.plan.name for view in fold.snapshot().steps.values() if admits(view)} == names


def test_plain_words_are_joined_by_and() -> None:
    fold = Fold()
    for event in sweep(20):
        fold.take(event)
    admits = parse("train seed=1 lr=0.3").admits()
    assert [view.plan.name for view in fold.snapshot().steps.values() if admits(view)] == [
        "train@lr=0.3,seed=10",
        "train@lr=0.3,seed=17",
    ]


def test_only_states_and_workers_change_while_a_run_goes_on() -> None:
    assert [bool(parse(text)) for text in ("", "  ", "x")] == [False, False, True]
    assert [parse(text).moves for text in ("x", "task:x", "state:ran", "x worker:1")] == [False, False, True, True]
