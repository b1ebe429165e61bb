"""Steps of invocations: what cells share, what `.cells` gathers, what is excluded, and where products are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from threading import Lock
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graphs import graph, graphs, task

from pipekit.graph import Graph
from pipekit.invocation.invocation import Axis, Invocation, Output
from pipekit.invocation.steps import Steps, expand, output_problems
from pipekit.values import Origin, Secret

SWEEP = graph(
    task("table", options={"path": "t.csv"}),
    task("features", ["table"], options={"scale": True}),
    task("train", ["features"], options={"lr": 0.1, "depth": 3, "seed": 0, "epochs": 10}),
    task("score", ["train", "features"]),
    task("comparison", ["score.cells"]),
    task("best", ["train.cells"]),
)
AXES = (Axis("train", "lr", (0.01, 0.03, 0.1)), Axis("train", "depth", (2, 3, 4, 5)), Axis("train", "seed", (0, 1, 2)))


def invocation(
    of: Graph,
    *targets: str,
    axes: Sequence[Axis] = (),
    exclude: Sequence[Mapping[str, Any]] = (),
    outputs: Mapping[str, str] | Sequence[Output] = (),
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> Invocation[Any]:
    """Every option at its default, an axis option at its first value."""
    given = {name: {option.name: option.default for option in one.options.values()} for name, one in of.tasks.items()}
    for name, some in (values or {}).items():
        given[name].update(some)
    for axis in axes:
        given[axis.task][axis.option] = axis.values[0]
    written = (
        [Output(name, path, Origin("pipeline.yaml", 9, 3)) for name, path in outputs.items()]
        if isinstance(outputs, Mapping)
        else outputs
    )
    wanted = targets or of.targets
    needed = of.upstream(*wanted)
    return Invocation(
        of,
        "default",
        wanted,
        {name: some for name, some in given.items() if name in needed},
        tuple(axes),
        tuple(exclude),
        tuple(written),
    )


def counts(steps: Steps) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps.steps:
        found[step.task] = found.get(step.task, 0) + 1
    return found


def named(steps: Steps, name: str) -> Any:
    (found,) = [step for step in steps.steps if step.name == name]
    return found


def said(of: Invocation[Any]) -> list[str]:
    return [problem.message for problem in output_problems(of)]


def test_a_sweep_shares_what_its_cells_agree_on() -> None:
    steps = expand(invocation(SWEEP, axes=AXES))
    assert counts(steps) == {"table": 1, "features": 1, "train": 36, "score": 36, "comparison": 1, "best": 1}
    step = named(steps, "train@lr=0.03,depth=5,seed=2")
    assert step.cell == (("train.lr", 0.03), ("train.depth", 5), ("train.seed", 2))
    assert step.options == {"lr": 0.03, "depth": 5, "seed": 2, "epochs": 10}
    assert list(step.options) == ["lr", "depth", "seed", "epochs"]
    score = named(steps, "score@lr=0.03,depth=5,seed=2")
    assert [needs.kind for needs in score.deps] == ["product", "product"]
    assert [steps.steps[needs.steps[0]].name for needs in score.deps] == [step.name, "features"]


def test_cells_gathers_every_cell_in_axis_order_and_ends_the_axes() -> None:
    steps = expand(invocation(SWEEP, axes=AXES))
    (needs,) = named(steps, "comparison").deps
    assert needs.kind == "cells" and len(needs.steps) == len(needs.cells) == 36
    assert list(needs.cells[0]) == ["train.lr", "train.depth", "train.seed"]
    assert [tuple(cell.values()) for cell in needs.cells] == list(product(*(axis.values for axis in AXES)))
    assert all(dict(steps.steps[step].cell) == cell for step, cell in zip(needs.steps, needs.cells, strict=True))
    assert named(steps, "comparison").cell == ()


def test_without_a_matrix_there_is_one_cell() -> None:
    steps = expand(invocation(SWEEP))
    assert len(steps.steps) == 6
    assert named(steps, "comparison").deps[0].cells == ({},)
    assert steps.cells == (({}, {step.task: step.id for step in steps.steps}),)


def test_a_cell_lists_every_step_it_uses_and_what_is_below_cells_stands_alone() -> None:
    steps = expand(invocation(SWEEP, axes=AXES))
    assert len(steps.cells) == 37
    options, tasks = steps.cells[1]
    assert options == {"train.lr": 0.01, "train.depth": 2, "train.seed": 1}
    assert {name: steps.steps[step].name for name, step in tasks.items()} == {
        "table": "table",
        "features": "features",
        "train": "train@lr=0.01,depth=2,seed=1",
        "score": "score@lr=0.01,depth=2,seed=1",
    }
    assert steps.cells[-1][0] == {} and set(steps.cells[-1][1]) == {"comparison", "best"}


def test_targets_are_all_steps_of_the_target_tasks() -> None:
    steps = expand(invocation(SWEEP, "score", "best", axes=AXES))
    assert [steps.steps[step].task for step in steps.targets] == ["score"] * 36 + ["best"]
    assert counts(expand(invocation(SWEEP, "features", axes=AXES))) == {"table": 1, "features": 1}


def test_an_axis_that_no_target_needs_makes_no_cells() -> None:
    steps = expand(invocation(SWEEP, "features", axes=AXES))
    assert [cell for cell, _ in steps.cells] == [{}]


def test_nested_cells() -> None:
    nested = graph(
        task("train", options={"lr": 0.1}),
        task("chosen", ["train.cells"], options={"top": 1}),
        task("score", ["chosen", "train"]),
        task("report", ["chosen.cells"]),
        task("everything", ["score.cells", "report"]),
    )
    steps = expand(invocation(nested, axes=(Axis("train", "lr", (0.1, 0.2, 0.3)), Axis("chosen", "top", (1, 2)))))
    assert counts(steps) == {"train": 3, "chosen": 2, "score": 6, "report": 1, "everything": 1}
    assert len(named(steps, "chosen@top=2").deps[0].steps) == 3
    assert [dict(cell) for cell in named(steps, "report").deps[0].cells] == [{"chosen.top": 1}, {"chosen.top": 2}]
    assert list(named(steps, "everything").deps[0].cells[1]) == ["train.lr", "chosen.top"]
    found = {tuple(cell.items()): set(tasks) for cell, tasks in steps.cells}
    assert found[(("train.lr", 0.1),)] == {"train"}
    assert found[(("train.lr", 0.1), ("chosen.top", 2))] == {"chosen", "score"}
    assert found[()] == {"report", "everything"}


def test_excluded_cells_have_no_steps_but_others_keep_what_they_share() -> None:
    exclude = ({"train.lr": 0.1, "train.depth": 5}, {"train.seed": 2})
    steps = expand(invocation(SWEEP, axes=AXES, exclude=exclude))
    assert counts(steps)["train"] == 3 * 4 * 2 - 2
    assert not any(step.name.startswith("train@lr=0.1,depth=5") or step.name.endswith("seed=2") for step in steps.steps)
    assert len(named(steps, "best").deps[0].steps) == 22


def test_exclude_may_name_an_option_that_is_no_axis() -> None:
    assert counts(expand(invocation(SWEEP, axes=AXES, exclude=({"train.epochs": 10, "train.seed": 2},))))["train"] == 24
    assert counts(expand(invocation(SWEEP, axes=AXES, exclude=({"train.epochs": 11, "train.seed": 2},))))["train"] == 36


def test_an_excluded_row_of_an_axis_above_is_gone_everywhere() -> None:
    two = graph(task("a", options={"x": 0}), task("b", ["a"], options={"y": 0}))
    steps = expand(invocation(two, axes=(Axis("a", "x", (1, 2)), Axis("b", "y", (1, 2))), exclude=({"a.x": 2},)))
    assert counts(steps) == {"a": 1, "b": 2}


def test_equal_values_share_and_unlike_ones_do_not() -> None:
    one = graph(task("a", options={"x": 0}))
    assert counts(expand(invocation(one, axes=(Axis("a", "x", (1, 2, 1)),)))) == {"a": 2}
    assert counts(expand(invocation(one, axes=(Axis("a", "x", ([1], [1], (1,))),)))) == {"a": 2}
    steps = expand(invocation(one, axes=(Axis("a", "x", (1, 1.0, "1", True)),)))
    assert [step.name for step in steps.steps] == ["a@x=1", "a@x=1.0", "a@x='1'", "a@x=true"]


def test_values_without_a_form_are_only_themselves() -> None:
    lock, other = Lock(), Lock()
    one = graph(task("a", options={"x": 0}))
    steps = expand(invocation(one, axes=(Axis("a", "x", (lock, other, lock)),)))
    assert [step.options["x"] for step in steps.steps] == [lock, other]
    assert len({step.name for step in steps.steps}) == 2
    secrets = expand(invocation(one, axes=(Axis("a", "x", (Secret("s3cret"), Secret("s3cret"), Secret("other"))),)))
    assert len(secrets.steps) == 2 and "s3cret" not in "".join(step.name for step in secrets.steps)


def test_long_values_are_cut_in_names_and_still_told_apart() -> None:
    one = graph(task("a", options={"x": 0}))
    steps = expand(invocation(one, axes=(Axis("a", "x", ("x" * 500, "x" * 501, "true", True)),)))
    names = [step.name for step in steps.steps]
    assert len(set(names)) == 4 and max(map(len, names)) < 100
    assert names[2:] == ["a@x='true'", "a@x=true"]


def test_names_say_the_task_where_two_axes_have_one_option_name() -> None:
    two = graph(task("a", options={"seed": 0}), task("b", ["a"], options={"seed": 0, "x": 0}))
    axes = (Axis("a", "seed", (1,)), Axis("b", "seed", (2,)), Axis("b", "x", (None,)))
    assert [step.name for step in expand(invocation(two, axes=axes)).steps] == [
        "a@a.seed=1",
        "b@a.seed=1,b.seed=2,x=null",
    ]


def test_failed_items_are_needed_of_the_same_cell() -> None:
    two = graph(task("a", options={"x": 0}, kind="each"), task("b", ["a", "a.failed"]))
    steps = expand(invocation(two, axes=(Axis("a", "x", (1, 2)),)))
    assert [(needs.kind, needs.steps) for needs in named(steps, "b@x=2").deps] == [("product", (1,)), ("failed", (1,))]


# -- outputs


def test_outputs_of_a_sweep_have_a_path_per_step() -> None:
    made = invocation(
        SWEEP, axes=AXES, outputs={"score": "results/score-{lr}-{depth}-{seed}.json", "comparison": "results/c.csv"}
    )
    steps = expand(made)
    assert len(steps.outputs) == 37 and not output_problems(made)
    step, path = steps.outputs[1]
    assert (steps.steps[step].name, path) == ("score@lr=0.01,depth=2,seed=1", "results/score-0.01-2-1.json")


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("r/{train.lr}.json", "r/0.1.json"),
        ("r/{epochs}.json", "r/10.json"),
        ("r/{train.epochs}.json", "r/10.json"),
        ("r/{path}.json", "r/data_t.csv.json"),
        ("r/{scale}.json", "r/true.json"),
        ("r/{{lr}}.json", "r/{lr}.json"),
        ("r/plain.json", "r/plain.json"),
        ("./r//x.json", "./r//x.json"),
    ],
)
def test_what_a_placeholder_may_name(path: str, written: str) -> None:
    made = invocation(
        SWEEP,
        "score",
        axes=(Axis("train", "lr", (0.1,)),),
        outputs={"score": path},
        values={"table": {"path": "data/t.csv"}},
    )
    assert not output_problems(made)
    assert [path for _, path in expand(made).outputs] == [written]


@pytest.mark.parametrize(
    ("outputs", "says", "hint"),
    [
        ({"score": "r/{lr}.json"}, "'r/0.01.json' would be written by 12 steps of 'score'", "{lr}, {depth}, {seed}"),
        ({"score": "../s-{lr}-{depth}-{seed}"}, "lies outside the project", "inside"),
        ({"comparison": "/tmp/c.csv"}, "'/tmp/c.csv' of 'comparison' lies outside", "inside"),
        ({"comparison": "r/../../c.csv"}, "lies outside", "inside"),
        ({"comparison": "C:\\c.csv"}, "lies outside", "inside"),
        ({"comparison": ".pipekit/objects/x"}, "lies in the store", "beside"),
        ({"comparison": "r/.."}, "has no file name", "results/"),
        ({"comparison": ""}, "has no file name", "results/"),
        ({"comparison": "r/{lr}.csv"}, "{lr} has no single value here", "are gone"),
        ({"comparison": "r/{nothing}.csv"}, "no option 'nothing'", ""),
        ({"score": "r/{nothing}.csv"}, "no option 'nothing'", "{train.lr}"),
        ({"score": "r/{"}, "lone '{'", "'{{'"),
        ({"score": "r/}x"}, "lone '}'", "'}}'"),
        ({"score": "r/{}"}, "no option ''", ""),
        (
            {"comparison": "r/a.csv", "best": "r/./a.csv"},
            "'r/a.csv' would be written by 'comparison' and 'best'",
            "own",
        ),
        ({"comparison": "r/a", "best": "r/a/b.npy"}, "lies inside 'r/a', the output of 'comparison'", "elsewhere"),
    ],
)
def test_what_is_wrong_with_an_output(outputs: dict[str, str], says: str, hint: str) -> None:
    (problem,) = output_problems(invocation(SWEEP, axes=AXES, outputs=outputs))
    assert says in problem.message and hint in (problem.hint or "")
    assert problem.where == Origin("pipeline.yaml", 9, 3)


def test_every_wrong_output_is_told_at_once() -> None:
    outputs = [Output("score", "r/s.json"), Output("best", "/b"), Output("comparison", "{x}")]
    assert len(said(invocation(SWEEP, axes=AXES, outputs=outputs))) == 3


def test_an_ambiguous_placeholder_names_its_choices() -> None:
    two = graph(task("a", options={"seed": 0}), task("b", ["a"], options={"seed": 0}), task("c", ["b"]))
    axes = (Axis("a", "seed", (1, 2)), Axis("b", "seed", (1, 2)))
    (problem,) = output_problems(invocation(two, axes=axes, outputs={"c": "r/{seed}"}))
    assert "several" in problem.message and problem.hint == "write {a.seed} or {b.seed}"
    assert not output_problems(invocation(two, axes=axes, outputs={"c": "r/{a.seed}-{b.seed}"}))
    assert "r/1" in expand(invocation(two, axes=axes[1:], outputs={"b": "r/{seed}"})).outputs[0]


def test_a_value_makes_no_folder_and_leaves_none() -> None:
    one = graph(task("a", options={"x": ""}))
    made = invocation(one, axes=(Axis("a", "x", ("../up", "a/b", "a_b")),), outputs={"a": "r/{x}.txt"})
    assert expand(made).outputs[0][1] == "r/.._up.txt"
    assert said(made) == ["the output 'r/a_b.txt' would be written by 2 steps of 'a'"]


def test_a_matrix_of_which_nothing_is_left() -> None:
    made = invocation(SWEEP, axes=AXES, exclude=[{"train.seed": seed} for seed in (0, 1, 2)])
    assert said(made) == ["every cell of the matrix is excluded"]
    assert counts(expand(made)) == {"table": 1, "features": 1, "comparison": 1, "best": 1}


# -- against the truth


class Oracle:
    """What a step is by its meaning: a task, its options in a cell, and what it takes there; equal ones are one number."""

    def __init__(self, made: Invocation[Any]) -> None:
        self.made = made
        self.known: dict[Any, int] = {}
        combos = product(*(axis.values for axis in made.axes))
        every = [{axis.name: value for axis, value in zip(made.axes, combo, strict=True)} for combo in combos]
        self.cells = [
            cell for cell in every if not any(all(cell[name] == row[name] for name in row) for row in made.exclude)
        ]

    def number(self, meaning: Any) -> int:
        return self.known.setdefault(meaning, len(self.known))

    def step(self, name: str, cell: Mapping[str, Any]) -> int:
        task = self.made.graph.tasks[name]
        options = tuple(
            (option, cell.get(f"{name}.{option}", value)) for option, value in self.made.values[name].items()
        )
        return self.number((name, options, tuple(self.needs(dep, cell) for dep in task.deps)))

    def needs(self, dep: str, cell: Mapping[str, Any]) -> Any:
        name, _, kind = dep.partition(".")
        if kind == "cells":
            return "cells", tuple(dict.fromkeys(self.step(name, other) for other in self.cells))
        return kind or "product", (self.step(name, cell),)


def meanings(oracle: Oracle, steps: Steps) -> list[int]:
    found: list[int] = []
    for step in steps.steps:
        needs = tuple((one.kind, tuple(found[dep] for dep in one.steps)) for one in step.deps)
        found.append(oracle.number((step.task, tuple(step.options.items()), needs)))
    return found


@st.composite
def sweeps(draw: st.DrawFn) -> Invocation[Any]:
    bare = draw(graphs(most=8, least=1))
    of = graph(*(task(name, one.deps, options={"x": 0, "y": 1}, kind=one.kind) for name, one in bare.tasks.items()))
    knobs = st.tuples(st.sampled_from(sorted(of.tasks)), st.sampled_from("xy"))
    chosen = draw(st.lists(knobs, unique=True, max_size=3))
    axes = [
        Axis(name, option, tuple(draw(st.lists(st.integers(0, 3), unique=True, min_size=1, max_size=3))))
        for name, option in chosen
    ]
    rows = (
        st.dictionaries(st.sampled_from([axis.name for axis in axes]), st.integers(0, 3), min_size=1)
        if axes
        else st.nothing()
    )
    exclude = draw(st.lists(rows, max_size=2)) if axes else []
    targets = draw(st.lists(st.sampled_from(sorted(of.tasks)), unique=True, min_size=1, max_size=3))
    return invocation(of, *targets, axes=axes, exclude=exclude)


@given(sweeps())
@settings(max_examples=200)
def test_steps_are_what_the_oracle_says(made: Invocation[Any]) -> None:
    oracle, steps = Oracle(made), expand(made)
    if not oracle.cells:
        assert "every cell" in "".join(said(made)) or not any(axis.task in made.values for axis in made.axes)
        return
    needed = list(made.values)
    expected = {oracle.step(name, cell) for name in needed for cell in oracle.cells}
    found = meanings(oracle, steps)
    assert len(found) == len(set(found)) and set(found) == expected
    assert [step.id for step in steps.steps] == list(range(len(found)))
    assert all(dep < step.id for step in steps.steps for needs in step.deps for dep in needs.steps)
    assert len({step.name for step in steps.steps}) == len(found)
    assert {found[step] for step in steps.targets} == {
        oracle.step(name, cell) for name in made.targets for cell in oracle.cells
    }
    listed = {(step, task) for _, tasks in steps.cells for task, step in tasks.items()}
    assert listed == {(step.id, step.task) for step in steps.steps}
    for options, tasks in steps.cells:
        for name, step in tasks.items():
            cell = {**{axis.name: None for axis in made.axes}, **options}
            assert all(cell[axis] == value for axis, value in steps.steps[step].cell), name


def chain(count: int, options: Sequence[str] = ()) -> Graph:
    return graph(
        *(
            task(f"t{place}", [f"t{place - 1}"] if place else [], options={"x": 0} if f"t{place}" in options else {})
            for place in range(count)
        )
    )


def test_many_tasks_without_an_axis_are_one_step_each() -> None:
    long = chain(10_000, ["t9999"])
    made = invocation(long, axes=(Axis("t9999", "x", tuple(range(36))),))
    begun = perf_counter()
    steps = expand(made)
    assert len(steps.steps) == 9_999 + 36 and len(steps.cells) == 36 and len(steps.cells[0][1]) == 10_000
    assert perf_counter() - begun < 2  # some 60 ms


def test_many_tasks_below_an_axis_are_made_in_linear_time() -> None:
    long = chain(5_000, ["t0"])
    made = invocation(long, axes=(Axis("t0", "x", tuple(range(36))),))
    begun = perf_counter()
    assert len(expand(made).steps) == 180_000
    assert perf_counter() - begun < 10  # some 0.5 s
