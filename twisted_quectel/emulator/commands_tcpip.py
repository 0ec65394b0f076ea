"""Sockets without SSL (TCP/IP Application Note, C{AT+QIOPEN} to C{AT+QISENDEX})."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from ..tables.lte import (
    ANY_PORTS,
    CLIENT_IDS,
    HEX_LENGTH,
    LISTENER_HOST,
    PORTS,
    QUERY_OR_READ_LENGTHS,
    QUERY_OR_SEND_LENGTHS,
    READ_LENGTHS,
)
from .commands import OK, SEND_FAIL, SEND_OK, Call, CommandSet, Form, Outcome
from .commands_data import (
    MAX_ADDRESS,
    body_of_send,
    close,
    closing,
    deliver,
    finish_open,
    judge_read,
    read,
    reader,
    send_length,
    sender,
    shown_state,
)
from .kinds import Kind
from .netsocket import NetSocket
from .network import is_literal
from .plainsocket import DatagramSocket, ListenerSocket, PlainSocket
from .sockets import OPENING, TRANSPARENT
from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .ltesockets import LTESocket
    from .module import LTEModule

TCPIP: Final = CommandSet["LTEModule"]()

#: What can be opened; an incoming connection opens itself.
_OPENABLE: Final = {kind.value: kind for kind in (Kind.TCP, Kind.UDP, Kind.LISTENER, Kind.SERVICE)}
_CLIENTS: Final = (Kind.TCP, Kind.UDP)


# AT+QIOPEN


@TCPIP.add("+QIOPEN")
async def qiopen(call: Call[LTEModule]) -> Outcome:
    """Open a connection, a listener or a service for datagrams."""
    module = call.module
    if call.form is Form.TEST:
        call.info(
            f'+QIOPEN: (1-{module.pdp.highest}),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE",'
            '"<IP_address>/<domain_name>",<remote_port>,<local_port>,(0-2)'
        )
        return OK
    pdp = call.integer(0, module.pdp.ids)
    id = call.integer(1, CLIENT_IDS)
    kind = _OPENABLE.get((call.string(2) or "").upper())
    host = call.string(3, MAX_ADDRESS)
    client = kind in _CLIENTS
    remote = call.integer(4, PORTS if client else ANY_PORTS)
    local = call.integer(5, ANY_PORTS, 0 if client else None)
    mode = call.integer(6, range(3), 0)
    if (
        call.form is not Form.WRITE
        or pdp is None
        or id is None
        or kind is None
        or not host
        or remote is None
        or local is None
        or mode is None
        or len(call.fields) > 7
        or (mode == TRANSPARENT and kind is not Kind.TCP)
        or (not client and host != LISTENER_HOST)
    ):
        return call.fail(552)
    if module.sockets.get(id) is not None:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+QIOPEN with <connectID> {id}")
        return _refused(call, id, mode, 563)
    if not module.pdp.active(pdp):
        module.sockets.failed.add(id)  # it may be closed: see closing()
        return _refused(call, id, mode, 561)
    socket = _create(call, kind, id, pdp, mode, host)
    socket.remote = remote if client else 0
    socket.opened.addCallback(_keep_alive, call, socket)
    return await finish_open(call, socket, lambda: _connect(call, socket, local))


def _refused(call: Call[LTEModule], id: int, mode: int, code: int) -> Outcome:
    """Say that nothing is opened: in transparent mode at once, else as a result."""
    if mode == TRANSPARENT or "open_error_at_once" in call.module.quirks:
        return call.fail(code)
    call.module.last_error = code
    port = call.port
    port.interpreter.after(lambda: port.unsolicited(f"+QIOPEN: {id},{code}"))
    return OK


def own_address(call: Call[LTEModule], pdp: int) -> str:
    """Give the module's own address in a PDP context."""
    module = call.module
    return module.pdp.address(pdp, module.settings.address).split(",")[0]


def _create(
    call: Call[LTEModule], kind: Kind, id: int, pdp: int, mode: int, host: str
) -> LTESocket:
    module = call.module
    sockets, own = module.sockets, own_address(call, pdp)
    net: NetSocket
    if kind is Kind.TCP:
        net = sockets.plain_stream()
    elif kind is Kind.LISTENER:
        net = ListenerSocket(
            module.clock,
            module.network,
            own,
            lambda address, port: sockets.accept(socket, address, port),
        )
    else:
        limit = module.settings.receive_limit
        net = DatagramSocket(module.clock, module.network, own, receive_limit=limit)
    socket = sockets.create_plain(kind, id, pdp, mode, call.port, host, net)
    return socket


