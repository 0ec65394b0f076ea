"""What the sockets without SSL can be told to do: C{AT+QIMUX} to C{AT+QISRVC}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.gsm import CLIENT, INDICATIONS
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome

if TYPE_CHECKING:
    from .module import GSMModule

OPTIONS: Final = CommandSet["GSMModule"]()

#: The values of each; the server's side of C{AT+QISRVC} is not emulated.
_VALUES: Final = {
    "+QIMUX": range(2),
    "+QIMODE": range(2),
    "+QIDNSIP": range(2),
    "+QINDI": INDICATIONS,
    "+QIHEAD": range(2),
    "+QISHOWRA": range(2),
    "+QISHOWPT": range(2),
    "+QISHOWLA": range(2),
    "+QISRVC": range(CLIENT, CLIENT + 1),
}
#: A connection was opened under them, and they would no longer fit it.
_FIXED: Final = frozenset({"+QIMUX", "+QIMODE"})


def _shown(values: range) -> str:
    if len(values) == 2:
        return f"({values[0]},{values[-1]})"
    return f"({values[0]}-{values[-1]})" if len(values) > 2 else f"({values[0]})"


@OPTIONS.add(*_VALUES, most=1)
def option(call: Call[GSMModule]) -> Outcome:
    """Set one of them, or tell it."""
    module, name, values = call.module, call.name, _VALUES[call.name]
    if call.form is Form.TEST:
        call.info(f"{name}: {_shown(values)}")
        return OK
    if call.form is Form.READ:
        call.info(f"{name}: {module.stack.options.get(name, values[0])}")
        return OK
    value = call.integer(0, values)
    if call.form is not Form.WRITE or value is None:
        return ERROR
    if value != module.stack.options.get(name, values[0]) and name in _FIXED:
        # several connections cannot share a line without commands
        other = "+QIMODE" if name == "+QIMUX" else "+QIMUX"
        if any(module.sockets) or (value and module.stack.option(other)):
            return ERROR
    module.stack.options[name] = value
    if name == "+QINDI":
        module.sockets.indicate(value == 0, call.port)
    return OK
