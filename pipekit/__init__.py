"""pipekit: reproducible pipelines of Python functions. The public names, each imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipekit.definition.env import Env as Env
    from pipekit.definition.prelude import File as File
    from pipekit.definition.prelude import Folder as Folder
    from pipekit.definition.tasks import Setting as Setting
    from pipekit.definition.tasks import Task as Task
    from pipekit.errors import DefinitionError as DefinitionError
    from pipekit.errors import ExecutionError as ExecutionError
    from pipekit.errors import FingerprintError as FingerprintError
    from pipekit.errors import GraphError as GraphError
    from pipekit.errors import InvocationError as InvocationError
    from pipekit.errors import PipekitError as PipekitError
    from pipekit.errors import ProjectError as ProjectError
    from pipekit.errors import StoreError as StoreError
    from pipekit.errors import TaskFailed as TaskFailed
    from pipekit.execution.inside import checkpoint as checkpoint
    from pipekit.execution.inside import granted as granted
    from pipekit.execution.inside import progress as progress
    from pipekit.execution.inside import scratch as scratch
    from pipekit.execution.inside import seed as seed
    from pipekit.execution.products import Items as Items
    from pipekit.execution.run import Run as Run
    from pipekit.fingerprint import fingerprint as fingerprint
    from pipekit.graph.graph import Graph as Graph
    from pipekit.invocation.invocation import Invocation as Invocation
    from pipekit.project.project import Project as Project
    from pipekit.project.short import open as open
    from pipekit.project.short import run as run
    from pipekit.values.cell import Cell as Cell
    from pipekit.values.cell import Failure as Failure
    from pipekit.values.secret import Secret as Secret

_HOMES = {
    "Cell": "values.cell",
    "DefinitionError": "errors",
    "Env": "definition.env",
    "ExecutionError": "errors",
    "Failure": "values.cell",
    "File": "definition.prelude",
    "FingerprintError": "errors",
    "Folder": "definition.prelude",
    "Graph": "graph.graph",
    "GraphError": "errors",
    "Invocation": "invocation.invocation",
    "InvocationError": "errors",
    "Items": "execution.products",
    "PipekitError": "errors",
    "Project": "project.project",
    "ProjectError": "errors",
    "Run": "execution.run",
    "Secret": "values.secret",
    "Setting": "definition.tasks",
    "StoreError": "errors",
    "Task": "definition.tasks",
    "TaskFailed": "errors",
    "checkpoint": "execution.inside",
    "fingerprint": "fingerprint",
    "granted": "execution.inside",
    "open": "project.short",
    "progress": "execution.inside",
    "run": "project.short",
    "scratch": "execution.inside",
    "seed": "execution.inside",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pipekit' has no attribute {name!r}")
    value = getattr(import_module(f"pipekit.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
