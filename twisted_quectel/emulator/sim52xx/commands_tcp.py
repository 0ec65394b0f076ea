"""Plain TCP of SIM52xx modules, which the SSL note only names (chapter 7; public drivers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.defer import maybeDeferred
from twisted.internet.error import DNSLookupError

from ...tables.sim52xx import (
    CLOSE_TIMEOUT,
    CONNECT_TIMEOUT,
    LINK_IDS,
    LINK_READ_LENGTHS,
    LINK_SEND_LENGTHS,
    PORTS,
)
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..netsocket import BIND_FAILED, DNS_FAILED, TIMEOUT
from ..sockets import CONNECTED, OPENING, PUSH
from ..verdicts import VerdictKind
from .sockets import Link
from .stacks import MAX_ADDRESS, Stack, acquire, body_of, executes

if TYPE_CHECKING:
    from .module import SIM52xxModule

TCP: Final = CommandSet["SIM52xxModule"]()

_IDS: Final = f"({LINK_IDS[0]}-{LINK_IDS[-1]})"
#: Results of C{+CIPOPEN}: what the network's codes come to; anything else is a failure to connect.
_RESULTS: Final = {0: 0, BIND_FAILED: 6, TIMEOUT: 10, DNS_FAILED: 11}
NETWORK_FAILURE: Final = 1
NOT_OPENED: Final = 2
LINK_IN_USE: Final = 4


def _ip_error(call: Call[SIM52xxModule], text: str) -> Outcome:
    call.info(f"+IP ERROR: {text}")
    return ERROR


# the stack


@TCP.add("+NETOPEN")
async def netopen(call: Call[SIM52xxModule]) -> Outcome:
    """Acquire the stack, or tell whether it is."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if call.form is Form.READ:
        call.info(f"+NETOPEN: {int(module.stack is Stack.TCP)},0")
        return OK
    if not executes(call):
        return ERROR
    if module.stack is Stack.TCP:
        return _ip_error(call, "Network is already opened")
    if not await acquire(module, Stack.TCP):
        return ERROR
    call.port.interpreter.after(lambda: module.urc("+NETOPEN: 0"))
    return OK


@TCP.add("+NETCLOSE")
async def netclose(call: Call[SIM52xxModule]) -> Outcome:
    """Release the stack; its links are closed by it."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if not executes(call):
        return ERROR
    if module.stack is not Stack.TCP:
        return _ip_error(call, "Network is already closed")
    await module.sockets.close_all(CLOSE_TIMEOUT)
    module.stack = Stack.NONE
    call.port.interpreter.after(lambda: module.urc("+NETCLOSE: 0"))
    return OK


@TCP.add("+CDNSGIP", most=1)
async def cdnsgip(call: Call[SIM52xxModule]) -> Outcome:
    """Resolve a name."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    host = call.string(0, MAX_ADDRESS)
    if call.form is not Form.WRITE or not host or not module.network_state.registered():
        return ERROR
    try:
        address = await maybeDeferred(module.network.resolve, host)
    except DNSLookupError:
        call.info("+CDNSGIP: 0,10")
        return ERROR
    call.info(f'+CDNSGIP: 1,"{host}","{address}"')
    return OK


# links


def _link(call: Call[SIM52xxModule], index: int = 0) -> Link | None:
    """Give the link that a command names."""
    id = call.integer(index, LINK_IDS)
    if call.form is not Form.WRITE or id is None or call.module.stack is not Stack.TCP:
        return None
    return call.module.sockets.link(id)


