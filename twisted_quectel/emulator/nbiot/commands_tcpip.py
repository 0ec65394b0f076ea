"""Sockets of a BC660K-GL without SSL (TCP/IP Application Note, C{AT+QIOPEN} to C{AT+QISTATE})."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.nbiot import (
    ANY_PORTS,
    HEX,
    HOST_MAX_LENGTH,
    PLAIN_ACCESS_MODES,
    PLAIN_CONNECT_IDS,
    PLAIN_CONTEXT_IDS,
    PLAIN_OPEN_TIMEOUT,
    PLAIN_SEND_LENGTHS,
    PORTS,
)
from ..commands import OK, SEND_FAIL, SEND_OK, Call, CommandSet, Form, Outcome
from ..kinds import Kind
from ..netsocket import NetSocket
from ..network import is_literal
from ..plainsocket import DatagramSocket, PlainSocket
from ..sockets import CONNECTED
from ..verdicts import VerdictKind
from .sending import begin_open, body_of_send, faulty_send, send_length
from .sockets import NBSocket

if TYPE_CHECKING:
    from .module import NBIoTModule

TCPIP: Final = CommandSet["NBIoTModule"]()

_KINDS: Final = {kind.value: kind for kind in (Kind.TCP, Kind.UDP, Kind.SERVICE)}
#: Seconds for an orderly close.
_CLOSE_TIMEOUT: Final = 10.0


# AT+QIOPEN


@TCPIP.add("+QIOPEN")
def qiopen(call: Call[NBIoTModule]) -> Outcome:
    """Open a connection, or a service for datagrams."""
    module = call.module
    if call.form is Form.TEST:
        call.info('+QIOPEN: (0),(0-4),"TCP/UDP/UDP SERVICE",<host>,<remote_port>,<local_port>,(1)')
        return OK
    context = call.integer(0, PLAIN_CONTEXT_IDS)
    id = call.integer(1, PLAIN_CONNECT_IDS)
    kind = _KINDS.get((call.string(2) or "").upper())
    host = call.string(3, HOST_MAX_LENGTH)
    remote = call.integer(4, ANY_PORTS if kind is Kind.SERVICE else PORTS)
    local = call.integer(5, ANY_PORTS, 0)
    mode = call.integer(6, PLAIN_ACCESS_MODES, PLAIN_ACCESS_MODES[0])
    if (
        call.form is not Form.WRITE
        or context is None
        or id is None
        or kind is None
        or not host
        or remote is None
        or local is None
        or mode is None
        or len(call.fields) > 7
    ):
        return call.fail(552)
    if module.sockets.get(id) is not None:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+QIOPEN with <connectID> {id}")
        return _refused(call, id, 563)
    if not module.pdp.active():
        return _refused(call, id, 561)
    socket = module.sockets.add(
        NBSocket(module, kind, id, call.port, host, _network_side(module, kind))
    )
    socket.remote = 0 if kind is Kind.SERVICE else remote
    return begin_open(call, socket, lambda: _connect(socket, local))


def _refused(call: Call[NBIoTModule], id: int, code: int) -> Outcome:
    """Say that nothing is opened."""
    if "open_error_at_once" in call.module.quirks:
        return call.fail(code)
    port = call.port
    port.interpreter.after(lambda: port.unsolicited(f"+QIOPEN: {id},{code}"))
    return OK


def _network_side(module: NBIoTModule, kind: Kind) -> NetSocket:
    settings = module.settings
    if kind is Kind.TCP:
        return PlainSocket(
            module.clock,
            module.network,
            receive_limit=settings.receive_limit,
            send_limit=settings.send_limit,
        )
    return DatagramSocket(
        module.clock, module.network, settings.address, receive_limit=settings.receive_limit
    )


def _connect(socket: NBSocket, local: int) -> None:
    """Let a socket go its way."""
    net = socket.net
    if socket.kind is Kind.SERVICE:
        assert isinstance(net, DatagramSocket)
        net.serve(local)
    else:
        assert isinstance(net, (PlainSocket, DatagramSocket))
        net.open(socket.host, socket.remote, local, timeout=float(PLAIN_OPEN_TIMEOUT))


# AT+QISEND


@TCPIP.add("+QISEND")
async def qisend(call: Call[NBIoTModule]) -> Outcome:
    """Send data: counted, or ended by Ctrl-Z or ESC; to a peer, or to whom it says."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QISEND: (0-4),(1-1358)")
        return OK
    given = len(call.fields)
    id = call.integer(0, PLAIN_CONNECT_IDS)
    if call.form is not Form.WRITE or id is None or given not in (1, 2, 4):
        return call.fail(552)
    length: int | None = None
    if given > 1:
        length = send_length(call, given - 1, PLAIN_SEND_LENGTHS)
        if length is None:
            return call.fail(552)
    socket = module.sockets.get(id)
    if socket is None or socket.state != CONNECTED:
        module.judge(VerdictKind.SEND_TO_CLOSED, f"AT+QISEND with <connectID> {id}")
        return call.fail(552 if socket is None else socket.unusable())
    to: tuple[str, int] | None = None
    if given == 4:
        address, port = call.string(1), call.integer(2, PORTS)
        if address is None or not is_literal(address) or port is None:
            return call.fail(552)
        to = (address, port)
    if (to is not None) is not (socket.kind is Kind.SERVICE):
        return call.fail(552)
    hex = module.data_format(False, 0) == HEX
    body = await body_of_send(call, length, PLAIN_SEND_LENGTHS[-1], hex)
    if isinstance(body, Outcome):
        return body
    outcome = faulty_send(call, body)
    if outcome is None:
        if socket.state != CONNECTED:
            return call.fail(socket.unusable())
        outcome = SEND_OK if socket.send(body, to) else SEND_FAIL
    if outcome not in (SEND_OK, SEND_FAIL):
        return outcome
    text = outcome.text
    call.port.interpreter.after(lambda: call.port.unsolicited(text))
    return OK


