"""The two contexts of the TCP/IP stack, and the packet domain.

C{AT+QIFGCNT} to C{AT+QIDEACT}: SSL note, chapters 1.2, 1.4.1 and 3; C{AT+CGATT},
C{AT+CGDCONT} and C{AT+CGACT}: 27.007, as far as chapter 1.4.1 asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.task import deferLater

from ...tables.gsm import CONTEXT_IDS
from ..commands import ERROR, OK, SILENT, Call, CommandSet, Form, Outcome, cme
from ..commands_data import MAX_ADDRESS
from ..commands_internet import look_up
from .stack import ACTIVATING, ACTIVE, ADDRESSED, CONFIG, DEACTIVATED, INITIAL, START

if TYPE_CHECKING:
    from .module import GSMModule
    from .stack import Context

CONTEXTS: Final = CommandSet["GSMModule"]()
PACKETS: Final = CommandSet["GSMModule"](refusal=cme(50))

DEACT_OK: Final = Outcome("DEACT OK")

_APN: Final = 100
_SECRET: Final = 64
#: C{AT+QICSGP}: the bearer; the other one is CSD, which is not emulated.
_GPRS: Final = 1
_DNS_TIMEOUT: Final = 60.0


@CONTEXTS.add("+QIFGCNT", most=1)
def qifgcnt(call: Call[GSMModule]) -> Outcome:
    """Choose the context that the other commands are about."""
    stack = call.module.stack
    if call.form is Form.TEST:
        call.info("+QIFGCNT: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+QIFGCNT: {stack.foreground}")
        return OK
    id = call.integer(0, CONTEXT_IDS)
    if call.form is not Form.WRITE or id is None:
        return ERROR
    stack.foreground = id
    return OK


def _texts(call: Call[GSMModule], first: int, context: Context) -> bool:
    """Take access point, user and password from a parameter on; those left out are empty.

    @return: L{False} if they are none.
    """
    limits = (_APN, _SECRET, _SECRET)
    given = [call.string(first + index, limits[index]) for index in range(len(call.fields) - first)]
    texts = [text for text in given if text is not None]
    if len(texts) != len(given) or not texts:
        return False
    context.apn, context.user, context.password = (*texts, "", "")[:3]
    return True


@CONTEXTS.add("+QICSGP", most=4)
def qicsgp(call: Call[GSMModule]) -> Outcome:
    """Set bearer, access point, user and password; not while the context is active."""
    context = call.module.stack.current
    if call.form is Form.TEST:
        call.info("+QICSGP: (1),<apn>,<username>,<password>")
        return OK
    if call.form is Form.READ:
        call.info(f"+QICSGP: {_GPRS}")
        return OK
    bearer = call.integer(0, range(_GPRS, _GPRS + 1))
    if call.form is not Form.WRITE or bearer is None or context.active:
        return ERROR
    if len(call.fields) == 1:
        return OK
    return OK if _texts(call, 1, context) else ERROR


@CONTEXTS.add("+QIREGAPP", most=3)
def qiregapp(call: Call[GSMModule]) -> Outcome:
    """Register to the TCP/IP stack, with what C{AT+QICSGP} has set or what is given."""
    context = call.module.stack.current
    if call.form is Form.TEST:
        call.info("+QIREGAPP: <apn>,<username>,<password>")
        return OK
    if call.form is Form.READ:
        call.info(f'+QIREGAPP: "{context.apn}","{context.user}","{context.password}"')
        return OK
    if context.state != INITIAL or (call.form is Form.WRITE and not _texts(call, 0, context)):
        return ERROR
    context.state = START
    return OK


@CONTEXTS.add("+QIACT")
async def qiact(call: Call[GSMModule]) -> Outcome:
    """Activate the context; what chapter 1.4.1 has checked must be as it says there."""
    module, stack = call.module, call.module.stack
    if call.form in (Form.TEST, Form.READ):
        return OK
    context = stack.current
    taken = stack.definitions[stack.foreground + 1].active  # by AT+CGACT
    if call.form is not Form.EXECUTE or context.state != START or taken:
        return ERROR
    for state in (CONFIG, ACTIVATING):
        context.state = state
        if module.settings.pdp_delay > 0:
            await deferLater(module.clock, module.settings.pdp_delay / 2)
        if context.state != state:
            return ERROR  # it was deactivated meanwhile
    network = module.network_state
    if not network.registered() or not network.attached or not context.apn:
        context.state = START
        return ERROR
    context.state = ACTIVE
    return OK


@CONTEXTS.add("+QILOCIP")
def qilocip(call: Call[GSMModule]) -> Outcome:
    """Tell the own address, in a bare line without a final result (chapter 3.1)."""
    module, context = call.module, call.module.stack.current
    if call.form in (Form.TEST, Form.READ):
        return OK
    if call.form is not Form.EXECUTE or not context.active:
        return ERROR
    context.state = ADDRESSED
    call.info(module.settings.address)
    return OK if "qilocip_ok" in module.quirks else SILENT


@CONTEXTS.add("+QIDEACT")
def qideact(call: Call[GSMModule]) -> Outcome:
    """Deactivate the context; its connections end."""
    module, stack = call.module, call.module.stack
    if call.form in (Form.TEST, Form.READ):
        return OK
    if call.form is not Form.EXECUTE or stack.current.state == INITIAL:
        return ERROR
    stack.current.state = INITIAL
    module.sockets.closed_by_host(stack.foreground)
    return DEACT_OK


@CONTEXTS.add("+QIDNSGIP", most=1)
def qidnsgip(call: Call[GSMModule]) -> Outcome:
    """Give the addresses of a name, in bare lines behind C{OK}."""
    if call.form in (Form.TEST, Form.READ):
        return OK
    host = call.string(0, MAX_ADDRESS)
    if call.form is not Form.WRITE or not host or not call.module.stack.current.active:
        return ERROR

    def done(code: int, address: str) -> None:
        call.port.unsolicited("ERROR" if code else address)

    look_up(call, host, _DNS_TIMEOUT, done)
    return OK


# 27.007


@PACKETS.add("+CGATT", most=1)
def cgatt(call: Call[GSMModule]) -> Outcome:
    """Attach to the packet domain, or detach."""
    state = call.module.network_state
    if call.form is Form.TEST:
        call.info("+CGATT: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CGATT: {int(state.registered() and state.attached)}")
        return OK
    value = call.integer(0, range(2))
    if call.form is not Form.WRITE or value is None:
        return cme(50)
    state.attached = bool(value)
    if not value:
        call.module.lose_pdp()
    return OK


@PACKETS.add("+CGDCONT", most=3)
def cgdcont(call: Call[GSMModule]) -> Outcome:
    """Define a PDP context of 27.007."""
    definitions = call.module.stack.definitions
    if call.form is Form.TEST:
        call.info(f'+CGDCONT: (1-{len(definitions)}),"IP",<apn>')
        return OK
    if call.form is Form.READ:
        for id, each in definitions.items():
            if each.apn or each.active:
                call.info(f'+CGDCONT: {id},"IP","{each.apn}"')
        return OK
    number = call.integer(0, range(1, len(definitions) + 1))
    kind = call.string(1) if len(call.fields) > 1 else "IP"
    apn = call.string(2, _APN) if len(call.fields) > 2 else ""
    if call.form is not Form.WRITE or number is None or apn is None or kind != "IP":
        return cme(50)
    definitions[number].apn = apn
    return OK


@PACKETS.add("+CGACT", most=2)
def cgact(call: Call[GSMModule]) -> Outcome:
    """List which PDP contexts of 27.007 are active; activate them."""
    module, stack = call.module, call.module.stack
    if call.form is Form.TEST:
        call.info("+CGACT: (0,1)")
        return OK
    if call.form is Form.READ:
        for id, each in stack.definitions.items():
            if each.apn or each.active:
                call.info(f"+CGACT: {id},{int(each.active)}")
        return OK
    state = call.integer(0, range(2))
    number = call.integer(1, range(1, len(stack.definitions) + 1), 1)
    if call.form is not Form.WRITE or state is None or number is None:
        return cme(50)
    if state and not (module.network_state.registered() and module.network_state.attached):
        return cme(30)
    if state and stack.contexts[number - 1].state not in (INITIAL, START, DEACTIVATED):
        return cme(3)  # AT+QIACT has it
    stack.definitions[number].active = bool(state)
    return OK
