"""The name that was probably meant. It must never know what the names are of."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is most like `name`, if any is like it."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(names), 1, 0.6)), None)
