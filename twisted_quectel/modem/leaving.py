"""Leaving a module as it was found, when its modem is closed."""

from __future__ import annotations

from typing import Final

from twisted.internet.defer import Deferred, gatherResults, succeed

from ..at import ATPort, Command
from ..errors import ModemError
from ..families import Family

#: Seconds for the answer to what a module is told when it is left.
PATIENCE: Final = 4.0


def leave(port: ATPort, family: Family | None) -> Deferred[None]:
    """Tell the module what it is to be told when it is left, behind what it is at just now.

    @param family: how it is spoken to; L{None} if there is nothing to tell.
    @return: fires when it has answered, or does not; never fails.
    """
    texts = family.farewell() if family is not None else ()
    if not texts:
        return succeed(None)
    # it is being used just now, or does not hear this for the reason that makes it needless
    port.drowsy = None
    told = [port.execute(Command(text, timeout=PATIENCE, probe=True)) for text in texts]
    for each in told:
        each.addErrback(lambda reason: reason.trap(ModemError))
    return gatherResults(told).addCallback(lambda _: None)
