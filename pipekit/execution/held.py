"""Products that no bytes can stand for (connections, locks, open files): each worker that needs one makes its own, once, and keeps it. It
must never be asked for a product that is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipekit import canon
from pipekit.canon.shape import class_name
from pipekit.execution.messages import Call, full
from pipekit.store.codecs.choice import is_library
from pipekit.store.products import Product
from pipekit.values import Digest

CODEC = "held"


def product_of(key: Digest, value: Any) -> Product:
    """What stands for a value that cannot be encoded: it is known by the key of its step alone."""
    classes = () if is_library(type(value)) else (class_name(type(value)),)
    return Product(CODEC, (), canon.digest_parts(b"by-key", key), 0, classes)


class Held:
    """The values that one worker keeps, by their products' digests. `make` calls a task's function as a call says and gives what it
    returns."""

    def __init__(self, make: Callable[[Call], Any]) -> None:
        self._make = make
        self._values: dict[Digest, Any] = {}

    def keep(self, product: Product, value: Any) -> None:
        """The value was made here."""
        self._values[product.digest] = value

    def value(self, product: Product, recipe: Any) -> Any:
        """The value that stands behind a product: made here before, or now as `recipe` says, which is a lean call. What the task's
        function raises comes through."""
        if product.digest not in self._values:
            self._values[product.digest] = self._make(full(recipe))
        return self._values[product.digest]

    def forget(self, digest: Digest) -> None:
        """Nobody will ask for it any more."""
        self._values.pop(digest, None)
