"""Sockets without SSL on GSM modules: C{AT+QIOPEN} to C{AT+QISTATE}.

Source: SSL note, chapters 1.3 and 3.3; what it leaves to the AT manuals as hosts know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.gsm import CLIENT, CONTEXT_IDS, PORTS, READ_LENGTHS, SEND_LENGTHS, SOCKET_IDS
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..commands_data import MAX_ADDRESS, judge_read
from ..kinds import Kind
from ..network import is_literal
from ..plainsocket import DatagramSocket, PlainSocket
from ..sockets import BUFFER, OPENING, PUSH, TRANSPARENT
from ..verdicts import VerdictKind
from .commands_sockets import (
    close,
    finish_open,
    index_of,
    is_occupied,
    judge_reuse,
    read,
    send,
    state_of,
)

if TYPE_CHECKING:
    from .module import GSMModule
    from .sockets import GSMSocket

TCP: Final = CommandSet["GSMModule"]()

#: Seconds for name and connection.
OPEN_TIMEOUT: Final = 75.0
_KINDS: Final = {"TCP": Kind.TCP, "UDP": Kind.UDP}


# AT+QIOPEN


@TCP.add("+QIOPEN")
async def qiopen(call: Call[GSMModule]) -> Outcome:
    """Open a connection; without C{AT+QIMUX=1} it has no index."""
    module, stack = call.module, call.module.stack
    first = int(stack.several)
    if call.form is Form.TEST:
        index = "(0-5)," if first else ""
        call.info(f'+QIOPEN: {index}("TCP","UDP"),<ipaddr/domainname>,(1-65535)')
        return OK
    if call.form is Form.READ:
        return OK
    id = index_of(call, 0)
    kind = _KINDS.get(call.string(first) or "")
    host = call.string(first + 1, MAX_ADDRESS)
    remote = _port(call, first + 2)
    if (
        call.form is not Form.WRITE
        or id is None
        or kind is None
        or not host
        or remote is None
        or len(call.fields) != first + 3
        or not (is_literal(host) or stack.option("+QIDNSIP"))
    ):
        return ERROR
    transparent = bool(stack.option("+QIMODE")) and kind is Kind.TCP
    if module.sockets.get(id) is not None:
        judge_reuse(call, id)
        return _refused(call, id, transparent, "ALREADY CONNECT")
    if not stack.current.active:
        return _refused(call, id, transparent, "CONNECT FAIL")
    mode = TRANSPARENT if transparent else BUFFER if stack.option("+QINDI") else PUSH
    socket = module.sockets.create_plain(kind, id, stack.foreground, mode, call.port, host)
    failed = Outcome("CONNECT FAIL")
    return await finish_open(call, socket, lambda: _connect(socket, remote), _result, failed)


def _port(call: Call[GSMModule], index: int) -> int | None:
    """Give the remote port; some hosts write it in quotes."""
    if index < len(call.fields) and call.fields[index].quoted:
        text = call.fields[index].text
        number = int(text) if text.isdigit() and len(text) <= 5 else 0
        return number if number in PORTS else None
    return call.integer(index, PORTS)


def _told(id: int, several: bool, word: str) -> str:
    return f"{id}, {word}" if several else word


def _refused(call: Call[GSMModule], id: int, transparent: bool, word: str) -> Outcome:
    """Say that nothing is opened."""
    if transparent:
        return Outcome(word)
    port, line = call.port, _told(id, call.module.stack.several, word)
    if word != "ALREADY CONNECT":
        call.module.sockets.failed.add(id)
    port.interpreter.after(lambda: port.unsolicited(line))
    return OK


def _result(socket: GSMSocket, code: int) -> str:
    word = "ALREADY CONNECT" if is_occupied(code) else "CONNECT FAIL" if code else "CONNECT OK"
    return _told(socket.id, socket.among_several, word)


def _connect(socket: GSMSocket, remote: int) -> None:
    """Let a socket go its way."""
    net = socket.net
    assert isinstance(net, (PlainSocket, DatagramSocket))
    socket.remote = remote
    net.open(socket.host, remote, 0, timeout=OPEN_TIMEOUT)


# AT+QISEND and AT+QISACK


@TCP.add("+QISEND")
async def qisend(call: Call[GSMModule]) -> Outcome:
    """Send data: counted, or ended by Ctrl-Z or ESC."""
    first = int(call.module.stack.several)
    if call.form is Form.TEST:
        call.info(f"+QISEND: {'(0-5)[,(1-1460)]' if first else '(1-1460)'}")
        return OK
    if call.form is Form.READ:
        return OK
    id, counted = index_of(call, 0), len(call.fields) > first
    length = call.integer(first, SEND_LENGTHS) if counted else None
    if counted and length is None:
        text = call.raw.decode("latin-1")
        call.module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"AT{call.name}={text}")
        return ERROR
    if id is None or len(call.fields) > first + 1 or not _is_form(call, first or counted):
        return ERROR
    return await send(call, id, length, plain=True)


def _is_form(call: Call[GSMModule], written: object) -> bool:
    """Tell whether a command is written with parameters, or executed without any."""
    return call.form is (Form.WRITE if written else Form.EXECUTE)


@TCP.add("+QISACK", most=1)
def qisack(call: Call[GSMModule]) -> Outcome:
    """Tell what was sent, acknowledged, and neither."""
    several = call.module.stack.several
    if call.form is Form.TEST:
        call.info("+QISACK: (0-5)" if several else "+QISACK")
        return OK
    if call.form is Form.READ:
        return OK
    id = index_of(call, 0)
    socket = None if id is None else call.module.sockets.of(id, plain=True)
    if not _is_form(call, several) or socket is None or socket.state == OPENING:
        return ERROR
    acknowledged = socket.acknowledged()
    call.info(f"+QISACK: {socket.sent},{acknowledged},{socket.sent - acknowledged}")
    return OK


# AT+QIRD


@TCP.add("+QIRD")
def qird(call: Call[GSMModule]) -> Outcome:
    """Read from the buffer, where C{AT+QINDI} keeps it."""
    if call.form is Form.TEST:
        call.info("+QIRD: (0,1),(1,2),(0-5),(1-1500)")
        return OK
    if call.form is Form.READ:
        return OK
    cid, role = call.integer(0, CONTEXT_IDS), call.integer(1, range(CLIENT, CLIENT + 1))
    id, length = call.integer(2, SOCKET_IDS), call.integer(3, READ_LENGTHS)
    if cid is None or role is None or id is None or length is None or len(call.fields) != 4:
        if None not in (cid, role, id) and len(call.fields) == 4:
            judge_read(call)
        return ERROR
    return read(call, cid, id, length, plain=True)


# AT+QICLOSE


@TCP.add("+QICLOSE", most=1)
async def qiclose(call: Call[GSMModule]) -> Outcome:
    """Close a connection."""
    several = call.module.stack.several
    if call.form is Form.TEST:
        call.info("+QICLOSE: (0-5)" if several else "+QICLOSE")
        return OK
    if call.form is Form.READ:
        return OK
    id = index_of(call, 0)
    if not _is_form(call, several) or id is None:
        return ERROR
    return await close(call, id, True, several)


# AT+QISTAT and AT+QISTATE


@TCP.add("+QISTAT", "+QISTATE")
def qistat(call: Call[GSMModule]) -> Outcome:
    """Tell the state; C{AT+QISTATE} lists the connections without SSL too."""
    module = call.module
    if call.form in (Form.TEST, Form.READ):
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    lines = [f"STATE: {state_of(module)}"]
    if call.name == "+QISTATE":
        lines += [
            f"+QISTATE: {socket.id},{socket.type},{socket.address},{socket.remote},"
            f"{socket.status()}"
            for socket in module.sockets
            if socket.kind is not Kind.SSL
        ]
    if "state_behind_ok" not in module.quirks:
        for line in lines:
            call.info(line)
        return OK

    def tell() -> None:
        for line in lines:
            call.port.unsolicited(line)

    call.port.interpreter.after(tell)
    return OK
