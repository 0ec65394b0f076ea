"""Common SSL (SIM52xx SSL Application Note v0.01, chapter 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.sim52xx import (
    CLOSE_TIMEOUT,
    PORTS,
    SEND_LENGTHS,
    SESSION_IDS,
    TRANSPARENT_SESSION,
)
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..sockets import CONNECTED, INITIAL, TRANSPARENT
from ..verdicts import VerdictKind
from .alerts import FATAL, SUSPEND, WARNING
from .sockets import Opening, SSLSession
from .stacks import MAX_ADDRESS, Stack, acquire, body_of, executes

if TYPE_CHECKING:
    from .module import SIM52xxModule

SSL: Final = CommandSet["SIM52xxModule"]()

_IDS: Final = f"({SESSION_IDS[0]},{SESSION_IDS[-1]})"


# the stack


@SSL.add("+CSSLSTART")
async def csslstart(call: Call[SIM52xxModule]) -> Outcome:
    """Acquire the stack (4.1)."""
    if call.form is Form.TEST:
        return OK
    return OK if executes(call) and await acquire(call.module, Stack.SSL) else ERROR


@SSL.add("+CSSLSTOP")
async def csslstop(call: Call[SIM52xxModule]) -> Outcome:
    """Release the stack; both sessions are closed by it (4.6)."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if not executes(call) or module.stack is not Stack.SSL:
        return ERROR
    await module.sockets.close_all(CLOSE_TIMEOUT)
    module.stack = Stack.NONE
    return OK


@SSL.add("+CSSLSET", "+CSSLMODE", most=1)
def switch(call: Call[SIM52xxModule]) -> Outcome:
    """Have sends confirmed (4.3); have session 0 be transparent (4.7), ahead of the start."""
    module = call.module
    confirms = call.name == "+CSSLSET"
    if call.form is Form.TEST:
        call.info(f"{call.name}: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"{call.name}: {int(module.confirms if confirms else module.transparent)}")
        return OK
    value = call.integer(0, range(2))
    if call.form is not Form.WRITE or value is None:
        return ERROR
    if confirms:
        module.confirms = bool(value)
    elif module.stack is Stack.SSL:
        return ERROR
    else:
        module.transparent = bool(value)
    return OK


def _session(call: Call[SIM52xxModule]) -> SSLSession | None:
    """Give the session that a command names, of a stack that was started."""
    id = call.integer(0, SESSION_IDS)
    if call.form is not Form.WRITE or id is None or call.module.stack is not Stack.SSL:
        return None
    return call.module.sockets.session(id)


# opening


@SSL.add("+CSSLOPEN", most=3)
async def csslopen(call: Call[SIM52xxModule]) -> Outcome:
    """Open a session (4.2, 4.7)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CSSLOPEN: {_IDS},<host>,({PORTS[0]}-{PORTS[-1]})")
        return OK
    id = call.integer(0, SESSION_IDS)
    host = call.string(1, MAX_ADDRESS)
    remote = call.integer(2, PORTS)
    if call.form is not Form.WRITE or id is None or not host or remote is None:
        return ERROR
    if module.stack is not Stack.SSL or (module.transparent and id != TRANSPARENT_SESSION):
        return ERROR
    before = module.sockets.session(id)
    if before is not None and before.state != INITIAL:
        module.judge(VerdictKind.REUSE_OF_OPEN_ID, f"AT+CSSLOPEN with session {id}")
        return ERROR
    session = module.sockets.create_session(id, module.transparent, call.port, host)
    session.remote = remote
    progress = session.progress()
    for hook in module.hooks:
        code = hook.on_open(call)
        if code is not None:
            session.net.on_opened(code)
            break
    else:
        session.net.open(host, remote)
    return _opened(call, session, await progress)


@SSL.add("+CSSLCONT", most=1)
async def csslcont(call: Call[SIM52xxModule]) -> Outcome:
    """Go on with an open whatever the alert was (4.2)."""
    if call.form is Form.TEST:
        call.info(f"+CSSLCONT: {_IDS}")
        return OK
    session = _session(call)
    if session is None or not session.suspended:
        return ERROR
    progress = session.progress()
    session.proceed()
    return _opened(call, session, await progress)


def _opened(call: Call[SIM52xxModule], session: SSLSession, progress: Opening) -> Outcome:
    """Answer an open, or what goes on with one."""
    module = call.module
    if progress is Opening.SUSPENDED:
        _alert(call, session, SUSPEND, session.net.found())
        call.info("+CSSLOPEN: ALERTSTATE")
        return ERROR
    if progress is Opening.FAILED:
        if session.net.alert:
            _alert(call, session, FATAL, session.net.alert)
        module.sockets.release(session)
        module.sockets.failed.add(session.id)
        return ERROR
    if session.mode == TRANSPARENT:
        return call.port.interpreter.connect(session)
    return OK


def _alert(call: Call[SIM52xxModule], session: SSLSession, level: int, bits: int) -> None:
    """Report an alert (5.2), ahead of the final result."""
    quirks = call.module.quirks
    id = 0 if "alert_sid0" in quirks else session.id
    if level == SUSPEND and "alert_level_zero" in quirks:
        level = WARNING
    line = f"+CSSLALERT: {id},{level},{bits}"
    call.port.interpreter.bare(call.port.frame(line.encode("ascii")))


# sending


@SSL.add("+CSSLSEND", most=2)
async def csslsend(call: Call[SIM52xxModule]) -> Outcome:
    """Send, or tell how much is not sent yet (4.3)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CSSLSEND: {_IDS},({SEND_LENGTHS[0]}-{SEND_LENGTHS[-1]})")
        return OK
    if call.form is Form.READ:
        if module.stack is not Stack.SSL:
            return ERROR
        sessions = [(id, module.sockets.session(id)) for id in SESSION_IDS]
        shown = [f"{id}, {session.pending() if session else 0}" for id, session in sessions]
        call.info(f"+CSSLSEND: {', '.join(shown)}")
        return OK
    length = call.integer(1, SEND_LENGTHS)
    if call.form is Form.WRITE and length is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"AT+CSSLSEND={text}")
    session = _session(call)
    if length is None or session is None or session.online():
        return ERROR
    if session.state != CONNECTED:
        module.judge(VerdictKind.SEND_TO_CLOSED, f"AT+CSSLSEND with session {session.id}")
        return ERROR
    if session.pending() + length > module.settings.send_limit:
        return ERROR
    body = await body_of(call, length)
    if isinstance(body, Outcome):
        return body
    if not session.send(body):
        return ERROR
    if module.confirms:
        call.port.interpreter.after(lambda: session.confirm(length))
    return OK


# closing


@SSL.add("+CSSLCLOSE", most=1)
async def csslclose(call: Call[SIM52xxModule]) -> Outcome:
    """Close a session, or give up one that waits (4.2, 4.5)."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+CSSLCLOSE: {_IDS}")
        return OK
    session = _session(call)
    if session is None:
        id = call.integer(0, SESSION_IDS)
        if id is not None and id not in module.sockets.failed:
            module.judge(VerdictKind.CLOSE_OF_UNOPENED_ID, f"AT+CSSLCLOSE with session {id}")
        module.sockets.failed.discard(-1 if id is None else id)
        return ERROR
    await session.close(CLOSE_TIMEOUT)
    module.sockets.release(session)
    return OK
