"""How far streams and eaches are, for people. It must never decide anything by it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec import Struct, field

from pipekit.execution import events
from pipekit.execution.flow import Flow
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.streams import Each


class Counts(Struct):
    """Of one run."""

    outcomes: Outcomes
    flows: Mapping[int, Flow]
    eaches: Mapping[int, Each]
    _told: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def tell_all(self) -> None:
        """Say how far each of them is, where that has changed."""
        for number in self.eaches:
            self.tell(number)
        for number, flow in self.flows.items():
            if number not in self.eaches:
                self._say(number, (len(flow), 0, 0, 0, 0), len(flow) if flow.ended else None)

    def tell(self, number: int) -> None:
        """Say how far an each is."""
        each = self.eaches[number]
        config = self.outcomes.desk.ledger[number].planned.task.config
        skipped = each.failed if config.on_error == "skip" else 0
        now = each.ran, each.cached, each.failed, skipped, each.running
        self._say(number, now, len(each.source) if each.source.ended else None)

    def _say(self, number: int, now: tuple[int, int, int, int, int], total: int | None) -> None:
        known = (*now, -1 if total is None else total)
        if self._told.get(number) != known:
            self._told[number] = known
            self.outcomes.say(events.Items(time.time(), number, *now, total))
