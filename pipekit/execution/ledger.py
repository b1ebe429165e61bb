"""What a run knows of each step: key, product, counts, state. It must never decide what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from pipekit.execution.failed import Left
from pipekit.execution.given import Given, given
from pipekit.execution.plan import Plan, Planned
from pipekit.execution.reasons import Reason
from pipekit.invocation.steps import Needs
from pipekit.store.products import Product
from pipekit.store.records import Record
from pipekit.values import Digest

STATES = ("ran", "cached", "failed", "blocked", "cancelled", "unneeded")


class Entry(Struct):
    """One step's row. `state` is "" while it is open, then one of STATES; `began` is when its first unit started; `peak`: the most
    memory of a worker while it had a unit of it, in bytes;
    `checking`: what is recorded is being checked against its type."""

    planned: Planned
    reason: Reason
    key: Digest | None = None
    product: Product | None = None
    state: str = ""
    seconds: float = 0.0
    began: float | None = None
    tries: int = 0
    partial: bool = False
    peak: int = 0
    log: list[bytes] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    items: Mapping[str, int] | None = None
    checking: Record | None = None
    message: str = ""
    traceback: str = ""


class Ledger:
    """The rows of one run, by step number."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows = [Entry(planned, planned.reason, planned.key, planned.product) for planned in plan.entries]
        self.products: dict[int, Product] = {}
        self.moved = False  # some product came out another way than it was known, so keys may have too

    def __getitem__(self, step: int) -> Entry:
        return self.rows[step]

    def settle(self, step: int, product: Product) -> bool:
        """The product of a step is known; True if it is not what it was known to be before."""
        before = self.products.get(step)
        self.products[step] = self.rows[step].product = product
        changed = before is not None and before.digest != product.digest
        self.moved = self.moved or changed
        return changed

    def given(self, step: int, deps: Sequence[Needs]) -> list[Given] | None:
        """What some deps of a step give; None while one of them is not known."""
        planned, codes = self.rows[step].planned, self.plan.world.codes
        identity = partial(codes.identity, planned.task)
        return given(deps, self.products, lambda one: self.rows[one].left, planned.static.classes, identity)

    def is_partial(self, step: int) -> bool:
        """Does something that the step reads, directly or not, lack items?"""
        return any(self.rows[one].partial for needs in self.plan.entries[step].step.deps for one in needs.steps)

    def counts(self) -> dict[str, int]:
        """How many steps ended in each state; pins count nowhere."""
        found = dict.fromkeys(STATES, 0)
        for row in self.rows:
            if row.state in found and row.planned.pinned is None:
                found[row.state] += 1
        return found
