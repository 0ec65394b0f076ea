"""The commands of the LTE SSL Application Note v1.1, chapter 2.2, and C{AT+QISWTMD}."""

from __future__ import annotations

from typing import Final

from twisted.internet.task import deferLater

from ..tables.lte import (
    CLIENT_IDS,
    CLOSE_TIMEOUTS,
    DEFAULT_CLOSE_TIMEOUT,
    PORTS,
    READ_LENGTHS,
    SEND_LENGTHS,
    SSL_CONTEXT_IDS,
)
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
from .sockets import CLOSING, CONNECTED, TRANSPARENT, Socket
from .sslcontext import CHECKHOST, TAGS
from .verdicts import VerdictKind

SSL: Final = CommandSet()

#: Longest server address, in bytes.
MAX_ADDRESS: Final = 255

_ALIASES: Final = {
    "secllevel": ("seclevel", "alias_secllevel"),
    "clientcertex": ("cacertex", "alias_clientcertex"),
}


# AT+QSSLCFG


@SSL.add("+QSSLCFG")
def qsslcfg(call: Call) -> Outcome:
    """Set, query and list the parameters of an SSL context (2.2.1)."""
    if call.form is Form.TEST:
        for name, tag in TAGS.items():
            call.info(f'+QSSLCFG: "{name}",(0-5),{tag.shown}')
        return OK
    if call.form is not Form.WRITE:
        return call.fail(552)
    given = call.string(0)
    if given is None:
        return call.fail(552)
    name = given.lower()
    quirks = call.module.quirks
    if name in _ALIASES:
        real, quirk = _ALIASES[name]
        if quirk not in quirks:
            return call.fail(552)
        name = real
    if name == "checkhost" and "has_checkhost" in quirks:
        tag = CHECKHOST
    elif name in TAGS:
        tag = TAGS[name]
    else:
        return call.fail(552)
    if name == "cacertex" and len(call.fields) == 1:
        for index in SSL_CONTEXT_IDS:
            call.info(_query(call, name, index))
        return OK
    context = call.integer(1, SSL_CONTEXT_IDS)
    if context is None:
        return call.fail(552)
    if len(call.fields) == 2:
        call.info(_query(call, name, context))
        return OK
    chosen = call.module.contexts[context]
    before = chosen.value(name)
    if not chosen.set(name, tag, call.fields[2:], "quoted_cipher" in quirks):
        return call.fail(552)
    if chosen.value(name) != before and name not in ("negotiatetime", "closetimemode"):
        call.module.tls.forget()
    return OK


def _query(call: Call, name: str, index: int) -> str:
    """Give the line that answers a query."""
    context, quirks = call.module.contexts[index], call.module.quirks
    if name != "checkhost" and TAGS[name].values is None:
        value = ",".join(f'"{text}"' for text in context.strings(name))
    elif name == "ciphersuite":
        value = f"0X{context.number(name):04X}"
        if "lowercase_cipher" in quirks:
            value = value.lower()
        if "quoted_cipher" in quirks:
            value = f'"{value}"'
    else:
        value = str(context.number(name))
    if name == "ignoreinvalidcertsign" and "wrong_invalidcertsign_tag" in quirks:
        name = "ignoremulticertchainverify"
    if name == "psk" and "psk_no_space" in quirks:
        return f'+QSSLCFG:"psk",{index},{value}'
    if name == "renegotiation" and "renegotiation_broken" in quirks:
        return f'+QSSLCFG: "renegotiation{index},{value}'
    return f'+QSSLCFG: "{name}",{index},{value}'


# AT+QSSLOPEN


