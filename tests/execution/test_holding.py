"""When a reader may still be held back, and when it is to start."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from pipekit.canon import digest
from pipekit.execution.holding import HeldBack, Recorded


def digests(text: str) -> bytes:
    return b"".join(digest(letter.encode()) for letter in text)


def pieces(text: str, random: Random) -> Iterator[bytes]:
    """The digests in pieces of random sizes."""
    at = 0
    while at < len(text):
        size = random.randint(1, 4)
        yield digests(text[at : at + size])
        at += size


def past(*texts: str, seed: int = 0) -> dict[int, Recorded]:
    return {position: Recorded(pieces(text, Random(seed))) for position, text in enumerate(texts)}


def test_a_reader_without_a_past_starts_at_once() -> None:
    assert not HeldBack().take(0, digests("a"))


def test_it_starts_at_the_first_difference() -> None:
    held = HeldBack([past("abcd")])
    assert held.take(0, digests("ab")) and held.take(0, digests("c"))
    assert not held.take(0, digests("x"))


def test_more_than_was_read_then_is_a_difference() -> None:
    held = HeldBack([past("abcd")])
    assert held.take(0, digests("abcd"))
    assert not held.take(0, digests("e"))


def test_any_of_its_pasts_holds_it_back() -> None:
    held = HeldBack([past("abc"), past("abxy"), past("z")])
    assert held.take(0, digests("ab")) and len(held.pasts) == 2
    assert held.take(0, digests("x")) and len(held.pasts) == 1
    assert not held.take(0, digests("z"))


def test_one_past_must_fit_all_deps() -> None:
    held = HeldBack([past("ab", "pq"), past("ax", "pr")])
    assert held.take(0, digests("ab"))
    assert not held.take(1, digests("pr"))


def test_pieces_make_no_difference() -> None:
    for seed in range(200):
        random = Random(seed)
        text = "".join(random.choice("ab") for _ in range(20))
        come = text if random.random() < 0.5 else text[: random.randint(1, 19)] + "z"
        held, at = HeldBack([past(text, seed=seed)]), 0
        stays = True
        while at < len(come) and stays:
            size = random.randint(1, 5)
            stays = held.take(0, digests(come[at : at + size]))
            assert stays == text.startswith(come[: at + size]), f"seed {seed}"
            at += size
