"""The commands of the SSL note for GSM modules, chapters 2.2.1 to 2.2.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.gsm import (
    CLOSE_TYPES,
    CONNECT_MODES,
    CONTEXT_IDS,
    CONTEXT_QUERY,
    CONTEXT_TAGS,
    DEFAULT_OPEN_TIMEOUT,
    MODULE_TAGS,
    OCCUPIED,
    OPEN_FAILED,
    OPEN_TIMEOUTS,
    OPENED,
    PORTS,
    READ_LENGTHS,
    SEND_LENGTHS,
    SOCKET_IDS,
    SSL_CONTEXT_IDS,
)
from ...tables.gsm import TRANSPARENT as TRANSPARENT_MODE
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..commands_data import MAX_ADDRESS, judge_read, send_length
from ..kinds import Kind
from ..securesocket import SecureSocket
from ..sockets import BUFFER, TRANSPARENT
from .commands_sockets import (
    close,
    finish_open,
    is_occupied,
    judge_reuse,
    read,
    send,
    state_of,
    told_at_once,
)
from .sslcontext import parse, shown

if TYPE_CHECKING:
    from .module import GSMModule
    from .sockets import GSMSocket
    from .sslcontext import SSLContext

SSL: Final = CommandSet["GSMModule"]()


# AT+QSSLCFG


@SSL.add("+QSSLCFG")
def qsslcfg(call: Call[GSMModule]) -> Outcome:
    """Set and query an SSL context, and what belongs to none (2.2.1)."""
    module = call.module
    if call.form is Form.TEST:
        call.info('+QSSLCFG: "type",(0-5),"value"')
        return OK
    tag = (call.string(0) or "").lower()
    if call.form is not Form.WRITE or not tag:
        return ERROR
    if tag in MODULE_TAGS:
        return _set_or_query(call, module.common, tag, f'"{tag}"', 1)
    index = call.integer(1, SSL_CONTEXT_IDS)
    if index is None:
        return ERROR
    context = module.contexts[index]
    if tag in CONTEXT_TAGS:
        head = f'"{tag}",{index}' if "cfg_reply_with_ctx" in module.quirks else f'"{tag}"'
        return _set_or_query(call, context, tag, head, 2)
    if tag != CONTEXT_QUERY or len(call.fields) != 2:
        return ERROR
    order = ("sslversion", "seclevel", "ciphersuite", "cacert", "clientcert", "clientkey")
    values = ",".join(_shown(call, context, each) for each in order)
    call.info(f"+QSSLCFG: {index},{values}")
    return OK


def _shown(call: Call[GSMModule], context: SSLContext, tag: str) -> str:
    return shown(context.value(tag), "lowercase_cipher" in call.module.quirks)


def _set_or_query(
    call: Call[GSMModule], context: SSLContext, tag: str, head: str, first: int
) -> Outcome:
    """Set a tag, or answer its value.

    @param head: what stands in front of the value.
    @param first: which parameter the value begins with.
    """
    module = call.module
    if len(call.fields) == first:
        if tag == "smtpsctxi" and "smtpctxi_reply" in module.quirks:
            head = '"smtpctxi"'
        call.info(f"+QSSLCFG: {head},{_shown(call, context, tag)}")
        return OK
    value = parse(tag, call.fields[first:])
    if value is None:
        return ERROR
    context.set(tag, value)
    return OK


# AT+QSSLOPEN


@SSL.add("+QSSLOPEN")
async def qsslopen(call: Call[GSMModule]) -> Outcome:
    """Open a connection (2.2.2)."""
    module, stack = call.module, call.module.stack
    if call.form is Form.TEST:
        call.info(
            "+QSSLOPEN: <ssid>,<ctxindex>,<ipaddr/domainname>,<port>,<connectmode>[,<timeout>]"
        )
        return OK
    if call.form is Form.READ:
        return OK
    id = call.integer(0, SOCKET_IDS)
    context = call.integer(1, SSL_CONTEXT_IDS)
    host = call.string(2, MAX_ADDRESS)
    remote = call.integer(3, PORTS)
    given = call.integer(4, CONNECT_MODES)
    timeout = call.integer(5, OPEN_TIMEOUTS, DEFAULT_OPEN_TIMEOUT)
    if (
        call.form is not Form.WRITE
        or id is None
        or context is None
        or not host
        or remote is None
        or given is None
        or timeout is None
        or len(call.fields) > 6
    ):
        return ERROR
    mode = TRANSPARENT if given == TRANSPARENT_MODE else BUFFER
    if module.sockets.get(id) is not None:
        judge_reuse(call, id)
        return _refused(call, id, mode, OCCUPIED)
    if not stack.several or not stack.current.active:
        return _refused(call, id, mode, OPEN_FAILED)
    socket = module.sockets.create(id, stack.foreground, context, mode, call.port, host)
    return await finish_open(call, socket, lambda: _connect(call, socket, remote, timeout), _result)


def _refused(call: Call[GSMModule], id: int, mode: int, code: int) -> Outcome:
    """Say that nothing is opened."""
    call.module.sockets.failed.add(id)
    if told_at_once(call, mode):
        return ERROR
    port = call.port
    port.interpreter.after(lambda: port.unsolicited(f"+QSSLOPEN: {id},{code}"))
    return OK


def _result(socket: GSMSocket, code: int) -> str:
    shown_code = OCCUPIED if is_occupied(code) else OPEN_FAILED if code else OPENED
    return f"+QSSLOPEN: {socket.id},{shown_code}"


def _connect(call: Call[GSMModule], socket: GSMSocket, remote: int, timeout: int) -> None:
    """Let the connection go its way; the time is for all of it."""
    module, secure = call.module, socket.net
    assert isinstance(secure, SecureSocket)
    socket.remote = remote
    settings = module.contexts[socket.context].settings(
        module.files.content, bool(module.common.number("ignorertctime"))
    )
    secure.open(socket.host, remote, settings, connect_timeout=float(timeout))


# AT+QSSLSEND and AT+QSSLRECV


@SSL.add("+QSSLSEND")
async def qsslsend(call: Call[GSMModule]) -> Outcome:
    """Send data (2.2.4): counted, or ended by Ctrl-Z or ESC."""
    if call.form is Form.TEST:
        call.info("+QSSLSEND: (0-5)[,(1-1460)]")
        return OK
    if call.form is Form.READ:
        return OK
    id = call.integer(0, SOCKET_IDS)
    length = send_length(call, SEND_LENGTHS) if len(call.fields) > 1 else None
    missing = length is None and len(call.fields) > 1
    if call.form is not Form.WRITE or id is None or missing or len(call.fields) > 2:
        return ERROR
    return await send(call, id, length, plain=False)


@SSL.add("+QSSLRECV")
def qsslrecv(call: Call[GSMModule]) -> Outcome:
    """Read from the buffer (2.2.5)."""
    if call.form is Form.TEST:
        call.info("+QSSLRECV: (0,1),(0-5),(1-1500)")
        return OK
    cid, id = call.integer(0, CONTEXT_IDS), call.integer(1, SOCKET_IDS)
    length = call.integer(2, READ_LENGTHS)
    if cid is None or id is None or length is None or len(call.fields) != 3:
        if cid is not None and id is not None and len(call.fields) == 3:
            judge_read(call)
        return ERROR
    return read(call, cid, id, length, plain=False)


# AT+QSSLCLOSE


@SSL.add("+QSSLCLOSE")
async def qsslclose(call: Call[GSMModule]) -> Outcome:
    """Close a connection (2.2.3)."""
    if call.form is Form.TEST:
        call.info("+QSSLCLOSE: (0-5)[,(0,1)]")
        return OK
    if call.form is Form.READ:
        return OK
    id, kind = call.integer(0, SOCKET_IDS), call.integer(1, CLOSE_TYPES, 0)
    if call.form is not Form.WRITE or id is None or kind is None or len(call.fields) > 2:
        return ERROR
    return await close(call, id, False, "close_ok_with_id" in call.module.quirks)


# AT+QSSLSTATE


@SSL.add("+QSSLSTATE")
def qsslstate(call: Call[GSMModule]) -> Outcome:
    """Tell the state, and list the connections with SSL and without (2.2.6)."""
    if call.form in (Form.TEST, Form.READ):
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    call.info(f"+QSSLSTATE: {state_of(call.module)}")
    for socket in call.module.sockets:
        secure = int(socket.kind is Kind.SSL)
        call.info(
            f"+QSSLSTATE: {socket.id},{socket.type},{socket.address},{socket.remote},"
            f"{socket.status()},{secure}"
        )
    return OK
