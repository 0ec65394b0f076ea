"""PDP contexts and C{AT+QIGETERROR} (TCP/IP Application Note, chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.task import deferLater

from ..tables.lte import RESULT_CODES
from .commands import ERROR, OK, Call, CommandSet, Form, Outcome, cme
from .network import is_literal
from .pdp import NO_DNS, PDPContext

if TYPE_CHECKING:
    from .module import LTEModule

PDP: Final = CommandSet["LTEModule"](refusal=cme(50))

_KINDS: Final = {"IP": 1, "IPV6": 2, "IPV4V6": 3}
_KIND_NAMES: Final = {number: name for name, number in _KINDS.items()}
_APN: Final = 100
_SECRET: Final = 64


@PDP.add("+QICSGP")
def qicsgp(call: Call[LTEModule]) -> Outcome:
    """Set or query a PDP context: APN, user, password, authentication."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        call.info(f"+QICSGP: (1-{pdp.highest}),(1-3),<APN>,<username>,<password>,(0-2)")
        return OK
    id = call.integer(0, pdp.ids)
    if call.form is not Form.WRITE or id is None:
        return call.fail(552)
    context = pdp[id]
    if len(call.fields) == 1:
        call.info(
            f'+QICSGP: {context.kind},"{context.apn}","{context.user}",'
            f'"{context.password}",{context.authentication}'
        )
        return OK
    kind = call.integer(1, range(1, 4))
    apn = call.string(2, _APN)
    fields = len(call.fields)
    user = call.string(3, _SECRET) if fields > 3 else ""
    if fields == 5 and not call.fields[4].quoted:
        # chapter 3.1.1 of the SSL note: one string fewer, then the authentication
        password, authentication = "", call.integer(4, range(3))
    else:
        password_given = call.string(4, _SECRET) if fields > 4 else ""
        authentication = call.integer(5, range(3), 0)
        if password_given is None:
            return call.fail(552)
        password = password_given
    if kind is None or apn is None or user is None or authentication is None or fields > 6:
        return call.fail(552)
    context.kind, context.apn = kind, apn
    context.user, context.password, context.authentication = user, password, authentication
    return OK


@PDP.add("+QIACT")
async def qiact(call: Call[LTEModule]) -> Outcome:
    """Activate a PDP context, or list the active ones."""
    module, pdp = call.module, call.module.pdp
    if call.form is Form.TEST:
        call.info(f"+QIACT: (1-{pdp.highest})")
        return OK
    if call.form is Form.READ:
        for id in pdp.ids:
            if pdp.active(id):
                address = ",".join(
                    f'"{part}"' for part in pdp.address(id, module.settings.address).split(",")
                )
                call.info(f"+QIACT: {id},1,{pdp[id].kind},{address}")
        return OK
    id_given = call.integer(0, pdp.ids)
    if call.form is not Form.WRITE or id_given is None or len(call.fields) != 1:
        return call.fail(552)
    context = pdp[id_given]
    if context.active:
        return call.fail(572)
    if module.settings.pdp_delay > 0:
        await deferLater(module.clock, module.settings.pdp_delay)
    if not module.network_state.registered():
        return call.fail(561)
    context.active = True
    return OK


@PDP.add("+QIDEACT")
def qideact(call: Call[LTEModule]) -> Outcome:
    """Deactivate a PDP context; its connections end."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+QIDEACT: (1-{module.pdp.highest})")
        return OK
    id = call.integer(0, module.pdp.ids)
    if call.form is not Form.WRITE or id is None or len(call.fields) != 1:
        return call.fail(552)
    module.pdp[id].active = False
    module.sockets.pdp_closed(id)
    return OK


@PDP.add("+QIDNSCFG")
def qidnscfg(call: Call[LTEModule]) -> Outcome:
    """Set or query the name servers of a PDP context."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        call.info(f"+QIDNSCFG: (1-{pdp.highest}),<pridnsaddr>,<secdnsaddr>")
        return OK
    id = call.integer(0, pdp.ids)
    if call.form is not Form.WRITE or id is None or len(call.fields) > 3:
        return call.fail(552)
    context = pdp[id]
    if len(call.fields) == 1:
        own, given = (context.primary_dns, context.secondary_dns), call.module.settings.dns
        # what was not set comes from the network, with the activation
        shown = [
            b if context.active and a == NO_DNS else a for a, b in zip(own, given, strict=True)
        ]
        call.info(f'+QIDNSCFG: {id},"{shown[0]}","{shown[1]}"')
        return OK
    primary = call.string(1, 64)
    secondary = call.string(2, 64) if len(call.fields) > 2 else context.secondary_dns
    if not (primary and secondary and is_literal(primary) and is_literal(secondary)):
        return call.fail(552)
    context.primary_dns, context.secondary_dns = primary, secondary
    return OK


