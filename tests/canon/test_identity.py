from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import samples
from support.samples import Bag, Point, Slotted, Table

from pipekit import canon
from pipekit.canon import plain
from pipekit.errors import FingerprintError
from pipekit.values import Digest, Reference, Secret, Stored

TESTS = Path(__file__).parents[1]
EVERY = [*samples.PLAIN, *samples.ONLY_IDENTITY]
DIGESTS = """
import sys
from support import samples
from pipekit import canon
import numpy as np, pandas as pd, polars as pl
frame = pd.DataFrame({"a": [1, 2], "s": ["x", None], "o": np.array([{"k", "l", "m"}, 1], object)}, index=["i", "j"])
values = [*samples.PLAIN, *samples.ONLY_IDENTITY, frame, np.arange(3.0), pl.DataFrame({"a": [1, None]}),
          {frozenset({"a", "b", "c"}), "d", ("e", frozenset({"f", "g"}))}]
print(canon.digest(b"".join(canon.fingerprint(value) for value in values)).hex())
"""
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.frozensets(st.integers() | st.text(max_size=2), max_size=3)
        | st.builds(Bag, a=inner, b=inner)
    ),
    max_leaves=8,
)


def shown(value: Any) -> str:
    if type(value) is Bag:
        return f"Bag({shown(value.a)}, {shown(value.b)})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(shown, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{shown(key)}: {shown(item)}' for key, item in value.items())})"
    return f"frozenset({sorted(map(shown, value))})" if isinstance(value, frozenset) else repr(value)


@given(NESTED, NESTED)
@settings(max_examples=150)
def test_different_values_have_different_forms(one: Any, other: Any) -> None:
    assert (canon.encode(one) == canon.encode(other)) == (shown(one) == shown(other))


def test_no_two_samples_have_one_form() -> None:
    forms = {canon.encode(value): value for value in EVERY}
    assert len(forms) == len(EVERY)


def test_twelve_that_look_alike_differ() -> None:
    alike = [1, True, 1.0, "1", b"1", (1,), [1], {}, [], 0.0, -0.0, {1}]
    assert len({canon.encode(value) for value in alike}) == len(alike)


def test_the_fingerprint_is_the_digest_of_the_form() -> None:
    for value in [1, "x" * 100_000, [b"y" * 70_000, 1, {"k": bytearray(65_536)}]]:
        assert canon.fingerprint(value) == canon.digest(canon.encode(value))


def test_plain_builtins_have_their_plain_form() -> None:
    value = [1, {"a": (2.0, frozenset({"x"}))}, None]
    assert canon.encode(value) == plain.encode(value, lambda part: None)


def test_every_process_agrees() -> None:
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", DIGESTS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "77")
    ]
    one, other = (process.communicate()[0] for process in started)
    assert one == other and len(one) == 65


def test_attributes_have_no_order() -> None:
    assert canon.encode(Bag(a=1, b=2)) == canon.encode(Bag(b=2, a=1))
    assert canon.encode({"a": 1, "b": 2}) != canon.encode({"b": 2, "a": 1})


def test_an_absent_slot_is_not_none() -> None:
    full = Slotted(1)
    full._shown = None
    assert canon.encode(full) != canon.encode(Slotted(1))


def test_getstate_is_the_state() -> None:
    assert canon.encode(samples.Sneaky(1)) != canon.encode(samples.Sneaky(2))
    assert canon.encode(samples.Sneaky(1)).endswith(b"d\x01s\x01xi\x01\x02NN")


def test_the_code_of_classes_and_functions_comes_from_the_hook() -> None:
    asked: list[Any] = []

    def hook(thing: Any) -> bytes:
        asked.append(thing)
        return b"code of " + thing.__name__.encode()

    value = [Point(1, 2), Point(3, 4), samples.Colour.RED, samples.double, Table, Stored("n", Digest(bytes(32)))]
    form = canon.encode(value, class_identity=hook)
    assert asked == [Point, samples.Colour, samples.double, Table] and b"code of Point" in form
    assert form != canon.encode(value, class_identity=lambda thing: b"other")


def test_a_lambda_needs_the_hook() -> None:
    with pytest.raises(FingerprintError, match=r"value\['f'\] is a function that no module names"):
        canon.encode({"f": lambda: 0})
    assert canon.encode(lambda: 0, class_identity=lambda fn: fn.__code__.co_code)


def test_an_object_may_lead_back_to_itself() -> None:
    def ring(n: int) -> Bag:
        first = last = Bag(n=0)
        for at in range(1, n):
            last.next = Bag(n=at)
            last = last.next
        last.next = first
        return first

    assert canon.encode(ring(3)) == canon.encode(ring(3)) != canon.encode(ring(4))
    loop: list[Any] = []
    loop.append(loop)
    assert canon.encode(loop) != canon.encode([[]])


def test_files_are_what_they_hold() -> None:
    one = Reference("a", Digest(b"1" * 32))
    assert canon.encode(one) != canon.encode(Reference("a", None)) != canon.encode(Reference("b", None))


class _Breaks:
    def __reduce__(self) -> Any:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Table([1, 2, 3, Bag(lock=threading.Lock())]), r"value\.rows\[3\]\.lock is a lock"),
        ({"k": (n for n in ())}, r"value\['k'\] is a generator"),
        ([Secret("x")], r"value\[0\] is a Secret"),
        (Bag(a=[{1: _Breaks()}]), r"value\.a\[0\]\[1\] .* not today"),
        (samples, "value is a module"),
        (memoryview(b""), "value is a memoryview"),
        (Slotted(threading.local()), r"value\.a is a"),
    ],
)
def test_what_has_no_fingerprint_is_named(value: Any, message: str) -> None:
    with pytest.raises(FingerprintError, match=message) as caught:
        canon.fingerprint(value)
    assert caught.value.hint


def test_an_open_file_has_no_fingerprint(tmp_path: Path) -> None:
    with open(tmp_path / "f", "w") as file, pytest.raises(FingerprintError, match=r"value\[0\] is a TextIOWrapper"):
        canon.encode([file])


def test_too_deep_is_said() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(FingerprintError, match="too deep"):
        canon.encode(deep)
