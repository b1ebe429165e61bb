"""An atlas of Python's standard library: its source files in, one page with pictures out.

Read from the top: each task names what it takes, and `pipekit graph` draws how they hang together. What they call is in
`atlas/`.
"""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from atlas import figures, page, ranks, source, world
from atlas.ranks import Imports, Ranked
from atlas.source import Facts, Module

from pipekit import Env, Failure, File, Folder

env = Env("stdlib_atlas")


@env.type()
def share(value: float) -> bool:
    """Between 0 and 1."""
    return 0 <= value <= 1


@env.type()
def count(value: int) -> bool:
    """A whole number above zero."""
    return value > 0


Share = Annotated[float, share]
Count = Annotated[int, count]


@env.stream()
def modules(
    *, library: Folder | None = None, packages: tuple[str, ...] = (), python: str = platform.python_version()
) -> Iterator[Module]:
    """The library's source files, one item each; they are read where they lie.

    Without `library` it is the running Python's own, and `python`, its version, stands for what is in it: another
    Python has another key. `packages` keeps only these, named as in `import email`.
    """
    found = 0
    for module in source.modules_in(library or Path(sysconfig.get_path("stdlib"))):
        if not packages or module.name.partition(".")[0] in packages:
            found += 1
            yield module
    if not found:
        raise LookupError(f"no Python source of {packages or 'any package'} below {library or 'the standard library'}")


@env.each(modules, on_error="drop")
def facts(module: Module, /) -> Facts:
    """Parse one file. What this Python cannot parse is dropped here and listed in the atlas."""
    return source.facts_of(module)


@env.task(facts)
def imports(rows: Iterator[Facts], /, *, tests: bool = False) -> Imports:
    """Who imports whom. The library's tests import everything, so they only count when asked for."""
    known = {row.name: row for row in rows if tests or not row.is_test}
    if not known:
        raise LookupError("there are only tests here: set imports.tests")
    return Imports(
        needs={name: ranks.resolved(row.needs, known, name) for name, row in known.items()},
        later={name: ranks.resolved(row.later, known, name) for name, row in known.items()},
    )


@env.task(imports)
def rank(graph: Imports, /, *, damping: Share = 0.85) -> dict[str, float]:
    """How much the library leans on each module: PageRank over all imports."""
    return ranks.pagerank(graph.all(), damping)


@env.task(imports)
def storeys(graph: Imports, /) -> dict[str, int]:
    """How many layers of modules must be there before each one can be imported."""
    return ranks.depths(graph.needs)


@env.task(facts, imports, rank, storeys)
def ranking(
    rows: Iterator[Facts], graph: Imports, share_of: dict[str, float], storey: dict[str, int], /
) -> list[Ranked]:
    """Every module, the one the library leans on most first."""
    edges = graph.all()
    importers = dict.fromkeys(edges, 0)
    for target in (target for targets in edges.values() for target in targets):
        importers[target] += 1
    ranked = [
        Ranked(
            module=row.name,
            rank=round(share_of[row.name], 9),
            importers=importers[row.name],
            imports=len(edges[row.name]),
            lines=row.lines,
            storey=storey[row.name],
        )
        for row in rows
        if row.name in edges
    ]
    return sorted(ranked, key=lambda entry: (-entry["rank"], entry["module"]))


@env.task(facts)
def world_map(rows: Iterator[Facts], /) -> str:
    """Packages as islands, modules as circles on them."""
    return str(world.world_map(row for row in rows if not row.is_test))


@env.task(facts, imports, ranking)
def inner_circle(rows: Iterator[Facts], graph: Imports, order: list[Ranked], /, *, size: Count = 44) -> str:
    """The highest ranked modules and what they import of each other."""
    names = [entry["module"] for entry in order[:size]]
    return str(figures.inner_circle(names, by_name(rows), graph.all()))


@env.task(facts, storeys, rank)
def strata(rows: Iterator[Facts], storey: dict[str, int], share_of: dict[str, float], /) -> str:
    """What stands on what, from the ground up."""
    return str(figures.strata(storey, by_name(rows), share_of))


@env.task(facts, facts.failed, ranking, world_map, inner_circle, strata)
def atlas(
    rows: list[Facts],
    unread: list[Failure],
    order: list[Ranked],
    world_map: str,
    inner_circle: str,
    strata: str,
    /,
    *,
    style: File = Path("style.css"),
    title: str = f"Python {platform.python_version()}'s standard library",
) -> str:
    """The page: one HTML file that needs nothing else. Edit style.css under `pipekit watch` to see only this rerun."""
    pictures = page.Pictures(world_map, inner_circle, strata)
    dropped = [(failure.item.path, failure.error) for failure in unread]
    return page.written(title, rows, dropped, order, pictures, style.read_text())


def by_name(rows: Iterator[Facts]) -> dict[str, Facts]:
    return {row.name: row for row in rows}
