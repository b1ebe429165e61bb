"""The small values that everyone may hold, whatever the phase; no behaviour of any phase lives here."""

from pipekit.values.call import Ok, Raised, call_user
from pipekit.values.cell import Cell, Failure
from pipekit.values.digest import Digest, short
from pipekit.values.files import Reference, Stored
from pipekit.values.origin import Origin
from pipekit.values.secret import Secret

__all__ = ["Cell", "Digest", "Failure", "Ok", "Origin", "Raised", "Reference", "Secret", "Stored", "call_user", "short"]