@SSL.add("+QSSLOPEN")
async def qsslopen(call: Call) -> Outcome:
    """Open a connection (2.2.2)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(
            f"+QSSLOPEN: (1-{module.pdp.highest}),(0-5),(0-11),<serveraddr>,<server_port>,(0-2)"
        )
        return OK
    pdp = call.integer(0, module.pdp.ids)
    context = call.integer(1, SSL_CONTEXT_IDS)
    id = call.integer(2, CLIENT_IDS)
    host = call.string(3, MAX_ADDRESS)
    remote = call.integer(4, PORTS)
    mode = call.integer(5, range(3), 0)
    if (
        call.form is not Form.WRITE
        or pdp is None
        or context is None
        or id is None
        or not host
        or remote is None
        or mode is None
        or len(call.fields) > 6
    ):
        return call.fail(552)
    if module.sockets.get(id) is not None:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+QSSLOPEN with <clientID> {id}")
        return call.fail(563)
    if not module.pdp.active(pdp):
        return call.fail(561)
    socket = module.sockets.create(id, pdp, context, mode, call.port, host)
    if mode != TRANSPARENT:
        socket.opened.addCallback(_opened, call, socket)
        call.port.interpreter.after(lambda: _start(call, socket, remote))
        return OK
    opened = socket.opened
    _start(call, socket, remote)
    code = await opened
    if code:
        _failed(call, socket)
        return call.fail(code)
    return call.port.interpreter.connect(socket)


def _start(call: Call, socket: Socket, remote: int) -> None:
    """Let the connection go its way."""
    module = call.module
    if socket.state == CLOSING:
        return
    for hook in module.hooks:
        code = hook.on_open(call)
        if code is not None:
            socket.secure.on_opened(code)
            return
    context = module.contexts[socket.context]
    if context.number("dtls"):
        socket.secure.on_opened(555)
        return
    socket.remote = remote
    socket.secure.open(
        socket.host,
        remote,
        context.settings(module.files.content),
        connect_timeout=module.settings.connect_timeout,
        negotiate_timeout=float(context.number("negotiatetime")),
    )


def _failed(call: Call, socket: Socket) -> None:
    if "failed_open_keeps_id" not in call.module.quirks:
        call.module.sockets.release(socket)
        call.module.sockets.failed.add(socket.id)


def _opened(code: int, call: Call, socket: Socket) -> None:
    """Report the result of an open in buffer or push mode."""
    if code:
        _failed(call, socket)
        call.module.last_error = code
    if code != 567:  # the host has closed it itself
        socket.port.unsolicited(f"+QSSLOPEN: {socket.id},{code}")


# AT+QSSLSEND


@SSL.add("+QSSLSEND", "+QSSSEND")
async def qsslsend(call: Call) -> Outcome:
    """Send data (2.2.3): counted, or ended by Ctrl-Z or ESC."""
    module = call.module
    if call.name == "+QSSSEND" and "alias_qsssend" not in module.quirks:
        return ERROR
    if call.form is Form.TEST:
        call.info(f"{call.name}: (0-11)[,(1-1460)]")
        return OK
    id = call.integer(0, CLIENT_IDS)
    length: int | None = None
    if len(call.fields) > 1:
        length = call.integer(1, SEND_LENGTHS)
        if length is None:
            module.judge(
                VerdictKind.SEND_BEYOND_LIMIT, f"AT{call.name}={call.raw.decode('latin-1')}"
            )
            return call.fail(552)
    if call.form is not Form.WRITE or id is None or len(call.fields) > 2:
        return call.fail(552)
    socket = module.sockets.get(id)
    if socket is None or socket.unusable():
        if socket is None or not socket.online():
            module.judge(VerdictKind.SEND_TO_CLOSED, f"AT{call.name} with <clientID> {id}")
        return call.fail(552 if socket is None else socket.unusable())
    for hook in module.hooks:
        refused = hook.refuse_prompt(call)
        if refused is not None:
            return refused
    body = await call.port.interpreter.prompt(length, SEND_LENGTHS[-1])
    if module.link.latency > 0:
        await deferLater(module.clock, module.link.latency)
    if body is None:
        module.last_error = 571
        return OK
    if not body or len(body) > SEND_LENGTHS[-1]:
        if body:
            module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"more than {SEND_LENGTHS[-1]} bytes")
        return call.fail(552)
    for hook in module.hooks:
        instead = hook.on_send(call, body)
        if instead is not None:
            return instead
    if socket.unusable():
        return call.fail(socket.unusable())
    if not socket.send(body):
        module.last_error = 558
        return SEND_FAIL
    return SEND_OK


# AT+QSSLRECV


@SSL.add("+QSSLRECV", "+QSSLRCV")
def qsslrecv(call: Call) -> Outcome:
    """Read from the buffer (2.2.4)."""
    module = call.module
    if call.name == "+QSSLRCV" and "alias_qsslrcv" not in module.quirks:
        return ERROR
    prefix = "+QSSLRCV" if "reply_qsslrcv" in module.quirks else "+QSSLRECV"
    if call.form is Form.TEST:
        call.info(f"{prefix}: (0-11),(1-1500)")
        return OK
    id = call.integer(0, CLIENT_IDS)
    length = call.integer(1, READ_LENGTHS)
    if call.form is not Form.WRITE or id is None or length is None or len(call.fields) != 2:
        if id is not None and len(call.fields) == 2:
            module.judge(
                VerdictKind.READ_BEYOND_LIMIT, f"AT{call.name}={call.raw.decode('latin-1')}"
            )
        return call.fail(552)
    socket = module.sockets.get(id)
    if socket is None or socket.state not in (CONNECTED, CLOSING):
        return call.fail(552)
    if socket.online():
        return call.fail(574)
    for hook in module.hooks:
        length = hook.on_read(call, length)
    data = socket.read(length) if length > 0 else b""
    if not data:
        call.info(f"{prefix}: 0")
        return OK
    header = f"{prefix}: {len(data)}"
    if "recv_single_crlf" in module.quirks:
        call.port.interpreter.bare(b"\r\n%b\r\n%b" % (header.encode("ascii"), data))
    else:
        call.block(header, data)
    return OK


# AT+QSSLCLOSE


@SSL.add("+QSSLCLOSE")
async def qsslclose(call: Call) -> Outcome:
    """Close a connection (2.2.5)."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QSSLCLOSE: (0-11),(0-65535)")
        return OK
    id = call.integer(0, CLIENT_IDS)
    timeout = call.integer(1, CLOSE_TIMEOUTS, DEFAULT_CLOSE_TIMEOUT)
    if call.form is not Form.WRITE or id is None or timeout is None or len(call.fields) > 2:
        return call.fail(552)
    socket = module.sockets.get(id)
    if socket is None:
        # a careful host closes after a failed open: some firmware keeps the id occupied
        if id not in module.sockets.failed:
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT+QSSLCLOSE with <clientID> {id}")
        module.sockets.failed.discard(id)
        return OK if "close_unopened_ok" in module.quirks else call.fail(552)
    # the default is 10 in either unit
    unit = 0.001 if module.contexts[socket.context].number("closetimemode") else 1.0
    await socket.close(timeout * unit)
    module.sockets.release(socket)
    return OK


