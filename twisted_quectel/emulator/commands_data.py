"""What commands of sockets with SSL and without have in common, C{AT+QISWTMD} and C{ATO}.

Sources: LTE SSL Application Note v1.1, chapters 1.3 and 2.2.2 to 2.2.5; TCP/IP
Application Note, C{AT+QIOPEN} to C{AT+QISWTMD}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.task import deferLater

from ..tables.lte import CLIENT_IDS, CLOSE_TIMEOUTS, DEFAULT_CLOSE_TIMEOUT, SEND_LENGTHS
from .commands import (
    ERROR,
    NO_CARRIER,
    OK,
    SEND_FAIL,
    SEND_OK,
    Call,
    CommandSet,
    Form,
    Outcome,
)
from .kinds import Kind
from .sockets import CONNECTED, OPENING, TRANSPARENT, Socket
from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .basemodule import Module
    from .ltesockets import LTESocket
    from .module import LTEModule

DATA: Final = CommandSet["LTEModule"]()

#: Longest server address, in bytes.
MAX_ADDRESS: Final = 255


def _text(call: Call[Module]) -> str:
    return f"AT{call.name}={call.raw.decode('latin-1')}"


# opening


async def finish_open(call: Call[LTEModule], socket: LTESocket, go: Callable[[], None]) -> Outcome:
    """Have a socket opened, and tell of it as its access mode has it.

    @param go: lets it go its way on the network.
    """
    if socket.mode != TRANSPARENT:
        socket.opened.addCallback(_opened, call, socket)
        call.port.interpreter.after(lambda: start_open(call, socket, go))
        return OK
    opened = socket.opened
    start_open(call, socket, go)
    code = await opened
    if code:
        _failed(call, socket)
        return call.fail(code)
    return call.port.interpreter.connect(socket)


def start_open(call: Call[Module], socket: Socket, go: Callable[[], None]) -> None:
    """Let a socket go its way on the network, if no fault is in the way."""
    if socket.state != OPENING:
        return  # it was closed on the same line
    for hook in call.module.hooks:
        code = hook.on_open(call)
        if code is not None:
            socket.net.on_opened(code)
            return
    go()


def _failed(call: Call[LTEModule], socket: LTESocket) -> None:
    if "failed_open_keeps_id" not in call.module.quirks:
        call.module.sockets.release(socket)
        call.module.sockets.failed.add(socket.id)


def _opened(code: int, call: Call[LTEModule], socket: LTESocket) -> None:
    """Report the result of an open in buffer or push mode."""
    if code:
        _failed(call, socket)
        call.module.last_error = code
    if code != 567:  # the host has closed it itself
        socket.port.unsolicited(f"{call.name}: {socket.id},{code}")


# sending


def send_length(call: Call[Module], allowed: range) -> int | None:
    """Give the length of a counted send; beyond its range it is a verdict."""
    length = call.integer(1, allowed)
    if length is None:
        call.module.judge(VerdictKind.SEND_BEYOND_LIMIT, _text(call))
    return length


def sender(call: Call[LTEModule], id: int, plain: bool) -> LTESocket | Outcome:
    """Give the connection to send on, or the final result where there is none."""
    socket = call.module.sockets.of(id, plain)
    if socket is not None and not socket.unusable():
        return socket
    if socket is None or not socket.online():
        call.module.judge(VerdictKind.SEND_TO_CLOSED, f"AT{call.name} with <clientID> {id}")
    return call.fail(552 if socket is None else socket.unusable())


async def body_of_send(
    call: Call[Module], length: int | None, timeout: float = 0.0
) -> bytes | Outcome:
    """Ask for the body of a send: counted, or ended by Ctrl-Z or ESC.

    @param length: its bytes; L{None} if it has none.
    @param timeout: seconds without a byte that end it; 0 for none.
    @return: the body, or the final result where there is none.
    """
    module = call.module
    for hook in module.hooks:
        refused = hook.refuse_prompt(call)
        if refused is not None:
            return refused
    try:
        body = await call.port.interpreter.prompt(length, SEND_LENGTHS[-1], timeout)
    except TimeoutError:
        return call.fail(569)
    if module.link.latency > 0:
        await deferLater(module.clock, module.link.latency)
    if body is None:
        module.last_error = 571
        return OK
    if not body or len(body) > SEND_LENGTHS[-1]:
        if body:
            module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"more than {SEND_LENGTHS[-1]} bytes")
        return call.fail(552)
    return body


def deliver(
    call: Call[Module], socket: Socket, body: bytes, to: tuple[str, int] | None = None
) -> Outcome:
    """Hand a body to a connection.

    @param to: address and port of a datagram's target, where there is no peer.
    @return: C{SEND OK}, C{SEND FAIL} or C{ERROR}.
    """
    module = call.module
    for hook in module.hooks:
        instead = hook.on_send(call, body)
        if instead is not None:
            return instead
    if socket.unusable():
        return call.fail(socket.unusable())
    if not socket.send(body, to):
        module.last_error = 558
        return SEND_FAIL
    return SEND_OK


# receiving


def reader(call: Call[LTEModule], id: int, plain: bool) -> LTESocket | Outcome:
    """Give the connection to read from, or the final result where there is none."""
    socket = call.module.sockets.of(id, plain)
    if socket is None or socket.kind is Kind.LISTENER:
        return call.fail(552)
    if socket.state == OPENING:
        return call.fail(568)
    return call.fail(574) if socket.online() else socket


def judge_read(call: Call[Module]) -> None:
    """Write down a read beyond the limit."""
    call.module.judge(VerdictKind.READ_BEYOND_LIMIT, _text(call))


def read(
    call: Call[LTEModule],
    socket: LTESocket,
    prefix: str,
    length: int,
    layout: Callable[[bytes], bytes],
) -> Outcome:
    """Answer a read.

    @param layout: puts data behind its header.
    """
    module = call.module
    if not socket.net.datagrams:  # what a datagram has too much would be lost
        for hook in module.hooks:
            length = hook.on_read(call, length)
    data = socket.read(length) if length > 0 else b""
    if not data:
        call.info(f"{prefix}: 0")
    elif "recv_single_crlf" in module.quirks:
        call.port.interpreter.bare(b"\r\n" + layout(data))
    else:
        call.port.interpreter.info(layout(data))
    return OK


# closing


def closing(call: Call[LTEModule], plain: bool) -> tuple[LTESocket, int] | Outcome:
    """Give the socket to close and the time-out as given, or the final result."""
    module = call.module
    id = call.integer(0, CLIENT_IDS)
    timeout = call.integer(1, CLOSE_TIMEOUTS, DEFAULT_CLOSE_TIMEOUT)
    if call.form is not Form.WRITE or id is None or timeout is None or len(call.fields) > 2:
        return call.fail(552)
    socket = module.sockets.of(id, plain)
    if socket is None:
        # a careful host closes after a failed open: some firmware keeps the id occupied
        if id not in module.sockets.failed:
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT{call.name} with <clientID> {id}")
        module.sockets.failed.discard(id)
        return OK if "close_unopened_ok" in module.quirks else call.fail(552)
    return socket, timeout


async def close(call: Call[LTEModule], socket: LTESocket, timeout: float) -> None:
    """Close a socket and give its id back.

    @param timeout: seconds; 0 resets the connection at once.
    """
    await socket.close(timeout)
    call.module.sockets.release(socket)


def shown_state(call: Call[LTEModule], socket: LTESocket) -> int:
    """Give C{<socket_state>} as a state query shows it."""
    if socket.state == CONNECTED and "state_three" in call.module.quirks:
        return 3
    return socket.state


# AT+QISWTMD and ATO


@DATA.add("+QISWTMD")
def qiswtmd(call: Call[LTEModule]) -> Outcome:
    """Switch the access mode of a connection (1.3)."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QISWTMD: (0-11),(0-2)")
        return OK
    id = call.integer(0, CLIENT_IDS)
    mode = call.integer(1, range(3))
    if call.form is not Form.WRITE or id is None or mode is None or len(call.fields) != 2:
        return call.fail(552)
    socket = module.sockets.get(id)
    if socket is None or socket.unusable():
        return call.fail(552 if socket is None else socket.unusable())
    if mode == TRANSPARENT and socket.net.datagrams:
        return call.fail(555)
    if mode == TRANSPARENT:
        return _online(call, socket)
    socket.switch(mode, call.port)
    return OK


@DATA.add("O")
def ato(call: Call[LTEModule]) -> Outcome:
    """Resume the transparent connection that was left last (1.3)."""
    socket = call.port.interpreter.resumable
    if call.form is not Form.EXECUTE or call.raw not in (b"", b"0"):
        return ERROR
    if socket is None or socket.state != CONNECTED:
        return NO_CARRIER
    return call.fail(574) if socket.online() else _online(call, socket)


def _online(call: Call[LTEModule], socket: Socket) -> Outcome:
    if socket.port is not call.port:
        socket.port.online = False  # the carrier is on this port now
        socket.port = call.port
    return call.port.interpreter.connect(socket)
