"""What a key was made from, in its record and back."""

from __future__ import annotations

import pytest
from support.records import record  # type: ignore[import-not-found]

from pipekit.canon import digest
from pipekit.execution import preimages
from pipekit.execution.given import Given
from pipekit.execution.keys import Facts
from pipekit.store import records
from pipekit.store.memory import MemoryStore


@pytest.mark.parametrize("variable", ["plain", "no text: \udc80", None], ids=["plain", "no text", "not set"])
def test_there_and_back_through_the_bytes_of_a_record(variable: str | None) -> None:
    facts = Facts("count", "2", "ab", {"top": ("3", "cd")}, {"a.txt": "ef"}, {"HOME": variable}, "files", ("rows",))
    rows = [Given(digest(b"a"), (("shapes:Box", digest(b"b")),))]
    whole = record(1, preimage=preimages.pack(facts, rows))
    again = records.unpack(whole.key, whole.static, whole.task.encode(), records.pack(whole))
    assert again == whole
    assert preimages.unpack(again) == (facts, rows)
    then = preimages.of_then(MemoryStore(), again)
    assert then is not None and then.facts == facts and then.deps == {"rows": rows[0]}


def test_a_record_that_says_nothing_of_it() -> None:
    assert preimages.unpack(record(1)) is None
    assert preimages.of_then(MemoryStore(), record(1)) is None
