from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import samples
from support.packed import decoded, round_trip
from support.samples import Bag, Point, Table

from pipekit.canon import digest
from pipekit.errors import StoreError, Uncodable
from pipekit.store import codecs
from pipekit.store.building import Builder
from pipekit.store.codecs import choice
from pipekit.store.products import Product
from pipekit.values import Digest, Reference, Secret, Stored

BIG = np.arange(20_000.0)


@pytest.mark.parametrize("value", ["", "text\ud800", "x" * 100_000, b"", b"bytes" * 20_000])
def test_text_and_bytes_are_themselves(value: str | bytes) -> None:
    encoded = codecs.encode(value)
    (body,) = encoded.bodies.values()
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    assert bytes(body) == raw and encoded.product.codec == type(value).__name__
    assert decoded(encoded) == value


@pytest.mark.parametrize("value", [v for v in samples.PLAIN if type(v) not in (str, bytes)], ids=repr)
def test_plain_values_are_plain(value: Any) -> None:
    product, back = round_trip(value)
    assert product.codec == "plain" and len(product.objects) == 1
    assert back == value and type(back) is type(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
@settings(max_examples=50)
def test_equal_values_are_one_product(value: Any) -> None:
    product, back = round_trip(value)
    assert back == value and codecs.encode(back).product == product


def test_large_parts_are_objects_and_small_ones_are_not() -> None:
    value = {"big": BIG, "again": [BIG.copy()], "small": BIG[:3], "text": "y" * 70_000, "point": Point(1, 2)}
    product, back = round_trip(value)
    assert (
        product.codec == "tree"
        and len(product.objects) == 3
        and product.classes == ("numpy:ndarray", "support.samples:Point")
    )
    assert list(back) == list(value) and back["text"] == value["text"] and back["point"] == value["point"]
    for name in ("big", "small"):
        np.testing.assert_array_equal(back[name], value[name])
        assert not back[name].flags.writeable
    changed = codecs.encode({**value, "small": BIG[:4]}).product
    assert changed.objects[1:] == product.objects[1:] and changed.objects[0] != product.objects[0]


@pytest.mark.parametrize(
    "value",
    [BIG, {"a": BIG, "b": [BIG, "x" * 70_000, 3]}, b"b" * 70_000, "s" * 70_000, (str.upper, BIG), pd.DataFrame({"x": BIG}), 7, [BIG[::2]] * 9],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_kept_at_once_gives_the_same_product(value: Any) -> None:
    kept: dict[Digest, bytes] = {}

    def keep(*pieces: Any) -> Digest:
        body = b"".join(map(bytes, pieces))
        return kept.setdefault(digest(body), body) and digest(body)

    usual, made = codecs.encode(value), codecs.encode(value, keep=keep)
    assert made.product == usual.product
    assert {**made.bodies, **kept} == {name: bytes(body) for name, body in usual.bodies.items()}
    assert all(len(body) >= 1 << 16 for body in kept.values()) and not kept.keys() & made.bodies.keys()
    assert all(memoryview(body).nbytes < 1 << 16 for body in made.bodies.values())


def test_frames_and_scalars_inside() -> None:
    frame = pd.DataFrame({"a": range(3)})
    product, back = round_trip(
        [Table([frame]), np.float32(2.5), np.datetime64("2026-01-01", "s"), np.str_("x"), np.bool_(True)]
    )
    assert product.codec == "plain"
    pd.testing.assert_frame_equal(back[0].rows[0], frame)
    assert [(type(one), one) for one in back[1:]] == [
        (np.float32, 2.5),
        (np.datetime64, np.datetime64("2026-01-01")),
        (np.str_, "x"),
        (np.bool_, True),
    ]


def test_a_scalar_alone_keeps_its_class() -> None:
    product, back = round_trip(np.int16(7))
    assert product.codec == "plain" and type(back) is np.int16 and back == 7


def test_what_is_not_plain_is_pickled_with_its_classes() -> None:
    bag = Bag(a=Counter("aab"), p=Point(1, 2), f=samples.double)
    product, back = round_trip([bag, bag])
    assert product.codec == "pickle" and product.classes == ("support.samples:Bag", "support.samples:Point")
    assert back[0] is back[1] and vars(back[0]) == vars(bag)


def test_buffers_lie_beside_the_pickle() -> None:
    structured = np.zeros(3, [("a", "i4"), ("b", "f8")])
    product, back = round_trip(Bag(big=BIG, small=BIG[:5], s=structured, again=BIG))
    assert len(product.objects) == 2 and product.size > BIG.nbytes
    assert back.again is back.big and back.s.dtype == structured.dtype
    for name in ("big", "small"):
        np.testing.assert_array_equal(getattr(back, name), getattr(Bag(big=BIG, small=BIG[:5]), name))
        assert not getattr(back, name).flags.writeable and getattr(back, name).flags.aligned


@pytest.mark.parametrize("wrap", [lambda leaf: leaf, lambda leaf: [leaf, {"k": (leaf,)}], lambda leaf: Bag(leaf=leaf)])
def test_files_are_handed_out(wrap: Any) -> None:
    stored, there = Stored("w.npy", Digest(b"7" * 32)), Reference("data/x", None)
    product, back = round_trip(wrap(stored))
    assert stored.content in product.objects
    shown = back.leaf if isinstance(back, Bag) else back[1]["k"][0] if isinstance(back, list) else back
    assert shown == Path("/handed/w.npy")
    _, back = round_trip(wrap(there))
    assert "data/x" in str(getattr(back, "leaf", back))
    assert codecs.encode(wrap(there)).product != codecs.encode(wrap(Reference("data/x", stored.content))).product


def test_a_file_is_its_content_and_name() -> None:
    content = Digest(b"7" * 32)
    one, other = (codecs.encode(Stored(name, content)).product for name in "ab")
    assert one.codec == "file" and one.objects[0] == content == other.objects[0] and one.digest != other.digest
    assert codecs.encode(Stored("a", content, True)).product.codec == "folder"


def test_what_is_stable_says_so() -> None:
    assert all(map(codecs.is_stable, ["plain", "tree", "npy", "arrow", "str", "bytes", "file", "folder"]))
    assert not codecs.is_stable("pickle")


class _Breaks:
    def __init__(self) -> None:
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([1, {"a": threading.Lock()}], r"value\[1\]\['a'\] cannot be stored: TypeError"),
        (Table([0, Bag(deep=(1, _Breaks()))]), r"value\.rows\[1\]\.deep\[1\]\.lock cannot"),
        ({"s": [Secret("x")]}, r"value\['s'\]\[0\] is a Secret"),
        (Bag(s=Secret("x")), r"value\.s cannot be stored: PicklingError: a Secret"),
        (lambda: 0, r"value cannot be stored"),
        ((n for n in ()), r"value cannot be stored"),
        (Bag(a=samples.Slotted(MappingProxyType({}))), r"value\.a\.a cannot be stored"),
    ],
)
def test_what_cannot_be_stored_is_named(value: Any, path: str) -> None:
    with pytest.raises(Uncodable, match=path) as caught:
        codecs.encode(value)
    assert caught.value.hint


