"""One AT port: a command at a time, its answer, and the URCs between.

A port is a channel in the sense of ITU-T V.250: in command mode, or in data
mode after C{CONNECT}.  It is a L{LineReceiver} and keeps that contract; the
bytes go through a L{Framer}, because a prompt has no line end and a counted
block may be cut anywhere.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from ..errors import PortLost
from .commands import Body, Command, Response
from .flight import BLOCK_SILENCE, SWALLOW
from .framing import MAX_LINE, Kind, Run
from .framing import TURN_BYTES as TURN_BYTES
from .framing import TURN_EVENTS as TURN_EVENTS
from .jobs import Execution, Job
from .results import OK
from .runs import Runs
from .trace import MODULE, NOTE

#: How many lines are known whose blocks have their way, at most.
MAX_ROUTES: Final = 64


# looked up for each event otherwise
_LINE: Final = Kind.LINE
_BLOCK: Final = Kind.BLOCK
_NO_BODY: Final = Body.NONE
_OK: Final = b"\r\nOK\r\n"


class ATPort(Runs):
    """The host's end of one AT port.

    @ivar trace: what went over it.
    @ivar doubtful: whether it was given up while the module was, or may have been,
        in data mode.
    @ivar busy_until: when the command has ended, at the latest, that was in flight as the port
        was lost; 0 if none was.
    @ivar data_handler: who reads it in data mode.  Whoever waits for
        C{CONNECT} sets it before C{done} returns.
    """

    MAX_LENGTH = MAX_LINE
    delimiter = b"\r"

    # -- for whoever has commands to send

    def execute(self, command: Command, urgent: bool = False) -> Deferred[Response]:
        """Send a command when its turn has come.

        Cancelling takes it out of the queue; once it was sent, its answer is
        awaited and dropped.

        @param urgent: whether it goes ahead of those that wait.
        @return: the answer; fails with L{CommandFailed}, L{CommandTimeout},
            L{PortLost}, L{PortUnresponsive}.
        """
        job = Execution(command, self.trace, self.cancel)
        self.enqueue(job, urgent)
        return job.deferred

    def enqueue(self, job: Job, urgent: bool = False) -> None:
        """Give a job its turn, at once if the port is free."""
        if self._lost is not None:
            self._fail(job, self._lost)
            return
        if urgent:
            self._queue.appendleft(job)
        else:
            self._queue.append(job)
        if self._current is None:
            self._next()

    def cancel(self, job: Job) -> bool:
        """Take back a job.

        @return: whether it was still waiting.  If it was sent, its answer
            will be dropped.
        """
        if job is self._current:
            self._current = SWALLOW
            return False
        if job in self._queue:
            self._queue.remove(job)
            return True
        return False

    def resynchronise(self) -> None:
        """Get in step with the module before the next command."""
        self._resync_wanted = True
        if self._current is None:
            self._next()

    def abandon(self, reason: Failure) -> None:
        """Fail everything that waits, and start from an idle port in command mode."""
        self._note_mode()
        self._echo_is_off = False
        self._resync = None
        self._resync_wanted = False
        data_handler, self.data_handler = self.data_handler, None
        self.line_mode = 1
        self._framer.clear()
        self._framer.set_line()
        self._routes.clear()
        self._deadline.clear()
        self._block_due.clear()
        self._fail_all(reason)
        if data_handler is not None:
            data_handler.port_lost(reason)
        self._next()

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight and nothing waits."""
        return (
            self._current is None
            and not self._queue
            and self._resync is None
            and bool(self.line_mode)
        )

    @property
    def echoes(self) -> bool:
        """Whether the last command came back."""
        return self._echoed

    @property
    def in_flight(self) -> str:
        """The command that is not answered yet, without secrets; empty if there is none."""
        return "" if self._command is None else "AT" + self._command.text.shown

    @property
    def lost(self) -> bool:
        """Whether the port is gone."""
        return self._lost is not None

    def write_raw(self, data: bytes) -> None:
        """Write in data mode, or past the queue when the state is unknown."""
        self._write(data)

    # -- LineReceiver

    def dataReceived(self, data: bytes) -> None:
        """Cut what came into events and hand them out, a bounded number in one turn."""
        if data[-6:] == _OK and self._whole_answer(data):
            return
        framer = self._framer
        if not framer.feed(data):
            # within a block
            if not self.paused:
                self._block_due.set(BLOCK_SILENCE)
        elif self._delivering or self._rest is not None:
            pass  # it has its turn
        elif not framer.missing or not self._goes_on():
            self._deliver()
        self.throttle.came(len(data))

    def _whole_answer(self, data: bytes) -> bool:
        """Take what came, if it is the whole answer to a plain command and nothing else.

        Hot: most answers come so, and to cut them into events is half of what they cost.

        @return: whether it was that; nothing has happened if it was not.
        """
        command, response = self._command, self._response
        if command is None or response is None or command.bare or command.block is not None:
            return False
        ready = self._resync is None and self._refused is None and self._body_due is _NO_BODY
        free = not (self.paused or self._delivering) and self._rest is None
        if not ready or not free or not self._framer.between or len(data) > MAX_LINE:
            return False
        lines = []
        for line in data[:-6].split(b"\r\n"):
            if not line:
                continue
            # what the framer makes of a lone end of line is left to it
            if b"\n" in line or b"\r" in line:
                return False
            if not command.is_answer(line) or self._handler.block_length(line):
                return False
            lines.append(line)
        for line in lines:
            response.keep(line)
        lines.append(b"OK")
        self.trace.heard(*lines)
        self._delivering = True
        try:
            self._final(command, OK)
        finally:
            self._delivering = False
        if self._framer.waiting:
            # it came meanwhile
            self._deliver()
        self.throttle.came(len(data))
        return True

    def _deliver(self, events: int = TURN_EVENTS, size: int = TURN_BYTES) -> None:
        self._delivering = True
        try:
            while not self.paused:
                if (events <= 0 or size <= 0) and self._framer.waiting:
                    self._put_off()
                    return
                event = self._framer.next_event()
                if event is None:
                    return
                kind = event.kind
                if kind is _LINE:
                    self.lineReceived(event.data)
                elif kind is _BLOCK:
                    known = self._route(event.data)
                    if known is not None and not self.trace.whole:
                        route, run = known
                        most = min(events, max(1, size // run.whole))
                        count = self._run(route, run, event.block, most)
                        events -= count - 1
                        size -= (count - 1) * run.whole
                    else:
                        self.blockReceived(event.data, event.block)
                elif kind is Kind.RAW:
                    self.rawDataReceived(event.data)
                elif kind is Kind.PROMPT:
                    self.promptReceived()
                else:
                    self.lineLengthExceeded(event.data)
                events -= 1
                size -= len(event.data) + len(event.block)
        finally:
            self._delivering = False
            self._await_rest()

    def _put_off(self) -> None:
        """Leave the rest to the next turn, and read nothing until it is handed out."""
        if self._rest is None and self._lost is None:
            self._rest = self._clock.callLater(0, self._go_on)
            self._stop_reading()

    def _go_on(self) -> None:
        self._rest = None
        try:
            self._deliver()
        finally:
            self._read_on(rearm=False)

    def _read_on(self, rearm: bool = True) -> None:
        held_up = self.paused or self._rest is not None or self.throttle.waiting
        if held_up or self._lost is not None:
            return
        if rearm and (self._command is not None or self._resync is not None):
            # what came meanwhile has yet to be read
            self._deadline.set(self._patience())
        transport: Any = self.transport
        if self._delivering:
            transport.resumeProducing()  # nothing may be fed in while what waits is handed out
            return
        LineReceiver.resumeProducing(self)

    def setRawMode(self) -> None:
        """Go over to data mode: what comes from here on is raw."""
        self.line_mode = 0
        self._deadline.clear()
        self._framer.set_raw()

    def setLineMode(self, extra: bytes = b"") -> None:
        """Go back to command mode.

        @param extra: raw bytes that turned out to be lines.
        """
        self.line_mode = 1
        self.data_handler = None
        self._framer.set_line(extra)
        if not self._delivering:
            self._deliver()
        self._next()

    def clearLineBuffer(self) -> bytes:
        """Drop the unfinished line.

        @return: what was dropped.
        """
        return self._framer.clear()

    def pauseProducing(self) -> None:
        """Read no more, and hand out no more of what was read."""
        self._block_due.clear()
        LineReceiver.pauseProducing(self)

    def resumeProducing(self) -> None:
        """Read on."""
        paused, self.paused = self.paused, False
        if self.throttle.waiting:
            # what was read already
            self.dataReceived(b"")
        else:
            self._read_on(rearm=paused)

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line was longer than any line is: its rest is dropped too."""
        self.trace.add(NOTE, f"a line of more than {MAX_LINE} bytes was dropped")
        if self._framer.inline is not None:
            # it may have been to bring bytes, which somebody misses
            self._urc(line, b"")

    def lineReceived(self, line: bytes) -> None:
        """A line came: an answer, a final result or a URC."""
        command = self._command
        if command is not None and command.bare:
            self.trace.add(MODULE, line)
        else:
            self.trace.heard(line)
        if self._resync is not None:
            self._resync_line(self._resync, line)
            return
        if command is None:
            self._urc(line, b"")
            return
        result = self._final_result(command, line)
        if result is not None:
            self._final(command, result)
        elif line == self._echo:
            self._echoed = True
            if self._echo_is_off:
                # it has forgotten its settings: those of TLS too
                self._give_up("the module has restarted: it echoes again")
        elif command.is_answer(line):
            if self._response is not None and not self._response.keep(line):
                self.trace.add(NOTE, "a line too many was dropped")
        else:
            self._urc(line, b"")

    def blockReceived(self, header: bytes, block: bytes) -> None:
        """A line came with the counted bytes behind it."""
        self.trace.add(MODULE, header, len(block))
        command = self._command if self._resync is None else self._resync.late
        if command is not None and command.block is not None and command.is_answer(header):
            response = self._response
            if response is not None:
                response.keep(header)
                if not response.add_block(block):
                    self.trace.add(NOTE, "a block too many was dropped")
            return
        route = self._urc(header, block)
        if route is not None:
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            self._routes[header] = route, Run(header, len(block))

    def promptReceived(self) -> None:
        """The module is ready for the body."""
        self.trace.add(MODULE, "> ")
        self._send_body()

    def rawDataReceived(self, data: bytes) -> None:
        """Bytes came in data mode."""
        self.trace.add(MODULE, "", len(data))
        if self.data_handler is not None:
            self.data_handler.raw_received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The port is gone: fail everything that waits, once."""
        if self._lost is not None:
            return
        cause = reason.getErrorMessage()
        self._lost = Failure(
            PortLost(f"the port to the module is gone: {cause}", trace=self.trace.last())
        )
        self.trace.add(NOTE, f"port lost: {cause}")
        self._note_mode()
        if self._command is not None and self._resync is None:
            self.busy_until = self._deadline.time
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.cancel()
        self.line_mode = 1
        self._resync = None
        self._deadline.clear()
        self._block_due.clear()
        self.throttle.clear()
        self._fail_all(self._lost)
        data_handler, self.data_handler = self.data_handler, None
        if data_handler is not None:
            data_handler.port_lost(self._lost)
        self._handler.port_lost(self._lost)
