"""The page around the pictures: prose, tables, and nothing that is not in the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .figures import function_lengths
from .markup import Markup, join, tag
from .ranks import Ranked
from .shades import legend
from .source import Facts, Function

Row = tuple[str, float, str]


@dataclass(frozen=True)
class Pictures:
    """The SVG pictures, made elsewhere."""

    world: str
    circle: str
    strata: str


def written(
    title: str,
    rows: Sequence[Facts],
    unread: Sequence[tuple[str, str]],
    order: Sequence[Ranked],
    pictures: Pictures,
    style: str,
) -> str:
    """The whole document. `unread` is (path, error) of what could not be parsed."""
    library = [row for row in rows if not row.is_test]
    packages = _packages(library)
    head = tag(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", f"An atlas of {title}"),
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        _opening(title, rows, library),
        tag(
            "main",
            _map(library, packages, pictures.world),
            _ranking(order, pictures.circle),
            _storeys(order, pictures.strata),
            _lengths(library, packages),
            _docstrings(library, packages),
            _unread(unread),
        ),
        _closing(),
    )
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"


def _opening(title: str, rows: Sequence[Facts], library: Sequence[Facts]) -> Markup:
    functions = [function for row in library for function in row.functions]
    public = sum(row.public for row in library)
    figures = [
        (f"{len(library):,}", "modules"),
        (f"{sum(row.lines for row in library):,}", "lines"),
        (f"{len(functions):,}", "functions"),
        (f"{sum(row.classes for row in library):,}", "classes"),
        (f"{sum(row.documented for row in library) / max(public, 1):.0%}", "of public names have a docstring"),
    ]
    tests = [row for row in rows if row.is_test]
    aside = (
        f"Besides, there are {sum(row.lines for row in tests):,} lines of tests in {len(tests):,} files; they are "
        "counted here and left out below."
        if tests
        else ""
    )
    return tag(
        "header",
        tag("p", "An atlas of", class_="kicker"),
        tag("h1", title),
        tag("dl", *(tag("div", tag("dt", words), tag("dd", number)) for number, words in figures), class_="figures"),
        tag("p", aside, class_="aside"),
    )


def _map(library: Sequence[Facts], packages: Mapping[str, Sequence[Facts]], picture: str) -> Markup:
    largest = sorted(
        ((name, sum(f.lines for f in rows)) for name, rows in packages.items()), key=lambda p: (-p[1], p[0])
    )
    alone = sum(len(rows) == 1 for rows in packages.values())
    prose = (
        f"Every circle is a module; its area grows with its lines, its colour tells how "
        f"many decisions its functions take. Packages are islands: {len(packages) - alone:,} of several modules and "
        f"{alone:,} of one. The largest, {_list(name for name, _ in largest[:3])}, hold "
        f"{sum(lines for _, lines in largest[:3]) / max(1, sum(f.lines for f in library)):.0%} of all lines. "
        "Hold the pointer over a circle to see what it is."
    )
    return _section("map", "The map", prose, legend(), tag("div", Markup(picture), class_="scroll"))


def _ranking(order: Sequence[Ranked], picture: str) -> Markup:
    first = order[0]
    prose = (
        f"Who follows imports at random, from module to module, spends {first['rank']:.1%} of the time in "
        f"{first['module']}: that is PageRank, and the order of the circle, clockwise from the top. Each thread is an "
        "import; those of a module light up under the pointer. Modules written in C, such as sys, have no source file "
        "and are not ranked."
    )
    ranked = [(entry["module"], entry["rank"], f"{entry['rank']:.2%}") for entry in order[:14]]
    asked = sorted(order, key=lambda entry: (-entry["importers"], entry["module"]))[:14]
    tables = tag(
        "div",
        _table("Highest rank", "module", "share of time", ranked),
        _table(
            "Imported by most",
            "module",
            "importers",
            [(e["module"], e["importers"], str(e["importers"])) for e in asked],
        ),
        class_="beside",
    )
    return _section(
        "rank",
        "The inner circle",
        prose,
        tag("div", tag("div", Markup(picture), class_="scroll"), tables, class_="pair"),
    )


def _storeys(order: Sequence[Ranked], picture: str) -> Markup:
    ground = sum(entry["storey"] == 0 for entry in order)
    top = max(order, key=lambda entry: (entry["storey"], entry["lines"]))
    prose = (
        f"Before a module can be imported, those it imports must be. {ground:,} modules need no other and are the ground "
        f"floor; at the very top, {top['module']} stands on {top['storey']} storeys. In each row the simplest modules come "
        "first, and the highest ranked are named. Modules that import each other share a storey; imports inside "
        "functions do not count."
    )
    return _section("strata", "Storeys", prose, tag("div", Markup(picture), class_="scroll"))


def _lengths(library: Sequence[Facts], packages: Mapping[str, Sequence[Facts]]) -> Markup:
    functions = [(row.name, function) for row in library for function in row.functions]
    middle = median(function.lines for _, function in functions) if functions else 0
    prose = (
        f"Half of all functions have at most {middle:.0f} lines. One small picture for each of the packages with the most "
        "functions: a bar for each doubling of length, in the colour of its functions' mean complexity."
    )
    longest = sorted(functions, key=lambda f: (-f[1].lines, f[0], f[1].line))[:12]
    forked = sorted(functions, key=lambda f: (-f[1].complexity, f[0], f[1].line))[:12]
    tables = tag(
        "div",
        _table("The longest functions", "function", "lines", [_function(*f, f[1].lines) for f in longest]),
        _table(
            "The most tangled",
            "function",
            "ways through, by McCabe's count",
            [_function(*f, f[1].complexity) for f in forked],
        ),
        class_="beside",
    )
    return _section("length", "How long is a function?", prose, function_lengths(packages), tables)


def _docstrings(library: Sequence[Facts], packages: Mapping[str, Sequence[Facts]]) -> Markup:
    counts = [(name, sum(f.documented for f in rows), sum(f.public for f in rows)) for name, rows in packages.items()]
    shares = sorted((documented / public, name) for name, documented, public in counts if public >= 25)
    silent = [f.name for f in library if f.is_package and not f.title]
    prose = (
        "The share of public modules, classes and functions that have a docstring, for packages with at least 25 of them. "
        + (f"{len(silent)} packages do not say what they are: {_list(silent)}." if silent else "")
    )
    rows = [
        tag("li", tag("span", name), tag("b", f"{share:.0%}"), style=f"--share:{share:.3f}") for share, name in shares
    ]
    return _section("docs", "Who explains itself?", prose, tag("ol", *rows, class_="shares"))


def _unread(unread: Sequence[tuple[str, str]]) -> Markup:
    if not unread:
        return Markup()
    prose = "These files are not Python to this Python, most of them on purpose: they test what happens then."
    rows = [tag("li", tag("code", path), " ", tag("span", error)) for path, error in unread]
    return _section("unread", f"Left out: {len(unread)} files", prose, tag("ul", *rows, class_="unread"))


def _closing() -> Markup:
    words = (
        "Made by pipekit's example stdlib_atlas. Complexity is McCabe's: one more than the decisions in a function. "
        "Names in the tables are those of the source; nothing was imported or run."
    )
    return tag("footer", tag("p", words))


def _section(name: str, heading: str, prose: str, *inside: Markup) -> Markup:
    return tag("section", tag("h2", heading, id=name), tag("p", prose), *inside, aria_labelledby=name)


def _table(caption: str, of: str, measure: str, rows: Sequence[Row]) -> Markup:
    most = max((size for _, size, _ in rows), default=1)
    lines = [
        tag("tr", tag("th", _breakable(name), scope="row"), tag("td", text, style=f"--share:{size / most:.3f}"))
        for name, size, text in rows
    ]
    head = tag("thead", tag("tr", tag("th", of, scope="col"), tag("th", measure, scope="col")))
    return tag("table", tag("caption", caption), head, tag("tbody", *lines))


def _function(module: str, function: Function, size: int) -> Row:
    return f"{module}.{function.name}", size, str(size)


def _breakable(name: str) -> Markup:
    """A dotted name that may be broken after its dots."""
    return Markup(".<wbr>".join(join(piece) for piece in name.split(".")))


def _list(names: Iterable[str]) -> str:
    *most, last = list(names)
    return f"{', '.join(most)} and {last}" if most else last


def _packages(rows: Iterable[Facts]) -> dict[str, list[Facts]]:
    found: dict[str, list[Facts]] = {}
    for row in rows:
        found.setdefault(row.package, []).append(row)
    return found
