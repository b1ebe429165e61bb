"""Real packages, as if they were a project: every function has an identity, or a clear error."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from pipekit.errors import FingerprintError
from pipekit.fingerprint.code.codebase import Codebase
from pipekit.values import Ok, call_user


def functions(package: Any) -> Iterator[FunctionType]:
    """Functions and methods written in the package."""
    modules = [package]
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            tried = call_user(importlib.import_module, found.name)
            modules += [tried.value] if isinstance(tried, Ok) else []
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            inside = vars(value).values() if isinstance(value, type) else [value]
            yield from (one for one in inside if isinstance(one, FunctionType))


@pytest.mark.parametrize(("name", "least"), [("rich", 500), ("httpx", 250)])
def test_every_function_has_an_identity_or_a_clear_error(name: str, least: int) -> None:
    package = importlib.import_module(name)
    root = os.path.dirname(package.__file__ or "") + os.sep
    found = list(dict.fromkeys(functions(package)))

    def codebase() -> Codebase:
        return Codebase(
            lambda file: file.startswith(root),
            distribution=lambda top: f"{top} 1",
            read=lambda path: Path(path).read_bytes(),
        )

    one, two = codebase(), codebase()
    digests, refused = {}, []
    for fn in found:
        try:
            digests[fn] = one.of(fn).digest
        except FingerprintError as error:
            assert " -> " in str(error) and "opaque=" in (error.hint or "")
            refused.append(str(error))
    assert len(digests) >= least
    assert len(refused) <= len(found) // 50, refused[:5]
    for fn in list(reversed(found))[::7]:
        if fn in digests:
            assert two.of(fn).digest == digests[fn], fn.__qualname__
