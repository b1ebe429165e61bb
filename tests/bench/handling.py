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

NAMES = {
    "tiny": "10,000 independent tiny tasks on 2: the machine alone",
    "tiny_patient": "  a patient machine",
    "million": "1,000,000 tasks on 10,000 workers: the machine alone",
    "million_looped": "  and the smallest loop around it",
    "simulated": "100,000 tasks on 1,000 workers, simulated",
}


class Loop:
    """The least that can stand around a machine: workers in virtual time that do what they are told, one after the other."""

    def __init__(self, machine: Machine, seconds: Sequence[float], at_once: int, patient: bool) -> None:
        self.machine, self.seconds, self.at_once, self.patient = machine, seconds, at_once, patient
        self.heard: list[Event] = []
        self.inbox: deque[Event] = deque([Began()])
        self.ends: list[tuple[float, int]] = []
        self.until: dict[int, float] = {}
        self.now = 0.0

    def go(self) -> list[Event]:
        """Until all is done; gives the events that the machine was told."""
        while not self.machine.finished:
            while self.inbox:
                self._tell(self.inbox.popleft())
                if self.patient and not self.inbox:
                    self._tell(Quiet())
            for _ in range(min(self.at_once, len(self.ends))):
                self.now, node = heappop(self.ends)
                self.inbox += Ended(node, 0, self.seconds[node]), Settled(node)
        return self.heard

    def _tell(self, event: Event) -> None:
        self.heard.append(event)
        for command in self.machine.handle(event):
            if isinstance(command, Resolve):
                self.inbox.append(Missed(command.node))
            elif isinstance(command, Start):
                end = max(self.now, self.until.get(command.worker, 0.0)) + self.seconds[command.node]
                self.until[command.worker] = end
                heappush(self.ends, (end, command.node))
            elif isinstance(command, Spawn):
                self.inbox.append(WorkerUp(command.worker))


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
    events = Loop(Machine(nodes, Capacity(workers), patient=patient), seconds, at_once, patient).go()
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
    Loop(Machine(nodes, Capacity(10_000)), seconds, 1, False).go()
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
