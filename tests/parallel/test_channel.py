"""Whom a producer waits for, and whom not."""

from __future__ import annotations

from pipekit.parallel.channel import Amount, Channel

LIMIT, SLICE = Amount(3, 100), Amount(1, 50)


def channel(*readers: int) -> Channel:
    made = Channel(LIMIT, SLICE)
    for reader in readers:
        made.begin(reader)
    return made


def test_it_is_bounded_by_items_and_by_bytes() -> None:
    one = channel(1)
    one.put(Amount(3, 10))
    assert not one.full
    one.put(Amount(1, 1))
    assert one.full and one.waiting(1) == Amount(4, 11)
    one.take(1, Amount(2, 5))
    assert not one.full
    one.put(Amount(1, 200))
    assert one.full
    one.take(1, Amount(2, 6))
    assert one.full
    one.take(1, Amount(1, 200))
    assert not one.full and one.waiting(1) == Amount()


def test_the_slowest_reader_counts() -> None:
    one = channel(1, 2)
    one.put(Amount(4))
    one.take(1, Amount(4))
    assert one.full
    one.end(2)
    assert not one.full


def test_nobody_is_waited_for_who_has_not_begun_or_waits_elsewhere() -> None:
    one = channel()
    one.put(Amount(99, 9999))
    assert not one.full
    one.begin(7)
    assert one.full and one.waiting(7) == Amount(99, 9999)
    one.turn(7, "elsewhere")
    assert not one.full
    one.turn(7, "works")
    assert one.full


def test_who_has_no_room_is_waited_for_sooner() -> None:
    one = channel(1)
    one.put(Amount(2, 2))
    assert not one.full
    one.turn(1, "starves")
    assert one.full
    one.take(1, Amount(1, 1))
    assert not one.full


def test_a_word_of_nobody_means_nothing() -> None:
    one = channel()
    one.put(Amount(9))
    one.take(3, Amount(1))
    one.turn(3, "starves")
    one.end(3)
    assert not one.full


def test_who_begins_anew_takes_everything_again() -> None:
    one = channel(1)
    one.put(Amount(3))
    one.take(1, Amount(3))
    one.begin(1)
    assert one.waiting(1) == Amount(3)
