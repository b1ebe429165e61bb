"""The console script's first line of code: takes the quick way for a plain call, typer's for anything else, and turns
what is raised into words and an exit code. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pipekit.errors import (
    DefinitionError,
    ExecutionError,
    FingerprintError,
    GraphError,
    Interrupted,
    InvocationError,
    PipekitError,
    ProjectError,
    StoreError,
)

EXIT_CODES: tuple[tuple[type[PipekitError], int], ...] = (
    (GraphError, 2),  # of the graph only a selection on the command line is wrong; the tasks' own are DefinitionErrors
    (InvocationError, 2),
    (DefinitionError, 3),
    (ProjectError, 3),
    (FingerprintError, 3),
    (StoreError, 4),
    (Interrupted, 130),
    (ExecutionError, 1),
)
BUG, INTERRUPTED = 70, 130


def main(words: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name); gives the exit code."""
    said = list(sys.argv[1:] if words is None else words)
    try:
        code = _call(said)
        sys.stdout.flush()
        return code
    except PipekitError as error:
        return _tell(error, said)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would say so again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception:
        return _bug()


def _call(said: list[str]) -> int:
    from pipekit.faces.cli import COMMANDS, command

    if said and said[0] == "run":
        _set_out(said[1:])
    if said and said[0] in COMMANDS:
        from pipekit.faces.cli.flags import parameters, parse

        function = command(said[0])
        values = parse(parameters(function), said[1:])
        if values is not None:
            return function(**values)
    return _typer(said)


def _set_out(said: list[str]) -> None:
    """A run is likely to need worker processes; they are on their way while the command is imported."""
    if not any(one.startswith(("-n", "--dry-run", "--pool", "--pdb", "-h", "--help")) for one in said):
        from pipekit.project import ahead

        at = said.index("-C") + 1 if "-C" in said else 0
        ahead.begin(said[at] if 0 < at < len(said) else ".")


def _typer(said: list[str]) -> int:
    from pipekit.faces.cli.app import call

    return call(said)


def _tell(error: PipekitError, said: Sequence[str]) -> int:
    from pipekit.faces.cli.talk import tell

    code = next((code for cls, code in EXIT_CODES if isinstance(error, cls)), 1)
    tell(error, as_json="--json" in said and code in (2, 3))
    return code


def _bug() -> int:
    import traceback

    sys.stderr.write("pipekit: this is a bug of pipekit's own, not of your project. Nothing of yours was lost.\n\n")
    traceback.print_exc()
    sys.stderr.write("\nPlease report it with the text above and what you did.\n")
    return BUG
