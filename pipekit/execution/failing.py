"""What becomes of items that fail: tried again, left out, or the end of their each. It must never know what items gave."""

from __future__ import annotations

from msgspec import Struct

from pipekit.definition.show import show
from pipekit.execution.failed import Left, no_file
from pipekit.execution.failure import stable
from pipekit.execution.messages import Fault
from pipekit.execution.outcomes import Outcomes
from pipekit.execution.streams import Each
from pipekit.parallel import vocabulary as says
from pipekit.store import codecs
from pipekit.store.blocks import Block
from pipekit.values import Digest, Ok, call_user, short


class Failing(Struct):
    """Of one run."""

    outcomes: Outcomes

    def tries_again(self, each: Each, index: int, fault: Fault) -> bool:
        """Is the item put in once more?"""
        config = self.outcomes.desk.ledger[each.node].planned.task.config
        tries = each.tries.get(index, 0)
        if tries >= config.retries or self.outcomes.stopping:
            return False
        each.tries[index] = tries + 1
        self.outcomes.later(tries + 1, says.Offered(each.node, (each.alone(index),)))
        return True

    def left_out(self, each: Each, index: int, fault: Fault) -> Left | None:
        """The item is left out; None if that fails the each."""
        config = self.outcomes.desk.ledger[each.node].planned.task.config
        item = each.source.part(index, index + 1)
        shown = fault.item or _shown(item)
        name = f"{index} ({short(Digest(item.digests))}{', ' if shown else ''}{shown})"
        if config.on_error == "raise":
            self.outcomes.fail(each.node, fault, name)
            return None
        left = Left(item, stable(fault.message, self.outcomes.desk.folder))
        each.leave(index, left)
        if self.too_many(each):
            self.outcomes.fail(each.node, fault, f"{name}, one more than max_errors")
        return left

    def too_many(self, each: Each) -> bool:
        """Have more items failed than may?"""
        most = self.outcomes.desk.ledger[each.node].planned.task.config.max_errors
        if most is None:
            return False
        if isinstance(most, int) and most >= 1:
            return each.failed > most
        return each.source.ended and each.failed > most * len(each.source)


def _shown(item: Block) -> str:
    """An item whose worker cannot tell any more, where no code of the user's is needed to read it."""
    (form,) = item.forms
    if form.classes or form.codec not in ("plain", "str"):
        return ""
    read = call_user(lambda: next(codecs.decode_items(item, lambda digest: b"", no_file)))
    return show(read.value) if isinstance(read, Ok) else ""
