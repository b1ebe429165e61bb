"""The server is light: what it holds, every worker holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import pipekit.parallel.pools.server
print(*set(sys.modules) - before)
"""


def test_a_server_imports_little_and_nothing_of_the_package_around_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK, str(ROOT)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "multiprocessing",
        "asyncio",
        "subprocess",
        "socket",
        "pickle",
        "dataclasses",
        "inspect",
        "logging",
    }
    ours = {name for name in loaded if name.startswith("pipekit.")}
    assert {".".join(name.split(".")[:2]) for name in ours} == {"pipekit.parallel"}
