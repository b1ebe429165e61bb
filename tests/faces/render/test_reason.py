from __future__ import annotations

import pytest

from pipekit.execution.reasons import Reason
from pipekit.faces.render.reason import reason_text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("new"), "never run"),
        (Reason("cached"), "nothing changed"),
        (Reason("option", "top", "10", "20"), "option top: 10 → 20"),
        (Reason("option", "top", "10", ""), "option top: 10 → (gone)"),
        (Reason("code", "count.clean"), "code count.clean changed"),
        (Reason("dep", "words", "3f2a…", "9c1b…"), "dep words: 3f2a… → 9c1b…"),
        (Reason("dep"), "a dep has another product"),
        (Reason("version", "train", "1", "2"), "version: 1 → 2"),
        (Reason(""), "not recorded"),
        (Reason("upstream", "words"), "depends on what words will give"),
        (Reason("missing"), "product no longer in the store"),
        (Reason("some_new_kind", "x", "1", "2"), "some new kind x: 1 → 2"),
        (Reason("some_new_kind"), "some new kind"),
        (Reason("option", "a\x1b[2J", "", "b\nc"), "option a␛[2J: b␊c"),
    ],
)
def test_a_reason_is_one_line(reason: Reason, text: str) -> None:
    assert reason_text(reason) == text
