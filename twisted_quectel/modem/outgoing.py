"""The way out of a transparent pipe: from the owner to the wire.

No byte of the payload may look like an escape: what goes is asked of
L{EscapeGuard}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import (
    IConsumer,
    IDelayedCall,
    IPushProducer,
    IReactorTime,
    ITransport,
)
from zope.interface import implementer

from ..at.deadline import Deadline
from ..at.trace import HOST, Trace
from ..at.wire import IWire
from .escape import EscapeGuard
from .interfaces import PipeOwner

#: Longest piece that is asked of the owner, in bytes.
CHUNK: Final = 16384
#: Bytes that are written in one reactor turn.
TURN: Final = 4 * CHUNK
#: Seconds for which bytes that were written may be on their way to the module.
ON_THE_WAY: Final = 0.5
#: Between two looks at a wire that has bytes to send, in seconds.
POLL: Final = 0.01

_PLUS: Final = b"+"
_TICK: Final = 1e-6


@implementer(IPushProducer)
class Outgoing:
    """Takes bytes from the owner and writes them while the transport has room.

    @ivar open: whether payload may be written.
    @ivar unanswered: whether payload went out since some came in, which shows that what
        went before it has arrived.
    @ivar ended: whether the owner is not asked any more.
    @ivar trace: notes how much payload went out.
    """

    def __init__(self, clock: IReactorTime, owner: PipeOwner, emptied: Callable[[], None]) -> None:
        """
        @param emptied: called when the owner has nothing more and nothing is
            held; it may be called often.
        """
        self.open = False
        self.ended = False
        self.unanswered = False
        self.trace: Trace | None = None
        self._clock = clock
        self._owner = owner
        self._emptied = emptied
        self._escape = EscapeGuard()
        self._transport: ITransport | None = None
        self._consumer: IConsumer | None = None
        self._wire: IWire | None = None
        self._usual_size = 0
        self._room = True
        self._pumping = False
        self._silent: float | None = None
        self._written = float("-inf")  # when payload was handed to the transport last
        self._turn: IDelayedCall | None = None
        self._due = Deadline(clock, self._plus_due)

    def start(self, transport: ITransport | None, wire: IWire | None) -> None:
        """Write to a transport from now on.

        @param wire: what is known of the line beneath.
        """
        self._transport = transport
        self._wire = wire
        self._consumer = IConsumer(transport, None)
        if isinstance(transport, FileDescriptor):
            # what is queued cannot be called back when NO CARRIER comes
            self._usual_size, transport.bufferSize = transport.bufferSize, CHUNK
        if self._consumer is not None:
            self._consumer.registerProducer(self, True)
        self.open = True

    def stop(self, lost: bool) -> None:
        """Write no more.

        @param lost: whether the transport is gone.
        """
        self.open = False
        self._due.clear()
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.cancel()
        consumer, self._consumer = self._consumer, None
        transport, self._transport = self._transport, None
        if lost:
            return
        if consumer is not None:
            consumer.unregisterProducer()
        if isinstance(transport, FileDescriptor):
            transport.bufferSize = self._usual_size

    # -- IPushProducer, for the transport

    def pauseProducing(self) -> None:
        """The transport has enough."""
        self._room = False

    def resumeProducing(self) -> None:
        """The transport wants more."""
        self._room = True
        self.wake()

    def stopProducing(self) -> None:
        """The transport is gone."""
        self._room = False

    # -- for the pipe

    def wake(self) -> None:
        """The owner may have something to send."""
        if self._room and self.open and self._turn is None:
            self.pump()

    def pump(self) -> None:
        """Write what the owner has, as far as the transport takes it."""
        transport = self._transport
        if self._pumping or transport is None:
            return
        owner, escape, seconds = self._owner, self._escape, self._clock.seconds
        budget = TURN
        self._pumping = True
        try:
            while self._room and self.open and not self.ended:
                if budget <= 0:
                    if self._turn is None:
                        self._turn = self._clock.callLater(0, self._next_turn)
                    return
                data = owner.take(CHUNK)
                if not data:
                    break
                now = seconds()
                plus = data.endswith(_PLUS)
                if plus and self._sending():
                    escape.busy(now)
                out = escape.feed(now, data)
                if out:
                    self._silent = None
                    self._written = now
                    self.unanswered = True
                    transport.write(out)
                    if self.trace is not None:
                        self.trace.add(HOST, "", len(out))
                    if plus and self.drained():
                        escape.left(now)
                owner.sent(len(data))
                budget -= len(data)
        finally:
            self._pumping = False
        if self.open:
            if escape.held:
                self._hold_plus()
            elif self._room:
                self.silent_since()
                self._emptied()

    def drop(self) -> None:
        """Ask the owner no more, and forget what is held and what has not left."""
        self.ended = True
        self._escape.drop()
        if self._wire is not None:
            self._wire.discard()
            self._room = True

    def anew(self) -> None:
        """A stay in data mode begins."""
        held = self._escape.drop()
        self._escape.reset()
        self._silent = None
        self.open = True
        if held and self._transport is not None:
            # fewer than three bytes, or the guard holds what is too much
            self._transport.write(self._escape.feed(self._clock.seconds(), held))

    @property
    def flushed(self) -> bool:
        """Whether nothing is held and the transport has room: the owner was asked."""
        return self._room and not self._escape.held and self._turn is None

    def write(self, data: bytes) -> None:
        """Write what is no payload."""
        self._silent = None
        if self._transport is not None:
            self._transport.write(data)

    def empty(self) -> bool:
        """Whether nothing is held, and the owner has nothing."""
        return self.ended or not (self._escape.held or self._owner.take(1))

    def drained(self) -> bool:
        """Whether everything that was written has left the wire."""
        return self.unsent() <= 0

    def may_be_lost(self) -> bool:
        """Whether bytes may be on their way that the module has not taken."""
        if not self.unanswered:
            return False
        return self._clock.seconds() - self._written < ON_THE_WAY or not self.drained()

    def unsent(self) -> int:
        """Give the bytes that have not left yet, as far as that can be known."""
        wire = self._wire
        return wire.unsent() if wire is not None else 0 if self._room else 1

    def silent_since(self) -> float | None:
        """Give the time since when nothing leaves; L{None} if something does."""
        if self._silent is None and self.drained():
            self._silent = self._clock.seconds()
        return self._silent

    def _sending(self) -> bool:
        """Whether bytes are leaving the wire right now."""
        wire = self._wire
        return wire is not None and wire.unsent() > 0 and wire.cts() is not False

    def _next_turn(self) -> None:
        self._turn = None
        self.wake()

    # -- held pluses

    def _hold_plus(self) -> None:
        """See to it that held pluses go when they are due."""
        now = self._clock.seconds()
        if self.drained():
            self._escape.left(now)
        due = self._escape.due()
        self._due.set(POLL if due is None else max(0.0, due - now))

    def _plus_due(self) -> None:
        escape, transport = self._escape, self._transport
        if not self.open or not escape.held or transport is None:
            return
        now = self._clock.seconds()
        due = escape.due()
        if due is not None and due <= now + _TICK:
            out = escape.release(now)
            if out:
                self._silent = None
                transport.write(out)
        if escape.held:
            self._hold_plus()
        elif self._room:
            self._emptied()
