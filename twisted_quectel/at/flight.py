"""One command in flight at a port: its answer, its time, and getting back in step.

What is sent and what is read stand in L{twisted_quectel.at.port}; here is what
happens to a command between the two.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from ..errors import CommandTimeout, PortUnresponsive
from .commands import Body, Command, Response
from .deadline import Deadline
from .framing import MAX_LINE, Framer, Run
from .jobs import Job, PortHandler, Route, Swallow
from .portstate import PortState
from .results import OK, SEND_OK, Outcome, Result, parse_result
from .resync import QUESTION_TIMEOUT, Reading, Resync
from .throttle import Throttle
from .trace import HOST, NOTE

#: Seconds of silence within a block or an answer after which the rest is not
#: expected any more: a module that restarts is silent for longer, and what it says then is
#: no part of it.
BLOCK_SILENCE: Final = 2.0

#: Seconds to wait for the prompt of a send that was given up.
PROMPT_PATIENCE: Final = 20.0

#: Takes what nobody waits for any more.
SWALLOW: Final = Swallow()

# looked up for each command otherwise, which an enumeration makes dear
_NO_BODY: Final = Body.NONE
_AT_PROMPT: Final = Body.PROMPT
_CONNECT: Final = Outcome.CONNECT
_SEND_FAIL: Final = Outcome.SEND_FAIL


class Flight(PortState):
    """A port, as far as the command in flight is concerned."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, handler: PortHandler, name: str = "port") -> None:
        super().__init__(clock, handler, name)
        self._framer = Framer(self._block_length, MAX_LINE)
        self.throttle = Throttle(clock, self._stop_reading, self._read_on)
        self._deadline = Deadline(clock, self._timed_out)
        self._block_due = Deadline(clock, self._block_stalled)

    def setRawMode(self) -> None:
        """Go over to data mode: what comes from here on is raw."""
        LineReceiver.setRawMode(self)

    def _stop_reading(self) -> None:
        """Do not read the port for now, which is no pause by whoever uses it."""
        paused = self.paused
        LineReceiver.pauseProducing(self)
        self.paused = paused

    def _read_on(self, rearm: bool = True) -> None:
        """Read the port again, if nothing stands against it.

        @param rearm: whether what is awaited of the module gets its time anew.
        """
        LineReceiver.resumeProducing(self)

    # -- a command in flight

    def _next(self) -> None:
        """Send the next command, if the port is free."""
        if self._failing:
            return
        while self._current is None and self._lost is None and self.line_mode:
            if self._resync is not None:
                return
            if self._resync_wanted:
                self._begin_resync(None)
                return
            if not self._queue:
                self._deadline.clear()
                return
            if self.drowsy is not None and not self._waking:
                self._wake_first(self.drowsy)
            job = self._queue.popleft()
            self._current = job
            try:
                command = job.command()
            except Exception:
                self._current = None
                self._fail(job, Failure())
                continue
            if command is None:
                self._current = None
                continue
            self._send(command)

    def _send(self, command: Command) -> None:
        self._command = command
        self._response = None
        self._refused = None
        self._late_prompt = self._told_ok = False
        self._told_early = None
        self._body_due = command.body_after
        self._framer.prompt_due = command.body_after is _AT_PROMPT
        text = command.text
        for secret in text.secrets:
            self.trace.hide(secret)
        self._echo = line = b"AT" + text.wire
        self._echoed = False
        self.trace.add(HOST, "AT" + text.shown)
        self._response = Response(command, SEND_OK)
        self._deadline.set(command.timeout)
        self._write(line + b"\r")

    def _send_body(self) -> None:
        """Let the body go, now that the module has asked for it."""
        command = self._command
        self.throttle.answered()
        self._framer.prompt_due = False
        if command is None or command.body is None or self._body_due is _NO_BODY:
            return
        self._body_due = _NO_BODY
        if self._response is not None:
            self._response.body_sent = True
        self.trace.add(HOST, "", len(command.body))
        self._deadline.set(command.timeout)
        self._write(command.body)

    def _final_result(self, command: Command, line: bytes) -> Result | None:
        """Take a line for the final result of the command in flight."""
        if command.later is not None and (told := command.later(line)) is not None:
            if command.both and not self._told_ok:
                self._told_early = told
                return None
            return told
        result = parse_result(line, command.body_after is _AT_PROMPT)
        if result is None:
            finals = command.finals
            ends = finals is not None and finals.fullmatch(line) is not None
            return Result(Outcome.OTHER, line) if ends else None
        outcome = result.outcome
        if outcome is _CONNECT:
            if self._body_due is Body.CONNECT:
                self._send_body()
                return None
            return result if command.data_mode else None
        if outcome is Outcome.NO_CARRIER and not command.data_mode:
            return None
        if self._refused is not None and outcome is not Outcome.SEND_OK:
            return None
        if outcome is Outcome.SEND_OK and self._body_due is _AT_PROMPT and self._refused is None:
            # it comes late, for the send before: of this one nothing has been sent
            return None
        return result

    def _final(self, command: Command, result: Result) -> None:
        """The command in flight has ended."""
        if result.outcome is _SEND_FAIL and command.linger > 0 and self._refused is None:
            self._refused = result
            self._deadline.set(command.linger)
            return
        if self._told_early is not None and result is OK:
            result = self._told_early
        elif command.later is not None and result is OK:
            # how it ends is told in a line behind this one
            self._told_ok = True
            self._deadline.set(self._patience())
            return
        self.throttle.answered()
        self._echo_is_off = not self._echoed
        if self.drowsy is not None:
            self._speaks()
        if command.data_mode and result.outcome is _CONNECT:
            self.setRawMode()
        job, response = self._take_current()
        if job is not None and response is not None:
            response.result = result
            self._call_done(job, response)
        if self._current is None:
            self._next()

    def _take_current(self) -> tuple[Job | None, Response | None]:
        job, response = self._current, self._response
        self._current = self._command = self._response = None
        self._refused = None
        self._body_due = _NO_BODY
        self._framer.prompt_due = False
        return job, response

    def _urc(self, line: bytes, block: bytes) -> Route | None:
        try:
            return self._handler.urc(line, block)
        except Exception:
            self._log.failure("the handler of a URC failed")
        return None

    def _route(self, line: bytes) -> tuple[Route, Run] | None:
        """Give where the block behind a line goes, if that is known beforehand."""
        known = self._routes.get(line)
        if known is None or self._resync is not None:
            return None
        command = self._command
        return known if known[0].open and (command is None or command.block is None) else None

    def close_route(self, route: Route) -> None:
        """Forget a route for good: nothing will come that way again."""
        route.open = False
        for line in [line for line, known in self._routes.items() if known[0] is route]:
            del self._routes[line]

    def _block_length(self, line: bytes) -> int:
        """Say how many counted bytes follow a line (called by the framer)."""
        known = self._route(line)
        if known is not None:
            return known[1].length
        command = self._resync.late if self._resync is not None else self._command
        if command is not None and command.block is not None and command.is_answer(line):
            return command.block(line)
        return self._handler.block_length(line)

    # -- time

    def _timed_out(self) -> None:
        if self.paused or self._rest is not None or self.throttle.waiting:
            # the answer may lie unread: no silence counts but that of a port that is read
            self._deadline.set(self._patience())
            return
        if self._resync is not None:
            self._ask()
            return
        command, refused = self._command, self._refused
        if command is None:
            return
        if refused is not None:
            job, response = self._take_current()
            if job is not None and response is not None:
                response.result = refused
                self._call_done(job, response)
            self._next()
            return
        shown = "AT" + command.text.shown
        self.trace.add(NOTE, f"no answer to {shown} within {command.timeout:g} s")
        if self._body_due is _AT_PROMPT and not self._late_prompt:
            # the module may still ask for the body, and takes whatever comes first for it
            self._late_prompt = True
            job, self._current = self._current, SWALLOW
            self._deadline.set(PROMPT_PATIENCE)
            if job is not None:
                self._fail(job, self._not_in_time(command))
            return
        if command.data_mode:
            # it may be in data mode now, where a question would be payload
            self._give_up()
            return
        job, _ = self._take_current()
        if not command.probe:
            self._begin_resync(command)
        if job is not None:
            self._fail(job, self._not_in_time(command))
        self._next()

    def _patience(self) -> float:
        """Give the seconds that the module has for what is awaited of it."""
        command = self._command
        if self._resync is not None or command is None:
            return QUESTION_TIMEOUT
        if self._refused is not None:
            return command.linger
        if self._told_ok and command.later_timeout:
            return command.later_timeout
        return PROMPT_PATIENCE if self._late_prompt else command.timeout

    def _not_in_time(self, command: Command) -> Failure:
        shown = "AT" + command.text.shown
        return Failure(
            CommandTimeout(
                f"{shown} was not answered within {command.timeout:g} s",
                command=shown,
                trace=self.trace.last(),
            )
        )

    def _block_stalled(self) -> None:
        """The rest does not come: what comes next is not the rest."""
        if not self._framer.missing:
            self.trace.add(NOTE, "a line is not completed")
            self._framer.clear()
            return
        self.trace.add(NOTE, "a block is not completed")
        self._framer.clear()
        self._give_up()

    # -- getting back in step

    def _begin_resync(self, late: Command | None) -> None:
        self._resync_wanted = False
        self._resync = Resync(late)
        self._ask()

    def _ask(self) -> None:
        resync = self._resync
        if resync is None:
            return
        question = resync.next_question()
        if question is None:
            self._give_up()
            return
        self.trace.add(HOST, question.strip().decode("ascii"))
        self._deadline.set(QUESTION_TIMEOUT)
        self._write(question)

    def _resync_line(self, resync: Resync, line: bytes) -> None:
        reading = resync.read(line)
        if reading is Reading.NEWS:
            self._urc(line, b"")
        elif reading is Reading.DONE:
            self._resync = None
            self._speaks()
            self._next()

    def _give_up(self, why: str = "the module has stopped to answer") -> None:
        """The module is not what it was: fail everything, and tell."""
        self._note_mode()
        self._resync = None
        self._echo_is_off = False
        self.trace.add(NOTE, why)
        self._deadline.clear()
        self._fail_all(Failure(PortUnresponsive(f"{why} on {self.name}", trace=self.trace.last())))
        self._handler.port_unresponsive()
        self._next()

    # -- ends

    def _note_mode(self) -> None:
        command = self._command
        if not self.line_mode or (command is not None and command.data_mode):
            self.doubtful = True

    def _fail_all(self, reason: Failure) -> None:
        current, _ = self._take_current()
        waiting, self._queue = self._queue, deque()
        before, self._failing = self._failing, True
        if current is not None:
            self._fail(current, reason)
        for job in waiting:
            self._fail(job, reason)
        self._failing = before

    def _fail(self, job: Job, reason: Failure) -> None:
        try:
            job.failed(reason)
        except Exception:
            self._log.failure("a waiter for an answer failed")

    def _call_done(self, job: Job, response: Response) -> None:
        try:
            job.done(response)
        except Exception:
            self._log.failure("a waiter for an answer failed")

    def _write(self, data: bytes) -> None:
        if self.transport is not None and self._lost is None:
            self.transport.write(data)
