"""Where an each stands: items in order, results in any order, equal items once, batches by what an item costs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from pipekit.canon import digest
from pipekit.execution import keys
from pipekit.execution.failed import Left
from pipekit.execution.streams import Each, Flow, Known
from pipekit.store.products import Product
from pipekit.values import Digest


def item(text: str) -> Product:
    return Product.of("str", (digest(text.encode()),), len(text))


def each(texts: str, *, ended: bool = True) -> Each:
    return Each(
        0, Flow([item(text) for text in texts], ended), digest(b"prefix"), lambda item: item.digest, sealed=True
    )


def nothing(wanted: Sequence[Digest]) -> Mapping[Digest, Known]:
    return {}


def drain(one: Each, workers: int = 2) -> list[tuple[int, ...]]:
    """Every batch, run as soon as it is made."""
    done = []
    while (unit := one.batch(workers)) is not None:
        done.append(one.batches.pop(unit))
        for index in done[-1]:
            one.put(index, (item(f"made of {index}"),), 0.0001)
    return done


def test_results_are_released_in_order_whatever_order_they_come_in() -> None:
    one = each("abc")
    one.take(nothing)
    units = [one.batch(9) for _ in range(3)]
    assert None not in units
    made = [item(text) for text in "xyz"]
    one.put(2, (made[2],), 1.0)
    assert not one.release() and one.out.items == []
    one.put(0, (made[0],), 1.0)
    assert one.release() and one.out.items == made[:1]
    one.put(1, (made[1],), 1.0)
    assert one.release() and one.out.items == made and one.whole


def test_equal_items_run_once_and_count_once_as_ran_then_as_cached() -> None:
    one = each("aba")
    one.take(nothing)
    assert [index for batch in drain(one) for index in batch] == [0, 1]
    one.release()
    assert (one.ran, one.cached, len(one.out.items)) == (2, 1, 3)
    assert one.out.items[0] == one.out.items[2]


def test_known_items_do_not_run() -> None:
    one = each("ab")
    known = keys.item_key(one.prefix, one.source.items[0].digest)
    one.take(lambda wanted: {known: Known((item("kept"),))})
    assert [index for batch in drain(one) for index in batch] == [1]
    assert (one.ran, one.cached) == (1, 1)


def test_what_passed_other_predicates_is_checked_and_counts_as_cached() -> None:
    one = each("aab")
    kept, known = (item("kept"),), keys.item_key(digest(b"prefix"), item("a").digest)
    one.take(lambda wanted: {known: Known(kept, checked=False)})
    assert one.checks == {0: kept} and list(one.todo) == [0, 2]
    one.batch(1)
    one.put(0, kept, 0.1)
    one.put(2, (item("made"),), 0.1)
    assert (one.ran, one.cached) == (1, 2) and one.release()
    assert one.out.items == [*kept, *kept, item("made")]


def test_what_is_left_out_is_not_in_the_product() -> None:
    one = each("ab")
    one.take(nothing)
    drain_one = one.batch(1)
    assert drain_one is not None
    one.batches.pop(drain_one)
    one.put(0, Left(one.source.items[0], "ValueError: no"), 1.0)
    drain(one)
    one.release()
    assert [left.error for left in one.left()] == ["ValueError: no"] and len(one.out.items) == 1 and one.whole


def test_batches_grow_when_items_are_cheap_and_are_shared_among_workers() -> None:
    one = each("".join(chr(200 + n) for n in range(2000)))
    one.take(nothing)
    sizes = [len(batch) for batch in drain(one, workers=2)]
    assert sizes[0] == 1 and max(sizes) > 50 and sum(sizes) == 2000
    slow = each("".join(chr(200 + n) for n in range(20)))
    slow.take(nothing)
    slow.put(0, (item("x"),), 10.0)
    unit = slow.batch(1)
    assert unit is not None and len(slow.batches[unit]) == 1


def test_items_that_come_later_are_taken_in_later() -> None:
    one = each("ab", ended=False)
    one.take(nothing)
    drain(one)
    assert not one.whole
    one.source.items.append(item("c"))
    one.source.ended = True
    one.take(nothing)
    drain(one)
    one.release()
    assert one.whole and one.done == 3


def test_any_order_gives_the_same() -> None:
    for seed in range(50):
        order = random.Random(seed)
        texts = "".join(order.choice("abcdefgh") for _ in range(order.randrange(1, 40)))
        one = each(texts)
        one.take(nothing)
        waiting: list[int] = []
        while (unit := one.batch(3)) is not None:
            waiting += one.batches.pop(unit)
        order.shuffle(waiting)
        for index in waiting:
            one.put(index, (item(texts[index].upper()),), order.random())
        one.release()
        assert one.out.items == [item(text.upper()) for text in texts], f"seed {seed}"
        assert one.ran == len(set(texts)) and one.ran + one.cached == len(texts), f"seed {seed}"
