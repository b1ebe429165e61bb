"""How units get to workers: alone, or together with those that surely come next. It must never decide which go, nor where."""

from __future__ import annotations

import time

from msgspec import Struct

from pipekit.errors import PipekitError
from pipekit.execution import events
from pipekit.execution.chains import Chains, Foreseen
from pipekit.execution.desk import Job
from pipekit.execution.failure import told
from pipekit.execution.items import Items
from pipekit.execution.jobs import Jobs
from pipekit.execution.ledger import Entry
from pipekit.execution.messages import Call, Done, Fault, lean
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.reading import Readers
from pipekit.parallel import vocabulary as says
from pipekit.parallel.crew import Crew
from pipekit.parallel.pools.protocol import Pool

GONE = "a product that it reads has gone from the store meanwhile: run again, and it is made anew"


class Starter(Struct):
    """Of one run."""

    outcomes: Outcomes
    items: Items
    readers: Readers
    jobs: Jobs
    chains: Chains
    crew: Crew
    pool: Pool

    def start(self, command: says.Start) -> tuple[Job, Done] | None:
        """Send the unit to its worker, if it is not there by now; what it gave, if it has even ended."""
        foreseen = self.chains.claim(command.node)
        if foreseen is not None:
            return self._claim(foreseen, command)
        desk = self.outcomes.desk
        row = desk.ledger[command.node]
        job = self.jobs.new(
            command.node, command.unit, command.worker, ahead=self.crew.is_ahead(command.node, command.unit)
        )
        if desk.ledger.moved and row.planned.task.kind != "each" and not self.readers.early(command.node):
            row.key = self.outcomes.recorder.key(command.node)
        if row.planned.task.kind == "stream" and desk.flows_live(job.node):
            first = self.readers.credits.begin(job)
            job.credit = first.items, first.size
        if row.planned.task.kind == "stream" and row.checking is None:
            self.items.restart(job.node)
        try:
            call = self._call(job, row)
        except (PipekitError, KeyError) as error:
            self._never(job)
            self.outcomes.fail(command.node, told(error) if isinstance(error, PipekitError) else Fault(GONE, ""))
            return None
        if call is None:
            self._never(job)
            return None
        self._send(job, call)
        return None

    def _call(self, job: Job, row: Entry) -> Call | None:
        desk = self.outcomes.desk
        if row.checking is not None:
            return desk.check_call(job, row.checking.product)
        if row.planned.task.kind == "each":
            return self.items.call(job)
        return self.readers.call(job) if self.pool.streams and self.readers.adopt(job.node) else desk.call(job)

    def _never(self, job: Job) -> None:
        """The unit is not sent after all."""
        self.outcomes.inbox.append(says.Ended(job.node, job.unit))
        self.jobs.close(job)

    def _send(self, job: Job, call: Call) -> None:
        self.jobs.add(job)
        self._say(job)
        behind = self.chains.behind(job) if call.mode == "task" else ()
        self.pool.send(job.worker, [lean(one) for one in (call, *behind)] if behind else lean(call))

    def _claim(self, foreseen: Foreseen, command: says.Start) -> tuple[Job, Done] | None:
        """The step was sent to a worker together with the one before it, and is under way or done."""
        job = foreseen.job
        job.asked = command.worker
        self.jobs.add(job)
        self._say(job)
        return None if foreseen.done is None else (job, foreseen.done)

    def _say(self, job: Job) -> None:
        row = self.outcomes.desk.ledger[job.node]
        if row.began is None:
            row.began = time.time()
            self.outcomes.say(events.StepStarted(row.began, job.node, job.worker))

    def lost(self, worker: int, cause: str) -> None:
        """The worker is gone, because of `cause`. What the machine believes elsewhere is begun again there."""
        together = self.chains.lost(worker)
        for job in [job for job in self.jobs if job.worker == worker]:
            job.lost, job.together = job.lost or cause, together
            if job.is_elsewhere and job.asked is not None:
                self.jobs.close(job)
                self.start(says.Start(job.node, job.unit, job.asked))
