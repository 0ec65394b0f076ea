"""HTTPS (SIM52xx SSL Application Note v0.01, chapter 2).

The host writes the request itself, and reads the response as it comes: a pipe with a commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.sim52xx import CLOSE_TIMEOUT, PORTS, RECEIVE_LENGTHS, SEND_LENGTHS
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..sockets import CONNECTED
from ..verdicts import VerdictKind
from .httpssocket import HTTPSSocket
from .stacks import MAX_ADDRESS, Stack, acquire, body_of, executes

if TYPE_CHECKING:
    from .module import SIM52xxModule

HTTPS: Final = CommandSet["SIM52xxModule"]()

#: Which spellings of the send exist (at-facts A.7, 31), by the quirk.
_SPELLINGS: Final = (
    ("https_send_spelling=real", frozenset({"+CHTTPSSEND"})),
    ("https_send_spelling=document", frozenset({"+CHTTPSEND"})),
    ("https_send_spelling=typo", frozenset({"+CHTTPSSEND", "+CHTTPSEND", "+CHTTPSENDD"})),
)
_USUAL: Final = frozenset({"+CHTTPSSEND", "+CHTTPSEND"})


@HTTPS.add("+CHTTPSSTART")
async def chttpsstart(call: Call[SIM52xxModule]) -> Outcome:
    """Acquire the stack (2.1)."""
    if call.form is Form.TEST:
        return OK
    return OK if executes(call) and await acquire(call.module, Stack.HTTPS) else ERROR


@HTTPS.add("+CHTTPSSTOP")
async def chttpsstop(call: Call[SIM52xxModule]) -> Outcome:
    """Release the stack (2.6)."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if not executes(call) or module.stack is not Stack.HTTPS:
        return ERROR
    await module.sockets.close_all(CLOSE_TIMEOUT)
    module.stack = Stack.NONE
    return OK


@HTTPS.add("+CHTTPSOPSE", most=2)
async def chttpsopse(call: Call[SIM52xxModule]) -> Outcome:
    """Connect to a server (2.2)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CHTTPSOPSE: <host>,({PORTS[0]}-{PORTS[-1]})")
        return OK
    host = call.string(0, MAX_ADDRESS)
    remote = call.integer(1, PORTS)
    if call.form is not Form.WRITE or not host or remote is None:
        return ERROR
    if module.stack is not Stack.HTTPS:
        return ERROR
    if module.sockets.https() is not None:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, "AT+CHTTPSOPSE while connected")
        return ERROR
    socket = module.sockets.create_https(call.port, host)
    socket.remote = remote
    opened = socket.opened
    for hook in module.hooks:
        code = hook.on_open(call)
        if code is not None:
            socket.net.on_opened(code)
            break
    else:
        socket.net.open(host, remote)
    if not await opened:
        return OK
    module.sockets.release(socket)
    return ERROR


def _connection(call: Call[SIM52xxModule]) -> HTTPSSocket | None:
    """Give the connection, of a stack that was started."""
    module = call.module
    return module.sockets.https() if module.stack is Stack.HTTPS else None


@HTTPS.add("+CHTTPSSEND", "+CHTTPSEND", "+CHTTPSENDD", most=1)
async def chttpssend(call: Call[SIM52xxModule]) -> Outcome:
    """Cache a piece of a request, send what is cached, or ask for its size (2.3)."""
    module, name = call.module, call.name
    taken = _USUAL
    for quirk, spellings in _SPELLINGS:
        if quirk in module.quirks:
            taken = spellings
    if name not in taken:
        return ERROR
    if call.form is Form.TEST:
        call.info(f"{name}: ({SEND_LENGTHS[0]}-{SEND_LENGTHS[-1]})")
        return OK
    socket = _connection(call)
    length = call.integer(0, SEND_LENGTHS)
    if call.form is Form.WRITE and length is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"AT{name}={text}")
    if socket is None:
        return ERROR
    if call.form is Form.READ:
        call.info(f"{name}: {socket.cache.pending()}")
        return OK
    if socket.state != CONNECTED:
        module.judge(VerdictKind.SEND_TO_CLOSED, f"AT{name} behind the server's end")
        return ERROR
    if socket.committing:
        return ERROR
    if call.form is Form.EXECUTE:
        call.port.interpreter.after(lambda: socket.commit(name))
        return OK
    if length is None or not socket.cache.fits(length):
        return ERROR
    body = await body_of(call, length)
    if isinstance(body, Outcome):
        return body
    return OK if socket.send(body) else ERROR


@HTTPS.add("+CHTTPSRECV", most=1)
def chttpsrecv(call: Call[SIM52xxModule]) -> Outcome:
    """Have at least so many bytes of the response told (2.4)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CHTTPSRECV: ({RECEIVE_LENGTHS[0]}-{RECEIVE_LENGTHS[-1]})")
        return OK
    least = call.integer(0, RECEIVE_LENGTHS)
    if call.form is Form.WRITE and least is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.READ_BEYOND_LIMIT, f"AT+CHTTPSRECV={text}")
    socket = _connection(call)
    if call.form is not Form.WRITE or least is None or socket is None:
        return ERROR
    if socket.receiving is not None:
        return ERROR
    call.port.interpreter.after(lambda: socket.receive("+CHTTPSRECV", least, call.port))
    return OK


@HTTPS.add("+CHTTPSCLSE")
async def chttpsclse(call: Call[SIM52xxModule]) -> Outcome:
    """Close the connection (2.5)."""
    if call.form is Form.TEST:
        return OK
    socket = _connection(call)
    if not executes(call) or socket is None:
        return ERROR
    await socket.close(CLOSE_TIMEOUT)
    call.module.sockets.release(socket)
    return OK
