"""Finding a task or a type again by name, in this process or another: what a pickled handle becomes. It must never make one."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from pipekit.errors import DefinitionError


def recall(module: str, env_module: str, env_name: str, name: str) -> Any:
    """The handle called `name` (also `"train.cells"`) of the env `env_name`, importing the modules that define it.

    Raises DefinitionError if the modules have no such env or task.
    """
    task, _, beside = name.partition(".")
    for home in dict.fromkeys((env_module, module)):
        for place in (env_module, module):
            found = _look(place, env_name, task) if home in sys.modules or _bring(home) else None
            if found is not None:
                return getattr(found, beside) if beside else found
    raise DefinitionError(
        f"no task '{task}' in an env '{env_name}' of the module '{env_module}'",
        hint="tasks of an env that is a variable of an importable module can be sent to other processes",
    )


def _bring(module: str) -> bool:
    import_module(module)
    return True


def _look(module: str, env_name: str, task: str) -> Any:
    from pipekit.definition.env import Env

    for value in list(vars(sys.modules[module]).values()) if module in sys.modules else ():
        if isinstance(value, Env) and value.name == env_name and task in value.tasks:
            return value.tasks[task]
    return None


def find(module: str, name: str) -> Any:
    """What the variable `name` (`"Class.attribute"` too) of an imported module holds; None if there is none."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def named(module: str, name: str) -> Any:
    """The same, importing the module. Raises DefinitionError if there is none."""
    import_module(module)
    found = find(module, name)
    if found is None:
        raise DefinitionError(
            f"the module '{module}' has no '{name}'", hint="it had when this was sent from another process"
        )
    return found
