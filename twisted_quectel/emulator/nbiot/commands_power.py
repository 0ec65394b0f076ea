"""Sleep, restart and clock of a BC660K-GL (AT Commands Manual)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ...tables.nbiot import SLEEP_LOCK_TIMES, SLEEP_MODES
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome, cme
from ..commands_network import NETWORK

if TYPE_CHECKING:
    from .module import NBIoTModule

POWER: Final = CommandSet["NBIoTModule"](refusal=cme(50))

#: 3GPP TS 24.008, tables 10.5.163 and 10.5.163a: seconds of the units of both timers.
_T3324_UNITS: Final = {0: 2, 1: 60, 2: 360}
_TIMER: Final = re.compile(r"[01]{8}", re.ASCII)
#: Tags of C{AT+QCFG} that are about sleep, and what they take.
_SLEEP_TAGS: Final = {
    "slplocktimes": SLEEP_LOCK_TIMES,
    "dsevent": range(2),
    "wakeuprxd": range(2),
}
_PRINTED: Final = {"wakeuprxd": "wakeupRXD"}
#: Vendor settings that hosts set besides; they are only kept.
_KEPT_TAGS: Final = {
    "epco": ("EPCO", range(2), 1),
    "datainacttimer": ("DataInactTimer", range(256), 60),
    "oosscheme": ("OOSScheme", range(4), 0),
    "relversion": ("relversion", range(13, 15), 13),
    "nbcategory": ("NBcategory", range(1, 3), 2),
    "macrai": ("MacRAI", range(2), 0),
}


@POWER.add("+QSCLK", most=1)
def qsclk(call: Call[NBIoTModule]) -> Outcome:
    """Set the sleep: 0 none, 1 light and deep, 2 light; it is not saved."""
    sleep = call.module.sleep
    if call.form is Form.TEST:
        call.info("+QSCLK: (0-2)")
        return OK
    if call.form is Form.READ:
        call.info(f"+QSCLK: {sleep.mode}")
        return OK
    mode = call.integer(0, SLEEP_MODES)
    if call.form is not Form.WRITE or mode is None:
        return cme(50)
    sleep.set_mode(mode)
    return OK


@POWER.add("+QCFG")
def qcfg(call: Call[NBIoTModule]) -> Outcome:
    """Vendor settings; they are saved."""
    module, sleep = call.module, call.module.sleep
    if call.form is Form.TEST:
        for tag, allowed in _SLEEP_TAGS.items():
            call.info(f'+QCFG: "{_PRINTED.get(tag, tag)}",({allowed[0]}-{allowed[-1]})')
        for shown, allowed, _ in _KEPT_TAGS.values():
            call.info(f'+QCFG: "{shown}",({allowed[0]}-{allowed[-1]})')
        return OK
    given = call.string(0) or ""
    tag = given.lower()
    if call.form is not Form.WRITE or len(call.fields) > 2:
        return cme(50)
    if tag in _KEPT_TAGS:
        shown, allowed, default = _KEPT_TAGS[tag]
        current = module.saved.get(tag, default)
    elif tag in _SLEEP_TAGS:
        shown, allowed = _PRINTED.get(tag, tag), _SLEEP_TAGS[tag]
        current = {
            "slplocktimes": sleep.lock_time,
            "dsevent": int(sleep.deep_told),
            "wakeuprxd": int(sleep.wakes_by_uart),
        }[tag]
    else:
        return cme(50)
    if len(call.fields) == 1:
        call.info(f'+QCFG: "{shown}",{current}')
        return OK
    value = call.integer(1, allowed)
    if value is None:
        return cme(50)
    if tag == "slplocktimes":
        sleep.lock_time = value
        sleep.watch()
    elif tag == "dsevent":
        sleep.deep_told = bool(value)
    elif tag == "wakeuprxd":
        sleep.wakes_by_uart = bool(value)
    else:
        module.saved[tag] = value
    return OK


@POWER.add("+QNBIOTEVENT", most=2)
def qnbiotevent(call: Call[NBIoTModule]) -> Outcome:
    """Switch the URCs of power saving; it is saved."""
    sleep = call.module.sleep
    if call.form is Form.TEST:
        call.info("+QNBIOTEVENT: (0,1),(1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+QNBIOTEVENT: {int(sleep.psm_told)},1")
        return OK
    on, event = call.integer(0, range(2)), call.integer(1, range(1, 2), 1)
    if call.form is not Form.WRITE or on is None or event is None:
        return cme(50)
    sleep.psm_told = bool(on)
    return OK


@POWER.add("+CPSMS", most=5)
def cpsms(call: Call[NBIoTModule]) -> Outcome:
    """Switch power saving, and ask for its active time (27.007, 7.38); the network grants it."""
    module, sleep = call.module, call.module.sleep
    if call.form is Form.TEST:
        call.info('+CPSMS: (0-2),,,("00000000"-"11111111"),("00000000"-"11111111")')
        return OK
    if call.form is Form.READ:
        call.info(f"+CPSMS: {int(sleep.active_time is not None)}")
        return OK
    mode = call.integer(0, range(3))
    if call.form is not Form.WRITE or mode is None:
        return cme(50)
    active: float | None = module.settings.active_time
    for index in (3, 4):
        if index < len(call.fields) and not _TIMER.fullmatch(call.fields[index].string()):
            return cme(50)
    if len(call.fields) > 4:
        bits = call.fields[4].string()
        unit = _T3324_UNITS.get(int(bits[:3], 2))
        active = None if bits[:3] == "111" else float((unit or 60) * int(bits[3:], 2))
    sleep.active_time = active if mode == 1 else None
    sleep.watch()
    return OK


@POWER.add("+QRST", most=1)
def qrst(call: Call[NBIoTModule]) -> Outcome:
    """Restart the module."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QRST: (1)")
        return OK
    if call.form is not Form.WRITE or call.integer(0, range(1, 2)) is None:
        return ERROR
    call.port.interpreter.after(lambda: module.later(0.0, module.restart))
    return OK


@POWER.add("+CCLK", most=1)
def cclk(call: Call[NBIoTModule]) -> Outcome:
    """Read and set the clock."""
    if call.form is Form.READ and "cclk_unquoted" in call.module.quirks:
        clock = call.module.time
        call.info(f"+CCLK: {clock.local():%y/%m/%d,%H:%M:%S}{clock.quarters:+03d}")
        return OK
    outcome = NETWORK["+CCLK"](call)
    assert isinstance(outcome, Outcome)
    return outcome
