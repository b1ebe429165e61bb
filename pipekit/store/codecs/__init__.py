"""Values to objects and back: the codec is chosen by the value's class and named in the product. It must never keep an
object, nor know where one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipekit import canon
from pipekit.canon.digests import flat
from pipekit.canon.form import LARGE
from pipekit.errors import Uncodable
from pipekit.store.blocks import Block, Inline, Item
from pipekit.store.codecs import pickled, short, tree
from pipekit.store.codecs.choice import Leaf, leaf_for, leaf_named
from pipekit.store.codecs.parts import Hand, Keep, Parts
from pipekit.store.products import Encoded, Product
from pipekit.values import Digest, Secret, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["decode", "decode_item", "decode_items", "encode", "is_stable", "short"]

_STABLE = ("str", "bytes", "npy", "arrow", "plain", "tree", "file", "folder")
_UNSTABLE = ("pickle", "tree.unstable")
_SECRET = "reveal it where it is used and leave it out of the product"


def encode(value: Any, *, codec: str | None = None, keep: Keep | None = None) -> Encoded:
    """The product that stands for `value`, and the bytes of its objects, but of big ones that `keep` has taken.

    File paths in `value` have already been replaced by Stored and Reference. Their contents are listed
    among the product's objects; what else belongs to a folder is added with `Product.including`. `codec` forces one by
    name. Raises Uncodable, whose message leads to the culprit.
    """
    if type(value) is Stored and codec in (None, "file", "folder"):
        return _file(value)
    if codec is None and type(value) in short.FIXED:
        return _short(value, keep)
    if codec not in (None, "plain", "tree", "pickle"):
        return _forced(value, leaf_named(str(codec)))
    leaf = leaf_for(type(value)) if codec is None else None
    if leaf is not None and leaf.name != "scalar":
        pieces = leaf.pieces(value) if keep is not None else None
        body = leaf.encode(value) if pieces is None else None
        if pieces is not None or body is not None:
            return _single(leaf, type(value), keep, *(pieces or (body,)))
    return _composite(value, codec, keep)


def decode(product: Product, read: Callable[[Digest], Buffer], hand: Hand) -> Any:
    """The value of `product`: `read` gives an object's bytes, `hand` the path of a stored file or a reference.

    Arrays are read-only and lie over what `read` gave. Raises ValueError when the objects are not what the codec wrote,
    StoreError when the codec is not installed; what a pickled value's own classes raise comes through.
    """
    if product.codec in ("file", "folder"):
        content, name, *_ = product.objects
        return hand(Stored(str(read(name), "utf-8", "surrogatepass"), content, product.codec == "folder"))
    return _decode(product.codec, read(product.objects[0]), tree.parts_of(product.objects, read), hand)


def decode_item(item: Item, read: Callable[[Digest], Buffer], hand: Hand) -> Any:
    """The value of an item of a block; as `decode`, but what the item brings along is not read."""
    if isinstance(item, Inline):
        return _decode(item.codec, item.body, tree.parts_of((), read), hand)
    bodies = item.bodies
    return decode(item.product, lambda digest: bodies[digest] if digest in bodies else read(digest), hand)


def decode_items(block: Block, read: Callable[[Digest], Buffer], hand: Hand) -> Iterator[Any]:
    """The values of a block's items, one after the other; as `decode_item`."""
    form = block.forms[0] if len(block.forms) == 1 else None
    if form is not None and not form.classes and form.codec in ("plain", "str", "bytes"):
        return iter(short.values(form.codec, block.pieces(), lambda payload: tree.intern(payload, read, hand)))
    return (decode_item(item, read, hand) for item in block.items())


def _decode(codec: str, first: Buffer, part: Callable[[int], Buffer], hand: Hand) -> Any:
    match codec:
        case "plain" | "tree" | "tree.unstable":
            return tree.decode(first, part, hand)
        case "pickle":
            return pickled.decode(first, part, hand)
        case codec:
            return leaf_named(codec).decode(first)


def is_stable(codec: str) -> bool:
    """Whether equal values always give equal bytes, in every process."""
    return codec in _STABLE or (codec not in _UNSTABLE and leaf_named(codec).stable)


def _short(value: Any, keep: Keep | None) -> Encoded:
    codec, (body,) = short.bodies((value,))
    if keep is not None and len(body) >= LARGE:
        return Encoded(Product.of(codec, (keep(body),), len(body)), {})
    digest = canon.digest(body)
    return Encoded(Product.of(codec, (digest,), len(body)), {digest: body})


def _single(leaf: Leaf, cls: type, keep: Keep | None, *pieces: Any) -> Encoded:
    parts = Parts(keep)
    parts.meet(cls)
    return parts.product(leaf.name, *(one if type(one) is bytes else flat(one) for one in pieces))


def _forced(value: Any, leaf: Leaf) -> Encoded:
    body = leaf.encode(value) if leaf_for(type(value)) is leaf else None
    if body is None:
        raise Uncodable(f"value is a {type(value).__qualname__}, which the codec {leaf.name} cannot give back exactly")
    return _single(leaf, type(value), None, body)


def _composite(value: Any, codec: str | None, keep: Keep | None) -> Encoded:
    if codec == "pickle":
        return _pickle(value, keep)
    try:
        return _skeleton(value, keep)
    except canon.plain.NotPlain as found:
        if type(found.value) is Secret:
            raise Uncodable(f"{found.path} is a Secret, which is never stored", hint=_SECRET) from None
        if codec is not None:
            raise Uncodable(str(found), hint="leave the codec to pipekit") from None
    return _pickle(value, keep)


def _skeleton(value: Any, keep: Keep | None) -> Encoded:
    body, parts = tree.encode(value, keep)
    if not parts.stable:
        return parts.product("tree.unstable", body)
    return parts.product("tree" if parts.objects else "plain", body)


def _pickle(value: Any, keep: Keep | None) -> Encoded:
    body, parts = pickled.encode(value, keep)
    return parts.product("pickle", body)


def _file(value: Stored) -> Encoded:
    body = value.name.encode("utf-8", "surrogatepass")
    name = canon.digest(body)
    return Encoded(Product.of("folder" if value.folder else "file", (value.content, name), len(body)), {name: body})
