"""The line discipline of an AT port, the module's side (ITU-T V.250).

A L{LineReader} cuts lines out of the host's bytes.  A port is in one of four
states: command mode; waiting for the body that a prompt asked for; taking an
upload; data mode.  Commands that arrive while one is executing wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from .body import Body, Prompt, Upload, UploadResult
from .commands import (
    CONNECT,
    ERROR,
    NO_CARRIER,
    OK,
    SILENT,
    Call,
    Outcome,
    Parsed,
    parse_line,
)
from .datamode import DataMode
from .linereader import LineReader

if TYPE_CHECKING:
    from .basemodule import Module
    from .port import Port
    from .sockets import Socket

#: Bytes that wait while a command executes before the host is stopped.
MAX_INPUT: Final = 16384


class Interpreter:
    """What listens on one port."""

    _log = Logger()

    def __init__(self, module: Module, port: Port) -> None:
        self._module = module
        self._port = port
        self._lines = LineReader(module, port, self._execute)
        self._commands: list[Parsed] = []
        self._busy = False
        self._executing = False  # a handler runs in this very turn
        self._pumping = False
        self._answer: list[bytes] = []
        self._body: Body | None = None
        self._data: DataMode | None = None
        self._online_next: Socket | None = None
        self._after: list[Callable[[], None]] = []
        self._timer: IDelayedCall | None = None
        self._running: Deferred[Any] | None = None
        self._generation = 0
        self.resumable: Socket | None = None

    # what the port asks

    def idle(self) -> bool:
        """Whether a URC may be written: no body is awaited, no data mode."""
        return not self._executing and self._body is None and self._data is None

    def online(self) -> bool:
        """Whether the port is in data mode."""
        return self._data is not None

    def full(self) -> bool:
        """Whether the host has to wait."""
        return len(self._lines.input) >= MAX_INPUT

    def accepts(self) -> bool:
        """Whether raw bytes would be taken at once (always so in command mode)."""
        return self._data is None or self._data.accepts()

    def feed(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self._data is not None and self._lines.empty():
            self._data.received(data)
            return
        self._lines.input += data
        self.resume()

    def resume(self) -> None:
        """Go on with what waits, as far as the line has room for answers."""
        if self._data is not None:
            self._data.pump_out()
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._lines.input and self._step():
                pass
        finally:
            self._pumping = False
        if self._data is None:
            self._port.hold(self.full())

    def _step(self) -> bool:
        """Take something off the input; L{False} if nothing can be taken now."""
        if self._lines.drop_line_feed():
            return True
        if self._data is not None:
            data = bytes(self._lines.input)
            self._lines.forget_input()
            self._data.received(data)
            return True
        if self._body is not None:
            taken = self._body.feed(self._lines.input)
            return taken and bool(self._lines.input)
        if self._busy or self._port.room() <= 0:
            return False
        return self._lines.take_line()

    # command lines

    def _execute(self, body: bytes | None) -> None:
        tidied = None if body is None else self._module.tidy(body)
        commands = None if tidied is None else parse_line(tidied)
        if commands is None:
            self._finish(ERROR)
            return
        self._busy = True
        self._commands = commands
        self._wait(self._module.link.latency, self._next)

    def _wait(self, delay: float, then: Callable[[], None]) -> None:
        if delay <= 0:
            then()
            return

        def run() -> None:
            self._timer = None
            then()
            self.resume()

        self._timer = self._module.clock.callLater(delay, run)

    def _next(self) -> None:
        """Execute what is left of the line; the first failure ends it."""
        while self._commands:
            call = Call(self._module, self._port, self._commands.pop(0))
            delay = sum(hook.delay(call) for hook in self._module.hooks)
            if delay > 0:

                def late(call: Call[Any] = call) -> None:
                    if not self._run(call):
                        self._next()

                self._wait(delay, late)
                return
            if self._run(call):
                return
        self._finish(OK)

    def _run(self, call: Call[Any]) -> bool:
        """Execute one command.

        @return: whether the line ends here, or waits.
        """
        if call.explained:
            self._module.last_error = 0
        for hook in self._module.hooks:
            replaced = hook.replace(call)
            if replaced is not None:
                return self._ended(replaced)
        handler = self._module.handler(call.name)
        if handler is None:
            return self._ended(ERROR)
        generation = self._generation
        finished: list[Outcome] = []
        waiting = False

        def done(result: object) -> None:
            if generation != self._generation:
                return  # the module was restarted meanwhile
            if isinstance(result, Failure):
                self._log.failure("executing AT{name}", result, name=call.name)
            outcome = result if isinstance(result, Outcome) else ERROR
            if not waiting:
                finished.append(outcome)
                return
            self._running = None
            if not self._ended(outcome):
                self._next()
            self.resume()

        self._executing = True
        try:
            deferred = maybeDeferred(handler, call)
        finally:
            self._executing = False
        deferred.addBoth(done)
        if finished:
            return self._ended(finished[0])
        waiting = True
        self._running = deferred
        self._port.flush()  # what was unsolicited meanwhile need not wait for the result
        return True

    def _ended(self, outcome: Outcome) -> bool:
        if outcome is OK:
            return False
        self._finish(outcome)
        return True

    def _finish(self, outcome: Outcome) -> None:
        """Tell the final result."""
        self._commands = []
        self._busy = False
        pieces, self._answer = self._answer, []
        if outcome is not SILENT and not self._port.settings.quiet:
            pieces.append(self._port.final(outcome))
        for hook in self._module.hooks:
            pieces = hook.answer(self._port, pieces)
        socket, self._online_next = self._online_next, None
        if pieces:
            self._port.write(b"".join(pieces))
        if socket is not None and outcome.text == CONNECT.text:
            self._enter(socket)
        after, self._after = self._after, []
        for function in after:
            function()
        self._port.flush()

    # what handlers use

    def info(self, text: bytes) -> None:
        """Answer a line, ahead of the final result."""
        if self._module.quirks:
            text = self._module.misprint(text)
        start = b"" if self._answer or not self._port.settings.verbose else b"\r\n"
        self._answer.append(b"%b%b\r\n" % (start, text))

    def bare(self, data: bytes) -> None:
        """Answer bytes as they are."""
        self._answer.append(data)

    def after(self, function: Callable[[], None]) -> None:
        """Do something once the final result has been told."""
        self._after.append(function)

    def say(self, data: bytes) -> None:
        """Write something ahead of the rest of the answer, at once."""
        pieces, self._answer = [*self._answer, data], []
        self._port.write(b"".join(pieces))

    def prompt(
        self, length: int | None, longest: int, timeout: float = 0.0
    ) -> Deferred[bytes | None]:
        """Ask for a body.

        @param length: its bytes; L{None} if it ends with Ctrl-Z or ESC.
        @param longest: bytes that are kept without a length.
        @param timeout: seconds without a byte that end it; 0 for none.
        @return: fires with the body; L{None} if it was cancelled; fails with
            L{TimeoutError}.
        """
        self._skip_line_feed()
        clock = self._module.clock
        body = Prompt(length, longest, self._body_done, self._echo_body, clock, timeout)
        self._body = body
        blank = b" " if self._module.spaced_prompt() else b""
        around = [hook.around_prompt(self._port) for hook in self._module.hooks]
        before, behind = (b"".join(parts) for parts in zip((b"", b""), *around, strict=True))
        self.say(before + b"\r\n>" + blank + behind)
        return body.result

    def upload(self, size: int, timeout: float, ack: bool) -> Deferred[UploadResult]:
        """Say C{CONNECT} and take raw bytes.

        @param timeout: seconds without a byte that end it.
        @param ack: whether C{A} is said behind every 1024 bytes.
        """
        self._skip_line_feed()
        body = Upload(
            self._module.clock,
            size,
            timeout,
            self._port.write if ack else None,
            self._body_done,
            sum(hook.upload_loses(self._port, size) for hook in self._module.hooks),
        )
        self._body = body
        self.say(self._port.final(CONNECT))
        return body.result

    def _skip_line_feed(self) -> None:
        """The LF of a host that ends its lines with CR LF is no payload."""
        self._lines.skip_line_feed()
        if self._lines.input and not self._pumping:
            self._module.clock.callLater(0, self.resume)

    def _body_done(self) -> None:
        self._body = None

    def _echo_body(self, data: bytes) -> None:
        if self._port.settings.echo and self._module.send_echo:
            self._port.write(data)

    # data mode

    def connect(self, socket: Socket) -> Outcome:
        """Go over to data mode behind the final result C{CONNECT}."""
        self._online_next = socket
        return CONNECT

    def go_online(self, socket: Socket, line: str) -> None:
        """Go over to data mode behind a URC, once no command is executing."""
        if self._busy:
            self.after(lambda: self.go_online(socket, line))
            return
        self._port.flush()
        self._port.write(self._port.frame(line.encode("ascii")))
        self._enter(socket)

    def _enter(self, socket: Socket) -> None:
        self._skip_line_feed()
        self._data = data = DataMode(self._port, socket)
        self.resumable = socket
        self._port.online = True
        socket.went_online(data)
        for hook in self._module.hooks:
            hook.on_online(data)
        self._module.clock.callLater(0, self.pump_out)

    def pump_out(self) -> None:
        """Let what the connection has received go to the line."""
        if self._data is not None:
            self._data.pump_out()

    def leave_data_mode(self) -> None:
        """Go back to command mode; the connection stays (C{+++}, DTR with &D1)."""
        data, self._data = self._data, None
        if data is None:
            return
        data.stop()
        # until its OK every byte is payload to the host: what is reported comes behind it
        if not self._port.settings.quiet:
            self._port.write(self._port.final(OK))
        data.socket.went_offline()
        self._port.flush()
        self._module.later(0, self.resume)  # in command mode there is room

    def carrier_lost(self) -> None:
        """The connection of the data mode has ended."""
        data, self._data = self._data, None
        if data is None:
            return
        data.stop()
        data.socket.went_offline()
        self.resumable = None
        self._port.online = False
        self._lines.suspicious = True
        if not self._port.settings.quiet:
            self._port.write(self._port.final(NO_CARRIER))
        self._port.flush()
        self._module.later(0, self.resume)  # in command mode there is room

    def connection_gone(self, socket: Socket) -> None:
        """A connection that could have been resumed is no more."""
        if self.resumable is socket:
            self.resumable = None
            self._port.online = False

    def dtr_fell(self) -> None:
        """DTR went off: C{AT&D1} leaves data mode, C{AT&D2} hangs up too."""
        mode, data = self._port.settings.d, self._data
        if data is not None and mode != 0:
            self.leave_data_mode()
            if mode == 2:
                self._module.sockets.drop(data.socket)

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        self._generation += 1
        self._lines.reset()
        self._busy = False
        self._commands, self._answer, self._after = [], [], []
        self._online_next = self.resumable = None
        if self._data is not None:
            data, self._data = self._data, None
            data.stop()
        if self._body is not None:
            body, self._body = self._body, None
            body.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._running is not None:
            running, self._running = self._running, None
            running.cancel()
