"""Random graphs of work for the scheduler, what must hold after each event, and what must come out, said naively."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from random import Random

from msgspec.structs import replace

from pipekit.parallel.admission import PATIENCE, Room, capacity_for
from pipekit.parallel.bounds import Work
from pipekit.parallel.channel import Amount
from pipekit.parallel.crew import MOST_AHEAD
from pipekit.parallel.machine import Machine
from pipekit.parallel.simulate import Luck, Outcome, Role, simulate
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import (
    Begin,
    Capacity,
    Command,
    Ended,
    Event,
    Failed,
    Flowing,
    Free,
    Kill,
    Needs,
    Node,
    Open,
    Quiet,
    Resume,
    Settled,
    Start,
    Stopped,
    TakeBack,
    Waits,
    WorkerLost,
)

SHAPES = (
    Needs(),
    Needs(),
    Needs(2.0),
    Needs(1.0, 3.0),
    Needs(0.5, 1.0, (("gpu", 1.0),)),
    Needs(9.0, 99.0, (("x", 2.0),)),
)


@dataclass(frozen=True)
class Case:
    """One graph with its behaviour. `steady`: what runs comes out the same and products stay, so that it is exactly
    known what must run."""

    seed: int
    nodes: tuple[Node, ...]
    roles: tuple[Role, ...]
    capacity: Capacity
    targets: frozenset[int]
    luck: Luck
    steady: bool
    patient: bool


def case(seed: int) -> Case:
    """A random graph of tasks, streams and eaches, with a past, failures and deaths."""
    random = Random(seed)
    steady = random.random() < 0.5
    mishaps = random.random() < 0.5
    nodes: list[Node] = []
    roles: list[Role] = []
    for number in range(random.randint(1, 16)):
        node = _node(random, number, roles, steady)
        roles.append(_role(random, node, steady, mishaps))
        waits = node.single and bool(node.feeds or (roles[-1].work.items and random.random() < 0.8))
        nodes.append(replace(node, waits=waits))
    targets = frozenset(node.id for node in nodes if random.random() < 0.25)
    capacity = Capacity(random.randint(1, 4), random.choice([0.0, 4.0]), {"gpu": 1.0} if random.random() < 0.5 else {})
    luck = Luck(
        seed, 0.1 if mishaps else 0.0, random.choice([0.0, 0.0, 0.5, 5.0]), random.choice([0.0, 1.0]),
        random.uniform(0.0, 10.0) if random.random() < 0.1 else None,
        random.choice([None, Amount(1, 0), Amount(3, 0)]), random.choice([None, Amount(0, 0), Amount(1, 0)]),
        random.choice([0.0, 0.2]),
    )  # fmt: skip
    return Case(seed, tuple(nodes), tuple(roles), capacity, targets, luck, steady, random.random() < 0.5)


def _node(random: Random, number: int, roles: Sequence[Role], steady: bool) -> Node:
    deps = tuple(sorted(random.sample(range(number), min(number, random.choice([0, 1, 1, 2, 3])))))
    gives = [dep for dep in deps if roles[dep].work.items]
    each = bool(gives) and random.random() < 0.5
    reads = bool(gives) and not each and random.random() < 0.7
    alone = not each and not reads and random.random() < 0.1
    feeds = tuple(random.sample(gives, random.randint(1, len(gives)))) if reads else ()
    return Node(
        number, deps, (random.choice(gives),) if each else feeds, not each and not alone, steady or random.random() < 0.6,
        random.choice(SHAPES), random.choice([0.0, 1.0, random.random()]), random.randint(0, 3),
    )  # fmt: skip


def _role(random: Random, node: Node, steady: bool, mishaps: bool) -> Role:
    short = random.random() < 0.5
    units = tuple(
        random.choice([0.0, random.random() * (0.008 if short else 2.0)]) for _ in range(random.randint(1, 4))
    )
    gives = node.feeds or not node.single or random.random() < 0.5
    known = random.random() < 0.4 and not (steady and node.feeds)  # what is fed may start before it is known
    failures = random.randint(1, 2) if mishaps and random.random() < 0.25 else 0
    return Role(
        Work(units, random.randint(1, 6) if gives else 0), known, random.random() < 0.6, steady or random.random() < 0.5,
        failures, 2 if known else random.randint(0, 2),
    )  # fmt: skip


def play(found: Case) -> tuple[Outcome, Checker]:
    """Simulate, with everything checked after each event."""
    checker = Checker(found.nodes, found.capacity, found.targets, found.patient)
    outcome = simulate(found.nodes, found.roles, found.capacity, found.targets, found.luck, checker.look, found.patient)
    return outcome, checker


@dataclass
class Checker:
    """Says what is wrong with a list of commands, from a picture of its own."""

    nodes: Sequence[Node]
    capacity: Capacity
    targets: Collection[int]
    patient: bool
    workers: dict[int, deque[tuple[int, int]]] = field(default_factory=dict)
    at: dict[tuple[int, int], int] = field(default_factory=dict)
    readable: set[int] = field(default_factory=set)
    flowing: set[int] = field(default_factory=set)
    freed: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    stopped: bool = False
    commands: list[list[Command]] = field(default_factory=list)

    def look(self, machine: Machine, event: Event, commands: Sequence[Command]) -> None:
        self.commands.append(list(commands))
        self._happened(event)
        for command in commands:
            if isinstance(command, Start):
                self._started(command)
            elif isinstance(command, TakeBack):
                self._taken_back(command)
            elif isinstance(command, Kill) and not self.stopped:
                self._killed(command)
            elif isinstance(command, Resume):
                assert command.worker in self.waiting, f"{command}, which does not wait"
                self.waiting.discard(command.worker)
            elif isinstance(command, (Begin, Open)):
                self.begun.add(command.node)
            elif isinstance(command, Free):
                self._freed(command, machine)
        for node in self.nodes:
            if machine.state[node.id] < State.SETTLED:
                self.freed -= set(node.deps)
        self._room(machine, self.stopped or (self.patient and not isinstance(event, Quiet)))

    def _happened(self, event: Event) -> None:
        if isinstance(event, Ended):
            worker = self.at.pop((event.node, event.unit), None)
            if worker is not None:
                self.waiting.discard(worker)
                self.workers[worker].remove((event.node, event.unit))
        elif isinstance(event, WorkerLost):
            self.waiting.discard(event.worker)
            for unit in self.workers.pop(event.worker, ()):
                if self.at.get(unit) == event.worker:
                    del self.at[unit]
        elif isinstance(event, Settled):
            self.made |= {event.node} & self.begun
            self.flowing.discard(event.node)
            self.freed.discard(event.node)
            (self.readable.add if event.present else self.readable.discard)(event.node)
        elif isinstance(event, Failed):
            self.flowing.discard(event.node)
        elif isinstance(event, Flowing):
            self.flowing.add(event.node)
        elif isinstance(event, Waits) and (event.node, event.unit) in self.at:
            self.waiting.add(self.at[event.node, event.unit])
        self.stopped |= isinstance(event, Stopped)

    def _taken_back(self, back: TakeBack) -> None:
        held, unit = self.workers[back.worker], (back.node, back.unit)
        assert unit in list(held)[1:], f"{back}, which is at work or not there"
        held.remove(unit)
        del self.at[unit]

    def _killed(self, kill: Kill) -> None:
        """The machine forgets the unit at once, and its worker takes room until it is gone."""
        (unit,) = self.workers[kill.worker]
        del self.at[unit]

    def _started(self, start: Start) -> None:
        node = self.nodes[start.node]
        assert not self.stopped, f"{start} after the stop"
        assert (start.node, start.unit) not in self.at, f"{start}, which is on a worker already"
        for dep in node.deps:
            assert dep in self.readable or (dep in node.feeds and dep in self.flowing), f"{start} without {dep}"
        self.at[start.node, start.unit] = start.worker
        self.begun.add(start.node)
        held = self.workers.setdefault(start.worker, deque())
        held.append((start.node, start.unit))
        assert len(held) <= 1 + MOST_AHEAD, f"{start} as one too many on its worker"

    def _freed(self, free: Free, machine: Machine) -> None:
        assert free.node not in self.targets
        assert free.node not in self.freed, f"{free} once more"
        self.freed.add(free.node)
        for node in self.nodes:
            if free.node in node.deps:
                assert machine.state[node.id] >= State.SETTLED, f"{free}, but {node.id} reads it"
        if free.node in self.made and not self.nodes[free.node].kept:
            self.readable.discard(free.node)

    def _room(self, machine: Machine, patient: bool) -> None:
        """No more is taken than there is, and nothing that would fit waits beside an idle worker, unless the machine is patient."""
        room = Room(capacity_for(tuple(self.nodes), self.capacity))
        for worker, units in self.workers.items():
            if units and worker not in self.waiting:
                room.take(room.granted(self.nodes[units[0][0]].needs))
        assert room.cpu > -1e-6 and room.memory > -1e-6 and all(left > -1e-6 for left in room.named.values())
        queue, idle = machine.queue, machine.crew.idle
        if not patient and idle and not any(lane.overtaken >= PATIENCE for lane in queue.lanes):
            assert not any(room.fits(lane.granted) for lane in queue.heads()), "somebody could work"


def expected(found: Case) -> tuple[list[State], set[int]]:
    """What becomes of each node, and what must run; without a clock, in the order of the nodes."""
    states: list[State] = []
    ran: set[int] = set()
    for node, role in zip(found.nodes, found.roles):
        runs = not (role.known and all(dep not in ran or found.roles[dep].same for dep in node.deps))
        if any(states[dep] != State.SETTLED for dep in node.deps):
            states.append(State.BLOCKED)
        elif runs and role.failures > role.retries:
            states.append(State.FAILED)
        else:
            states.append(State.SETTLED)
            ran |= {node.id} if runs else set()
    wanted = [dep for node in found.nodes if node.id in ran or states[node.id] == State.FAILED for dep in node.deps]
    wanted += [target for target in found.targets if states[target] == State.SETTLED]
    while wanted:
        one = wanted.pop()
        if one not in ran and not found.roles[one].present:
            ran.add(one)
            wanted += found.nodes[one].deps
    return states, ran


def replay(found: Case, events: Sequence[Event]) -> list[list[Command]]:
    """The commands of a new machine for the same events."""
    machine = Machine(found.nodes, found.capacity, found.targets, patient=found.patient)
    return [list(machine.handle(event)) for event in events]
