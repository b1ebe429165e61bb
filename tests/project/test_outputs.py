"""Products as files, by suffix; replaced whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pipekit.errors import ProjectError
from pipekit.project.outputs import write


@dataclass(frozen=True)
class Row:
    a: int
    b: str


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.mark.parametrize(("value", "name", "expected"), [
    ([1, "a", None], "out.json", '[\n  1,\n  "a",\n  null\n]\n'),
    (Row(1, "x"), "out.json", '{\n  "a": 1,\n  "b": "x"\n}\n'),
    ({3, 1, 2}, "out.json", "[\n  1,\n  2,\n  3\n]\n"),
    (np.arange(3), "out.json", "[\n  0,\n  1,\n  2\n]\n"),
    (FRAME, "out.json", '[\n  {\n    "a": 1,\n    "b": "x"\n  },\n  {\n    "a": 2,\n    "b": "y"\n  }\n]\n'),
    ([Row(1, "x"), Row(2, "y")], "out.jsonl", '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'),
    (FRAME, "out.csv", "a,b\n1,x\n2,y\n"),
    (pl.from_pandas(FRAME), "out.csv", "a,b\n1,x\n2,y\n"),
    ([Row(1, "x")], "out.csv", "a,b\n1,x\n"),
    ({"a": 1}, "out.csv", "key,value\na,1\n"),
    ([[1, 2], [3, 4]], "out.tsv", "1\t2\n3\t4\n"),
    ("text", "out.txt", "text"),
    (["a", "b"], "out.txt", "a\nb\n"),
    (3, "out.txt", "3\n"),
    ("<p>", "out.html", "<p>"),
    (b"bytes", "out.anything", "bytes"),
    ("text", "out.unknown", "text"),
    ([1], "noending", "[\n  1\n]\n"),
])  # fmt: skip
def test_formats(tmp_path: Path, value: Any, name: str, expected: str) -> None:
    path = tmp_path / "deep" / name
    assert write(value, path) == len(expected)
    assert path.read_text() == expected
    assert [one.name for one in path.parent.iterdir()] == [name], "nothing is left beside it"


def test_arrays_and_tables_in_their_own_formats(tmp_path: Path) -> None:
    write(np.eye(2), tmp_path / "eye.npy")
    assert (np.load(tmp_path / "eye.npy") == np.eye(2)).all()
    write(FRAME, tmp_path / "frame.parquet")
    assert pd.read_parquet(tmp_path / "frame.parquet").equals(FRAME)


def test_a_file_and_a_folder_are_copied(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    write(tmp_path / "in" / "a.txt", tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "a"
    write(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "a.txt").rename(tmp_path / "in" / "c.txt")
    with pytest.raises(ProjectError, match="which would be lost"):
        write(tmp_path / "in", tmp_path / "out")
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["a.txt"]
    write(tmp_path / "in", tmp_path / "out", ours=True)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["c.txt"]


def test_what_has_no_form_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.npy"
    path.write_text("old")
    with pytest.raises(ProjectError, match=r"a dict cannot be written as \.npy") as caught:
        write({"a": object()}, path)
    assert "formats by suffix: " in (caught.value.hint or "") and path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["out.npy"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written") as caught:
        write([1], tmp_path / "file" / "out.json")
    assert caught.value.hint == "nothing was lost: the product is in the store"
    assert json.loads("[1]") == [1]
