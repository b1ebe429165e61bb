"""Virtual workers in virtual time over the very same machine: what a schedule comes to, without doing the work. It must
never look at a real clock, start anything, or know more of the machine than its events and commands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipekit.parallel.bounds import bound
from pipekit.parallel.simulate.roles import Luck, Outcome, Role, Span, Stuck, Watch
from pipekit.parallel.simulate.world import World
from pipekit.parallel.standing import State
from pipekit.parallel.vocabulary import Capacity, Node

_NO_LUCK = Luck()
__all__ = ["Luck", "Outcome", "Role", "Span", "Stuck", "simulate"]


def simulate(
    nodes: Sequence[Node],
    roles: Sequence[Role],
    capacity: Capacity,
    targets: Collection[int] = (),
    luck: Luck = _NO_LUCK,
    watch: Watch | None = None,
    patient: bool = True,
) -> Outcome:
    """Run the graph on virtual workers. `watch` sees each event and the commands that follow. Raises Stuck."""
    world = World(nodes, roles, capacity, targets, luck, watch, patient)
    world.go()
    ran = [node for node in world.inputs if world.machine.state[node] == State.SETTLED]
    return Outcome(
        world.now,
        tuple(map(State, world.machine.state)),
        tuple(world.spans),
        tuple(world.events),
        tuple(world.versions),
        world.inputs,
        bound(nodes, [role.work for role in roles], capacity, ran),
    )
