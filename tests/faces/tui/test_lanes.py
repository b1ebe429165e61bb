from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipekit.faces.tui.lanes import drawn, follow, picture

GRAPH = {
    "fetch": [], "params": [], "schema": [], "clean": ["fetch", "schema"], "features": ["clean", "params"],
    "split": ["features"], "train": ["params", "split"], "evaluate": ["train", "split"], "report": ["features", "evaluate"],
}  # fmt: skip
graphs = st.lists(st.lists(st.integers(0, 30), max_size=4), max_size=30).map(
    lambda lists: {node: [dep for dep in deps if dep < node] for node, deps in enumerate(lists)}
)


def lines(graph: dict[str, list[str]], most: int = 8) -> list[str]:
    laid = picture(graph)
    return [f"{drawn(laid.rows[node], most):10}{node}" for node in laid.order]


def test_the_picture() -> None:
    assert lines(GRAPH) == [
        "●         fetch",
        "│ ●       params",
        "│ │ ●     schema",
        "●─│─╯     clean",
        "●─┤       features",
        "├─│─●     split",
        "│ ●─┤     train",
        "│ ●─╯     evaluate",
        "●─╯       report",
    ]


def test_a_product_in_the_middle_ends_or_lives_on() -> None:
    assert lines({"a": [], "b": [], "c": [], "all": ["a", "b", "c"]})[-1] == "●─┴─╯     all"
    assert lines({"a": [], "b": [], "c": [], "all": ["a", "b", "c"], "more": ["b", "all"]})[-2:] == [
        "●─┼─╯     all",
        "●─╯       more",
    ]


def test_too_many_lanes_are_cut_off() -> None:
    wide = {f"t{n}": [] for n in range(9)} | {"all": [f"t{n}" for n in range(9)]}
    assert lines(wide, 4)[-1] == "●─┴─┴─┴…  all"


def test_the_order_follows_the_newest_producer() -> None:
    chains = {"a1": [], "b1": [], "a2": ["a1"], "b2": ["b1"], "a3": ["a2"]}
    assert follow(chains) == ["a1", "a2", "a3", "b1", "b2"]


def test_cycles_and_unknown_deps_do_not_count() -> None:
    laid = picture({"a": ["b"], "b": ["a"], "c": ["nothing", "c"]})
    assert set(laid.order) == {"a", "b", "c"}


@given(graphs)
def test_every_lane_holds_one_live_product(graph: dict[int, list[int]]) -> None:
    laid = picture(graph)
    assert sorted(laid.order) == sorted(graph)
    place = {node: index for index, node in enumerate(laid.order)}
    last = {node: max((place[user] for user in graph if node in graph[user]), default=-1) for node in graph}
    held: dict[int, int] = {}
    for node in laid.order:
        row = laid.rows[node]
        assert all(place[dep] < place[node] for dep in graph[node])
        assert sorted(row.taps) == sorted(held[dep] for dep in set(graph[node]))
        assert row.ends == {held[dep] for dep in graph[node] if last[dep] == place[node]}
        assert row.live == sum(1 << lane for lane in held.values())
        held = {dep: lane for dep, lane in held.items() if last[dep] > place[node]}
        assert row.lane not in held.values()
        if last[node] > place[node]:
            held[node] = row.lane
    assert laid.lanes >= max((row.lane + 1 for row in laid.rows.values()), default=0)
