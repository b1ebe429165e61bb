"""Rain, station by station: a pipeline to try, and then to replace by yours.

`pipekit run` does the work, `pipekit watch` does it again at every save; `pipekit status` says what is up to date, and
`pipekit graph` shows how the tasks hang together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pipekit import Env, File

env = Env("rain")


# A type is a named predicate. Its docstring is what people read when a value does not satisfy it.
@env.type()
def amount(value: float) -> bool:
    """Millimetres of rain: zero or more."""
    return value >= 0


Amount = Annotated[float, amount]


# Any class can be the type of a product. Its fields are checked too.
@dataclass(frozen=True)
class Reading:
    station: str
    day: str
    rain: Amount


# Keyword-only parameters are options: pipeline.yaml gives them values, here stand the defaults. A `File` counts by its
# content, so that an edited file is noticed. A stream yields items, and each flows on at once.
@env.stream()
def rows(*, path: File = Path("data/rain.csv")) -> Iterator[str]:
    with path.open(encoding="utf-8") as table:
        next(table)
        yield from table


# A dep is named in the decorator, and the positional parameter receives its product. An `each` runs once per item: in
# parallel, and cached per item, so that one new row is one call. Break a row of data/rain.csv and run again to see how a
# failure looks; with `on_error="skip"` in the decorator a bad row would be left out instead.
@env.each(rows)
def reading(row: str, /) -> Reading:
    station, day, rain = row.strip().split(",")
    return Reading(station, day, float(rain))


# A task over a stream takes its items as an iterator, one by one, or as a list, all in memory; in their order either way.
@env.task(reading)
def totals(readings: Iterator[Reading], /, *, ignore_below: Amount = 0.0) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in readings:
        if one.rain >= ignore_below:
            found[one.station] = round(found.get(one.station, 0.0) + one.rain, 1)
    return found


# What a task prints is kept: `pipekit log` shows it, even when the task did not have to run again.
@env.task(totals)
def report(table: dict[str, float], /, *, title: str = "Rain by station") -> str:
    print(f"{len(table)} stations")
    lines = [f"{station:<12}{rain:>8.1f} mm" for station, rain in sorted(table.items(), key=lambda pair: -pair[1])]
    return "\n".join([title, "=" * len(title), *lines, ""])