# AT+QSSLSTATE


@SSL.add("+QSSLSTATE")
def qsslstate(call: Call) -> Outcome:
    """List connections (2.2.6)."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if call.form is Form.WRITE:
        id = call.integer(0, CLIENT_IDS)
        if id is None or len(call.fields) != 1:
            return call.fail(552)
        socket = module.sockets.get(id)
        if socket is not None:
            call.info(_state(call, socket))
        return OK
    if call.form is Form.READ:
        return call.fail(552)
    for socket in module.sockets:
        call.info(_state(call, socket))
    return OK


def _state(call: Call, socket: Socket) -> str:
    secure, state = socket.secure, socket.state
    if state == CONNECTED and "state_three" in call.module.quirks:
        state = 3
    address = secure.address or socket.host
    return (
        f'+QSSLSTATE: {socket.id},"SSLClient","{address}",{socket.remote},'
        f"{secure.local_port},{state},{socket.pdp},{socket.id},{socket.mode},"
        f'"{socket.port.name}",{socket.context}'
    )


# AT+QISWTMD and ATO


@SSL.add("+QISWTMD")
def qiswtmd(call: Call) -> Outcome:
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
    if mode == TRANSPARENT:
        return _online(call, socket)
    socket.switch(mode, call.port)
    return OK


@SSL.add("O")
def ato(call: Call) -> Outcome:
    """Resume the transparent connection that was left last (1.3)."""
    socket = call.port.interpreter.resumable
    if call.form is not Form.EXECUTE or call.raw not in (b"", b"0"):
        return ERROR
    if socket is None or socket.state != CONNECTED:
        return NO_CARRIER
    return call.fail(574) if socket.online() else _online(call, socket)


def _online(call: Call, socket: Socket) -> Outcome:
    if socket.port is not call.port:
        socket.port.online = False  # the carrier is on this port now
        socket.port = call.port
    return call.port.interpreter.connect(socket)
