"""Real packages, installed editable, so that they count as a project's code: every function has an identity, the same in every process
and folder, or a clear error."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import importlib, json, pkgutil, sys
from pathlib import Path
from types import FunctionType, ModuleType
site, source, name, opaque = sys.argv[1:]
sys.path[:0] = [site, source]
from pipekit.errors import FingerprintError
from pipekit.fingerprint.code.codebase import Codebase
from pipekit.fingerprint.distributions import distribution, editable_roots, is_editable
from pipekit.values import Ok, call_user

def functions(holder, file):
    for _, value in sorted(vars(holder).items()):
        for one in (value, *(getattr(value, part, None) for part in ("__func__", "fget", "fset", "func", "__wrapped__"))):
            if isinstance(one, FunctionType) and one.__code__.co_filename == file:
                yield f"{one.__globals__['__name__']}:{one.__code__.co_qualname}", one
        if isinstance(value, type) and not (isinstance(holder, type) and value.__qualname__.rpartition(".")[0] != holder.__qualname__):
            yield from functions(value, file)

package = importlib.import_module(name)
assert package.__file__.startswith(source) and is_editable(package.__file__) and distribution(name) is None
found = {}
for one in [name, *(m.name for m in pkgutil.walk_packages(package.__path__, name + ".", lambda _: None))]:
    tried = Ok(sys.modules[one]) if one in sys.modules else call_user(importlib.import_module, one)
    if isinstance(tried, Ok) and not one.endswith("__main__"):
        found.update(functions(tried.value, tried.value.__file__))
codebase = Codebase(is_editable, distribution=distribution, read=lambda path: Path(path).read_bytes())
told = {}
names = sorted(found) if len(source) % 2 else sorted(found, reverse=True)
for one in names:
    try:
        told[one] = codebase.of(found[one], opaque=opaque.split()).digest.hex()
    except FingerprintError as error:
        told[one] = [str(error), error.hint, str(error.where)]
print(json.dumps(told))
"""


def installed(name: str, folder: Path) -> tuple[Path, Path]:
    """A copy of an installed package in a folder of its own, and a folder of installed packages that says it is installed editable."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    source, site = folder / "source", folder / "site-packages"
    shutil.copytree(Path(spec.origin).parent, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"_{name}.pth,,\n{name}-1.0.dist-info/METADATA,,\n")
    (info / "direct_url.json").write_text(json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}}))
    (site / f"_{name}.pth").write_text(f"{source}\n")
    return site, source


def identities(name: str, folder: Path, hashes: str, opaque: str) -> dict[str, str | list[str]]:
    site, source = installed(name, folder)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(site), str(source), name, opaque],
        env={
            "PYTHONHASHSEED": hashes,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PATH": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str | list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("name", "least", "opaque"),
    [
        ("httpx", 400, ""),
        ("rich", 750, "rich.style._id_generator"),  # which counts from a random number on
    ],
)
def test_every_function_has_an_identity_or_a_clear_error(tmp_path: Path, name: str, least: int, opaque: str) -> None:
    one = identities(name, tmp_path / "one", "1", opaque)
    two = identities(name, tmp_path / "two" / "deeper", "2", opaque)
    assert len(one) >= least
    refused = [told for told in one.values() if isinstance(told, list)]
    for message, hint, where in refused:
        assert " -> " in message and message.endswith("has no identity") and str(tmp_path) in where
        assert all(remedy in hint for remedy in ("inside the function", "as an option", "opaque=["))
    assert len(refused) == 0, refused[:5]
    assert [function for function in one if one[function] != two.get(function)] == []
