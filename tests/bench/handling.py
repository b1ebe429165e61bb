"""A process that schedules, and prints how many seconds of processor time this took. `python handling.py PART`."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from random import Random

from pipekit.parallel.bounds import Work
from pipekit.parallel.machine import Machine
from pipekit.parallel.simulate import Role, simulate
from pipekit.parallel.vocabulary import (
    Began,
    Capacity,
    Ended,
    Event,
    Missed,
    Node,
    Quiet,
    Resolve,
    Settled,
    Spawn,
    Start,
    WorkerUp,
)

QUIET = Quiet()

NAMES = {
    "tiny": "10,000 independent tiny tasks on 2: the machine alone",
    "tiny_patient": "  a patient machine",
    "million": "1,000,000 tasks on 10,000 workers: the machine alone",
    "million_looped": "  and the smallest loop around it",
    "simulated": "100,000 tasks on 1,000 workers, simulated",
}


def loop(
    machine: Machine, seconds: Sequence[float], heard: list[Event] | None, at_once: int = 1, patient: bool = False
) -> None:
    """The least that can stand around a machine, until all is done: units end after their seconds, `at_once` of them at a time."""
    inbox: deque[Event] = deque([Began()])
    ends: list[tuple[float, int]] = []
    now = 0.0
    while not machine.finished:
        while inbox:
            event = inbox.popleft()
            if heard is not None:
                heard.append(event)
            for command in machine.handle(event):
                kind = type(command)
                if kind is Resolve:
                    inbox.append(Missed(command.node))
                elif kind is Start:
                    heappush(ends, (now + seconds[command.node], command.node))
                elif kind is Spawn:
                    inbox.append(WorkerUp(command.worker))
            if patient and not inbox and event is not QUIET:
                inbox.append(QUIET)
        for _ in range(min(at_once, len(ends))):
            now, node = heappop(ends)
            inbox += Ended(node, 0, seconds[node]), Settled(node)


def spread(count: int, back: int) -> tuple[list[Node], list[float]]:
    """Tasks with up to two deps among the `back` before them."""
    random = Random(1)
    nodes = [
        Node(
            number,
            tuple(
                {random.randrange(max(0, number - back), number) for _ in range(random.randint(0, 2) if number else 0)}
            ),
            rank=random.random(),
            family=number % 7,
        )
        for number in range(count)
    ]
    return nodes, [0.5 + random.random() for _ in nodes]


def alone(nodes: Sequence[Node], seconds: Sequence[float], workers: int, at_once: int, patient: bool = False) -> float:
    """The machine's own time: the same events once more, with nothing around it."""
    events: list[Event] = []
    loop(Machine(nodes, Capacity(workers), patient=patient), seconds, events, at_once, patient)
    machine = Machine(nodes, Capacity(workers), patient=patient)
    began = time.process_time()
    for event in events:
        machine.handle(event)
    return time.process_time() - began


def tiny(patient: bool = False) -> float:
    nodes = [Node(number) for number in range(10_000)]
    return min(alone(nodes, [1e-5] * len(nodes), 2, 16, patient) for _ in range(5))


def tiny_patient() -> float:
    return tiny(True)


def million() -> float:
    return alone(*spread(1_000_000, 60_000), 10_000, 1)


def million_looped() -> float:
    nodes, seconds = spread(1_000_000, 60_000)
    began = time.process_time()
    loop(Machine(nodes, Capacity(10_000)), seconds, None)
    return time.process_time() - began


def simulated() -> float:
    nodes, seconds = spread(100_000, 6_000)
    roles = [Role(Work((one,))) for one in seconds]
    began = time.process_time()
    simulate(nodes, roles, Capacity(1_000))
    return time.process_time() - began


PARTS = {one.__name__: one for one in (tiny, tiny_patient, million, million_looped, simulated)}

if __name__ == "__main__":
    print(PARTS[sys.argv[1]]())
