"""Modules made from text, as if they had been imported from a file of that name."""

from __future__ import annotations

import sys
from types import ModuleType


def module_of(name: str, source: str) -> ModuleType:
    """Runs `source` as the module `name` and leaves it in `sys.modules`."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
    return module
