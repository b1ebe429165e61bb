"""A catalogue of mistakes: one plain-text file of cases, each with the files, the command, and the exact text that people see.

    --- tasks.py                          before the first case: the files that every case starts from
    === no such option                    a case
    $ NAME=value pipekit run -o a.b=1     its command; `pipekit run` where there is none
    +++ tasks.py                          goes below what is there; `---` takes its place
    --- exit 2                            what is said, stderr; stdout has a section of its own where there is any

PIPEKIT_GOLDENS=write writes anew what is said, for a person to read.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.house import ROOT
from support.stories import Place, Said

_HEADING = re.compile(r"^(===|---|\+\+\+|\$) (.+)$")


@dataclass
class Case:
    """One case: sections in order, each a mark, a title and lines; the last ones say what is said."""

    name: str
    words: str = "pipekit run"
    sections: list[tuple[str, str, str]] = field(default_factory=list)
    code: int = -1
    err: str = ""
    out: str = ""


@dataclass
class Catalogue:
    """The cases of one file, in order; `base` has the files that every case starts from."""

    path: Path
    base: Case
    cases: dict[str, Case]

    def check(self, name: str, place: Place, changes: Mapping[str, str] = {}) -> Said:
        """Do what the case says in `place`, and assert that what is said is what stands there, but for `changes`."""
        case = self.cases[name]
        said = self.say(case, place)
        err, out = said.err, said.out
        for old, new in {str(place.folder): "/project", f"{ROOT}/": "/", **changes}.items():
            err, out = err.replace(old, new), out.replace(old, new)
        assert "Traceback" not in err and said.code != 70, err
        if os.environ.get("PIPEKIT_GOLDENS") == "write":
            case.code, case.err, case.out = said.code, err, out
            self.path.write_text(_written(self))
        assert (said.code, err, out) == (case.code, case.err, case.out)
        return said

    def lay_out(self, place: Place, case: Case | None = None) -> None:
        """Write the files that every case starts from, and those of `case`."""
        for mark, name, text in [*self.base.sections, *(case.sections if case is not None else ())]:
            path = place.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text() if mark == "+++" else ""
            path.write_text(before + text)

    def say(self, case: Case, place: Place) -> Said:
        """Lay out the files of the case and run its command in this process."""
        self.lay_out(place, case)
        words = shlex.split(case.words)
        start = words.index("pipekit")
        env = dict(word.split("=", 1) for word in words[:start])
        return place.call(*words[start + 1 :], env=env)


def read(path: Path) -> Catalogue:
    """The catalogue in `path`."""
    base = Case("")
    case, cases = base, {}
    sink: Any = None
    for line in path.read_text().splitlines():
        found = _HEADING.match(line)
        if found is None:
            sink.append(line) if sink is not None else None
            continue
        mark, title = found.groups()
        if mark == "===":
            assert title not in cases, title
            case, sink = Case(title), None
            cases[title] = case
        elif mark == "$":
            case.words = title
        else:
            sink = []
            case.sections.append((mark, title, sink))
    for one in (base, *cases.values()):
        _settle(one)
    return Catalogue(path, base, cases)


def _settle(case: Case) -> None:
    files = []
    for mark, title, lines in case.sections:
        while lines and not lines[-1]:
            lines.pop()
        text = "".join(f"{line}\n" for line in lines)
        if title.startswith("exit "):
            case.code, case.err = int(title[5:]), text
        elif title == "stdout":
            case.out = text
        else:
            files.append((mark, title, text))
    case.sections = files


def _written(catalogue: Catalogue) -> str:
    return "\n".join("".join(_parts(case)) for case in (catalogue.base, *catalogue.cases.values()))


def _parts(case: Case) -> list[str]:
    parts = [f"=== {case.name}\n"] if case.name else []
    parts += [f"$ {case.words}\n"] if case.words != "pipekit run" else []
    parts += [f"{mark} {name}\n{text}" for mark, name, text in case.sections]
    parts += [f"--- exit {case.code}\n{case.err}"] if case.code >= 0 else []
    return [*parts, f"--- stdout\n{case.out}"] if case.out else parts