# AT+QICLOSE


@TCPIP.add("+QICLOSE")
async def qiclose(call: Call[NBIoTModule]) -> Outcome:
    """Close a socket, whether its peer has closed it or not."""
    module, sockets = call.module, call.module.sockets
    if call.form is Form.TEST:
        call.info("+QICLOSE: (0-4)")
        return OK
    id = call.integer(0, PLAIN_CONNECT_IDS)
    if call.form is not Form.WRITE or id is None or len(call.fields) != 1:
        return call.fail(552)
    socket = sockets.get(id)
    if socket is None:
        if id not in sockets.failed:
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT+QICLOSE with <connectID> {id}")
        sockets.failed.discard(id)
        if "close_unopened_ok" not in module.quirks:
            return call.fail(552)
    else:
        await socket.close(_CLOSE_TIMEOUT)
        sockets.release(socket)
    if "qiclose_close_ok" in module.quirks:
        call.port.interpreter.after(lambda: call.port.unsolicited("CLOSE OK"))
    return OK


# AT+QISTATE


@TCPIP.add("+QISTATE")
def qistate(call: Call[NBIoTModule]) -> Outcome:
    """List sockets: all, those of context 0, or one."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    sockets = [socket for socket in module.sockets if socket.kind is not Kind.SSL]
    if call.form is Form.WRITE:
        query = call.integer(0, range(2))
        wanted = call.integer(1, PLAIN_CONNECT_IDS if query else PLAIN_CONTEXT_IDS)
        if query is None or wanted is None or len(call.fields) != 2:
            return call.fail(552)
        if query:
            sockets = [each for each in sockets if each.connection == wanted]
    for socket in sockets:
        call.info(_state(module, socket))
    return OK


def _state(module: NBIoTModule, socket: NBSocket) -> str:
    service = socket.kind is Kind.SERVICE
    address = module.settings.address if service else socket.net.address or socket.host
    state = 3 if socket.state == CONNECTED and "state_three" in module.quirks else socket.state
    return (
        f'+QISTATE: {socket.connection},"{socket.kind.value}","{address}",{socket.remote},'
        f"{socket.net.local_port},{state},0,{PLAIN_ACCESS_MODES[0]}"
    )
