"""Modules of plain code that use each other, written to a folder: what a project looks like that has grown for years."""

from __future__ import annotations

from pathlib import Path

FUNCTIONS = 10

HEAD = '''"""Stage {at}: measures rows and keeps what is wide."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

{imports}

WEIGHT = 0.5 + {at}
CEILING = {at} * 12 + 40
TITLE = "stage {at}"
LABELS = ("narrow", "wide", "stage {at}")
SHARES = {{"narrow": 0.25, "wide": {at} + 0.75, "order": ["narrow", "wide"]}}
HIDDEN = frozenset({{"draft", "void"}})


@dataclass
class Span{at}:
    """A stretch of a line."""

    start: float
    end: float = {at}.5
    labels: list[str] = field(default_factory=list)

    def width(self) -> float:
        """How long it is, weighted."""
        return math.hypot(self.end - self.start, 1.0) * WEIGHT

    def grown(self, by: float, at_most: float = 99.0) -> Span{at}:
        """Another one, longer on both sides."""
        if by > at_most:
            by = at_most
        return Span{at}(self.start - by, self.end + by, [*self.labels, TITLE])


class Register{at}:
    """Spans by name, up to a number of them."""

    most = {at} + 20

    def __init__(self, spans: Iterable[Span{at}] = ()) -> None:
        self._spans = {{f"{{TITLE}} {{number}}": span for number, span in enumerate(spans)}}
        self.refused = 0

    def put(self, name: str, span: Span{at}) -> bool:
        """Keep one more. Raises KeyError for a name that is hidden."""
        if name in HIDDEN:
            raise KeyError(f"{{name}} is none of {{TITLE}}")
        if len(self._spans) >= self.most:
            self.refused += 1
            return False
        self._spans[name] = span
        return True

    def widths(self) -> Iterator[float]:
        """Of all that are kept, by name."""
        for name in sorted(self._spans):
            yield self._spans[name].width()
'''

FUNCTION = '''

def step{at}_{number}(size: float, sizes: list[float] | None = None, *, every: int = {every}, label: str = "wide") -> float:
    """Step {number} of stage {at}."""
    sizes = [size, *(sizes or (1.0, {number}.5))]
    kept: list[float] = []
    for place, one in enumerate(sizes):
        if one > CEILING and place % every:
            kept.append(one * WEIGHT - {number})
        else:
            kept.append({near})
    share = sum(one for one in kept if one > SHARES["narrow"] or label in LABELS)
    text = json.dumps({{"label": label, "share": share, "every": every}}, sort_keys=True)
    return share + len(text) + {far}
'''

CLOSURES = """
def make(number):
    def one(value):
        return value * number + len(str(number))

    return one


CLOSURES = [make(number) for number in range({count})]
"""

TASKS = """
import importlib

from pipekit import Env

env = Env("modules")
MODULES = [importlib.import_module(f"stage{{at:03}}") for at in range({count})]
FUNCTIONS = [getattr(module, f"step{{at}}_{{n}}") for at, module in enumerate(MODULES) for n in range({functions})]
"""


def modules(folder: Path, count: int) -> Path:
    """`count` modules of 200 lines with ten functions each, which reach into the next ones, and as many closures of one factory as
    there are functions."""
    folder.mkdir(parents=True)
    for at in range(count):
        (folder / f"stage{at:03}.py").write_text(_module(at, count))
    text = TASKS.format(count=count, functions=FUNCTIONS) + CLOSURES.format(count=count * FUNCTIONS)
    (folder / "tasks.py").write_text(text)
    return folder


def _module(at: int, count: int) -> str:
    after, far = at + 1, at + 5
    ends = far >= count
    imports = "" if ends else f"import stage{after:03}\nfrom stage{far:03} import step{far}_0, step{far}_1"
    return HEAD.format(at=at, imports=imports) + "".join(_function(at, number, ends) for number in range(FUNCTIONS))


def _function(at: int, number: int, ends: bool) -> str:
    """Each uses the one above it, and the first the last: a circle."""
    near = f"step{at}_{number - 1}(one, every=every) if one > CEILING * {number} else Span{at}(one).grown({number}).width()"
    if number == 0:
        near = f"step{at}_{FUNCTIONS - 1}(one) if one > CEILING else one / 2"
    beyond = (f"stage{at + 1:03}.step{at + 1}_{number}(size)", f"step{at + 5}_{number % 2}(size)")[number % 2]
    far = f"sum(Register{at}([Span{at}(size)]).widths())" if ends or number % 3 == 2 else beyond
    return FUNCTION.format(at=at, number=number, every=number + 2, near=near, far=far)