@PDP.add("+QIGETERROR")
def qigeterror(call: Call[LTEModule]) -> Outcome:
    """Tell the result code of the last SSL or TCP/IP command."""
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    code = call.module.last_error
    call.info(f"+QIGETERROR: {code},{RESULT_CODES.get(code, 'Unknown error')}")
    return OK


# 27.007


@PDP.add("+CGDCONT", most=6)
def cgdcont(call: Call[LTEModule]) -> Outcome:
    """Define a PDP context."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        for name in _KINDS:
            call.info(f'+CGDCONT: (1-{pdp.highest}),"{name}",,,(0-2),(0-4)')
        return OK
    if call.form is Form.READ:
        for id in pdp.ids:
            context = pdp[id]
            if context.apn or context.active:
                call.info(f'+CGDCONT: {id},"{_KIND_NAMES[context.kind]}","{context.apn}","",0,0')
        return OK
    id_given = call.integer(0, pdp.ids)
    data, header = call.integer(4, range(3), 0), call.integer(5, range(5), 0)
    if call.form is not Form.WRITE or id_given is None or data is None or header is None:
        return cme(50)
    if len(call.fields) == 1:
        pdp[id_given].apn = ""
        return OK
    kind = _KINDS.get((call.string(1) or "").upper())
    apn = call.string(2, _APN) if len(call.fields) > 2 else ""
    if kind is None or apn is None:
        return cme(50)
    pdp[id_given].kind, pdp[id_given].apn = kind, apn
    return OK


@PDP.add("+CGACT", most=2)
def cgact(call: Call[LTEModule]) -> Outcome:
    """List which PDP contexts are active; activate them."""
    module, pdp = call.module, call.module.pdp
    if call.form is Form.TEST:
        call.info("+CGACT: (0,1)")
        return OK
    if call.form is Form.READ:
        for id in pdp.ids:
            if pdp[id].apn or pdp[id].active:
                call.info(f"+CGACT: {id},{int(pdp[id].active)}")
        return OK
    state, id_given = call.integer(0, range(2)), call.integer(1, pdp.ids, 1)
    if call.form is not Form.WRITE or state is None or id_given is None:
        return cme(50)
    if state and not module.network_state.registered():
        return cme(30)
    pdp[id_given].active = bool(state)
    if not state:
        module.sockets.pdp_closed(id_given)
    return OK


@PDP.add("+CGPADDR", most=1)
def cgpaddr(call: Call[LTEModule]) -> Outcome:
    """Tell the addresses of PDP contexts."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        call.info(f"+CGPADDR: (1-{pdp.highest})")
        return OK
    if call.form is Form.READ:
        return ERROR
    wanted = range(1, pdp.highest + 1)
    if call.form is Form.WRITE:
        id_given = call.integer(0, pdp.ids)
        if id_given is None:
            return cme(50)
        wanted = range(id_given, id_given + 1)
    for id in wanted:
        context: PDPContext = pdp[id]
        if context.active:
            call.info(f'+CGPADDR: {id},"{pdp.address(id, call.module.settings.address)}"')
        elif context.apn:
            call.info(f'+CGPADDR: {id},""')
    return OK


@PDP.add("+CGATT", most=1)
def cgatt(call: Call[LTEModule]) -> Outcome:
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
