from __future__ import annotations

import array

import numpy as np
import pytest
from blake3 import blake3

from pipekit import canon
from pipekit.canon.digests import flat


def test_a_digest_is_plain_blake3() -> None:
    assert canon.digest(b"abc") == blake3(b"abc").digest() and len(canon.digest(b"")) == 32


@pytest.mark.parametrize("data", [bytearray(b"abcd"), memoryview(b"abcd"), array.array("i", [1684234849])])
def test_any_contiguous_buffer_is_its_bytes(data: object) -> None:
    assert canon.digest(data) == canon.digest(b"abcd")  # type: ignore[arg-type]


def test_empty_views_have_the_digest_of_nothing() -> None:
    assert canon.digest(np.empty((0, 3))) == canon.digest(b"")


def test_what_does_not_lie_side_by_side_is_refused() -> None:
    with pytest.raises(TypeError):
        flat(memoryview(b"abcdef")[::2].cast("B"))


def test_parts_do_not_run_together() -> None:
    assert len({canon.digest_parts(*p) for p in [(b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", b""), ()]}) == 5


def test_a_hasher_takes_pieces() -> None:
    made = canon.hasher()
    made.update(b"ab")
    made.update(memoryview(b"c"))
    assert made.digest() == canon.digest(b"abc")


def test_many_at_once() -> None:
    assert canon.digests([b"a", b"", b"a"], [b"b", b"x", b""]) == b"".join(map(canon.digest, [b"ab", b"x", b"a"]))
