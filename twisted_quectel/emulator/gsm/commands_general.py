"""What GSM modules answer otherwise than LTE modules to general commands, and C{ATO}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands import ERROR, NO_CARRIER, OK, Call, CommandSet, Form, Handler, Outcome, cme
from ..commands_general import GENERAL as SHARED_GENERAL
from ..commands_network import NETWORK as SHARED_NETWORK
from ..sockets import CONNECTED

if TYPE_CHECKING:
    from ..basemodule import Module
    from .module import GSMModule

#: General commands that only newer modules have.
_ABSENT: Final = frozenset({"+QCFG", "+CEREG", "+QNWINFO", "+ICCID"})

SHARED: Final[dict[str, Handler[Module]]] = {
    name: handler
    for name, handler in {**SHARED_GENERAL, **SHARED_NETWORK}.items()
    if name not in _ABSENT
}

GENERAL: Final = CommandSet["GSMModule"](refusal=cme(50))


@GENERAL.add("+CSQ")
def csq(call: Call[GSMModule]) -> Outcome:
    """Tell the signal."""
    if call.form is Form.TEST:
        call.info("+CSQ: (0-31,99),(0-7,99)")
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    served = call.module.network_state.registered()
    call.info(f"+CSQ: {call.module.settings.signal if served else 99},99")
    return OK


@GENERAL.add("+COPS", most=3)
def cops(call: Call[GSMModule]) -> Outcome:
    """Tell the operator; there is but one technology."""
    module = call.module
    name = module.settings.operator
    if call.form is Form.TEST:
        call.info(f'+COPS: (2,"{name}","{name}","46001"),,(0-4),(0-2)')
        return OK
    if call.form is Form.READ:
        known = module.network_state.registered()
        call.info(f'+COPS: 0,0,"{name}"' if known else "+COPS: 0")
        return OK
    mode, format = call.integer(0, range(5)), call.integer(1, range(3), 0)
    return ERROR if call.form is not Form.WRITE or mode is None or format is None else OK


@GENERAL.add("O")
def ato(call: Call[GSMModule]) -> Outcome:
    """Resume the transparent connection that was left last."""
    port = call.port
    socket = port.interpreter.resumable
    if call.form is not Form.EXECUTE or call.raw not in (b"", b"0"):
        return ERROR
    if socket is None or socket.state != CONNECTED:
        return NO_CARRIER
    return ERROR if socket.online() else port.interpreter.connect(socket)
