"""Where an each stands: items in order, results in any order, equal items once, batches by what an item costs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st
from support import blocks

from pipekit.canon import digest
from pipekit.execution.failed import Left
from pipekit.execution.flow import Flow
from pipekit.execution.past import Past
from pipekit.execution.streams import Each
from pipekit.store.blocks import EMPTY, Block, Inline, join
from pipekit.store.index import Index
from pipekit.store.segments import LeftOut, Results, Segment


def items(*texts: str) -> Block:
    return blocks.block(*(("str", text.encode(), ()) for text in texts))


def texts(block: Block) -> list[str]:
    return [one.body.decode() for one in block.items() if isinstance(one, Inline)]


def out(one: Each) -> list[str]:
    return texts(one.out.part(0, len(one.out)))


def flow(given: Iterable[str], *, ended: bool = True) -> Flow:
    made = Flow(ended)
    for text in given:
        made.add(items(text))
    return made


def each(given: Iterable[str], *, ended: bool = True, past: Past | None = None) -> Each:
    return Each(0, flow(given, ended=ended), digest(b"prefix"), lambda block: block.digests, past, sealed=True)


def recorded(*rows: tuple[str, Sequence[str] | str], unchecked: Sequence[range] = ()) -> Past:
    """What items gave; a text alone is the error of one that was left out."""
    gave = [made if not isinstance(made, str) else () for _, made in rows]
    results = Results.of(items(*(text for made in gave for text in made)), map(len, gave))
    left = [LeftOut(row, items(text), made) for row, (text, made) in enumerate(rows) if isinstance(made, str)]
    keys = items(*(text for text, _ in rows)).digests
    index = Index([Segment.of(digest(b"prefix"), keys, results, [0.0] * len(rows), ("run", None, 0.0), left)])
    lefts = {place: Left(one.item, one.error) for place, one in index.left().items()}
    return Past(index, unchecked, lefts, {})


def drain(one: Each, workers: int = 2) -> list[list[int]]:
    """Every batch, run as soon as it is made: an item gives itself in capitals."""
    done = []
    while (unit := one.batch(workers)) is not None:
        done.append([item for span in one.batches[unit].spans for item in range(*span)])
        run(one, unit)
    return done


def run(one: Each, unit: int, seconds: float = 0.0001) -> None:
    batch = one.batches[unit]
    given = texts(one.items(batch.spans))
    results = batch.known or Results(items(*(text.upper() for text in given)))
    one.put(unit, results, seconds * len(results))
    del one.batches[unit]


def test_results_are_released_in_order_whatever_order_they_come_in() -> None:
    one = each("abc")
    one.take()
    units = [one.batch(9) or 0 for _ in range(3)]
    run(one, units[2])
    assert not one.release() and out(one) == []
    run(one, units[0])
    assert one.release() and out(one) == ["A"]
    run(one, units[1])
    assert one.release() and out(one) == ["A", "B", "C"] and one.whole


def test_equal_items_run_once_and_count_as_cached_after_that() -> None:
    one = each("aba")
    one.take()
    assert [index for batch in drain(one) for index in batch] == [0, 1]
    one.release()
    assert out(one) == ["A", "B", "A"] and one.cached == 1 and one.whole


def test_known_items_do_not_run() -> None:
    one = each("abc", past=recorded(("b", ["kept"])))
    assert one.take() == [(1, 2)]
    assert [index for batch in drain(one) for index in batch] == [0, 2]
    one.release()
    assert out(one) == ["A", "kept", "C"] and one.cached == 1


def test_what_passed_other_predicates_is_checked_again() -> None:
    one = each("aab", past=recorded(("a", ["kept"]), unchecked=[range(1)]))
    one.take()
    unit = one.batch(1)
    assert unit is not None and one.batches[unit].known is not None
    run(one, unit)
    assert drain(one) == [[2]]
    one.release()
    assert out(one) == ["kept", "kept", "B"]


def test_what_is_left_out_is_not_in_the_product() -> None:
    one = each("ab")
    one.take()
    unit = one.batch(1) or 0
    one.leave(0, Left(items("a"), "ValueError: no"))
    one.put(unit, Results.of(EMPTY, [0]), 1.0)
    drain(one)
    one.release()
    assert [left.error for left in one.left()] == ["ValueError: no"] and out(one) == ["B"] and one.whole


def test_what_is_recorded_as_left_out_is_so_again_with_all_that_are_like_it() -> None:
    one = each("abab", past=recorded(("a", "ValueError: no")))
    one.take()
    drain(one)
    one.release()
    assert out(one) == ["B", "B"] and len(one.left()) == 2 and one.whole


def test_batches_grow_when_items_are_cheap_and_are_shared_among_workers() -> None:
    one = each(str(n) for n in range(2000))
    one.take()
    sizes = [len(batch) for batch in drain(one, workers=2)]
    assert sizes[0] == 1 and max(sizes) > 50 and sum(sizes) == 2000
    slow = each(str(n) for n in range(20))
    slow.take()
    run(slow, slow.batch(1) or 0, 10.0)
    unit = slow.batch(1)
    assert unit is not None and slow.batches[unit].size == 1


def test_items_that_come_later_are_taken_in_later() -> None:
    one = each("ab", ended=False)
    one.take()
    drain(one)
    assert not one.whole
    one.source.add(items("c"))
    one.source.ended = True
    one.take()
    drain(one)
    one.release()
    assert one.whole and out(one) == ["A", "B", "C"]


def test_one_that_is_tried_again_holds_up_those_behind_it_alone() -> None:
    one = each("abcdef")
    one.take()
    run(one, one.batch(1) or 0, 1e-6)
    unit = one.batch(1) or 0
    assert one.batches[unit].size == 3
    again = one.alone(1)
    one.put(unit, Results.of(items("C", "D"), [0, 1, 1]), 0.1, again=[0])
    one.release()
    assert out(one) == ["A"]
    run(one, again)
    one.release()
    assert out(one) == ["A", "B", "C", "D"]


@given(st.integers(0, 10**6))
def test_any_order_gives_the_same(seed: int) -> None:
    order = random.Random(seed)
    given = [order.choice("abcdefgh") for _ in range(order.randrange(1, 40))]
    known = [(text, [text.upper()] * order.randrange(3)) for text in "abcdefgh" if order.random() < 0.3]
    gives: dict[str, Sequence[str]] = {text: (text.upper(), "+")[: order.randrange(3)] for text in "abcdefgh"} | dict(
        known
    )
    one = each([], ended=False, past=recorded(*known) if known else None)
    waiting: list[int] = []
    rest = list(given)
    ran = 0
    while rest or waiting or not one.whole:
        if rest and order.random() < 0.5:
            count = order.randrange(1, 9)
            one.source.add(items(*rest[:count]))
            rest = rest[count:]
            one.source.ended = not rest
            one.take()
        if (unit := one.batch(3)) is not None:
            waiting.append(unit)
        if waiting and order.random() < 0.7:
            unit = waiting[order.randrange(len(waiting))]
            batch = one.batches[unit]
            some = batch.after(batch.done, order.randrange(1, 5))
            made = [gives[text] for text in texts(one.items(some))]
            ran += len(made)
            one.put(unit, Results.of(items(*(text for row in made for text in row)), map(len, made)), order.random())
            if batch.done == batch.size:
                waiting.remove(unit)
                del one.batches[unit]
        one.release()
    assert out(one) == [made for text in given for made in gives[text]], f"seed {seed}"
    named = {text for text, _ in known}
    assert ran == len({*given} - named) and ran + one.cached == len(given), f"seed {seed}"


def test_a_flow_gives_any_part_of_it() -> None:
    numbers = blocks.numbers(range(1000), 70)
    one = Flow()
    for block in numbers:
        one.add(block)
    whole = join(numbers)
    for seed in range(50):
        start, stop = sorted(random.Random(seed).sample(range(1001), 2))
        assert one.part(start, stop) == whole.part(range(start, stop))
        assert join(one.since(start)) == whole.part(range(start, 1000))
        some = one.next(start, stop - start, 1 << 20)
        assert some == whole.part(range(start, stop))
        few = one.next(start, 1000, 40)
        assert few == whole.part(range(start, start + 1))
    assert one.size == whole.size and len(one.next(1000, 5, 5)) == 0