def test_a_forced_codec_is_taken_or_refused() -> None:
    assert round_trip([1], "pickle") == (codecs.encode([1], codec="pickle").product, [1])
    assert round_trip(np.arange(3), "pickle")[0].codec == "pickle"
    assert codecs.encode([1], codec="plain").product.codec == "plain"
    for value, codec in [([1], "npy"), (Bag(), "plain"), (1, "str")]:
        with pytest.raises(Uncodable):
            codecs.encode(value, codec=codec)


def test_an_unknown_codec_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="no codec is called 'parquet'"):
        codecs.decode(Product.of("parquet", [Digest(bytes(32))], 1), lambda digest: b"", lambda stored: Path())


@pytest.mark.parametrize("codec", ["plain", "tree", "pickle"])
def test_foreign_bodies_are_a_value_error(codec: str) -> None:
    with pytest.raises(ValueError):
        codecs.decode(Product.of(codec, [Digest(bytes(32))], 1), lambda digest: b"\xff" * 40, lambda stored: Path())


FOREIGN = """
class Bag:
    classes = ("support:Bag",)
    stable = False
    @staticmethod
    def encode(value):
        return None if "no" in vars(value) else repr(vars(value)).encode() + b"!" * (70_000 if "big" in vars(value) else 0)
    @staticmethod
    def decode(body):
        from support.samples import Bag
        return Bag(**eval(str(body, "utf-8").rstrip("!")))
"""


def test_other_packages_bring_codecs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "bags-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bags\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pipekit.codecs]\nbag = bags_codec:Bag\nbroken = bags_codec:Missing\n")
    (tmp_path / "bags_codec.py").write_text(FOREIGN)
    monkeypatch.syspath_prepend(str(tmp_path))
    choice.forget()
    try:
        product, back = round_trip(Bag(a=1))
        assert product.codec == "bag" and back.a == 1 and not codecs.is_stable("bag")
        product, back = round_trip([Bag(big=1), Bag(a=2)])
        assert (
            product.codec == "tree.unstable"
            and len(product.objects) == 2
            and [vars(b) for b in back] == [{"big": 1}, {"a": 2}]
        )
        assert not codecs.is_stable(product.codec) and round_trip(Bag(no=1))[0].codec == "pickle"
    finally:
        monkeypatch.undo()
        choice.forget()
    assert round_trip(Bag(a=1))[0].codec == "pickle"


@pytest.mark.parametrize(
    "value",
    [0, -1, 127, 128, 1024, 1025, -129, 1 << 70, -(1 << 2000), 1.5, float("nan"), -0.0, True, None, 2j, "", "text", b"", b"x",
     (1, "a"), [1, [2]], {"a": {1, 2}}],
)  # fmt: skip
def test_the_short_way_of_items_is_the_long_one(value: Any) -> None:
    found = codecs.short.body(value)
    encoded = codecs.encode(value)
    assert found is not None
    codec, body, classes = found
    assert (codec, classes) == (encoded.product.codec, encoded.product.classes)
    assert bytes(body) == bytes(encoded.bodies[encoded.product.objects[0]])
    builder = Builder()
    builder.add(codec, bytes(body), classes)
    builder.add(codec, bytes(body), classes)
    block = builder.take()
    one, other = codecs.decode_items(block, dict[Any, Any]().__getitem__, lambda file: Path())
    assert repr(one) == repr(other) == repr(value) and type(one) is type(value)


@pytest.mark.parametrize("value", [Secret("x"), object(), Stored("a", Digest(bytes(32)), False)])
def test_what_has_no_short_way_goes_the_long_one(value: Any) -> None:
    assert codecs.short.body(value) is None
