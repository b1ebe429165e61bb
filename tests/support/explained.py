"""A project of a few words, run in this process, and what commands say of it without what differs from run to run."""

from __future__ import annotations

import re

from support.stories import Place, Said

PREP = '''
    LIMIT = 3


    def clean(word: str) -> str:
        """One word."""
        return word.lower().strip()[:LIMIT]


    def unused() -> int:
        return 1
'''
TASKS = """
    from pipekit import Env, File
    from prep import clean

    env = Env("words")


    @env.task()
    def text(*, path: File, encoding: str = "utf-8") -> str:
        return path.read_text(encoding)


    @env.task(text)
    def words(whole: str, /) -> list[str]:
        return [clean(word) for word in whole.split()]


    @env.task(words)
    def counts(rows: list[str], /) -> dict[str, int]:
        return {row: rows.count(row) for row in rows}


    @env.task(counts)
    def ranking(table: dict[str, int], /, *, top: int = 2) -> list[str]:
        return sorted(table, key=lambda word: (-table[word], word))[:top]
"""
YAML = """
    version: 1
    invocations:
      default:
        targets: [ranking]
        options: {text: {path: book.txt}}
"""
UP_TO_DATE = "0 would run, 0 may run, 4 up to date\n"


def lay_out(place: Place) -> Place:
    """A project of four tasks, one below the other; one of them uses prep.py."""
    return place.write(tasks_py=TASKS, prep_py=PREP, pipeline_yaml=YAML, book_txt="The cat the Cathedral\n")


def run(place: Place, *more: str) -> str:
    """Run in this process; gives the run's name."""
    said = place.call("run", "--json", "--pool", "inline", *more)
    assert said.code == 0, said.err
    name: str = said.json["run"]
    return name


def ran(place: Place, *more: str) -> dict[str, str]:
    """The same; gives the tasks that ran, with the kinds of their reasons."""
    said = place.call("run", "--json", "--pool", "inline", *more)
    assert said.code == 0, said.err
    return {name: task["reason"]["kind"] for name, task in said.json["tasks"].items() if task["state"] == "ran"}


def told(said: Said, *runs: str) -> str:
    """Both streams, one after the other; runs are numbered, digests and times have a word of their own."""
    text = said.out + said.err
    for number, name in enumerate(runs, 1):
        text = text.replace(name, f"RUN{number}")
    text = re.sub(r"\b[0-9a-f]{8}\b", "DIGEST", text)
    text = re.sub(r"\b\d+(?:\.\d+)? (?:µs|ms|s)\b", "TIME", text)
    return re.sub(r"\brun [0-9a-f]{6}\b", "run RUN", text)
