"""Which installed distribution a module belongs to, and which folders are installed editable. It must never import what it
is asked about."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib.machinery import all_suffixes
from typing import Final

from pipekit.fingerprint.metadata import Distribution, metadata, normal

_SUFFIXES: Final = tuple(all_suffixes())
_SITES: Final = ("site-packages", "dist-packages")
_STANDARD: Final = os.path.dirname(os.__file__) + os.sep


def distribution(module: str) -> str | None:
    """Name and version of the distribution that `module` (`numpy`, or dotted) comes from: "numpy 2.1.0".

    Names are normalized ("pyyaml"); what was installed from a commit has "@COMMIT" behind it; where several share a
    package they are all named, separated by commas. None: of the standard library, a loose module, editable, or unknown.
    """
    return _installed(tuple(sys.path)).distribution(module)


def is_editable(file: str) -> bool:
    """Does `file` lie in a folder that is installed editable, and not in installed packages below it?"""
    return _installed(tuple(sys.path)).is_editable(file)


def editable_roots() -> tuple[str, ...]:
    """The folders that are installed editable, none within another: what lies there, but for installed packages, is project
    code."""
    return _installed(tuple(sys.path)).editable_roots


class Installed:
    """What is installed on `path` (as `sys.path`). Each folder is listed once, when first asked about."""

    def __init__(self, path: Sequence[str]) -> None:
        self._sites = [_Site(place) for place in dict.fromkeys(path)]

    def distribution(self, module: str) -> str | None:
        """As the function of this name."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top == "__main__":
            return None
        parts: list[Distribution] = []
        for site in self._sites:
            kind = site.holds(top)
            if kind == "whole":
                return _named(site.owners(top), module)
            if kind == "part":
                parts += site.sharers(top)
        return _named(parts, module)

    def is_editable(self, file: str) -> bool:
        """As the function of this name."""
        if file.startswith(_STANDARD) and "-packages" not in file:
            return False
        real = os.path.realpath(file)
        root = max((len(root) for root in self.editable_roots if _is_below(real, root)), default=0)
        return root > max((len(site) for site in self._closed if _is_below(real, site)), default=0)

    @cached_property
    def editable_roots(self) -> tuple[str, ...]:
        """As the function of this name."""
        found = sorted({os.path.realpath(root) for site in self._sites for root in site.editable_roots()})
        return tuple(root for root in found if not any(_is_below(root, other) for other in found if other != root))

    @cached_property
    def _closed(self) -> list[str]:
        """The folders that hold what is installed, and the standard library: project code never lies there."""
        found = {os.path.realpath(site.folder) for site in self._sites if site.is_site} - set(self.editable_roots)
        return [*found, os.path.dirname(os.path.realpath(os.__file__))]


class _Site:
    """One folder of the path."""

    def __init__(self, folder: str) -> None:
        self.folder = folder or "."

    @property
    def is_site(self) -> bool:
        return self.folder.endswith(_SITES) or any(name.endswith(".dist-info") for name in self._names)

    def holds(self, top: str) -> str | None:
        """ "whole": a module, or a package with an `__init__`; "part": a folder that is a part of a namespace."""
        names, package = self._names, os.path.join(self.folder, top)
        is_folder = top in names and os.path.isdir(package)
        if is_folder and any(os.path.exists(os.path.join(package, "__init__" + suffix)) for suffix in _SUFFIXES):
            return "whole"
        if any(top + suffix in names for suffix in _SUFFIXES):
            return "whole"
        return "part" if is_folder else None

    def owners(self, top: str) -> list[Distribution]:
        """The distributions that brought the package or module `top`."""
        bearer = self._by_name.get(normal(top))
        if bearer is not None and bearer.holds(top):
            return [bearer]
        # Most distributions are named as what they bring: who brings a name of its own is among the few that are not, or
        # has nearly that name. To read what all of them bring takes several milliseconds.
        near = [
            one for name, one in self._by_name.items() if name.startswith(normal(top)) or normal(top).startswith(name)
        ]
        for some in (self._odd, near):
            if found := [one for one in some if one.holds(top)]:
                return found
        sharers = self.sharers(top)
        return [one for one in sharers if one.holds(top)] or sharers

    def sharers(self, top: str) -> list[Distribution]:
        """The distributions that put anything into the folder `top`, or the module."""
        return [one for one in self._by_name.values() if top in one.tops]

    def editable_roots(self) -> list[str]:
        if not self.is_site:
            return []
        found = [root for one in self._by_name.values() if (root := one.editable)]
        named = [
            os.path.join(self.folder, line) for name in self._names if name.endswith(".pth") for line in self._pth(name)
        ]
        return found + [place for place in named if self._is_source(place)]

    @cached_property
    def _names(self) -> frozenset[str]:
        try:
            return frozenset(os.listdir(self.folder))
        except OSError:
            return frozenset()

    @cached_property
    def _by_name(self) -> dict[str, Distribution]:
        found = [Distribution(self.folder, name) for name in sorted(metadata(list(self._names)))]
        return {one.name: one for one in found}

    @cached_property
    def _odd(self) -> list[Distribution]:
        """The distributions after which nothing here is named."""
        named = {name.partition(".")[0].lower().replace("_", "-") for name in self._names}
        return [one for name, one in self._by_name.items() if name not in named]

    def _pth(self, name: str) -> list[str]:
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="surrogateescape") as file:
                lines = [line.strip() for line in file]
        except OSError:
            return []
        return [line for line in lines if line and not line.startswith(("#", "import ", "import\t"))]

    def _is_source(self, place: str) -> bool:
        """Is what a `.pth` names a folder of sources, rather than more installed packages or a part of this folder?"""
        if not os.path.isdir(place) or _is_below(os.path.realpath(place), os.path.realpath(self.folder)):
            return False
        return not _Site(place).is_site


@lru_cache(maxsize=4)
def _installed(path: tuple[str, ...]) -> Installed:
    return Installed(path)


def _named(owners: list[Distribution], module: str) -> str | None:
    """Those of `owners` that have `module`, or the nearest package above it."""
    while len(owners) > 1 and module:
        holders = [one for one in owners if one.holds(module)]
        if holders:
            owners = holders
            break
        module = module.rpartition(".")[0]
    return ", ".join(sorted({str(one) for one in owners})) or None


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
