"""What no schedule can beat: the longest chain of work, and all work shared among what the run has. It must never know
how the work was scheduled."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from pipekit.parallel.admission import Room, capacity_for
from pipekit.parallel.vocabulary import Capacity, Node


class Work(Struct, frozen=True):
    """What a node does, in seconds.

    `units`: of each unit; over again from the first if there are more units than numbers. `items`: how many items a
    node without feed gives to those that it feeds, evenly over its time; one with a feed gives one for each that it takes.
    """

    units: tuple[float, ...] = (1.0,)
    items: int = 0

    def seconds(self, unit: int) -> float:
        """How long the unit takes."""
        return self.units[unit % len(self.units)]


class Bound(Struct, frozen=True):
    """In seconds. `path`: the longest chain, `critical` its nodes from first to last; `shared`: all work over capacity."""

    path: float
    critical: tuple[int, ...]
    shared: float

    @property
    def seconds(self) -> float:
        """What no schedule can beat."""
        return max(self.path, self.shared)


def bound(nodes: Sequence[Node], works: Sequence[Work], capacity: Capacity, ran: Collection[int]) -> Bound:
    """For the nodes that `ran`; the others take no time."""
    counts = items(nodes, works)
    ends = [0.0] * len(nodes)
    before: list[int | None] = [None] * len(nodes)
    flows: dict[int, list[float]] = {}
    chosen = frozenset(ran)
    for node in nodes:
        if node.id in chosen:
            before[node.id] = max(node.deps, key=ends.__getitem__, default=None)
            ends[node.id] = _end(node, works[node.id], counts, ends, flows)
    last = max(range(len(nodes)), key=ends.__getitem__, default=None)
    path = _chain(last, before, ends)
    return Bound(ends[last] if last is not None else 0.0, path, shared(nodes, works, counts, capacity, chosen))


def items(nodes: Sequence[Node], works: Sequence[Work]) -> list[int]:
    """How many items each node gives; of one that is fed or offers units, how many units it has too."""
    counts: list[int] = []
    for node in nodes:
        work = works[node.id]
        own = work.items if node.single or work.items else len(work.units)
        counts.append(counts[node.feeds[0]] if node.feeds and not node.single else own)
    return counts


def shared(
    nodes: Sequence[Node], works: Sequence[Work], counts: Sequence[int], capacity: Capacity, ran: Collection[int]
) -> float:
    """Seconds that all work takes of the resource that is scarcest, if that were never idle."""
    room = Room(capacity_for(tuple(nodes), capacity))
    taken: dict[str, float] = {}
    for node in nodes:
        if node.id in ran:
            units = 1 if node.single else counts[node.id]
            seconds = sum(works[node.id].seconds(unit) for unit in range(units))
            got = room.granted(node.needs)
            for name, amount in (("cpu", got.cpu), ("memory", got.memory), *got.named):
                taken[name] = taken.get(name, 0.0) + amount * seconds
    has = {**room.capacity.named, "cpu": float(room.capacity.jobs), "memory": room.capacity.memory}
    return max((amount / has[name] for name, amount in taken.items() if has[name]), default=0.0)


def _end(node: Node, work: Work, counts: Sequence[int], ends: Sequence[float], flows: dict[int, list[float]]) -> float:
    """When the node ends if there are workers for everybody; `flows` learns when its items come."""
    begin = max((ends[dep] for dep in node.deps if dep not in node.feeds), default=0.0)
    if node.single and node.feeds:
        return _walk(node, work, counts, begin, flows)
    if node.single:
        took = work.seconds(0)
        flows[node.id] = [begin + took * (item + 1) / work.items for item in range(work.items)]
        return begin + took
    came = flows.get(node.feeds[0]) if node.feeds else None
    out: list[float] = []
    for unit in range(counts[node.id]):
        start = max(begin, came[unit]) if came else begin
        end = start + work.seconds(unit)
        out.append(max(end, out[-1]) if out else end)
    flows[node.id] = out
    return max([begin, *out[-1:], *(ends[dep] for dep in node.deps)])


def _walk(node: Node, work: Work, counts: Sequence[int], begin: float, flows: dict[int, list[float]]) -> float:
    """When a single node ends that takes items while they come."""
    came = [flows.get(feed, []) for feed in node.feeds]
    rows = max([1, work.items, *(counts[feed] for feed in node.feeds)])
    now = begin
    out: list[float] = []
    for row in range(rows):
        now = max([now, *(times[row] for times in came if row < len(times))]) + work.seconds(0) / rows
        out += [now] * (work.items * (row + 1) // rows - len(out))
    flows[node.id] = out
    return now


def _chain(last: int | None, before: Sequence[int | None], ends: Sequence[float]) -> tuple[int, ...]:
    path: list[int] = []
    while last is not None and ends[last]:
        path.append(last)
        last = before[last]
    return tuple(reversed(path))
