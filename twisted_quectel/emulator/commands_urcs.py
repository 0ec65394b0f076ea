"""Where URCs go (AT Commands Manual, C{AT+QURCCFG})."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .commands import ERROR, OK, Call, CommandSet, Form, Outcome

if TYPE_CHECKING:
    from .module import LTEModule

URCS: Final = CommandSet["LTEModule"]()

URC_PORTS: Final = ("usbat", "usbmodem", "uart1", "uart2", "all")


@URCS.add("+QURCCFG")
def qurccfg(call: Call[LTEModule]) -> Outcome:
    """Set the port that URCs go to; it is saved."""
    module = call.module
    if call.form is Form.TEST:
        call.info('+QURCCFG: "urcport",("usbat","usbmodem","uart1","uart2","all")')
        return OK
    tag = (call.string(0) or "").lower()
    if call.form is not Form.WRITE or tag != "urcport" or len(call.fields) > 2:
        return ERROR
    if len(call.fields) == 1:
        call.info(f'+QURCCFG: "urcport","{module.urcport}"')
        return OK
    port = (call.string(1) or "").lower()
    if port not in URC_PORTS:
        return ERROR
    module.urcport = port
    return OK
