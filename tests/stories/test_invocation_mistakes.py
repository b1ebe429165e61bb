"""Every way to give values wrongly, and the exact text that people see: exit 2, every problem at once, and nothing has run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.catalogue import Catalogue, read
from support.stories import Place

FOLDER = Path(__file__).parent / "mistakes"
FILES = [read(FOLDER / "invocation.txt"), read(FOLDER / "secrets.txt")]
MISTAKES = [(catalogue, name) for catalogue in FILES for name in catalogue.cases]
ENDS = "\n\n1 problem; nothing has run\n"


@pytest.mark.parametrize(("catalogue", "name"), MISTAKES, ids=[name for _, name in MISTAKES])
def test_an_invocation_mistake(catalogue: Catalogue, name: str, place: Place) -> None:
    said = catalogue.check(name, place)
    assert said.code == 2
    assert "hush" not in said.err + said.out
    assert not place.runs()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (
        b"a: 1\nb: \xff\n",
        """\
error: byte 0xff at offset 8, in line 2, is not UTF-8
  --> pipeline.yaml:2:4
   |
 2 | b: \ufffd
   |    ^
hint: save the file as UTF-8""",
    ),
    "UTF-16": (
        "version: 1\n".encode("utf-16"),
        """\
error: byte 0xff at offset 0, in line 1, is not UTF-8
  --> pipeline.yaml:1:1
   |
 1 | \ufffd\ufffdv␀e␀r␀s␀i␀o␀n␀:␀ ␀1␀
   | ^
hint: it looks like UTF-16: save the file as UTF-8""",
    ),
    "NUL": (
        b"version: 1\x00\n",
        """\
error: the character U+0000 cannot stand in pipeline.yaml
  --> pipeline.yaml:1:11
   |
 1 | version: 1␀
   |           ^
hint: delete it, or write "\\x00" in double quotes""",
    ),
    "a terminal's escape": (
        b"version: \x1b]0;pwned\x07\n",
        """\
error: the character U+001B cannot stand in pipeline.yaml
  --> pipeline.yaml:1:10
   |
 1 | version: ␛]0;pwned␇
   |          ^
hint: delete it, or write "\\x1b" in double quotes""",
    ),
    "a BOM and a mistake behind it": (
        b"\xef\xbb\xbfversoin: 1\n",
        """\
error: pipeline.yaml has no key 'versoin'
  --> pipeline.yaml:1:1
   |
 1 | versoin: 1
   | ^^^^^^^
hint: did you mean 'version'? the keys are: version, options, invocations, settings""",
    ),
    "Windows line ends and wide letters before the place": (
        "version: 1\r\noptions: {'漢字 ü': 3}\r\n".encode(),
        """\
error: there is no task '漢字 ü'
  --> pipeline.yaml:2:11
   |
 2 | options: {'漢字 ü': 3}
   |           ^^^^^^^^
hint: the tasks are: lines, words, counts, ranking, best""",
    ),
    "3 MB": (
        b"a" * 3_000_000,
        """\
error: pipeline.yaml is longer than 2 MiB
  --> pipeline.yaml
hint: put large values in a file and name it in an option""",
    ),
    "1 MB of brackets": (
        b"[\n" * 500_000,
        """\
error: this is nested deeper than 64
   --> pipeline.yaml:65:1
    |
 65 | [
    | ^
hint: flatten it, or put it in a file of its own""",
    ),
    "1 MB of letters": (
        b"a" * 1_000_000,
        f"""\
error: pipeline.yaml holds '{"a" * 58}…
  --> pipeline.yaml:1:1
   |
 1 | {"a" * 160}…
   | {"^" * 160}
hint: it is a mapping with the keys version, options, invocations, settings""",
    ),
    "an alias bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 10)) for n in range(98, 110)),
        f"""\
error: the aliases stand for too much
  --> pipeline.yaml:5:36
   |
 5 | e: &e [{", ".join(["*d"] * 10)}]
   | {" " * 35}^^
hint: at most 100000 values, 64 deep; write less""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file(name: str, place: Place) -> None:
    data, expected = HOSTILE[name]
    FILES[0].lay_out(place)
    (place.folder / "pipeline.yaml").write_bytes(data)
    said = place.call("run", "-o", "lines.path=book.txt")
    assert (said.code, said.err, said.out) == (2, expected + ENDS, "")
    assert not place.runs()


def test_what_is_no_file_in_the_place_of_pipeline_yaml(place: Place) -> None:
    FILES[0].lay_out(place)
    (place.folder / "pipeline.yaml").mkdir()
    assert place.call("run").err == (
        "error: pipeline.yaml is a folder, not a file\n  --> pipeline.yaml\n"
        "hint: move it away; `pipekit init` writes a file" + ENDS
    )
    (place.folder / "pipeline.yaml").rmdir()
    (place.folder / "pipeline.yaml").symlink_to("nowhere")
    assert place.call("run", "-o", "lines.path=none").code == 2


def test_mistakes_in_whole_processes(place: Place) -> None:
    FILES[0].lay_out(place)
    place.write(pipeline_yaml="options: {lines: {path: book.txt}, ranking: {tpo: 10}}\n")
    said = place.pipekit("run")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: task 'ranking' has no option 'tpo'\n"
        "  --> pipeline.yaml:1:46\n"
        "   |\n"
        " 1 | options: {lines: {path: book.txt}, ranking: {tpo: 10}}\n"
        "   |                                              ^^^\n"
        "hint: did you mean 'top'? ranking takes: top, ratio, look (tasks.py:44)" + ENDS
    )
    said = place.pipekit("run", "--json")
    assert (said.code, said.err) == (2, "")
    assert said.json == {
        "status": "invalid",
        "errors": [
            {
                "message": "task 'ranking' has no option 'tpo'",
                "where": "pipeline.yaml:1:46",
                "hint": "did you mean 'top'? ranking takes: top, ratio, look (tasks.py:44)",
            }
        ],
    }
    assert (
        json.loads(place.pipekit("run", "--json", "--jsn").out)["errors"][0]["message"] == "'run' has no flag '--jsn'"
    )
    assert not place.runs()
