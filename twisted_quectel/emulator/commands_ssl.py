"""The commands of the LTE SSL Application Note v1.1, chapter 2.2."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..tables.lte import CLIENT_IDS, PORTS, READ_LENGTHS, SEND_LENGTHS, SSL_CONTEXT_IDS
from .commands import ERROR, OK, Call, CommandSet, Form, Outcome
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
from .dtlssocket import DTLSSocket
from .kinds import Kind
from .securesocket import SecureSocket
from .sockets import TRANSPARENT
from .sslcontext import CHECKHOST, TAGS
from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .ltesockets import LTESocket
    from .module import LTEModule

SSL: Final = CommandSet["LTEModule"]()

_ALIASES: Final = {
    "secllevel": ("seclevel", "alias_secllevel"),
    "clientcertex": ("cacertex", "alias_clientcertex"),
}


# AT+QSSLCFG


@SSL.add("+QSSLCFG")
def qsslcfg(call: Call[LTEModule]) -> Outcome:
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


def _query(call: Call[LTEModule], name: str, index: int) -> str:
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
async def qsslopen(call: Call[LTEModule]) -> Outcome:
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
    if mode == TRANSPARENT and module.contexts[context].number("dtls"):
        # as the TCP/IP note has it for UDP: in data mode nothing keeps datagrams apart
        return call.fail(555)
    socket = module.sockets.create(id, pdp, context, mode, call.port, host)
    return await finish_open(call, socket, lambda: _connect(call, socket, remote))


def _connect(call: Call[LTEModule], socket: LTESocket, remote: int) -> None:
    """Let the connection go its way."""
    module, secure = call.module, socket.net
    context = module.contexts[socket.context]
    assert isinstance(secure, (SecureSocket, DTLSSocket))
    socket.remote = remote
    # it is what it was when the command came
    settings = replace(context.settings(module.files.content), dtls=isinstance(secure, DTLSSocket))
    secure.open(
        socket.host,
        remote,
        settings,
        connect_timeout=module.settings.connect_timeout,
        negotiate_timeout=float(context.number("negotiatetime")),
    )


# AT+QSSLSEND


@SSL.add("+QSSLSEND", "+QSSSEND")
async def qsslsend(call: Call[LTEModule]) -> Outcome:
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
        length = send_length(call, SEND_LENGTHS)
        if length is None:
            return call.fail(552)
    uncounted = length is None and "counted_only" in module.quirks
    if call.form is not Form.WRITE or id is None or len(call.fields) > 2 or uncounted:
        return call.fail(552)
    socket = sender(call, id, plain=False)
    if isinstance(socket, Outcome):
        return socket
    body = await body_of_send(call, length)
    return body if isinstance(body, Outcome) else deliver(call, socket, body)


# AT+QSSLRECV


@SSL.add("+QSSLRECV", "+QSSLRCV")
def qsslrecv(call: Call[LTEModule]) -> Outcome:
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
            judge_read(call)
        return call.fail(552)
    socket = reader(call, id, plain=False)
    if isinstance(socket, Outcome):
        return socket

    def layout(data: bytes) -> bytes:
        return b"%b: %d\r\n%b" % (prefix.encode("ascii"), len(data), data)

    return read(call, socket, prefix, length, layout)


# AT+QSSLCLOSE


@SSL.add("+QSSLCLOSE")
async def qsslclose(call: Call[LTEModule]) -> Outcome:
    """Close a connection (2.2.5)."""
    if call.form is Form.TEST:
        call.info("+QSSLCLOSE: (0-11),(0-65535)")
        return OK
    chosen = closing(call, plain=False)
    if isinstance(chosen, Outcome):
        return chosen
    socket, timeout = chosen
    # the default is 10 in either unit
    unit = 0.001 if call.module.contexts[socket.context].number("closetimemode") else 1.0
    await close(call, socket, timeout * unit)
    return OK


# AT+QSSLSTATE


@SSL.add("+QSSLSTATE")
def qsslstate(call: Call[LTEModule]) -> Outcome:
    """List connections (2.2.6)."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if call.form is Form.WRITE:
        id = call.integer(0, CLIENT_IDS)
        if id is None or len(call.fields) != 1:
            return call.fail(552)
        socket = module.sockets.of(id, plain=False)
        if socket is not None:
            call.info(_state(call, socket))
        return OK
    if call.form is Form.READ:
        return call.fail(552)
    for socket in module.sockets:
        if socket.kind is Kind.SSL:
            call.info(_state(call, socket))
    return OK


def _state(call: Call[LTEModule], socket: LTESocket) -> str:
    net = socket.net
    return (
        f'+QSSLSTATE: {socket.id},"SSLClient","{net.address or socket.host}",{socket.remote},'
        f"{net.local_port},{shown_state(call, socket)},{socket.pdp},{socket.id},{socket.mode},"
        f'"{socket.port.name}",{socket.context}'
    )
