"""What commands of sockets with SSL and without have in common on GSM modules.

Source: SSL note, chapters 2.2.2 to 2.2.6 and 3.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ...tables.gsm import SOCKET_IDS
from ..commands import ERROR, OK, SEND_FAIL, Call, Outcome
from ..commands_data import body_of_send, deliver, start_open
from ..sockets import OPENING, TRANSPARENT
from ..verdicts import VerdictKind
from .stack import PROCESSING

if TYPE_CHECKING:
    from .module import GSMModule
    from .sockets import GSMSocket

#: Seconds after which a close in order is cut off.
CLOSE_TIMEOUT: Final = 10.0
#: The result codes of the sockets beneath: an index in use; closed by the host itself.
_IN_USE: Final = 563
_CLOSED: Final = 567

SEND_FALL: Final = Outcome("SEND FALL")


# opening


def told_at_once(call: Call[GSMModule], mode: int) -> bool:
    """Whether a transparent open ends in its result, and no URC tells of it."""
    return mode == TRANSPARENT and "transparent_by_urc" not in call.module.quirks


async def finish_open(
    call: Call[GSMModule],
    socket: GSMSocket,
    go: Callable[[], None],
    line: Callable[[GSMSocket, int], str],
    failed: Outcome = ERROR,
) -> Outcome:
    """Have a socket opened, and tell of it.

    @param go: lets it go its way on the network.
    @param line: gives the line that tells the result: 0, 563 for an index in use, or another code.
    @param failed: ends a transparent open that fails.
    """
    if not told_at_once(call, socket.mode):
        socket.opened.addCallback(_opened, call, socket, line)
        call.port.interpreter.after(lambda: start_open(call, socket, go))
        return OK
    opened = socket.opened
    start_open(call, socket, go)
    if await opened:
        _give_back(call, socket)
        return failed
    return call.port.interpreter.connect(socket)


def _opened(
    code: int, call: Call[GSMModule], socket: GSMSocket, line: Callable[[GSMSocket, int], str]
) -> None:
    if code:
        _give_back(call, socket)
    if code == _CLOSED:
        return  # the host has closed it itself
    if code == 0 and socket.mode == TRANSPARENT:
        call.port.interpreter.go_online(socket, line(socket, code))
    else:
        socket.port.unsolicited(line(socket, code))


def _give_back(call: Call[GSMModule], socket: GSMSocket) -> None:
    if "failed_open_keeps_id" not in call.module.quirks:
        call.module.sockets.release(socket)
        call.module.sockets.failed.add(socket.id)


def is_occupied(code: int) -> bool:
    """Tell whether a code says that an index is in use."""
    return code == _IN_USE


def judge_reuse(call: Call[GSMModule], id: int) -> None:
    """Write down that an index is opened that is in use."""
    call.module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT{call.name} with index {id}")


# sending


async def send(call: Call[GSMModule], id: int, length: int | None, plain: bool) -> Outcome:
    """Ask for a body, and hand it to a connection.

    @param length: bytes of the body; L{None} if Ctrl-Z or ESC ends it.
    """
    module = call.module
    socket = module.sockets.of(id, plain)
    if socket is None or socket.unusable():
        if socket is None or not socket.online():
            module.judge(VerdictKind.SEND_TO_CLOSED, f"AT{call.name} with index {id}")
        return ERROR
    body = await body_of_send(call, length)
    outcome = body if isinstance(body, Outcome) else deliver(call, socket, body)
    return SEND_FALL if outcome is SEND_FAIL and "send_fall" in module.quirks else outcome


# receiving


def read(call: Call[GSMModule], cid: int, id: int, length: int, plain: bool) -> Outcome:
    """Answer a read; one that finds nothing is a bare C{OK} (2.2.5)."""
    module = call.module
    socket = module.sockets.readable(id, plain)
    if socket is None or socket.pdp != cid or socket.state == OPENING or socket.online():
        return ERROR
    if not socket.net.datagrams:  # what a datagram has too much would be lost
        for hook in module.hooks:
            length = hook.on_read(call, length)
    data = socket.read(length) if length > 0 else b""
    if not data:
        return OK
    header = f"{call.name}: {socket.address}:{socket.remote},{socket.type},{len(data)}"
    if "recv_single_crlf" in module.quirks:
        call.port.interpreter.bare(b"\r\n%b\r\n%b" % (header.encode("ascii"), data))
    else:
        call.block(header, data)
    return OK


# closing


async def close(call: Call[GSMModule], id: int, plain: bool, with_id: bool) -> Outcome:
    """Close a connection and give its index back.

    @param with_id: whether the result tells the index.
    """
    module = call.module
    sockets = module.sockets
    closed = Outcome(f"{id}, CLOSE OK" if with_id else "CLOSE OK")
    socket = sockets.of(id, plain)
    if socket is None:
        # a careful host closes after a failed open, and one that has not heard of the end yet
        if id not in sockets.failed and not sockets.left(id):
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT{call.name} with index {id}")
        sockets.failed.discard(id)
        return closed if "close_unopened_ok" in module.quirks else ERROR
    await socket.close(CLOSE_TIMEOUT)
    sockets.release(socket)
    return closed


# the state


def state_of(module: GSMModule) -> str:
    """Give C{<state>} (2.2.6) of the context in the foreground."""
    stack = module.stack
    busy = any(socket.pdp == stack.foreground for socket in module.sockets)
    return PROCESSING if busy and stack.current.active else stack.current.state


def index_of(call: Call[GSMModule], place: int) -> int | None:
    """Give the index of a connection; without C{AT+QIMUX=1} it is 0, and not given."""
    if not call.module.stack.several:
        return SOCKET_IDS[0]
    return call.integer(place, SOCKET_IDS)
