"""V.250 and the general commands of the AT Commands Manual: line, identity, power."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .commands import ERROR, NO_CARRIER, OK, Call, CommandSet, Form, Outcome, cme
from .port import S_DEFAULTS, PortSettings

if TYPE_CHECKING:
    from .basemodule import Module

GENERAL: Final = CommandSet["Module"]()

BAUDRATES: Final = (
    4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1000000,
    2000000, 3000000, 3500000, 4000000,
)  # fmt: skip


@dataclass(frozen=True)
class _Held:
    """A command that only holds a value.

    @ivar shown: what its test form shows.
    @ivar default: factory setting.
    @ivar allowed: the numbers that each parameter takes; none for a string.
    """

    shown: str
    default: str
    allowed: tuple[tuple[int, ...], ...] = ()


_VALUES: Final = {
    "+CSCS": _Held('("GSM","IRA","UCS2")', "GSM"),
    "+IFC": _Held("(0,2),(0,2)", "0,0", ((0, 2), (0, 2))),
    "+ICF": _Held("(3),(0-3)", "3,3", ((3,), (0, 1, 2, 3))),
    "+CTZU": _Held("(0,1,3)", "0", ((0, 1, 3),)),
    "+CTZR": _Held("(0-2)", "0", ((0, 1, 2),)),
    "+CMGF": _Held("(0,1)", "0", ((0, 1),)),
    "+QSCLK": _Held("(0,1)", "0", ((0, 1),)),
    "+CRC": _Held("(0,1)", "0", ((0, 1),)),
}

#: Tags of C{AT+QCFG}: factory setting, what the test form shows, what is taken.
_QCFG: Final = {
    "cmux/urcport": ("0", "(0-4)", re.compile(r"[0-4]")),
    "nwscanmode": ("0", "(0-3),(0,1)", re.compile(r"([0-3])(?:,[01])?")),
    "urc/ri/other": (
        '"pulse",120,1',
        '("off","pulse"),(1-2000),(1-5)',
        re.compile(r'"(?:off|pulse)"(?:,(?:[1-9]\d{0,2}|1\d{3}|2000)(?:,[1-5])?)?'),
    ),
}

_RANGES: Final = {
    0: range(256), 3: range(128), 4: range(128), 5: range(128), 6: range(2, 11),
    7: range(256), 8: range(1, 256), 10: range(1, 255), 12: range(10, 251),
}  # fmt: skip


def _digit(call: Call[Module], highest: int) -> int | None:
    if call.form is not Form.EXECUTE:
        return None
    value = int(call.raw or b"0")
    return value if value <= highest else None


@GENERAL.add("E", "V", "Q", "X", "&C", "&D")
def line_setting(call: Call[Module]) -> Outcome:
    """Echo, form of results, quiet, DCD and DTR."""
    highest = {"E": 1, "V": 1, "Q": 1, "X": 4, "&C": 1, "&D": 2}[call.name]
    value = _digit(call, highest)
    if value is None:
        return ERROR
    settings = call.port.settings
    if call.name == "E":
        settings.echo = bool(value)
    elif call.name == "V":
        settings.verbose = bool(value)
    elif call.name == "Q":
        settings.quiet = bool(value)
    elif call.name == "X":
        settings.x = value
    elif call.name == "&C":
        settings.c = value
    else:
        settings.d = value
    return OK


@GENERAL.add("&F", "Z")
def factory(call: Call[Module]) -> Outcome:
    """Go back to the factory settings of the line; the speed stays."""
    if _digit(call, 0) is None:
        return ERROR
    call.port.settings = PortSettings()
    call.module.network_state.forget_reports()
    return OK


@GENERAL.add("&W", "H", "L", "M")
def accepted(call: Call[Module]) -> Outcome:
    """Store the profile, hang up a voice call, loudspeaker: nothing to do."""
    highest = {"&W": 0, "H": 0, "L": 3, "M": 2}[call.name]
    return ERROR if _digit(call, highest) is None else OK


@GENERAL.add("D")
def dial(call: Call[Module]) -> Outcome:
    """There is nobody to call."""
    return NO_CARRIER


@GENERAL.add(*(f"S{number}" for number in S_DEFAULTS))
def s_parameter(call: Call[Module]) -> Outcome:
    """Read and set an S-parameter."""
    number = int(call.name[1:])
    settings = call.port.settings
    if call.form is Form.READ:
        call.info(f"{settings.s[number]:03d}")
        return OK
    if call.form is Form.TEST:
        allowed = _RANGES[number]
        call.info(f"({allowed[0]}-{allowed[-1]})")
        return OK
    value = int(call.raw)
    if value not in _RANGES[number]:
        return ERROR
    settings.s[number] = value
    return OK


@GENERAL.add("I")
def identify(call: Call[Module]) -> Outcome:
    """Tell maker, model and revision."""
    if _digit(call, 9) is None:
        return ERROR
    call.info(call.module.maker)
    call.info(call.module.product)
    call.info(f"Revision: {call.module.revision}")
    return OK


@GENERAL.add("+CGMI", "+GMI", "+CGMM", "+GMM", "+CGMR", "+GMR", "+CGSN", "+GSN")
def identity(call: Call[Module]) -> Outcome:
    """Tell one thing about the module, in a bare line."""
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    settings = call.module.settings
    which = call.name.removeprefix("+C").removeprefix("+")
    call.info(
        {
            "GMI": call.module.maker,
            "GMM": call.module.product,
            "GMR": call.module.revision,
            "GSN": settings.imei,
        }[which]
    )
    return OK


@GENERAL.add("+CMEE", most=1)
def cmee(call: Call[Module]) -> Outcome:
    """Set the form of C{+CME ERROR}."""
    if call.form is Form.TEST:
        call.info("+CMEE: (0-2)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CMEE: {call.port.settings.cmee}")
        return OK
    value = call.integer(0, range(3), 0)
    if call.form is not Form.WRITE or value is None:
        return ERROR
    call.port.settings.cmee = value
    return OK


@GENERAL.add(*_VALUES)
def held_value(call: Call[Module]) -> Outcome:
    """Commands whose value is only kept."""
    held = _VALUES[call.name]
    values = call.module.values
    if call.form is Form.TEST:
        call.info(f"{call.name}: {held.shown}")
        return OK
    if call.form is Form.READ:
        value = values.get(call.name, held.default)
        call.info(f"{call.name}: {value}" if held.allowed else f'{call.name}: "{value}"')
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    if not call.fields or len(call.fields) > max(1, len(held.allowed)):
        return cme(50)
    if held.allowed:
        for index, numbers in enumerate(held.allowed[: len(call.fields)]):
            if call.integer(index, range(256)) not in numbers:
                return cme(50)
        # parameters that are left out keep what they are
        before = values.get(call.name, held.default).split(",")
        given = [field.string() for field in call.fields]
        values[call.name] = ",".join([*given, *before[len(given) :]])
        return OK
    text = call.string(0)
    if text is None or f'"{text.upper()}"' not in held.shown:
        return cme(50)
    values[call.name] = text
    return OK


@GENERAL.add("+IPR", most=1)
def ipr(call: Call[Module]) -> Outcome:
    """Set the speed; it holds behind the C{OK}."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+IPR: ({','.join(map(str, BAUDRATES))})")
        return OK
    if call.form is Form.READ:
        call.info(f"+IPR: {module.baudrate}")
        return OK
    value = call.integer(0, range(1, 4000001))
    if call.form is not Form.WRITE or value not in BAUDRATES or value is None:
        return ERROR
    port = call.port
    port.interpreter.after(lambda: port.when_sent(lambda: module.set_baudrate(value)))
    return OK


