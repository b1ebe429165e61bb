"""Where a project's things lie, finding the project a folder belongs to, and what it is run in: the environment and the
working directory. It must never read what lies there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from pipekit.errors import ProjectError
from pipekit.values import Origin


class Layout(Struct, frozen=True):
    """The paths of one project; `folder` is absolute."""

    folder: Path

    @property
    def pipeline(self) -> Path:
        return self.folder / "pipeline.yaml"

    @property
    def tasks(self) -> Path:
        """tasks.py, or the package that stands in its place."""
        package = self.folder / "tasks" / "__init__.py"
        return package if package.is_file() else self.folder / "tasks.py"

    @property
    def store(self) -> Path:
        return self.folder / ".pipekit"

    @property
    def runs(self) -> Path:
        return self.store / "runs"

    @property
    def schema(self) -> Path:
        return self.store / "pipeline.schema.json"


def find(start: Path) -> Layout:
    """The project that `start` is or lies in: the nearest folder up that has tasks. Raises ProjectError."""
    try:
        folder = start.absolute()
    except FileNotFoundError:
        raise ProjectError("the working directory is gone", hint="change into one that is there") from None
    if not is_folder(folder):
        said = f"'{start}' is a file, not a folder" if folder.is_file() else f"there is no folder '{start}'"
        raise ProjectError(said, where=Origin(str(start)), hint="name an existing folder with -C")
    for one in (folder, *folder.parents):
        layout = Layout(one)
        if layout.tasks.is_file():
            return layout
    raise ProjectError(
        "this is no pipekit project: there is no tasks.py here or in a folder above",
        where=Origin(str(folder)),
        hint="make one with `pipekit init`, or name the project's folder with -C",
    )


def is_folder(path: Path) -> bool:
    """Whether a folder stands at `path`; nothing does where the machine takes it for no path at all."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def environ() -> Mapping[str, str]:
    """The environment variables as they are now."""
    return dict(os.environ)


def module_path() -> tuple[str, ...]:
    """Where modules are looked for, with the working directory by its name."""
    return tuple(place or os.getcwd() for place in sys.path)