@TCP.add("+CIPOPEN", most=5)
def cipopen(call: Call[SIM52xxModule]) -> Outcome:
    """Open a link, or list those that are open."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f'+CIPOPEN: {_IDS},("TCP")')
        return OK
    if call.form is Form.READ:
        for id in LINK_IDS:
            link = module.sockets.link(id)
            more = f',"TCP","{link.host}",{link.remote},-1' if link is not None else ""
            call.info(f"+CIPOPEN: {id}{more}")
        return OK
    id_given = call.integer(0, LINK_IDS)
    host = call.string(2, MAX_ADDRESS)
    remote = call.integer(3, PORTS)
    local = call.integer(4, range(PORTS[-1] + 1), 0)
    if (
        call.form is not Form.WRITE
        or id_given is None
        or (call.string(1) or "").upper() != "TCP"
        or not host
        or remote is None
        or local is None
    ):
        return ERROR
    id = id_given
    if module.stack is not Stack.TCP:
        call.info(f"+CIPOPEN: {id},{NOT_OPENED}")
        return ERROR
    before = module.sockets.link(id)
    if before is not None and before.state in (OPENING, CONNECTED):
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+CIPOPEN with link {id}")
        call.info(f"+CIPOPEN: {id},{LINK_IN_USE}")
        return ERROR
    link = module.sockets.create_link(id, not module.reads_on_demand, call.port, host)
    link.remote = remote
    link.opened.addCallback(_opened, module, link)
    call.port.interpreter.after(lambda: _start(call, link, local))
    return OK


def _start(call: Call[SIM52xxModule], link: Link, local: int) -> None:
    for hook in call.module.hooks:
        code = hook.on_open(call)
        if code is not None:
            link.net.on_opened(code)
            return
    link.net.open(link.host, link.remote, local, timeout=CONNECT_TIMEOUT)


def _opened(code: int, module: SIM52xxModule, link: Link) -> None:
    if code:
        module.sockets.release(link)
        module.sockets.failed.add(link.id)
    if module.stack is Stack.TCP:
        module.urc(f"+CIPOPEN: {link.id},{_RESULTS.get(code, NETWORK_FAILURE)}")


@TCP.add("+CIPSEND", most=2)
async def cipsend(call: Call[SIM52xxModule]) -> Outcome:
    """Send."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CIPSEND: {_IDS},({LINK_SEND_LENGTHS[0]}-{LINK_SEND_LENGTHS[-1]})")
        return OK
    length = call.integer(1, LINK_SEND_LENGTHS)
    if call.form is Form.WRITE and length is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"AT+CIPSEND={text}")
    link = _link(call)
    if length is None or link is None:
        return ERROR
    if link.state != CONNECTED:
        module.judge(VerdictKind.SEND_TO_CLOSED, f"AT+CIPSEND with link {link.id}")
        return ERROR
    if not link.isolated and link.net.send_space() < length:
        return ERROR
    body = await body_of(call, length)
    if isinstance(body, Outcome):
        return body
    if not link.send(body):
        return ERROR
    line = f"+CIPSEND: {link.id},{length},{length}"
    call.port.interpreter.after(lambda: module.urc(line))
    return OK


@TCP.add("+CIPRXGET", most=3)
def ciprxget(call: Call[SIM52xxModule]) -> Outcome:
    """Choose whether data is pushed (0) or read (1); read (2); tell how much there is (4)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CIPRXGET: (0,1,2,4),{_IDS},({LINK_READ_LENGTHS[0]}-{LINK_READ_LENGTHS[-1]})")
        return OK
    if call.form is Form.READ:
        call.info(f"+CIPRXGET: {int(module.reads_on_demand)}")
        return OK
    mode = call.integer(0, range(5))
    if call.form is not Form.WRITE or mode is None or mode == 3:
        return ERROR
    if mode < 2:
        if len(call.fields) > 1:
            return ERROR
        module.reads_on_demand = bool(mode)
        return OK
    link = _link(call, 1)
    if link is None or link.mode == PUSH:
        return ERROR
    if mode == 4:
        call.info(f"+CIPRXGET: 4,{link.id},{link.unread()}")
        return OK
    length = call.integer(2, LINK_READ_LENGTHS, LINK_READ_LENGTHS[-1])
    if length is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.READ_BEYOND_LIMIT, f"AT+CIPRXGET={text}")
        return ERROR
    for hook in module.hooks:
        length = hook.on_read(call, length)
    data = link.read(length)
    if not data:
        return _ip_error(call, "No data")
    call.block(f"+CIPRXGET: 2,{link.id},{len(data)},{link.unread()}", data)
    return OK


@TCP.add("+CIPCLOSE", most=1)
async def cipclose(call: Call[SIM52xxModule]) -> Outcome:
    """Close a link, or tell which are open."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CIPCLOSE: {_IDS}")
        return OK
    if call.form is Form.READ:
        links = [module.sockets.link(id) for id in LINK_IDS]
        states = [int(link is not None and link.state == CONNECTED) for link in links]
        call.info(f"+CIPCLOSE: {','.join(str(state) for state in states)}")
        return OK
    link = _link(call)
    if link is None:
        id = call.integer(0, LINK_IDS)
        if id is not None and id not in module.sockets.failed:
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT+CIPCLOSE with link {id}")
        module.sockets.failed.discard(-1 if id is None else id)
        return ERROR
    await link.close(CLOSE_TIMEOUT)
    module.sockets.release(link)
    line = f"+CIPCLOSE: {link.id},0"
    call.port.interpreter.after(lambda: module.urc(line))
    return OK
