"""The commands of the BC660K-GL SSL Application Note v1.0, chapter 2.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from ...at.syntax import Field
from ...tables.nbiot import (
    CERTIFICATE_TAGS,
    CONNECT_IDS,
    CONNECT_MODES,
    CONTEXT_IDS,
    DTLS_OPEN_TIMEOUT,
    HEX,
    HOST_MAX_LENGTH,
    PORTS,
    QSSLCFG_TAGS,
    RESPONSE_TIME,
    SEND_LENGTHS,
    SUPPORTED_CONNECT_IDS,
    SUPPORTED_CONNECT_MODES,
    SUPPORTED_CONTEXT_IDS,
)
from ..commands import ERROR, OK, SEND_FAIL, SILENT, Call, CommandSet, Form, Outcome
from ..files import checksum
from ..kinds import Kind
from ..sockets import CLOSING, CONNECTED, OPENING
from ..verdicts import VerdictKind
from .securesocket import OTHER, STATE, NBDTLSSocket, NBSecureSocket
from .sending import begin_open, body_of_send, faulty_send, send_length
from .sockets import SSL_PLACE, NBSocket
from .sslcontext import MAX_CERTIFICATE, RANGES, shown

if TYPE_CHECKING:
    from .module import NBIoTModule

SSL: Final = CommandSet["NBIoTModule"]()

_IDS: Final = f"{shown(CONTEXT_IDS)},{shown(CONNECT_IDS)}"
#: As chapter 2.3.1 prints two of the tags.
_CAPITAL_I: Final = {"sslversion": "ssIversion", "dtlsversion": "dtIsversion"}


def _connection(call: Call[NBIoTModule]) -> int | None:
    """Give C{<connectID>}, if that and C{<contextID>} are ids that work."""
    context, connect = call.integer(0, CONTEXT_IDS), call.integer(1, CONNECT_IDS)
    if context is None or connect is None or context not in SUPPORTED_CONTEXT_IDS:
        return None
    socket = call.module.sockets.ssl
    known = connect in SUPPORTED_CONNECT_IDS or (
        socket is not None and socket.connection == connect
    )
    return connect if known else None


# AT+QSSLCFG


@SSL.add("+QSSLCFG")
async def qsslcfg(call: Call[NBIoTModule]) -> Outcome:
    """Set, query and list the settings of the SSL context (2.3.1)."""
    if call.form is Form.TEST:
        for tag in QSSLCFG_TAGS:
            ranges = "".join(f",{shown(allowed)}" for allowed in RANGES.get(tag, ()))
            call.info(f'+QSSLCFG: {_IDS},"{tag}"{ranges}')
        return OK
    if call.form is not Form.WRITE or _connection(call) is None:
        return ERROR
    if len(call.fields) == 2:
        for tag in QSSLCFG_TAGS:
            call.info(_answer(call, tag))
        return OK
    tag = _tag(call)
    if tag in CERTIFICATE_TAGS:
        return await _certificate(call, tag) if len(call.fields) == 3 else ERROR
    if tag not in RANGES:
        return ERROR
    if len(call.fields) == 3:
        call.info(_answer(call, tag))
        return OK
    values = [call.integer(index, range(1 << 16)) for index in range(3, len(call.fields))]
    without_all = "dtlsversion_without_all" in call.module.quirks
    return OK if call.module.context.set(tag, values, without_all) else ERROR


def _tag(call: Call[NBIoTModule]) -> str:
    """Give the tag that a call names."""
    given = call.string(2) or ""
    if "tag_capital_i" in call.module.quirks:
        for tag, printed in _CAPITAL_I.items():
            if given == printed:
                return tag
    return given.lower()


def _answer(call: Call[NBIoTModule], tag: str) -> str:
    """Give the line that answers a query."""
    module = call.module
    context = module.context
    if tag in CERTIFICATE_TAGS:
        number = _number(module, context.certificates.get(tag, b""))
        return f'+QSSLCFG: 0,{_connection(call)},"{tag}",{number}'
    value = ",".join(map(str, context.values(tag)))
    name = _CAPITAL_I.get(tag, tag) if "tag_capital_i" in module.quirks else tag
    return f'+QSSLCFG: 0,{_connection(call)},"{name}",{value}'


def _number(module: NBIoTModule, content: bytes) -> int:
    """Give C{<checksum>}: the note says that it is the length."""
    if "certificate_checksum" in module.quirks:
        return int(checksum(content), 16)
    return len(content)


async def _certificate(call: Call[NBIoTModule], tag: str) -> Outcome:
    """Take a certificate or a key, in PEM format, up to Ctrl-Z."""
    module = call.module
    content = await call.port.interpreter.prompt(None, MAX_CERTIFICATE)
    if content is None:
        return OK  # it was cancelled by ESC
    if len(content) > MAX_CERTIFICATE:
        return ERROR
    if "certificate_without_cr" in module.quirks:
        content = content.replace(b"\r", b"")
    module.context.certificates[tag] = content
    call.info(_answer(call, tag))
    return OK


# AT+QSSLOPEN, AT+QSSLSEND, AT+QSSLCLOSE

_Handler = Callable[["Call[NBIoTModule]"], Outcome]


def _testable(line: str) -> Callable[[_Handler], _Handler]:
    """Answer the test form with a line, and the read form with nothing."""

    def decorate(handler: _Handler) -> _Handler:
        @wraps(handler)
        def run(call: Call[NBIoTModule]) -> Outcome:
            if call.form is Form.TEST:
                call.info(line)
                return OK
            if call.form is Form.READ:
                return OK
            return handler(call) if call.form is Form.WRITE else ERROR

        return run

    return decorate


@SSL.add("+QSSLOPEN")
@_testable(f"+QSSLOPEN: {_IDS},<host_name>,{shown(CONNECT_MODES)}")
def qsslopen(call: Call[NBIoTModule]) -> Outcome:
    """Open the connection (2.3.2)."""
    module = call.module
    connect = _connection(call)
    host = call.string(2, HOST_MAX_LENGTH)
    remote = call.integer(3, PORTS)
    mode = call.integer(4, SUPPORTED_CONNECT_MODES)
    if connect is None or not host or remote is None or mode is None or len(call.fields) != 5:
        return ERROR
    if module.sockets.ssl is not None:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+QSSLOPEN with <connectID> {connect}")
        return ERROR
    net = _network_side(module)
    socket = module.sockets.add(NBSocket(module, Kind.SSL, connect, call.port, host, net))
    socket.remote = remote
    return begin_open(call, socket, lambda: _connect(module, socket))


def _network_side(module: NBIoTModule) -> NBSecureSocket | NBDTLSSocket:
    settings = module.settings
    if module.context.number("dtls"):
        return NBDTLSSocket(
            module.clock,
            module.network,
            settings.address,
            module.tls,
            module.now,
            receive_limit=settings.receive_limit,
        )
    return NBSecureSocket(
        module.clock,
        module.network,
        module.tls,
        module.now,
        receive_limit=settings.receive_limit,
        send_limit=settings.send_limit,
    )


def _connect(module: NBIoTModule, socket: NBSocket) -> None:
    """Let the connection go its way."""
    net, context = socket.net, module.context
    assert isinstance(net, (NBSecureSocket, NBDTLSSocket))
    if not module.pdp.active():
        net.on_opened(STATE)
    elif context.missing():
        net.on_opened(context.missing())
    else:
        # note 3 of chapter 2.3.1: <timeout> is not for DTLS
        settings = replace(
            context.settings("dates_unchecked" in module.quirks),
            dtls=isinstance(net, NBDTLSSocket),  # as it was when the command came
        )
        timeout = float(DTLS_OPEN_TIMEOUT if settings.dtls else context.number("timeout"))
        if isinstance(net, NBDTLSSocket):
            net.open(
                socket.host,
                socket.remote,
                settings,
                connect_timeout=timeout,
                negotiate_timeout=timeout,
            )
        else:
            net.open(socket.host, socket.remote, settings, connect_timeout=timeout)


@SSL.add("+QSSLSEND")
async def qsslsend(call: Call[NBIoTModule]) -> Outcome:
    """Send data (2.3.3): counted, or ended by Ctrl-Z or ESC."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+QSSLSEND: {_IDS},{shown(SEND_LENGTHS)}")
        return OK
    if call.form is Form.READ:
        return OK
    hex = module.data_format(True, 0) == HEX
    two = len(call.fields) == 2 and call.integer(1, SEND_LENGTHS) is not None
    if hex and two and "hex_send_without_connectid" in module.quirks:
        call.fields = (call.fields[0], Field(b"0"), call.fields[1])
    length: int | None = None
    if len(call.fields) > 2:
        length = send_length(call, 2, SEND_LENGTHS)
        if length is None:
            return ERROR
    if call.form is not Form.WRITE or _connection(call) is None or len(call.fields) > 3:
        return ERROR
    socket = module.sockets.ssl
    if socket is None or socket.state != CONNECTED or socket.sending:
        if socket is None or socket.state != CONNECTED:
            module.judge(VerdictKind.SEND_TO_CLOSED, "AT+QSSLSEND without a connection")
        return ERROR
    body = await body_of_send(call, length, SEND_LENGTHS[-1], hex)
    if isinstance(body, Outcome):
        return body
    instead = faulty_send(call, body)
    if instead is not None and instead is not SEND_FAIL:
        return instead
    if socket.state != CONNECTED:
        return ERROR
    if instead is SEND_FAIL:  # this note's word for it
        call.port.interpreter.after(
            lambda: socket.port.unsolicited(f"+QSSLSEND: {socket.names},{OTHER}")
        )
        return OK
    timeout = float(module.context.number("timeout"))
    call.port.interpreter.after(lambda: socket.deliver(body, timeout))
    return SILENT if "send_without_ok" in module.quirks else OK


@SSL.add("+QSSLCLOSE")
@_testable(f"+QSSLCLOSE: {_IDS}")
def qsslclose(call: Call[NBIoTModule]) -> Outcome:
    """Close the connection (2.3.4)."""
    module, sockets = call.module, call.module.sockets
    connect = _connection(call)
    if connect is None or len(call.fields) != 2:
        return ERROR
    socket = sockets.ssl
    told = f"+QSSLCLOSE: 0,{connect},0"
    if socket is None or socket.state == CLOSING:
        # nothing is judged: there is no query by which a host could know
        sockets.failed.discard(SSL_PLACE)
        if socket is not None or "close_unopened_ok" not in module.quirks:
            return ERROR
        call.port.interpreter.after(lambda: call.port.unsolicited(told))
        return OK

    call.port.interpreter.after(lambda: _close(call, socket, told))
    return OK


def _close(call: Call[NBIoTModule], socket: NBSocket, told: str) -> None:
    """Close the connection, and tell of it; what is not done in time is cut off."""

    async def close() -> None:
        given_up = socket.state == OPENING  # that releases it at once
        await socket.close(RESPONSE_TIME)
        if call.module.sockets.release(socket) or given_up:
            call.port.unsolicited(told)

    Deferred.fromCoroutine(close())
