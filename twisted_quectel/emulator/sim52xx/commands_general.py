"""What SIM52xx modules have of their own: identity, power, PDP context (public drivers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands import ERROR, NO_CARRIER, OK, Call, CommandSet, Form, Outcome, cme
from ..sockets import CONNECTED

if TYPE_CHECKING:
    from .module import SIM52xxModule

SIM_GENERAL: Final = CommandSet["SIM52xxModule"]()

_CONTEXTS: Final = range(1, 17)
_APN: Final = 100

#: Commands whose value is only kept: the range of each parameter, and the factory settings.
_HELD: Final = {
    "+CNMP": ((range(100),), "2"),
    "+CATR": ((range(4),), "0"),
    "+STK": ((range(3),), "1"),
    "+CSCLK": ((range(3),), "0"),
    "+CIPMODE": ((range(1),), "0"),
    "+CIPSENDMODE": ((range(2),), "0"),
    "+CIPHEAD": ((range(2),), "1"),
    "+CIPSRIP": ((range(2),), "0"),
    "+CSOCKSETPN": ((_CONTEXTS,), "1"),
    "+CIPTIMEOUT": ((range(3000, 120001),) * 3, "120000,120000,120000"),
    "+CIPCCFG": (
        (range(11), range(1001), range(2), range(2), range(2), range(2), range(500, 120001)),
        "10,0,0,0,1,0,75000",
    ),
}


@SIM_GENERAL.add("I")
def identify(call: Call[SIM52xxModule]) -> Outcome:
    """Tell maker, model, revision and serial number."""
    module = call.module
    if call.form is not Form.EXECUTE or call.raw not in (b"", b"0"):
        return ERROR
    call.info(f"Manufacturer: {module.maker}")
    call.info(f"Model: SIMCOM_{module.model}")
    call.info(f"Revision: {module.revision}")
    call.info(f"IMEI: {module.settings.imei}")
    call.info("+GCAP: +CGSM,+FCLASS,+DS")
    return OK


@SIM_GENERAL.add("+CGMM", "+GMM")
def model(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the model, in a bare line."""
    if call.form is Form.EXECUTE:
        call.info(f"SIMCOM_{call.module.model}")
    return OK if call.form in (Form.EXECUTE, Form.TEST) else ERROR


@SIM_GENERAL.add("+CICCID")
def iccid(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the SIM's number."""
    if call.form is not Form.EXECUTE or not call.module.settings.sim:
        return OK if call.form is Form.TEST else ERROR
    call.info(f"+ICCID: {call.module.settings.iccid}")
    return OK


@SIM_GENERAL.add("+SPIC")
def tries(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the tries that are left for PIN, PUK, PIN2 and PUK2."""
    state = call.module.network_state
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    if not call.module.settings.sim:
        return cme(10)
    call.info(f"+SPIC: {state.pin_tries},{state.puk_tries},3,10")
    return OK


@SIM_GENERAL.add("+CPOF", "+CRESET", "+REBOOT")
def power(call: Call[SIM52xxModule]) -> Outcome:
    """Switch the module off, or restart it."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    if call.name == "+CPOF":
        delay = module.settings.power_down_delay
        call.port.interpreter.after(lambda: module.later(delay, module.power_down))
    else:
        call.port.interpreter.after(lambda: module.later(0.0, module.restart))
    return OK


@SIM_GENERAL.add(*_HELD)
def held_value(call: Call[SIM52xxModule]) -> Outcome:
    """Keep values; parameters that are left out keep what they are."""
    ranges, factory = _HELD[call.name]
    values = call.module.values.get(call.name, factory).split(",")
    if call.form is Form.TEST:
        shown = ",".join(f"({each[0]}-{each[-1]})" for each in ranges)
        call.info(f"{call.name}: {shown}")
        return OK
    if call.form is Form.READ:
        call.info(f"{call.name}: {','.join(values)}")
        return OK
    if call.form is not Form.WRITE or len(call.fields) > len(ranges):
        return ERROR
    for index, field in enumerate(call.fields):
        if not field.text and not field.quoted and len(ranges) > 1:
            continue
        value = call.integer(index, ranges[index])
        if value is None:
            return ERROR
        values[index] = str(value)
    call.module.values[call.name] = ",".join(values)
    return OK


@SIM_GENERAL.add("+CGDCONT", "+CGSOCKCONT")
def context(call: Call[SIM52xxModule]) -> Outcome:
    """Set or list PDP contexts: of the module, of its sockets."""
    values, name = call.module.values, call.name
    if call.form is Form.TEST:
        call.info(f'{name}: (1-16),"IP",,,(0),(0)')
        return OK
    if call.form is Form.READ:
        for id in _CONTEXTS:
            if f"{name} {id}" in values:
                call.info(f"{name}: {values[f'{name} {id}']}")
        return OK
    number = call.integer(0, _CONTEXTS)
    if call.form is not Form.WRITE or number is None or len(call.fields) > 6:
        return ERROR
    if len(call.fields) == 1:
        values.pop(f"{name} {number}", None)
        return OK
    kind = (call.string(1) or "").upper()
    apn = call.string(2, _APN) if len(call.fields) > 2 else ""
    if kind != "IP" or apn is None:
        return ERROR
    values[f"{name} {number}"] = f'{number},"IP","{apn}","0.0.0.0",0,0'
    return OK


@SIM_GENERAL.add("+CSOCKAUTH", "+CGAUTH")
def authentication(call: Call[SIM52xxModule]) -> Outcome:
    """Set user and password of a PDP context; they are not told again."""
    if call.form is Form.TEST:
        call.info(f"{call.name}: (1-16),(0-2),64,64")
        return OK
    number, kind = call.integer(0, _CONTEXTS), call.integer(1, range(3))
    strings = [call.string(index, 64) for index in range(2, len(call.fields))]
    if (
        call.form is not Form.WRITE
        or number is None
        or kind is None
        or None in strings
        or len(strings) > 2
    ):
        return ERROR
    return OK


@SIM_GENERAL.add("+CGATT", "+CGACT")
def attachment(call: Call[SIM52xxModule]) -> Outcome:
    """Tell whether the module is attached; it attaches by itself."""
    module = call.module
    index = 0 if call.name == "+CGATT" else 1
    state = int(module.network_state.registered())
    if call.form is Form.TEST:
        call.info(f"{call.name}: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"{call.name}: {'1,' * index}{state}")
        return OK
    asked = call.integer(0, range(2)) if index == 0 or len(call.fields) == 2 else None
    if call.form is not Form.WRITE or asked is None or len(call.fields) > index + 1:
        return ERROR
    return OK if state else ERROR


@SIM_GENERAL.add("+CGPADDR", "+IPADDR")
def address(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the own address."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if call.form is Form.READ or not module.network_state.registered():
        return ERROR
    head = "+IPADDR: " if call.name == "+IPADDR" else "+CGPADDR: 1,"
    call.info(f"{head}{module.settings.address}")
    return OK


@SIM_GENERAL.add("O")
def ato(call: Call[SIM52xxModule]) -> Outcome:
    """Go back to data mode (chapter 4.7)."""
    session = call.port.interpreter.resumable
    if call.form is not Form.EXECUTE or call.raw not in (b"", b"0"):
        return ERROR
    if session is None or session.state != CONNECTED:
        return NO_CARRIER
    return call.port.interpreter.connect(session)
