"""SIM, registration and clock (AT Commands Manual; 3GPP TS 27.007)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .commands import ERROR, OK, Call, CommandSet, Form, Outcome, cme

if TYPE_CHECKING:
    from .basemodule import Module

NETWORK: Final = CommandSet["Module"](refusal=cme(50))

#: A PIN or a PUK.
_CODE: Final = re.compile(r"\d{4,8}", re.ASCII)
_CLOCK: Final = re.compile(
    r"(\d\d|\d{4})/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)(?:([+-])(\d\d))?", re.ASCII
)


@NETWORK.add("+CPIN", most=2)
def cpin(call: Call[Module]) -> Outcome:
    """Tell whether a PIN is due; take it."""
    state = call.module.network_state
    if call.form is Form.TEST:
        return OK
    shown = state.sim_state()
    if not shown:
        return cme(10)
    if call.form is Form.READ:
        call.info(f"+CPIN: {shown}")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    codes = [field.string() for field in call.fields]
    if not all(_CODE.fullmatch(code) for code in codes):
        return cme(50)
    if shown == "SIM PIN" and len(codes) == 1:
        if state.enter_pin(codes[0]):
            return OK
        return cme(16 if state.pin_tries else 12)
    if shown == "SIM PUK" and len(codes) == 2:
        if not state.puk_tries:
            return cme(13)  # it is blocked for good
        return OK if state.enter_puk(codes[0], codes[1]) else cme(16)
    return cme(3)


@NETWORK.add("+QPINC", most=1)
def qpinc(call: Call[Module]) -> Outcome:
    """Tell the tries that are left for PIN and PUK."""
    state = call.module.network_state
    if call.form is Form.TEST:
        call.info('+QPINC: ("SC","P2")')
        return OK
    if not call.module.settings.sim:
        return cme(10)
    if call.form is Form.WRITE:
        facility = (call.string(0) or "").upper()
        if facility not in ("SC", "P2"):
            return ERROR
        wanted = [facility]
    else:
        wanted = ["SC", "P2"]
    for facility in wanted:
        pin, puk = (state.pin_tries, state.puk_tries) if facility == "SC" else (3, 10)
        call.info(f'+QPINC: "{facility}",{pin},{puk}')
    return OK


@NETWORK.add("+CLCK", most=4)
def clck(call: Call[Module]) -> Outcome:
    """Lock the SIM with its PIN, unlock it, ask."""
    state = call.module.network_state
    if call.form is Form.TEST:
        call.info('+CLCK: ("SC")')
        return OK
    mode = call.integer(1, range(3))
    if call.form is not Form.WRITE or (call.string(0) or "").upper() != "SC" or mode is None:
        return cme(50)
    if not call.module.settings.sim:
        return cme(10)
    if mode == 2:
        call.info(f"+CLCK: {int(state.pin_enabled)}")
        return OK
    pin = call.string(2) or ""
    if not _CODE.fullmatch(pin):
        return cme(50)
    if not state.pin_tries:
        return cme(12)
    if not state.try_pin(pin):
        return cme(16 if state.pin_tries else 12)
    state.pin_enabled = bool(mode)
    return OK


@NETWORK.add("+CREG", "+CGREG", "+CEREG", most=1)
def registration(call: Call[Module]) -> Outcome:
    """Tell the registration; switch its URCs."""
    state = call.module.network_state
    if call.form is Form.TEST:
        call.info(f"{call.name}: (0-2)")
        return OK
    n = state.reports[call.name]
    if call.form is Form.READ:
        call.info(f"{call.name}: {n},{state.line(call.name, n)}")
        return OK
    value = call.integer(0, range(3), 0)
    if call.form is not Form.WRITE or value is None:
        return cme(50)
    state.reports[call.name] = value
    return OK


@NETWORK.add("+CSQ")
def csq(call: Call[Module]) -> Outcome:
    """Tell the signal."""
    if call.form is Form.TEST:
        call.info("+CSQ: (0-31,99,100-191,199),(0-7,99)")
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    served = call.module.network_state.registered()
    call.info(f"+CSQ: {call.module.settings.signal if served else 99},99")
    return OK


@NETWORK.add("+COPS", most=4)
def cops(call: Call[Module]) -> Outcome:
    """Tell the operator."""
    module = call.module
    name = module.settings.operator
    if call.form is Form.TEST:
        call.info(f'+COPS: (2,"{name}","{name}","46001",7),,(0-4),(0-2)')
        return OK
    if call.form is Form.READ:
        if module.network_state.registered():
            call.info(f'+COPS: 0,0,"{name}",7')
        else:
            call.info("+COPS: 0")
        return OK
    mode, format = call.integer(0, range(5)), call.integer(1, range(3), 0)
    if call.form is not Form.WRITE or mode is None or format is None:
        return ERROR
    return OK


@NETWORK.add("+QNWINFO")
def qnwinfo(call: Call[Module]) -> Outcome:
    """Tell technology and band."""
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    if call.module.network_state.registered():
        call.info('+QNWINFO: "FDD LTE","46001","LTE BAND 3",1650')
    else:
        call.info("+QNWINFO: No Service")
    return OK


@NETWORK.add("+CIMI", "+QCCID", "+ICCID", "+QINISTAT")
def sim_identity(call: Call[Module]) -> Outcome:
    """Tell the SIM's numbers and how far its initialisation is."""
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    state, settings = call.module.network_state, call.module.settings
    ready = state.sim_state() == "READY"
    if call.name == "+QINISTAT":
        call.info(f"+QINISTAT: {7 if ready else 0}")
        return OK
    if not settings.sim:
        return cme(10)
    if call.name == "+CIMI":
        if not ready:
            return cme(11)
        call.info(settings.imsi)
        return OK
    call.info(f"{call.name}: {settings.iccid}")
    return OK


# the clock


@NETWORK.add("+CCLK", most=1)
def cclk(call: Call[Module]) -> Outcome:
    """Read and set the clock."""
    clock = call.module.time
    if call.form is Form.TEST:
        return OK
    if call.form is Form.READ:
        call.info(f'+CCLK: "{clock.local():%y/%m/%d,%H:%M:%S}{clock.quarters:+03d}"')
        return OK
    match = _CLOCK.fullmatch(call.string(0) or "")
    if call.form is not Form.WRITE or match is None or len(call.fields) != 1:
        return cme(50)
    year, month, day, hour, minute, second = (int(text) for text in match.groups()[:6])
    quarters = int(match[8] or 0) * (-1 if match[7] == "-" else 1)
    if year < 100:
        year += 1900 if year >= 80 else 2000
    if not -48 <= quarters <= 56:
        return cme(50)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return cme(50)
    clock.set(local, quarters)
    call.module.time_set()
    return OK


@NETWORK.add("+QLTS", most=1)
def qlts(call: Call[Module]) -> Outcome:
    """Tell the time that the network told: then, now, or now where the module is."""
    if call.form is Form.TEST:
        call.info("+QLTS: (0-2)")
        return OK
    mode = call.integer(0, range(3), 0)
    if call.form is Form.READ or mode is None:
        return ERROR
    module, state = call.module, call.module.network_state
    if not module.settings.time_known or not state.registered():
        call.info('+QLTS: ""')
        return OK
    clock = state.time
    shown = (state.told, clock.now(), clock.local())[mode]
    year = "%y" if "two_digit_qlts" in module.quirks else "%Y"
    call.info(f'+QLTS: "{shown.strftime(year + "/%m/%d,%H:%M:%S")}{clock.quarters:+03d},0"')
    return OK
