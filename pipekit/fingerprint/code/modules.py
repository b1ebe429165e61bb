"""The identity of all of a project's code at once: the content of every module below a folder. It must never import one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipekit import canon
from pipekit.values import Digest

_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
_ENDINGS = (".py", ".so", ".pyd")


def modules(folder: Path) -> Iterator[Path]:
    """Every module below `folder`, sorted; hidden folders, virtual environments and built ones do not count."""
    for root, folders, names in os.walk(folder):
        if "pyvenv.cfg" in names:
            folders[:] = []
            continue
        folders[:] = sorted(one for one in folders if one not in _SKIPPED and not one.startswith("."))
        for name in sorted(names):
            if name.endswith(_ENDINGS):
                yield Path(root, name)


def project_code(folder: Path) -> Digest:
    """One digest over the path and content of every module below `folder`; a module that cannot be read has none."""
    parts: list[bytes] = []
    for path in modules(folder):
        try:
            content = canon.digest(path.read_bytes())
        except OSError:
            continue
        parts += [str(path.relative_to(folder)).encode("utf-8", "surrogateescape"), content]
    return canon.digest_parts(*parts)
