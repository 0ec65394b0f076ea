"""Leaving a module as it was found, when its modem is closed."""

from __future__ import annotations

from typing import Final

from twisted.internet.defer import CancelledError, Deferred, gatherResults, succeed
from twisted.internet.interfaces import IReactorTime

from ..at import ATPort, Command
from ..errors import ModemError
from ..families import Family

#: Seconds that a module has to come to the end of what it is at, and to answer.
PATIENCE: Final = 0.9


def leave(clock: IReactorTime, port: ATPort, family: Family | None) -> Deferred[None]:
    """Tell the module what it is to be told when it is left, behind what it is at just now.

    @param family: how it is spoken to; L{None} if there is nothing to tell.
    @return: fires when it has answered, or was told without an answer; never fails.
    """
    texts = family.farewell() if family is not None else ()
    if not texts:
        return succeed(None)
    # it is being used just now, or does not hear this for the reason that makes it needless
    port.drowsy = None
    told = [port.execute(Command(text, timeout=PATIENCE, probe=True)) for text in texts]

    def insist() -> None:
        for text in texts:
            port.insist(text)
        for each in told:
            each.cancel()

    timer = clock.callLater(PATIENCE, insist)
    for each in told:
        each.addErrback(lambda reason: reason.trap(ModemError, CancelledError))

    def done(_: object) -> None:
        if timer.active():
            timer.cancel()

    return gatherResults(told).addCallback(done)
