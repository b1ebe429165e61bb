from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipekit.faces.render.harmless import cut, cut_middle, fit, harmless, harmless_lines, width, wrap

_STEERS = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _safe(text: str) -> bool:
    return not any(unicodedata.category(char) in _STEERS or unicodedata.bidirectional(char) in _BIDI for char in text)


def test_what_steers_a_terminal_becomes_visible() -> None:
    assert harmless("a\nb\tc") == "a␊b␉c"
    assert harmless("\x1b]0;title\x07x") == "␛]0;title␇x"
    assert harmless("\x7f\x9b31m") == "␡<U+009B>31m"
    assert harmless("user\u202etxt.exe\u2066") == "user<U+202E>txt.exe<U+2066>"
    assert harmless("a\u200bb\ufeffc\udc80") == "a<U+200B>b<U+FEFF>c<U+DC80>"


def test_ordinary_text_stays() -> None:
    for text in ("plain [bold]not markup[/]", "naïve → 日本語 👩‍🔬", ""):
        assert harmless(text) == text


def test_lines_lose_colours_and_keep_the_last_state_of_a_rewritten_line() -> None:
    assert harmless_lines("\x1b[1;31mred\x1b[0m\nplain\n") == ["red", "plain"]
    assert harmless_lines(" 10%\r 50%\r100%\r\ndone") == ["100%", "done"]
    assert harmless_lines("a\tb") == ["a   b"]
    assert harmless_lines("\x1b[2J\x1b[Hx") == ["␛[2J␛[Hx"]
    assert harmless_lines("") == []
    assert harmless_lines("\n\nx") == ["", "", "x"]


@given(st.text(st.characters(codec=None)))
def test_nothing_gets_through(text: str) -> None:
    assert _safe(harmless(text))
    assert all(_safe(line) for line in harmless_lines(text))


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 30))
def test_fitted_text_has_exactly_the_width(text: str, columns: int) -> None:
    shown = harmless(text)
    assert width(fit(shown, columns)) == columns
    assert width(cut(shown, columns)) <= columns
    assert width(cut_middle(shown, columns)) <= columns
    assert all(width(line) <= max(columns, 2) for line in wrap(shown, columns))


def test_cutting() -> None:
    assert cut("evaluate", 5) == "eval…"
    assert cut_middle("train@lr=0.1,seed=12", 13) == "train@…eed=12"
    assert fit("日本語", 5) == "日本…"
    assert fit("7", 3, right=True) == "  7"
    assert wrap("one two three four", 9) == ["one two", "three", "four"]
    assert wrap("x" * 12, 5) == ["xxxxx", "xxxxx", "xx"]
