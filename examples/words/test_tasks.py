"""The pipeline without its book, and with it."""

import pytest
from tasks import counts, lines, page_size, ranking, words

from pipekit.testing import Pipeline


def test_a_task_is_a_function() -> None:
    assert words("Up the stair, up!") == ["up", "the", "stair", "up"]
    assert words("Up, up!", lower=False) == ["Up", "up"]
    assert ranking({"a": 1, "b": 2}, top=1) == ["b"]


def test_a_product_given_by_hand(pipeline: Pipeline) -> None:
    assert pipeline.pin(counts, {"x": 3, "y": 1, "z": 3}).run(ranking, ranking.set(top=2)) == ["x", "z"]


def test_items_given_by_hand(pipeline: Pipeline) -> None:
    assert pipeline.pin(lines, ["one two", "two"]).run(counts) == {"one": 1, "two": 2}


def test_the_book(pipeline: Pipeline) -> None:
    assert pipeline.run(ranking) == ["the", "that", "to", "carried", "and", "harbour", "is", "lamp", "lit", "here"]


@pytest.mark.parametrize(("value", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_page_size(value: int, fits: bool) -> None:
    assert page_size(value) is fits
