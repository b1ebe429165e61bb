"""What a task sees of a matrix and of failed items. It must never know how either came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class Cell(Generic[R_co]):
    """One cell of the matrix above a task: `options` (`"task.option"` -> value, in axis order) and its product there."""

    options: Mapping[str, Any]
    product: R_co


@dataclass(frozen=True)
class Failure:
    """One item that `on_error` left out: the item, and `"ClassName: message"` without paths, addresses or secrets."""

    item: Any
    error: str
