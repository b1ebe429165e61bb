"""Text that somebody else wrote, made safe to show: what would steer a terminal becomes visible, or goes. It must never know where the text came from."""

from __future__ import annotations

import re
import unicodedata

# Colours and the other looks of CSI ... m carry nothing but looks; any other sequence could move, erase or rename.
_LOOKS = re.compile(r"(?:\x1b\[|\x9b)[0-9;:]*m")
_INVISIBLE = (0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0)
_RANGES = ((0x80, 0x9F), (0x200B, 0x200C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFFF9, 0xFFFB))
_TAGS, _SURROGATES = (0xE0000, 0xE007F), (0xD800, 0xDFFF)
_DANGEROUS = re.compile(
    "[\x00-\x1f\x7f"
    + "".join(f"{chr(a)}-{chr(b)}" for a, b in (*_RANGES, _TAGS, _SURROGATES))
    + "".join(map(chr, _INVISIBLE))
    + "]"
)


def harmless(text: str) -> str:
    """`text` as one line without any character that a terminal obeys: `"a\\nb\\x1b]0;x"` -> `"a␊b␛]0;x"`."""
    if text.isascii() and text.isprintable():
        return text
    return _DANGEROUS.sub(_visible, text)


def harmless_lines(text: str) -> list[str]:
    """The lines of what a program printed: colours go, tabs widen, a rewritten line (`\\r`) shows its last state."""
    if text.isascii() and text.isprintable():
        return [text] if text else []
    lines = _LOOKS.sub("", text).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [harmless(_rewritten(line).expandtabs(4)) for line in lines]


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def fit(text: str, columns: int, *, right: bool = False) -> str:
    """`text` cut with `…` or padded to exactly `columns`; `right` pads on the left."""
    taken = width(text)
    if taken > columns:
        text = cut(text, columns)
        taken = width(text)
    space = " " * (columns - taken)
    return space + text if right else text + space


def cut(text: str, columns: int) -> str:
    """`text` if it fits into `columns`, else its beginning and `…`."""
    if width(text) <= columns:
        return text
    kept, taken = [], 0
    for char in text:
        taken += _columns(char)
        if taken > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…" if columns > 0 else ""


def cut_middle(text: str, columns: int) -> str:
    """`text` if it fits into `columns`, else its two ends with `…` between: the ends of a cell's name tell most."""
    if width(text) <= columns or columns < 5:
        return cut(text, columns)
    tail = _head(text[::-1], (columns - 1) // 2)[::-1]
    return _head(text, columns - 1 - width(tail)) + "…" + tail


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, broken at spaces where there are any."""
    lines: list[str] = []
    while width(text) > max(columns, 1):
        head = _head(text, max(columns, 1))
        space = head.rfind(" ")
        head = head[:space] if space > len(head) // 3 else head
        lines.append(head.rstrip())
        text = text[len(head) :].lstrip()
    return [*lines, text]


def _head(text: str, columns: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _columns(char)
        if taken > columns:
            return text[: max(index, 1)]
    return text


def _rewritten(line: str) -> str:
    parts = [part for part in line.split("\r") if part]
    return parts[-1] if parts else ""


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