@GENERAL.add("+QCFG")
def qcfg(call: Call[Module]) -> Outcome:
    """Vendor settings that hosts set; they are only kept."""
    if call.form is Form.TEST:
        for tag, (_, shown, _) in _QCFG.items():
            call.info(f'+QCFG: "{tag}",{shown}')
        return OK
    tag = (call.string(0, 64) or "").lower()
    if call.form is not Form.WRITE or tag not in _QCFG:
        return ERROR
    default, _, taken = _QCFG[tag]
    key = f"+QCFG {tag}"
    if len(call.fields) == 1:
        call.info(f'+QCFG: "{tag}",{call.module.values.get(key, default)}')
        return OK
    match = taken.fullmatch(
        ",".join(
            f'"{field.string()}"' if field.quoted else field.string() for field in call.fields[1:]
        )
    )
    if match is None:
        return ERROR
    call.module.values[key] = match[1] if match.re.groups else match[0]
    return OK


@GENERAL.add("+CFUN", most=2)
def cfun(call: Call[Module]) -> Outcome:
    """Set the functionality: 0 minimum, 1 full, 4 flight; C{1,1} restarts."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+CFUN: (0,1,4),(0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+CFUN: {module.network_state.functionality}")
        return OK
    level = call.integer(0, range(5))
    reset = call.integer(1, range(2), 0)
    if call.form is not Form.WRITE or level not in (0, 1, 4) or reset is None or level is None:
        return cme(50)
    if reset:
        call.port.interpreter.after(lambda: module.later(0.0, module.restart))
        return OK
    module.network_state.set_functionality(level)
    if level != 1:
        module.lose_pdp()
    return OK


@GENERAL.add("+QPOWD", most=1)
def qpowd(call: Call[Module]) -> Outcome:
    """Switch the module off."""
    if call.form is Form.TEST:
        call.info("+QPOWD: (0,1)")
        return OK
    value = call.integer(0, range(2), 1)
    if call.form is Form.READ or value is None:
        return ERROR
    module = call.module
    delay = module.settings.power_down_delay if value else 0.0
    call.port.interpreter.after(lambda: module.later(delay, module.power_down))
    return OK
