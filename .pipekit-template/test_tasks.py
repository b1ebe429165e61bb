"""Tests of the pipeline. Run them with `pytest`."""

from tasks import Reading, reading, report, rows, totals

from pipekit.testing import Pipeline


def test_a_task_is_a_function() -> None:
    assert reading("north,2026-03-01,4.5\n") == Reading("north", "2026-03-01", 4.5)


def test_rows_given_by_hand(pipeline: Pipeline) -> None:
    """`pin` gives a product by hand: everything above it is gone, everything below it really runs."""
    pinned = pipeline.pin(rows, ["a,2026-03-01,1.5", "b,2026-03-01,2", "a,2026-03-02,0.5"])
    assert pinned.run(totals, totals.set(ignore_below=1)) == {"a": 1.5, "b": 2.0}


def test_the_whole_pipeline(pipeline: Pipeline) -> None:
    """Without a pin the project runs as it stands, in a store of its own that goes away with the test."""
    assert pipeline.run(report).startswith("Rain by station")
