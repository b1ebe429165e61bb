"""What goes into the machine and what comes out: nodes, events and commands. It must never hold state."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Needs(Struct, frozen=True):
    """What one unit of a node takes from the run while it works: cpus, bytes of memory, named resources."""

    cpu: float = 1.0
    memory: float = 0.0
    named: tuple[tuple[str, float], ...] = ()


class Node(Struct, frozen=True):
    """A piece of the graph. `deps` are its sources; those in `feeds` may give items before they are whole.

    `single`: it is one unit of work, which the machine makes itself; else the driver offers units. A single node with `feeds` may be
    offered its unit 0 as soon as it is open. `waits`: its units may wait while they work, for items or until their own are taken.
    `kept`: its product stays readable after its last use, even if this run made it. `rank` orders what is ready (highest first), then
    `frees`: the bytes that can go once it has run. `family` groups nodes whose units take about as long.
    """

    id: int
    deps: tuple[int, ...] = ()
    feeds: tuple[int, ...] = ()
    single: bool = True
    kept: bool = True
    needs: Needs = Needs()
    rank: float = 0.0
    family: int = 0
    waits: bool = False
    frees: float = 0.0


class Capacity(Struct, frozen=True):
    """What the run has: `jobs` workers and cpus, bytes of memory (0: not counted), named resources."""

    jobs: int = 1
    memory: float = 0.0
    named: Mapping[str, float] = field(default_factory=dict)


# --- events: what happened -------------------------------------------------------------------------------------------


class Began(Struct, frozen=True):
    """The run begins."""


class Settled(Struct, frozen=True):
    """The node's product is known; `present`: it can be read; `changed`: it is not what it was known to be before."""

    node: int
    present: bool = True
    changed: bool = False


class Missed(Struct, frozen=True):
    """The node's product is not known: it must run. If it `reads` nothing, nothing that it takes need be there: one unit looks at what is
    known."""

    node: int
    reads: bool = True


class Flowing(Struct, frozen=True):
    """The first items of a node that is at work are there."""

    node: int


class Offered(Struct, frozen=True):
    """More units of the node that must run; a node that was closed is open again."""

    node: int
    units: tuple[int, ...]


class Closed(Struct, frozen=True):
    """No more units of the node will be offered."""

    node: int


class Ended(Struct, frozen=True):
    """A unit is off its worker, well or not; what that means for its node is said by another event."""

    node: int
    unit: int
    seconds: float = 0.0


class Waits(Struct, frozen=True):
    """A unit on a worker waits, and takes nothing of the run until it goes on."""

    node: int
    unit: int


class Ready(Struct, frozen=True):
    """A unit that waits could go on."""

    node: int
    unit: int


class Again(Struct, frozen=True):
    """A unit that ended is to be tried once more."""

    node: int
    unit: int


class Failed(Struct, frozen=True):
    """The node will have no product."""

    node: int


class WorkerUp(Struct, frozen=True):
    """A worker is there."""

    worker: int


class WorkerLost(Struct, frozen=True):
    """A worker is gone, with all it held."""

    worker: int


class Slow(Struct, frozen=True):
    """The worker is at one unit for long: those that wait there for their turn are better off elsewhere."""

    worker: int


class Quiet(Struct, frozen=True):
    """All that is known by now has been said. A patient machine starts units then, so that those that a moment makes ready all at once
    are taken by rank, and not by who was mentioned first."""


class Stopped(Struct, frozen=True):
    """Nothing more is to be started; what is not done is cancelled."""


Event = (
    Began | Settled | Missed | Flowing | Offered | Closed | Ended | Waits | Ready | Again | Failed | WorkerUp | WorkerLost
    | Slow | Quiet | Stopped
)  # fmt: skip


# --- commands: what the driver is to do --------------------------------------------------------------------------------


class Resolve(Struct, frozen=True):
    """All products the node takes are known: say Settled or Missed; of an open node, Closed when no more will come, or nothing while
    its unit is at work, unless its product is known and can be read.

    It comes again when one of them turns out to have changed: after what the node is doing then, if it is at work.
    """

    node: int


class Open(Struct, frozen=True):
    """Items flow towards the node, and all else that it takes is known: it may offer units."""

    node: int


class Begin(Struct, frozen=True):
    """The node must run and all that it takes can be read: offer its units, then close it."""

    node: int


class Start(Struct, frozen=True):
    """Send the unit to the worker."""

    node: int
    unit: int
    worker: int


class Resume(Struct, frozen=True):
    """There is room for the unit that waits on the worker: it may go on."""

    node: int
    unit: int
    worker: int


class Complete(Struct, frozen=True):
    """The node is closed and all its units have ended: put its product together and say Settled or Failed."""

    node: int


class Block(Struct, frozen=True):
    """The node cannot run, because of `by`."""

    node: int
    by: int


class Cancel(Struct, frozen=True):
    """The node will not run, because the run stopped."""

    node: int


class Drop(Struct, frozen=True):
    """The unit was on a worker that is lost: say Again or Failed. If not `begun` it only waited there for its turn, or so it seems: if
    it was not `alone`, it may also be that it has ended and one behind it was at work, and that nobody has heard of it yet."""

    node: int
    unit: int
    begun: bool = True
    alone: bool = True


class TakeBack(Struct, frozen=True):
    """The unit is not to be worked on by the worker, if it has not begun there: it will be started anew."""

    node: int
    unit: int
    worker: int


class Free(Struct, frozen=True):
    """Nothing that is still to come reads the node's product."""

    node: int


class Spawn(Struct, frozen=True):
    """Ask the pool for a worker with this number."""

    worker: int


class Kill(Struct, frozen=True):
    """End the worker at once."""

    worker: int


Command = Resolve | Open | Begin | Start | Resume | Complete | Block | Cancel | Drop | TakeBack | Free | Spawn | Kill
