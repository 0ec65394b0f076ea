"""What opens and sends with SSL and without have in common on a BC660K-GL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.task import deferLater

from ..commands import OK, Call, Outcome
from ..sockets import OPENING
from ..verdicts import VerdictKind
from .sockets import NBSocket

if TYPE_CHECKING:
    from .module import NBIoTModule


def begin_open(call: Call[NBIoTModule], socket: NBSocket, go: Callable[[], None]) -> Outcome:
    """Have a socket opened behind the C{OK}; the result is told when it is known.

    @param go: lets it go its way on the network.
    """

    def start() -> None:
        if socket.state != OPENING:
            return  # it was closed on the same line
        for hook in call.module.hooks:
            code = hook.on_open(call)
            if code is not None:
                socket.net.on_opened(code)
                return
        go()

    socket.opened.addCallback(_opened, call, socket)
    call.port.interpreter.after(start)
    return OK


def _opened(code: int, call: Call[NBIoTModule], socket: NBSocket) -> None:
    sockets = call.module.sockets
    if code:
        if "failed_open_keeps_id" not in call.module.quirks:
            sockets.release(socket)
        sockets.failed.add(socket.id)
    if code != 567:  # the host has closed it itself
        socket.port.unsolicited(f"{call.name}: {socket.names},{code}")


async def body_of_send(
    call: Call[NBIoTModule], length: int | None, longest: int, hex: bool
) -> bytes | Outcome:
    """Ask for the body of a send: counted, or ended by Ctrl-Z or ESC.

    @param length: its bytes, of which each is two characters in hex format; L{None} if it
        has none.
    @param longest: bytes.
    @return: the body, or the final result where there is none.
    """
    module, width = call.module, 2 if hex else 1
    for hook in module.hooks:
        refused = hook.refuse_prompt(call)
        if refused is not None:
            return refused
    wanted = None if length is None else length * width
    body = await call.port.interpreter.prompt(wanted, longest * width)
    if module.link.latency > 0:
        await deferLater(module.clock, module.link.latency)
    if body is None:
        return OK
    if len(body) > longest * width:
        module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"more than {longest} bytes")
        return call.fail(552)
    if hex:
        body = unhex(body)
    return body or call.fail(552)


def unhex(digits: bytes) -> bytes:
    """Give the bytes behind their hex digits; nothing if they are none."""
    text = digits.decode("latin-1")
    try:
        return b"" if any(each.isspace() for each in text) else bytes.fromhex(text)
    except ValueError:
        return b""


def send_length(call: Call[NBIoTModule], index: int, allowed: range) -> int | None:
    """Give the length of a counted send; beyond its range it is a verdict."""
    length = call.integer(index, allowed)
    if length is None:
        text = f"AT{call.name}={call.raw.decode('latin-1')}"
        call.module.judge(VerdictKind.SEND_BEYOND_LIMIT, text)
    return length


def faulty_send(call: Call[NBIoTModule], body: bytes) -> Outcome | None:
    """Give what a fault makes of a send, L{None} where none does."""
    for hook in call.module.hooks:
        instead = hook.on_send(call, body)
        if instead is not None:
            return instead
    return None
