"""The transparent pipe over a leased port: raw bytes both ways, and the way out.

LTE SSL Application Note v1.1 chapter 1.3.  Payload that looks like an escape is the matter of
C{escape}, the tail of what comes that of C{carrier}.  How C{NO CARRIER} is proved, and how the
pipe gets out of data mode without the loss of a byte, is told in C{question}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at.commands import Command
from ..at.deadline import Deadline
from ..at.port import ATPort
from ..at.trace import NOTE
from ..at.wire import IWire
from ..errors import PortUnresponsive
from .carrier import RDY, SILENCE, CarrierCircuit, CarrierWatch
from .farewell import Farewell
from .inlet import Inlet
from .interfaces import PipeOwner
from .outgoing import Outgoing
from .question import FLOW, GRACE, STALLED_DROPPED, Question
from .wayback import ATO, WayBack

#: Seconds for which the start of a possible C{NO CARRIER} is kept back: line ends, and more.
LINE_END: Final = 0.02
PARTIAL: Final = 0.1
#: Escapes that are sent before the module is given up.
TRIES: Final = 3


class _Phase(Enum):
    OPEN = "bytes go both ways"
    DOUBT = "NO CARRIER is the tail; nothing is written"
    ASKED = "an escape was sent; its answer is awaited"
    COMMAND = "in command mode, on the way back"
    OVER = "the port is given back, or gone"


def _untold(*reason: Failure) -> None:
    """Nobody wants to know."""


class TransparentPipe:
    """A connection in transparent mode, for as long as it has the port.

    It ends once: whoever waits for L{leave} is told, or else C{on_carrier_lost} or C{on_lost}.

    @ivar in_doubt: whether bytes were on their way when the carrier was lost.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        owner: PipeOwner,
        *,
        guard: float = 1.0,
        reaction: float = 0.5,
        boot: bytes = RDY,
        back: Sequence[Command] = (ATO,),
        on_carrier_lost: Callable[[], None] = _untold,
        on_lost: Callable[[Failure], None] = _untold,
    ) -> None:
        """
        @param guard: seconds of silence around an escape (S12 of the module).
        @param reaction: seconds to the module, in it and back, at most.
        @param boot: as for L{CarrierWatch}.
        @param back: commands that lead back into data mode, tried in turn.
        @param on_carrier_lost: the connection has ended.  The port is in line
            mode again, and the owner was given all payload before.
        @param on_lost: called with the reason, a L{PortLost}: the port is gone, or
            (L{PortUnresponsive}) no escape is taken.  The port then stays in raw
            mode: only a new bring-up can help.
        """
        self._farewell = Farewell(on_carrier_lost, on_lost)
        self._clock = clock
        self._port = port
        self._back = WayBack(port, back, self._returned, self._not_returned, self._lost_on_the_way)
        self._watch = CarrierWatch(boot)
        self._circuit = CarrierCircuit()
        self._inlet = Inlet(clock, owner, self._dcd, lambda: self._stopped, self._fail)
        self._outgoing = Outgoing(clock, owner, self._emptied)
        self._outgoing.trace = port.trace
        self._question = Question(clock, port.trace, self._outgoing, guard, reaction)
        self._phase = _Phase.OVER
        self._wire: IWire | None = None
        self._paused = False  # what the owner wants
        self._stopped = False  # what the port was told
        self._leaving = False
        self._use_dtr = False
        self.in_doubt = False
        self._tries = 0
        # for an escape that was not answered: since when that could have been, and
        # when it was given up
        self._unanswered: tuple[float, float] | None = None
        self._tail_deadline = Deadline(clock, self._tail_passed)

    # -- for the lease

    def start(self) -> None:
        """Take the port over, in the turn in which C{CONNECT} was seen."""
        transport = self._port.transport
        self._wire = wire = IWire(transport, None)
        self._port.data_handler = self
        self._phase = _Phase.OPEN
        if wire is None or not wire.timed:
            self._log.warn(
                "{name}: bytes do not reach the module when they are written; pluses in the "
                "payload can end transparent mode, and its end can be mistaken",
                name=self._port.name,
            )
        self._question.start(wire, self._asking, self._judge, self._fail)
        self._outgoing.start(transport, wire)
        self._inlet.look()
        self._apply_pause()
        self._outgoing.pump()

    def writable(self) -> None:
        """The owner has something to send."""
        self._inlet.look()
        self._outgoing.wake()

    def pause(self) -> None:
        """Deliver no more.

        The port is not read either, so that the module holds the peer back;
        but an answer of the module is waited for, and payload before it comes.
        """
        self._paused = True
        self._apply_pause()

    def resume(self) -> None:
        """Deliver again."""
        self._paused = False
        self._apply_pause()

    def leave(self) -> Deferred[bool]:
        """Write everything that the owner has, then go back to command mode.

        Payload is delivered until then, even while paused.  Cancelling it
        leaves all the same, but tells nobody.

        @return: L{True} if the connection is still up, L{False} if it had
            ended; the port is in line mode then.  Fails with
            L{PortUnresponsive}, L{PortLost}.
        """
        left = self._farewell.wait()
        if self._phase is _Phase.OVER:
            self._farewell.ended()
        else:
            self._leave()
        return left

    def drop(self) -> None:
        """Go back to command mode; what the owner has is not written any more."""
        if self._phase is not _Phase.OVER:
            self._outgoing.drop()
            self._question.patience = STALLED_DROPPED
            self._leave()

    # -- DataHandler

    def raw_received(self, data: bytes) -> None:
        """Bytes came: pass on what is payload for certain."""
        watch = self._watch
        now = self._clock.seconds()
        payload = watch.feed(now, data)
        if payload:
            self._outgoing.unanswered = False
        if self._phase is _Phase.OPEN and not watch.carrier:
            if watch.holding and not self._stopped:
                self._tail_deadline.set(LINE_END if watch.holding < 3 else PARTIAL)
            if payload:
                self._inlet.received(payload)
        else:
            self._doubtful(now, payload)

    def port_lost(self, reason: Failure) -> None:
        """The port is gone."""
        self._end()
        self._farewell.lost(reason)

    # -- what comes

    def _tail_passed(self) -> None:
        """No more of a possible NO CARRIER came: it is payload, most likely."""
        if self._phase is _Phase.OPEN and not self._stopped and self._watch.holding:
            self._inlet.received(self._watch.release())

    def _doubtful(self, now: float, payload: bytes) -> None:
        """Bytes came while it is not known in which mode the module is."""
        self._question.heard = now
        in_doubt = self._phase is _Phase.DOUBT and self._unanswered is None
        if self._unanswered is not None and payload and now - self._unanswered[1] >= FLOW:
            # it flows without a pause
            self._go_on(payload)
            return
        if in_doubt and not self._watch.carrier and self._dcd() is not False:
            # more payload: nothing was to be doubted (without DCD it may be late payload)
            return self._go_on(payload)
        if self._phase is _Phase.OPEN:
            self.in_doubt = self._outgoing.may_be_lost()
            self._phase = _Phase.DOUBT
            self._circuit = CarrierCircuit()
            self._outgoing.open = False
        if payload:
            self._inlet.deliver(payload)
        if self._phase is _Phase.DOUBT:
            self._apply_pause()
            self._doubt()

    def _doubt(self) -> None:
        """NO CARRIER is the tail, or an escape was not answered: find out whose the line is."""
        if self._phase is not _Phase.DOUBT:
            return
        question, carrier = self._question, self._dcd()
        if self._unanswered is not None:
            question.ask(in_doubt=True, earliest=self._unanswered[1] + GRACE)
            return
        if carrier is None:
            question.ask(in_doubt=True)
            return
        verdict, wait = self._circuit.judge(carrier, self._clock.seconds(), question.heard)
        if verdict is None:
            question.after(wait, self._doubt)
        elif verdict:
            self._carrier_lost()
        else:
            self._go_on(self._watch.release())

    def _go_on(self, payload: bytes) -> None:
        """Data mode goes on."""
        self._phase = _Phase.OPEN
        self._unanswered, self.in_doubt = None, False
        if not self._leaving:
            self._tries = 0
        self._watch.asked = False
        self._question.stop()
        self._outgoing.open = True
        if self._watch.holding:
            self._tail_deadline.set(PARTIAL)
        if payload:
            self._inlet.received(payload)
        self._apply_pause()
        self._outgoing.pump()

    def _apply_pause(self) -> None:
        stop = self._paused and self._phase is _Phase.OPEN
        if stop is self._stopped:
            return
        self._stopped = stop
        if stop:
            self._port.pauseProducing()
            return
        if self._phase is _Phase.OPEN and self._watch.holding:
            self._tail_deadline.set(PARTIAL)
        self._port.resumeProducing()

    def _dcd(self) -> bool | None:
        return self._wire.dcd() if self._wire is not None else None

    # -- the escape

    def _leave(self) -> None:
        self._use_dtr = self._leaving = True
        self._tries = 0
        if self._phase is _Phase.OPEN:
            self._outgoing.pump()

    def _emptied(self) -> None:
        """Everything was written."""
        if self._leaving and self._phase is _Phase.OPEN:
            self._question.ask(in_doubt=False, dtr=self._use_dtr)

    def _asking(self) -> bool:
        """An escape is due: tell whether it is still to be sent."""
        unanswered, self._unanswered = self._unanswered, None
        if unanswered is not None:
            answer = self._watch.answer(unanswered[0])
            if answer is not None:
                # the last one was answered after all
                self._in_command_mode(*answer)
                return False
        self._phase = _Phase.ASKED
        self._outgoing.open = False
        self._watch.ask()
        self._apply_pause()
        return True

    def _judge(self, since: float, by_dtr: bool) -> None:
        """The answer must have come, C{since} some time."""
        watch = self._watch
        answer = watch.answer(since)
        if answer is not None:
            self._in_command_mode(*answer)
            return
        if by_dtr:
            # DTR has done nothing; that is no proof of anything
            self._use_dtr = False
        else:
            self._tries += 1
        if watch.carrier and by_dtr:
            watch.asked = False
            self._phase = _Phase.DOUBT
            self._doubt()
            return
        if watch.carrier and not self._dcd():
            self._carrier_lost()
            return
        flowing = self._clock.seconds() - self._question.heard < 0.9 * SILENCE
        if self._tries >= TRIES and (self._leaving or not flowing):
            self._inlet.deliver(watch.release())
            self._fail("the module does not leave data mode")
        elif flowing:
            # payload that comes now, long after an answer was due: data mode goes on
            self._go_on(watch.release())
        else:
            # the escape may have been taken, and its answer held up on the way: what is
            # written now might be run as a command
            self._unanswered = (since, self._clock.seconds())
            self._phase = _Phase.DOUBT
            self._doubt()

    def _in_command_mode(self, payload: bytes, rest: bytes) -> None:
        """The module has left data mode; the connection is up."""
        self._phase = _Phase.COMMAND
        self._tries = 0
        self._inlet.deliver(payload)
        if self._leaving and self._outgoing.empty():
            self._end()
            self._port.setLineMode(rest)
            self._farewell.left()
            return
        self._back.go()
        self._port.setLineMode(rest)

    def _returned(self) -> None:
        if self._phase is not _Phase.COMMAND:
            return
        self._port.data_handler = self
        self._watch.reset()
        self._outgoing.anew()
        self._go_on(b"")

    def _not_returned(self) -> None:
        if self._phase is _Phase.COMMAND:
            self._ended()

    def _lost_on_the_way(self, reason: Failure) -> None:
        if self._phase is _Phase.COMMAND:
            self.port_lost(reason)

    # -- ends

    def _carrier_lost(self) -> None:
        """NO CARRIER is proved."""
        payload, rest = self._watch.lost() or (self._watch.release(), b"")
        self._inlet.deliver(payload)
        self._port.trace.add(NOTE, "NO CARRIER")
        # what was under way stands in the module's command line
        self._port.write_raw(b"\r")
        self._port.resynchronise()
        self._end()
        self._port.setLineMode(rest)
        self._ended()

    def _ended(self) -> None:
        """The connection has ended; the port is in line mode."""
        self._end()
        self._farewell.ended()

    def _fail(self, problem: str) -> None:
        self._end()
        trace = self._port.trace.last()
        self._farewell.lost(
            Failure(PortUnresponsive(f"{problem} on {self._port.name}", trace=trace))
        )

    def _end(self) -> None:
        """Leave no timer behind, and let go of the port."""
        self._phase = _Phase.OVER
        self._tail_deadline.clear()
        self._inlet.stop()
        self._question.stop()
        self._outgoing.stop(self._port.lost)
        if self._port.data_handler is self:
            self._port.data_handler = None
        if not self._port.lost:
            self._apply_pause()