def _connect(call: Call[LTEModule], socket: LTESocket, local: int) -> None:
    """Let a socket go its way."""
    net, timeout = socket.net, call.module.settings.connect_timeout
    if isinstance(net, ListenerSocket):
        net.listen(local)
    elif socket.kind is Kind.SERVICE:
        assert isinstance(net, DatagramSocket)
        net.serve(local)
    else:
        assert isinstance(net, (PlainSocket, DatagramSocket))
        net.open(socket.host, socket.remote, local, timeout=timeout)


def _keep_alive(code: int, call: Call[LTEModule], socket: LTESocket) -> int:
    """Have TCP look after its peer, as C{AT+QICFG="tcp/keepalive"} says."""
    net = socket.net
    if code == 0 and isinstance(net, PlainSocket) and call.module.options.number("tcp/keepalive"):
        net.keep_alive()
    return code


# AT+QISEND


@TCPIP.add("+QISEND")
async def qisend(call: Call[LTEModule]) -> Outcome:
    """Send data: counted, or ended by Ctrl-Z or ESC; or ask what was acknowledged."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QISEND: (0-11),(0-1460)")
        return OK
    id = call.integer(0, CLIENT_IDS)
    length: int | None = None
    if len(call.fields) > 1:
        length = send_length(call, QUERY_OR_SEND_LENGTHS)
        if length is None:
            return call.fail(552)
    if call.form is not Form.WRITE or id is None or len(call.fields) not in (1, 2, 4):
        return call.fail(552)
    if length == 0 and len(call.fields) == 2:
        return _sent(call, id)
    socket = sender(call, id, plain=True)
    if isinstance(socket, Outcome):
        return socket
    to: tuple[str, int] | None = None
    if len(call.fields) == 4:
        address, port = call.string(2), call.integer(3, PORTS)
        if address is None or not is_literal(address) or port is None or not length:
            return call.fail(552)
        to = (address, port)
    if (to is not None) is not (socket.kind is Kind.SERVICE):
        return call.fail(552)
    body = await body_of_send(call, length, float(module.options.number("qisend/timeout")))
    if isinstance(body, bytes):
        body = _decoded(call, body)
    if isinstance(body, Outcome):
        return body
    return _told(call, socket, deliver(call, socket, body, to))


def _sent(call: Call[LTEModule], id: int) -> Outcome:
    """Tell what was sent, acknowledged, and neither."""
    socket = _counted(call, id)
    if isinstance(socket, Outcome):
        return socket
    acknowledged = socket.acknowledged()
    call.info(f"+QISEND: {socket.sent},{acknowledged},{socket.sent - acknowledged}")
    return OK


def _counted(call: Call[LTEModule], id: int) -> LTESocket | Outcome:
    """Give what has counters, in data mode too, or the final result where there is none."""
    socket = call.module.sockets.of(id, plain=True)
    if socket is None or socket.kind is Kind.LISTENER:
        return call.fail(552)
    return call.fail(568) if socket.state == OPENING else socket


def _decoded(call: Call[LTEModule], body: bytes) -> bytes | Outcome:
    """Give what a body stands for, as C{AT+QICFG="dataformat"} says."""
    if not call.module.options.number("dataformat"):
        return body
    return _unhex(body.decode("latin-1")) or call.fail(552)


def _unhex(text: str) -> bytes:
    """Give the bytes behind their hex digits; nothing if they are none."""
    try:
        return b"" if any(each.isspace() for each in text) else bytes.fromhex(text)
    except ValueError:
        return b""


def _told(call: Call[LTEModule], socket: LTESocket, outcome: Outcome) -> Outcome:
    """Tell how a send ended, as C{AT+QICFG="sendinfo"} says."""
    if outcome not in (SEND_OK, SEND_FAIL) or not call.module.options.number("sendinfo"):
        return outcome
    call.info(
        f"{call.name}: {socket.id},{int(outcome is SEND_FAIL)},{max(0, socket.net.send_space())}"
    )
    return OK


@TCPIP.add("+QISENDEX")
def qisendex(call: Call[LTEModule]) -> Outcome:
    """Send what hex digits stand for."""
    if call.form is Form.TEST:
        call.info("+QISENDEX: (0-11),<hex_string>")
        return OK
    id = call.integer(0, CLIENT_IDS)
    body = _unhex(call.string(1, HEX_LENGTH) or "")
    if call.form is not Form.WRITE or id is None or not body or len(call.fields) != 2:
        return call.fail(552)
    socket = sender(call, id, plain=True)
    if isinstance(socket, Outcome):
        return socket
    if socket.kind is Kind.SERVICE:
        return call.fail(552)
    return _told(call, socket, deliver(call, socket, body))


# AT+QIRD


@TCPIP.add("+QIRD")
def qird(call: Call[LTEModule]) -> Outcome:
    """Read from the buffer, or ask what was received and read."""
    if call.form is Form.TEST:
        call.info("+QIRD: (0-11),(0-1500)")
        return OK
    id = call.integer(0, CLIENT_IDS)
    length = call.integer(1, QUERY_OR_READ_LENGTHS, READ_LENGTHS[-1])
    if call.form is not Form.WRITE or id is None or length is None or len(call.fields) > 2:
        if id is not None and len(call.fields) == 2:
            judge_read(call)
        return call.fail(552)
    if length == 0:
        return _received(call, id)
    socket = reader(call, id, plain=True)
    if isinstance(socket, Outcome):
        return socket
    return read(call, socket, "+QIRD", length, lambda data: socket.layout("+QIRD: ", data))


def _received(call: Call[LTEModule], id: int) -> Outcome:
    """Tell what was received, read, and not read."""
    socket = _counted(call, id)
    if isinstance(socket, Outcome):
        return socket
    taken, unread = socket.received.taken, socket.unread()
    call.info(f"+QIRD: {taken + unread},{taken},{unread}")
    return OK


# AT+QICLOSE


@TCPIP.add("+QICLOSE")
async def qiclose(call: Call[LTEModule]) -> Outcome:
    """Close a socket; with C{AT+QICFG="close/mode",1} the end is told behind C{OK}."""
    if call.form is Form.TEST:
        call.info("+QICLOSE: (0-11),(0-65535)")
        return OK
    chosen = closing(call, plain=True)
    if isinstance(chosen, Outcome):
        return chosen
    socket, timeout = chosen
    if call.module.options.number("close/mode"):

        def go() -> None:
            Deferred.fromCoroutine(_close_and_tell(call, socket, timeout))

        call.port.interpreter.after(go)
    else:
        await close(call, socket, float(timeout))
    return OK


async def _close_and_tell(call: Call[LTEModule], socket: LTESocket, timeout: int) -> None:
    module = call.module
    await socket.close(float(timeout))
    if module.sockets.get(socket.id) is socket:
        module.sockets.release(socket)
        module.urc(f'+QIURC: "closed",{socket.id}')


# AT+QISTATE


@TCPIP.add("+QISTATE")
def qistate(call: Call[LTEModule]) -> Outcome:
    """List sockets: all, those of a PDP context, or one."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    sockets = [socket for socket in module.sockets if socket.kind is not Kind.SSL]
    if call.form is Form.WRITE:
        query = call.integer(0, range(2))
        wanted = call.integer(1, CLIENT_IDS if query else module.pdp.ids)
        if query is None or wanted is None or len(call.fields) != 2:
            return call.fail(552)
        sockets = [each for each in sockets if (each.id if query else each.pdp) == wanted]
    for socket in sockets:
        call.info(_state(call, socket))
    return OK


def _state(call: Call[LTEModule], socket: LTESocket) -> str:
    net = socket.net
    address = net.address or socket.host
    if socket.kind in (Kind.LISTENER, Kind.SERVICE):
        address = own_address(call, socket.pdp)
    return (
        f'+QISTATE: {socket.id},"{socket.kind.value}","{address}",{socket.remote},'
        f"{net.local_port},{shown_state(call, socket)},{socket.pdp},{socket.server},"
        f'{socket.mode},"{socket.port.name}"'
    )
