"""The transparent pipe over a leased port: raw bytes both ways, and the way out.

LTE SSL Application Note v1.1 chapter 1.3 (transparent access mode).

Payload that looks like an escape is the matter of L{twisted_quectel.modem.escape},
the tail of what comes that of L{twisted_quectel.modem.carrier}.  Here is what
follows from them in time.

B{Leaving.}  Everything is written and has left the wire; a guard time of
silence; C{+++} in one write; its last byte has left at C{t}.  A module that
takes it answers C{OK} no earlier than its guard time behind C{t} and no later
than C{t + guard + reaction}, and sends no payload behind that C{OK}.  So at
that moment, once nothing has come for 150 ms, either the tail is C{OK}, and
everything before it is payload, or the escape was not taken.  The first C{OK}
behind C{+++} proves nothing: the peer may have sent it.

B{NO CARRIER.}  The same question decides whether C{NO CARRIER} at the tail is
the module's.  If it is, the module is in command mode, where C{+++} is an
unfinished line of rubbish that is not answered: no C{OK}.  If it is payload,
the module is in data mode and C{OK} becomes the tail; then C{ATO} leads back
to the same connection, and what was kept back is delivered.  If payload
follows on the suspicious bytes, they were payload.  A wire with DCD needs no
question: C{NO CARRIER} is believed if, after 150 ms of silence, DCD is off.

From the first suspicion on nothing is written but that question: in command
mode bytes run as commands.  What is under way at that moment may do so; only
DCD and short queues help.  The price of a false alarm is at most
C{guard + 0.1 + guard + reaction + 0.15} = 2.75 s, less the time for which the
wire was silent already, and C{ATO}.

Proof and escape safety need a wire that is timed (L{IWire}).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IDelayedCall, IPushProducer, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ..at.commands import Command, Response
from ..at.deadline import Deadline
from ..at.port import ATPort
from ..at.results import Outcome
from ..at.syntax import execute_form
from ..at.trace import NOTE
from ..at.wire import IWire
from ..errors import PortLost, PortUnresponsive
from .carrier import CarrierWatch
from .escape import EscapeGuard
from .interfaces import SocketOwner

#: Longest piece that is asked of the owner, in bytes.
CHUNK: Final = 16384
#: Bytes that are written in one reactor turn.
TURN: Final = 4 * CHUNK
#: Silence that ends what the module had to say, in seconds.
SILENCE: Final = 0.15
#: Silence before C{+++} beyond the guard time; some modules want 1004 ms.
MARGIN: Final = 0.1
#: How long the start of a possible C{NO CARRIER} is kept back, in seconds:
#: line ends alone (a serial adapter's latency timer), and more of it.
LINE_END: Final = 0.02
PARTIAL: Final = 0.1
#: Between two looks at a wire that has bytes to send, in seconds.
POLL: Final = 0.01
#: How long C{NO CARRIER} may come before DCD falls, in seconds.
DCD_LAG: Final = 0.5
#: How long payload may go on behind an escape before it counts as not taken.
FLOW: Final = 3.0
#: How long a wire may take no byte at all while somebody leaves.
STALLED: Final = 30.0
#: Escapes that are sent before the module is given up.
TRIES: Final = 3

ATO: Final = Command(execute_form("O"), data_mode=True, timeout=10.0)

_PLUS: Final = b"+"
_TICK: Final = 1e-6


class _Phase(Enum):
    OPEN = "bytes go both ways"
    DOUBT = "NO CARRIER is the tail; nothing is written"
    ASKED = "an escape was sent; its answer is awaited"
    COMMAND = "in command mode, on the way back"
    OVER = "the port is given back, or gone"


def _nothing() -> None:
    """Nobody wants to know."""


def _no_reason(reason: Failure) -> None:
    """Nobody wants to know."""


@implementer(IPushProducer)
class _Room:
    """Hears from the transport whether it takes more."""

    def __init__(self, changed: Callable[[bool], None]) -> None:
        self._changed = changed

    def pauseProducing(self) -> None:
        self._changed(False)

    def resumeProducing(self) -> None:
        self._changed(True)

    def stopProducing(self) -> None:
        self._changed(False)


class TransparentPipe:
    """A connection in transparent mode, for as long as it has the port.

    It ends once, in one of these ways: L{leave} fires; C{on_carrier_lost}; or
    C{on_lost}.  Whoever waits for L{leave} is told by that alone.

    @ivar on_carrier_lost: the connection has ended.  The port is in line mode
        again, and the owner was given all payload before.
    @ivar on_lost: called with the reason, a L{PortLost}: the port is gone, or
        (L{PortUnresponsive}) no escape is taken and nothing tells in which
        mode the module is.  The port then stays in raw mode: only a new
        bring-up can help.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        owner: SocketOwner,
        *,
        guard: float = 1.0,
        reaction: float = 0.5,
        back: Sequence[Command] = (ATO,),
        on_carrier_lost: Callable[[], None] = _nothing,
        on_lost: Callable[[Failure], None] = _no_reason,
    ) -> None:
        """
        @param guard: seconds of silence around an escape (S12 of the module).
        @param reaction: seconds in which a byte gets to the module and the
            module's answer to it comes back, at most.
        @param back: commands that lead back into data mode, tried in turn.
        """
        self.on_carrier_lost = on_carrier_lost
        self.on_lost = on_lost
        self._clock = clock
        self._port = port
        self._owner = owner
        self._guard = guard
        self._reaction = reaction
        self._back = tuple(back)
        self._escape = EscapeGuard()
        self._watch = CarrierWatch()
        self._phase = _Phase.OVER
        self._wire: IWire | None = None
        self._consumer: IConsumer | None = None
        self._usual_size = 0
        self._room = True
        self._pumping = False
        self._paused = False  # what the owner wants
        self._stopped = False  # what the port was told
        self._leaving = False
        self._dropping = False
        self._left: Deferred[bool] | None = None
        self._use_dtr = False
        self._waited = 0.0  # seconds between the question and the module's answer
        self._tries = 0
        self._heard = 0.0  # when something came, in doubt
        self._silent: float | None = None  # since when nothing has left the wire
        self._asked: float | None = None  # when the question had left
        self._unsent = (0, 0.0)  # bytes on the wire, and since when that many
        self._then: Callable[[], None] = _nothing
        self._turn: IDelayedCall | None = None
        self._deadline = Deadline(clock, self._passed)
        self._plus_deadline = Deadline(clock, self._plus_due)
        self._tail_deadline = Deadline(clock, self._tail_passed)

    # -- for the lease

    def start(self) -> None:
        """Take the port over, in the turn in which C{CONNECT} was seen."""
        transport = self._port.transport
        self._wire = IWire(transport, None)
        self._port.data_handler = self
        self._phase = _Phase.OPEN
        self._heard = self._clock.seconds()
        if self._wire is None or not self._wire.timed:
            self._log.warn(
                "{name}: bytes do not reach the module when they are written; pluses in the "
                "payload can end transparent mode, and its end can be mistaken",
                name=self._port.name,
            )
        self._consumer = IConsumer(transport, None)
        if isinstance(transport, FileDescriptor):
            # what is queued cannot be called back when NO CARRIER comes
            self._usual_size, transport.bufferSize = transport.bufferSize, CHUNK
        if self._consumer is not None:
            self._consumer.registerProducer(_Room(self._room_changed), True)
        self._apply_pause()
        self._pump()

    def writable(self) -> None:
        """The owner has something to send."""
        if self._room and self._phase is _Phase.OPEN and self._turn is None:
            self._pump()

    def pause(self) -> None:
        """Deliver no more.  The port is read no more either, so that the module
        holds the peer back, but for as long as an answer of it is awaited."""
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
        self._left = left = Deferred(self._forget)
        if self._phase is _Phase.OVER:
            self._left = None
            left.callback(False)
            return left
        self._leave()
        return left

    def drop(self) -> None:
        """Go back to command mode; what the owner has is not written any more."""
        if self._phase is not _Phase.OVER:
            self._dropping = True
            self._escape.drop()
            self._leave()

    # -- DataHandler

    def raw_received(self, data: bytes) -> None:
        """Bytes came: pass on what is payload for certain."""
        watch = self._watch
        now = self._clock.seconds()
        payload = watch.feed(now, data)
        if self._phase is _Phase.OPEN:
            if not watch.carrier:
                if watch.holding and not self._stopped:
                    self._tail_deadline.set(LINE_END if watch.holding < 3 else PARTIAL)
            else:
                self._phase = _Phase.DOUBT
        if self._phase is not _Phase.OPEN:
            self._doubtful(now, payload)
        elif payload:
            self._owner.received(payload)

    def port_lost(self, reason: Failure) -> None:
        """The port is gone."""
        self._end()
        self._tell_lost(reason)

    # -- the way out of the host

    def _room_changed(self, room: bool) -> None:
        self._room = room
        if room and self._phase is _Phase.OPEN and self._turn is None:
            self._pump()

    def _next_turn(self) -> None:
        self._turn = None
        self._pump()

    def _pump(self) -> None:
        """Write what the owner has, as far as the transport takes it."""
        if self._pumping or self._dropping:
            return
        transport = self._port.transport
        if transport is None:
            return
        owner, escape, seconds = self._owner, self._escape, self._clock.seconds
        budget = TURN
        plus = False
        self._pumping = True
        try:
            while self._room and self._phase is _Phase.OPEN:
                if budget <= 0:
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
                    transport.write(out)
                    if plus and self._drained():
                        escape.left(now)
                owner.sent(len(data))
                budget -= len(data)
        finally:
            self._pumping = False
        if escape.held:
            self._hold_plus()
        if self._leaving and self._phase is _Phase.OPEN:
            self._settle()

    def _sending(self) -> bool:
        """Whether bytes are leaving the wire right now."""
        wire = self._wire
        return wire is not None and wire.unsent() > 0 and wire.cts() is not False

    def _drained(self) -> bool:
        """Whether everything that was written has left the wire."""
        return self._room and (self._wire is None or self._wire.unsent() <= 0)

    def _hold_plus(self) -> None:
        """See to it that held pluses go when they are due."""
        now = self._clock.seconds()
        if self._drained():
            self._escape.left(now)
        due = self._escape.due()
        self._plus_deadline.set(POLL if due is None else max(0.0, due - now))

    def _plus_due(self) -> None:
        if self._phase is _Phase.OPEN and self._escape.held and not self._pumping:
            transport = self._port.transport
            due = self._escape.due()
            now = self._clock.seconds()
            if due is not None and due <= now + _TICK and transport is not None:
                out = self._escape.release(now)
                if out:
                    self._silent = None
                    transport.write(out)
            if self._escape.held:
                self._hold_plus()
            elif self._leaving:
                self._settle()

    # -- what comes

    def _tail_passed(self) -> None:
        """No more of a possible NO CARRIER came: it is payload, most likely."""
        if self._phase is _Phase.OPEN and not self._stopped and self._watch.holding:
            self._owner.received(self._watch.release())

    def _doubtful(self, now: float, payload: bytes) -> None:
        """Bytes came while it is not known in which mode the module is."""
        self._heard = now
        if self._phase is _Phase.DOUBT and not self._watch.carrier:
            # more payload: nothing was to be doubted
            self._go_on(payload)
            return
        if payload:
            self._owner.received(payload)
        if self._phase is _Phase.DOUBT:
            self._apply_pause()
            self._doubt()

    def _go_on(self, payload: bytes) -> None:
        """Data mode goes on."""
        self._phase = _Phase.OPEN
        self._deadline.clear()
        self._tail_deadline.clear()
        if self._watch.holding:
            self._tail_deadline.set(PARTIAL)
        if payload:
            self._owner.received(payload)
        self._apply_pause()
        if self._escape.held:
            self._hold_plus()
        if self._phase is _Phase.OPEN:
            self._pump()
            if self._dropping and self._phase is _Phase.OPEN:
                self._settle()

    def _doubt(self) -> None:
        """NO CARRIER is the tail: find out whose it is."""
        carrier = self._wire.dcd() if self._wire is not None else None
        if carrier is None:
            self._settle()
            return
        now = self._clock.seconds()
        silent = now - self._heard
        if silent < SILENCE - _TICK:
            self._after(SILENCE - silent, self._doubt)
        elif not carrier:
            self._carrier_lost()
        elif silent < DCD_LAG - _TICK:
            self._after(DCD_LAG - silent, self._doubt)
        else:
            self._go_on(self._watch.release())

    def _apply_pause(self) -> None:
        """Read the port, or do not."""
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

    # -- the escape

    def _leave(self) -> None:
        self._use_dtr = not self._leaving
        self._leaving = True
        self._tries = 0
        if self._phase is _Phase.OPEN:
            self._pump()
            if self._dropping and self._phase is _Phase.OPEN:
                self._settle()

    def _settle(self) -> None:
        """Wait until everything has left and the wire is silent, then ask."""
        now = self._clock.seconds()
        if self._phase is _Phase.OPEN and (
            self._escape.held or not (self._room or self._dropping) or self._turn is not None
        ):
            self._deadline.clear()
            return  # the pump comes back here
        if not self._drained():
            if self._stuck(now):
                self._fail(f"the module takes no bytes on {self._port.name}")
            else:
                self._after(POLL, self._settle)
            return
        if self._silent is None:
            self._silent = now
        dtr = self._use_dtr and self._phase is _Phase.OPEN
        ready = self._silent + (self._reaction / 2 if dtr else self._guard + MARGIN)
        if self._phase is _Phase.DOUBT:
            ready = max(ready, self._heard + SILENCE)
        if now < ready - _TICK:
            self._after(ready - now, self._settle)
        elif not (dtr and self._ask_by_dtr(now)):
            if dtr:
                self._use_dtr = False
                self._settle()
            else:
                self._ask()

    def _stuck(self, now: float) -> bool:
        """Whether no byte has left the wire for a long time."""
        unsent = self._wire.unsent() if self._wire is not None else 0
        if unsent != self._unsent[0] or self._then != self._settle:
            self._unsent = (unsent, now)
        return now - self._unsent[1] >= STALLED

    def _ask_by_dtr(self, now: float) -> bool:
        """Let DTR fall, which AT&D1 makes an escape."""
        self._use_dtr = False
        if self._wire is None:
            return False
        self._watch.ask()
        if not self._wire.set_dtr(False):
            self._watch.asked = False
            return False
        self._port.trace.add(NOTE, "DTR off")
        self._phase = _Phase.ASKED
        self._asked = now
        self._waited = 0.0
        self._apply_pause()
        self._await()
        return True

    def _ask(self) -> None:
        """Send the escape."""
        transport = self._port.transport
        if transport is None:
            return
        self._tries += 1
        self._phase = _Phase.ASKED
        self._waited = self._guard
        self._asked = self._silent = None
        self._watch.ask()
        self._port.trace.add(NOTE, "+++")
        transport.write(b"+++")
        self._apply_pause()
        self._await()

    def _await(self) -> None:
        """Wait until the answer must have come and nothing comes any more."""
        if self._phase is not _Phase.ASKED:
            return
        now = self._clock.seconds()
        if self._asked is None:
            if not self._drained():
                if self._stuck(now):
                    self._fail(f"the module takes no bytes on {self._port.name}")
                else:
                    self._after(POLL, self._await)
                return
            self._asked = now
        due = self._asked + self._waited + self._reaction
        ready = min(max(due, self._heard + SILENCE), due + FLOW)
        if now < ready - _TICK:
            self._after(ready - now, self._await)
        else:
            self._judge(self._asked)

    def _judge(self, asked: float) -> None:
        """The time for an answer is over."""
        if self._wire is not None and not self._waited:
            self._wire.set_dtr(True)
        # S12 may be set to less than the guard time that is kept here
        answer = self._watch.answer(asked + 0.45 * self._waited)
        if answer is not None:
            self._in_command_mode(*answer)
            return
        self._watch.asked = False
        carrier = self._wire.dcd() if self._wire is not None else None
        if self._watch.carrier and self._waited and not carrier:
            self._carrier_lost()
        elif self._leaving and self._tries >= TRIES:
            self._deliver(self._watch.release())
            self._fail(f"the module does not leave data mode on {self._port.name}")
        elif self._watch.carrier and not self._waited:
            self._phase = _Phase.DOUBT
            self._doubt()
        else:
            self._go_on(self._watch.release())

    def _in_command_mode(self, payload: bytes, rest: bytes) -> None:
        """The module has left data mode; the connection is up."""
        self._phase = _Phase.COMMAND
        self._deliver(payload)
        if self._leaving and (self._dropping or not (self._escape.held or self._owner.take(1))):
            self._end()
            self._port.setLineMode(rest)
            self._tell_left(True)
            return
        self._go_back(0)
        self._port.setLineMode(rest)

    def _go_back(self, index: int) -> None:
        """Go back into data mode, by the first way that works."""
        job = self._port.execute(self._back[index], urgent=True)
        job.addCallback(self._returned)
        job.addErrback(self._not_returned, index)

    def _returned(self, response: Response) -> None:
        if self._phase is not _Phase.COMMAND:
            return
        if response.result.outcome is not Outcome.CONNECT:
            self._ended()
            return
        self._port.data_handler = self
        self._escape_anew()
        self._watch.reset()
        self._go_on(b"")

    def _escape_anew(self) -> None:
        held = self._escape.drop()
        self._escape.reset()
        self._silent = None
        transport = self._port.transport
        if held and transport is not None:
            out = self._escape.feed(self._clock.seconds(), held)
            transport.write(out)

    def _not_returned(self, failure: Failure, index: int) -> None:
        if self._phase is not _Phase.COMMAND:
            return
        if failure.check(PortLost):
            self.port_lost(failure)
        elif index + 1 < len(self._back) and not self._port.lost:
            self._go_back(index + 1)
        else:
            self._ended()

    # -- ends

    def _carrier_lost(self) -> None:
        """NO CARRIER is proved."""
        split = self._watch.lost()
        if split is None:
            self._go_on(self._watch.release())
            return
        payload, rest = split
        self._deliver(payload)
        self._port.trace.add(NOTE, "NO CARRIER")
        # what was under way stands in the module's command line
        self._port.write_raw(b"\r")
        self._port.resynchronise()
        self._ended(rest)

    def _ended(self, rest: bytes | None = None) -> None:
        """The connection has ended; the module is in command mode."""
        self._end()
        if rest is not None:
            self._port.setLineMode(rest)
        if not self._tell_left(False):
            self.on_carrier_lost()

    def _fail(self, problem: str) -> None:
        self._end()
        self._tell_lost(Failure(PortUnresponsive(problem, trace=self._port.trace.last())))

    def _end(self) -> None:
        """Leave no timer behind, and let go of the port."""
        self._phase = _Phase.OVER
        for deadline in (self._deadline, self._plus_deadline, self._tail_deadline):
            deadline.clear()
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.cancel()
        consumer, self._consumer = self._consumer, None
        if self._port.data_handler is self:
            self._port.data_handler = None
        if self._port.lost:
            return
        if consumer is not None:
            consumer.unregisterProducer()
        transport = self._port.transport
        if isinstance(transport, FileDescriptor):
            transport.bufferSize = self._usual_size
        self._apply_pause()

    def _deliver(self, payload: bytes) -> None:
        if payload:
            self._owner.received(payload)

    def _forget(self, left: Deferred[bool]) -> None:
        if self._left is left:
            self._left = None

    def _tell_left(self, up: bool) -> bool:
        """Tell whoever waits for L{leave}; say whether somebody does."""
        left, self._left = self._left, None
        if left is None:
            return self._leaving and up
        left.callback(up)
        return True

    def _tell_lost(self, reason: Failure) -> None:
        left, self._left = self._left, None
        if left is None:
            self.on_lost(reason)
        else:
            left.errback(reason)

    # -- time

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        self._then = then
        self._deadline.set(seconds)

    def _passed(self) -> None:
        self._then()
