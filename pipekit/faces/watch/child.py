"""One run on behalf of `watch`, in a process of its own: plans, runs, shows, and reports what was read. It must never watch."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipekit.errors import PipekitError


def main(words: list[str]) -> int:
    """`words`: the number of the descriptor for the report, and what to run as JSON. Gives the exit code."""
    report, asked = int(words[0]), json.loads(words[1])
    folder = Path(asked["folder"])
    found: dict[str, Any] = {"status": "invalid", "read": []}
    try:
        found["status"] = _run(asked, found)
    except PipekitError as error:
        from pipekit.faces.cli.talk import tell

        tell(error)
        found["status"] = "invalid"
    except KeyboardInterrupt:
        found["status"] = "interrupted"
    finally:
        found["read"] = sorted({*found["read"], *_modules(folder)})
        os.write(report, json.dumps(found).encode() + b"\n")
        os.close(report)
    return 0


def _run(asked: dict[str, Any], found: dict[str, Any]) -> str:
    from pipekit.faces.cli.run import face
    from pipekit.project.project import Asked
    from pipekit.project.short import open

    project = open(asked["folder"])
    run = project.start(Asked(asked["invocation"], asked["options"], jobs=asked["jobs"], pool=asked["pool"]))
    found["read"] += [str(project.folder / path) for path in run.named()]
    with face() as shown:
        for event in run:
            shown.take(event)
    found["read"] += [str(project.folder / path) for path in run.audit.read]
    project.close()
    return run.status


def _modules(folder: Path) -> Iterable[str]:
    from pipekit.project.load import is_project

    root = str(folder) + os.sep
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if is_project(file, root):
            yield str(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
