"""What a plain scalar means in YAML 1.2's core schema. It must never know quotes, collections or any other syntax."""

from __future__ import annotations

import math
import re

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+").fullmatch
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+").fullmatch
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?").fullmatch
_INF = re.compile(r"[-+]?\.(inf|Inf|INF)").fullmatch
_NAN = (".nan", ".NaN", ".NAN")
_SIMPLE = re.compile(r"[-+]?[A-Za-z0-9_./][A-Za-z0-9_./+@=-]*").fullmatch
DIGITS = 4000
"""The longest number that is read; Python itself refuses some 300 digits later."""


def core(text: str) -> bool | int | float | str | None:
    """The value of plain `text`. Raises ValueError for a number that is too long, or too big for a float."""
    if text[:1] not in "+-.0123456789":
        return WORDS.get(text, text)
    if not text:
        return None
    if _INT(text):
        return int(_short(text))
    if _BASED(text):
        return int(_short(text)[2:], 8 if text[1] == "o" else 16)
    if _FLOAT(text):
        return _finite(text)
    if _INF(text):
        return -math.inf if text[0] == "-" else math.inf
    return math.nan if text in _NAN else text


def simple(text: str) -> bool:
    """Whether `text` is surely one plain scalar, so that no YAML reader is needed to say what it means."""
    return not text or (_SIMPLE(text) is not None and not text.startswith(("...", "---")))


def _short(text: str) -> str:
    if len(text) > DIGITS:
        raise ValueError(f"a number of {len(text)} digits is too long; at most {DIGITS}")
    return text


def _finite(text: str) -> float:
    number = float(_short(text))
    if math.isinf(number):
        raise ValueError(f"{text} is too big for a float; write .inf if that is meant")
    return number
