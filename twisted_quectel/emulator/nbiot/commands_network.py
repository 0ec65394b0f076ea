"""Registration and packet data connection of a BC660K-GL (AT Commands Manual; 27.007)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands import OK, Call, CommandSet, Form, Outcome, cme

if TYPE_CHECKING:
    from .module import NBIoTModule

OWN_NETWORK: Final = CommandSet["NBIoTModule"](refusal=cme(50))

_KINDS: Final = ("IP", "IPV6", "IPV4V6")
_APN: Final = 99
_SECRET: Final = 64


@OWN_NETWORK.add("+CEREG", most=1)
def cereg(call: Call[NBIoTModule]) -> Outcome:
    """Tell the registration; switch its URCs.  More than 2 adds what is not emulated."""
    state = call.module.network_state
    if call.form is Form.TEST:
        call.info("+CEREG: (0-5)")
        return OK
    n = state.reports["+CEREG"]
    if call.form is Form.READ:
        call.info(f"+CEREG: {n},{state.line('+CEREG', n)}")
        return OK
    value = call.integer(0, range(6), 0)
    if call.form is not Form.WRITE or value is None:
        return cme(50)
    state.reports["+CEREG"] = value
    return OK


@OWN_NETWORK.add("+CGATT", most=1)
def cgatt(call: Call[NBIoTModule]) -> Outcome:
    """Tell whether it is attached; attach, detach."""
    module = call.module
    state = module.network_state
    if call.form is Form.TEST:
        call.info("+CGATT: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CGATT: {int(state.attached and state.registered())}")
        return OK
    value = call.integer(0, range(2))
    if call.form is not Form.WRITE or value is None:
        return cme(50)
    if not value:
        module.sockets.pdp_lost(0)
    state.attached = module.pdp.wanted = bool(value)
    return OK


@OWN_NETWORK.add("+CGACT", most=2)
def cgact(call: Call[NBIoTModule]) -> Outcome:
    """Tell whether the packet data connection is up; switch it."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+CGACT: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CGACT: 0,{int(module.pdp.active())}")
        return OK
    value = call.integer(0, range(2))
    id = call.integer(1, module.pdp.ids, 0)
    if call.form is not Form.WRITE or value is None or id is None:
        return cme(50)
    if value and not (module.network_state.registered() and module.network_state.attached):
        return cme(30)
    if not value:
        module.sockets.pdp_lost(0)
    module.pdp.wanted = bool(value)
    return OK


@OWN_NETWORK.add("+CGPADDR", most=1)
def cgpaddr(call: Call[NBIoTModule]) -> Outcome:
    """Tell the address."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        call.info("+CGPADDR: (0)")
        return OK
    if call.form is Form.READ or call.integer(0, pdp.ids, 0) is None:
        return cme(50)
    address = pdp.address()
    call.info(f'+CGPADDR: 0,"{address}"' if address else "+CGPADDR: 0")
    return OK


@OWN_NETWORK.add("+CGDCONT", most=6)
def cgdcont(call: Call[NBIoTModule]) -> Outcome:
    """Tell the packet data connection; C{AT+QCGDEFCONT} sets it."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        for kind in _KINDS:
            call.info(f'+CGDCONT: (0),"{kind}",,,(0),(0)')
        return OK
    if call.form is not Form.READ:
        return cme(50)
    call.info(f'+CGDCONT: 0,"{pdp.kind}","{pdp.apn}","{pdp.address()}",0,0')
    return OK


@OWN_NETWORK.add("+QCGDEFCONT", most=5)
def qcgdefcont(call: Call[NBIoTModule]) -> Outcome:
    """Set type, APN, user, password and authentication of the default connection; it is saved.

    It holds from the next attach on.
    """
    pdp = call.module.pdp
    if call.form is Form.TEST:
        shown = ",".join(f'"{kind}"' for kind in _KINDS)
        call.info(f"+QCGDEFCONT: ({shown}),<APN>,<username>,<password>,(0-2)")
        return OK
    if call.form is Form.READ:
        line = f'+QCGDEFCONT: "{pdp.kind}"'
        if pdp.apn:
            line += f',"{pdp.apn}"'
        if pdp.user:
            line += f',"{pdp.user}","{pdp.password}",{pdp.authentication}'
        call.info(line)
        return OK
    kind = (call.string(0) or "").upper()
    given = len(call.fields)
    apn = call.string(1, _APN) if given > 1 else ""
    user = call.string(2, _SECRET) if given > 2 else ""
    password = call.string(3, _SECRET) if given > 3 else ""
    authentication = call.integer(4, range(3), 1 if user else 0)
    if call.form is not Form.WRITE or kind not in _KINDS or given == 3:
        return cme(50)
    if apn is None or user is None or password is None or authentication is None:
        return cme(50)
    pdp.kind, pdp.apn = kind, apn
    pdp.user, pdp.password, pdp.authentication = user, password, authentication
    return OK


@OWN_NETWORK.add("+CIPCA", most=2)
def cipca(call: Call[NBIoTModule]) -> Outcome:
    """Attach with or without packet data connection; it is only kept."""
    saved = call.module.saved
    if call.form is Form.TEST:
        call.info("+CIPCA: (3),(0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CIPCA: 3,{saved.get('cipca', 0)}")
        return OK
    n, without = call.integer(0, range(3, 4)), call.integer(1, range(2), 0)
    if call.form is not Form.WRITE or n is None or without is None:
        return cme(50)
    saved["cipca"] = without
    return OK


@OWN_NETWORK.add("+CSCON", most=1)
def cscon(call: Call[NBIoTModule]) -> Outcome:
    """Tell whether the radio is connected: it is idle."""
    values = call.module.values
    if call.form is Form.TEST:
        call.info("+CSCON: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CSCON: {values.get('+CSCON', '0')},0")
        return OK
    n = call.integer(0, range(2), 0)
    if call.form is not Form.WRITE or n is None:
        return cme(50)
    values["+CSCON"] = str(n)
    return OK


@OWN_NETWORK.add("+QENG", most=1)
def qeng(call: Call[NBIoTModule]) -> Outcome:
    """Tell the serving cell: channel, cell, RSRP, RSRQ, RSSI, SINR, band, area and more."""
    if call.form is Form.TEST:
        call.info("+QENG: (0-2)")
        return OK
    if call.form is not Form.WRITE or call.integer(0, range(3)) is None:
        return cme(50)
    if call.module.network_state.registered() and call.integer(0, range(3)) == 0:
        call.info('+QENG: 0,3738,2,101,"0B2C3D4E",-84,-11,-73,7,8,"1A2B",0,-5,2')
    return OK


@OWN_NETWORK.add("+COPS", most=4)
def cops(call: Call[NBIoTModule]) -> Outcome:
    """Tell the operator."""
    module = call.module
    name = module.settings.operator
    if call.form is Form.TEST:
        call.info(f'+COPS: (2,"{name}","{name}","46001",9),,(0-2),(0,2)')
        return OK
    if call.form is Form.READ:
        served = module.network_state.registered()
        call.info('+COPS: 0,2,"46001",9' if served else "+COPS: 0")
        return OK
    mode, form = call.integer(0, range(4)), call.integer(1, range(3), 0)
    return OK if call.form is Form.WRITE and mode is not None and form is not None else cme(50)
