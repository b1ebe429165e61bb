"""A catalogue of edits: plain-text files that describe one project, edits of it, and what each edit must run again.

    --- prep.py                              a file of the project; all files of all catalogues are in the one project
    === helper of a helper                   an edit
    @@ prep.py                               in which file
    -     return x - 1                       these whole lines, which stand there once,
    +     return x - 2                       become these
    >>> other_module: code prep.deeper       this task must run, and why: KIND SUBJECT, and `: WAS → NOW` where it is told

Tasks that are not named must be cached; an edit that names none must run nothing. A reason may end in `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.house import ROOT
from support.stories import Place

_HEADING = re.compile(r"^(===|---|@@|>>>|\+|-)(?: (.*))?$")


@dataclass
class Hunk:
    """In `file`, the lines `old` become `new`."""

    file: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def on(self, text: str) -> str | None:
        """The text after it; None where the lines do not stand there just once."""
        old, new = ("".join(f"{line}\n" for line in lines) for lines in (self.old, self.new))
        whole = f"\n{text}"
        return whole.replace(f"\n{old}", f"\n{new}")[1:] if whole.count(f"\n{old}") == 1 else None


@dataclass
class Edit:
    """An edit by name: its hunks, and the reason of each task that it must run."""

    name: str
    hunks: list[Hunk] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)

    def on(self, files: Mapping[str, str]) -> dict[str, str] | None:
        """What it makes of these files: only those that become others. None where it does not fit."""
        changed: dict[str, str] = {}
        for hunk in self.hunks:
            text = hunk.on(changed.get(hunk.file, files[hunk.file]))
            if text is None:
                return None
            changed[hunk.file] = text
        return changed


def read(*paths: Path) -> tuple[dict[str, str], list[Edit]]:
    """The files of the project, and the edits in order."""
    files: dict[str, list[str]] = {}
    edits: list[Edit] = []
    for path in paths:
        files.update(_read(path, edits))
    return {name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()}, edits


def _read(path: Path, edits: list[Edit]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    sink: list[str] | None = None
    for line in path.read_text().splitlines():
        found = _HEADING.match(line)
        mark, title = found.groups("") if found is not None else ("", "")
        if mark == "---":
            sink = files.setdefault(title, [])
        elif mark == "===":
            sink = None
            edits.append(Edit(title))
        elif sink is not None:
            sink.append(line)
        elif mark == "@@":
            edits[-1].hunks.append(Hunk(title))
        elif mark == ">>>":
            task, _, why = title.partition(": ")
            edits[-1].runs[task] = why
        elif mark:
            (edits[-1].hunks[-1].new if mark == "+" else edits[-1].hunks[-1].old).append(title)
    return files


def write(place: Place, files: Mapping[str, str]) -> None:
    """Write these files."""
    for name, text in files.items():
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def together(edits: Iterable[Edit], files: Mapping[str, str], most: int) -> list[list[Edit]]:
    """The edits in groups of which each can be made at once: they run different tasks and change different lines."""
    groups: list[tuple[list[Edit], dict[str, str], set[str]]] = []
    for edit in edits:
        for group, texts, tasks in groups:
            changed = edit.on(texts) if len(group) < most and not tasks & edit.runs.keys() else None
            if changed is not None:
                break
        else:
            group, texts, tasks, changed = [], dict(files), set(), edit.on(files)
            assert changed is not None, f"{edit.name}: the lines do not stand in the file just once"
            groups.append((group, texts, tasks))
        group.append(edit)
        texts.update(changed)
        tasks.update(edit.runs)
    return [group for group, _, _ in groups]


def make(edits: Sequence[Edit], files: Mapping[str, str], place: Place) -> dict[str, str]:
    """Make the edits in the files of `place`; gives the reason of each task that they must run."""
    texts = dict(files)
    for edit in edits:
        changed = edit.on(texts)
        assert changed is not None, f"{edit.name}: the lines do not stand in the file just once"
        texts.update(changed)
    write(place, {name: text for name, text in texts.items() if text != files[name]})
    return {task: why for edit in edits for task, why in edit.runs.items()}


def ran(said: Any) -> dict[str, str]:
    """Of `run --json`: the tasks that ran and why, written as in a catalogue. All others must have been cached."""
    assert said["status"] == "succeeded", said
    assert {task["state"] for task in said["tasks"].values()} <= {"ran", "cached"}, said
    return dict(_ran(said))


def _ran(said: Any) -> Iterator[tuple[str, str]]:
    for name, task in said["tasks"].items():
        if task["state"] == "ran":
            yield name, why(task["reason"])


def why(reason: Mapping[str, str]) -> str:
    """A reason in the catalogue's form."""
    head = f"{reason['kind']} {reason['subject']}".rstrip()
    was, now = reason["was"], reason["now"]
    return f"{head}: {was} → {now}" if was else f"{head}: {now}" if now else head


def alike(told: Mapping[str, str], expected: Mapping[str, str]) -> dict[str, str]:
    """What was told, cut where what is expected ends in `…`."""
    return {
        task: f"{why[: len(want) - 1]}…" if (want := expected.get(task, "")).endswith("…") else why
        for task, why in told.items()
    }


# --- the one project there is ---------------------------------------------------------------------------------------------

FILES, EDITS = read(*sorted((ROOT / "tests" / "stories" / "edits").glob("*.txt")))
MODULES = sorted(name[:-3] for name, text in FILES.items() if "@env." in text)
_FRAME = {
    "home.py": 'from pipekit import Env\n\nenv = Env("edits")\n',
    "pipeline.yaml": "version: 1\noptions:\n  default_in_yaml: {top: 5}\ninvocations:\n  default: {}\n",
}


def lay_out(base: Path, modules: Sequence[str] = MODULES) -> Place:
    """The project in a folder below `base`, the packages that it uses beside it; `modules` are imported in this order."""
    place = Place(base / "project", {"PYTHONPATH": str(base / "site")})
    place.folder.mkdir()
    imports = "".join(f"import {name}\n" for name in modules)
    write(place, FILES | _FRAME | {"tasks.py": "from home import env\n" + imports})
    return place
