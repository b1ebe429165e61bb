"""Families of graphs for the scheduler, of about as many units each, with lognormal durations and ranks from estimates that are
off by up to 30 %."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

from pipekit.parallel.bounds import Work
from pipekit.parallel.simulate import Role
from pipekit.parallel.vocabulary import Node

Guess = Literal["seconds", "one", "nothing"]
"""What is known when nodes are ranked: about how long each takes, that each takes some time, or nothing: first come, first served."""

Graph = tuple[list[Node], list[Role]]
Family = Callable[[Random, int, Guess], Graph]


def scattered(random: Random, count: int, guess: Guess) -> Graph:
    """Nodes that each take up to three of the sixty before them."""
    deps = [
        tuple(sorted(random.sample(range(max(0, number - 60), number), min(number, random.randint(0, 3)))))
        for number in range(count)
    ]
    return _tasks(random, deps, guess)


def chains(random: Random, count: int, guess: Guess) -> Graph:
    """Chains of very different lengths, side by side."""
    deps: list[tuple[int, ...]] = []
    while len(deps) < count:
        length = min(count - len(deps), random.choice([1, 2, 4, 8, 16, 24]))
        deps += [(len(deps) + link - 1,) if link else () for link in range(length)]
    return _tasks(random, deps, guess)


def forks(random: Random, count: int, guess: Guess) -> Graph:
    """Wide rows, each of which is joined by one node before the next begins."""
    deps: list[tuple[int, ...]] = []
    join: tuple[int, ...] = ()
    while len(deps) < count:
        width = random.randint(4, 60)
        deps += [join] * width
        deps.append(tuple(range(len(deps) - width, len(deps))))
        join = (len(deps) - 1,)
    return _tasks(random, deps, guess)


def pipelines(random: Random, count: int, guess: Guess) -> Graph:
    """Streams, each with eaches one after the other over its items; half of them with a task at the end that takes
    all of the last product."""
    nodes: list[Node] = []
    roles: list[Role] = []
    while sum(len(role.work.units) for role in roles) < count:
        items, stages = random.randint(5, 25), random.randint(1, 7)
        joined = random.random() < 0.5
        means = [random.lognormvariate(0.0, 1.0) for _ in range(1 + stages + joined)]
        works = [
            Work((means[0] * items / 5,), items),
            *(Work(tuple(mean * off(random) for _ in range(items))) for mean in means[1 : 1 + stages]),
            *(Work((mean,)) for mean in means[1 + stages :]),
        ]
        ranks = _down([mean * off(random) for mean in (works[0].units[0], *means[1:])], guess)
        for place, (work, rank) in enumerate(zip(works, ranks)):
            number, before = len(nodes), (len(nodes) - 1,) if place else ()
            each = 0 < place <= stages
            nodes.append(
                Node(number, before, before if each else (), not each, rank=rank, family=number, waits=not place)
            )
            roles.append(Role(work))
    return nodes, roles


FAMILIES: tuple[Family, ...] = (scattered, chains, pipelines, forks)


def off(random: Random) -> float:
    """What an estimate is of the truth."""
    return random.uniform(0.7, 1.3)


def _down(seconds: Sequence[float], guess: Guess) -> list[float]:
    """The ranks of nodes that stand in a row."""
    owns = _owns(seconds, guess)
    return [sum(owns[place:]) for place in range(len(owns))]


def _owns(seconds: Sequence[float], guess: Guess) -> list[float]:
    return [0.0 if guess == "nothing" else 1.0 if guess == "one" else one for one in seconds]


def _tasks(random: Random, deps: Sequence[tuple[int, ...]], guess: Guess) -> Graph:
    """One task each; ranked by their own seconds and the longest way below them."""
    seconds = [random.lognormvariate(0.0, 1.0) for _ in deps]
    ranks = _owns([one * off(random) for one in seconds], guess)
    below = [0.0] * len(deps)
    for number in reversed(range(len(deps))):
        ranks[number] += below[number]
        for dep in deps[number]:
            below[dep] = max(below[dep], ranks[number])
    nodes = [Node(number, deps[number], rank=ranks[number]) for number in range(len(deps))]
    return nodes, [Role(Work((one,))) for one in seconds]
