"""Asks a run in its midst for a snapshot, and says how long that took: the project is that of the working directory."""

from __future__ import annotations

import time

import pipekit
from pipekit.execution.events import StepFinished

if __name__ == "__main__":
    run = pipekit.open(".").run()
    half = len(run.ledger.rows) // 2
    for event in run:
        half -= isinstance(event, StepFinished)
        if half == 0:
            run.snapshot()  # what is made once
            began = time.perf_counter()
            run.snapshot()
            print(time.perf_counter() - began)
            half = -1
