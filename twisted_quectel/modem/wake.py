"""Finding out what state a module is in, and getting it to listen.

A host that starts cannot know what the last one left behind: another speed,
echo, data mode, a prompt that waits for the rest of a body, an upload.  Each
of these swallows a plain C{AT}.  ITU-T V.250 chapters 4 and 6.2; LTE SSL note,
chapters 1.3 and 2.2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from ..at import ATPort, Command, IWire, basic_form, write_form
from ..errors import CommandFailed, CommandTimeout, NoAnswer

#: What a listening module answers in text, whatever its echo, quiet and
#: verbose settings were: they are set by the command itself.
_HELLO: Final = basic_form("E0Q0V1")
#: Seconds for each answer to it.
_TWICE: Final = (0.6,) * 2
_THREE_TIMES: Final = (0.6,) * 3
#: Silence around the escape: 1 s by the document, more on some modules.
_GUARD: Final = 1.1
#: Longest body that a module may wait for (LTE 1460, others less).
_LONGEST_BODY: Final = 1460
#: Speeds in the order of their likelihood: all that AT+IPR lists (AT Commands Manual).
SPEEDS: Final = (
    115200, 9600, 921600, 460800, 230400, 57600, 38400, 19200, 3000000, 1000000, 2000000, 4000000,
    4800, 3500000,
)  # fmt: skip
#: Seconds for the answers to the two greetings at each of them.  What the first
#: is answered later counts for the second, so that a module has 0.8 s; a wrong
#: speed costs as much, and all of them 10.4 s.
_SPEED_TIMEOUTS: Final = (0.3, 0.5)
#: Silence around the escape each time that the whole ladder is climbed: twice,
#: for a module that boots needs 13 s; the second with what S12 can be at most.
_GUARDS: Final = (_GUARD, 5.1)


async def _greet(port: ATPort, *timeouts: float) -> bool:
    """Say hello so many times; tell whether the module has answered."""
    for timeout in timeouts:
        try:
            await port.execute(Command(_HELLO, timeout=timeout, probe=True))
        except CommandFailed:
            # rubbish stood in front of it: the module listens, the next is clean
            continue
        except CommandTimeout:
            continue
        return True
    return False


async def _leave_data_mode(
    clock: IReactorTime, port: ATPort, wire: IWire | None, guard: float = _GUARD
) -> None:
    """Leave data mode by DTR where there is one, and by the escape."""
    if wire is not None and wire.set_dtr(False):
        await deferLater(clock, 0.2, lambda: None)
        wire.set_dtr(True)
    await deferLater(clock, guard, lambda: None)
    port.write_raw(b"+++")
    await deferLater(clock, guard, lambda: None)


def _end_body(port: ATPort) -> None:
    """End a prompt: ESC cancels the uncounted kind, empty lines fill the counted."""
    port.write_raw(b"\x1b" + b"\r" * _LONGEST_BODY)


async def _find_speed(port: ATPort, wire: IWire, wanted: int) -> bool:
    """Try the other speeds; set the module to the wanted one."""
    for speed in SPEEDS:
        if speed == wanted or not wire.set_baudrate(speed):
            continue
        if not await _greet(port, *_SPEED_TIMEOUTS):
            continue
        try:
            await port.execute(Command(write_form("+IPR", wanted)))
        except CommandFailed:
            # it stays at the speed that it has
            return True
        wire.set_baudrate(wanted)
        return await _greet(port, *_THREE_TIMES)
    wire.set_baudrate(wanted)
    return False


async def wake(
    clock: IReactorTime,
    port: ATPort,
    wire: IWire | None,
    baudrate: int,
    obstacle: Callable[[NoAnswer], None] = lambda problem: None,
    in_data_mode: bool = False,
    busy_until: float = 0.0,
) -> bool:
    """Get the module to listen to commands, without echo.

    @param obstacle: told when there is no answer at once.
    @param baudrate: the speed that the module shall have.
    @param in_data_mode: whether it is known to have been in data mode, where a
        greeting would be payload.
    @param busy_until: when it has ended, at the latest, the command that it is known to have been
        at: until then it may be silent.
    @return: whether it may have taken something of this for the rest of a body
        or of a file.
    @raise NoAnswer: if nothing gets an answer.
    """
    if in_data_mode or (wire is not None and wire.dcd()):
        await _leave_data_mode(clock, port, wire)
    if await _greet(port, *_TWICE):
        # what answered may have been late, to this host or to another one before it
        port.resynchronise()
        return False
    silence = NoAnswer(
        f"device: nothing on {port.name} answers to AT commands; check that it is the module's AT "
        f"port, that the module is on, and its speed (baudrate, tried {baudrate} and the "
        "others of AT+IPR)",
        command="AT",
        trace=port.trace.last(),
    )
    while (busy := busy_until - clock.seconds()) > 0:
        obstacle(
            NoAnswer(
                f"device: nothing on {port.name} answers; the module may be at a command that it "
                f"was given before the device was lost, for {busy:.0f} s at most",
                trace=port.trace.last(),
            )
        )
        if await _climb(clock, port, wire, baudrate):
            return True
    obstacle(silence)
    if await _climb(clock, port, wire, baudrate):
        return True
    silence.trace = port.trace.last()
    raise silence


async def _climb(clock: IReactorTime, port: ATPort, wire: IWire | None, baudrate: int) -> bool:
    """Try what else a silent module may wait for; tell whether it listens now."""
    for guard in _GUARDS:
        await _leave_data_mode(clock, port, wire, guard)
        if not await _greet(port, *_TWICE):
            _end_body(port)
            if not await _greet(port, *_THREE_TIMES) and not (
                wire is not None
                and wire.set_baudrate(baudrate)
                and await _find_speed(port, wire, baudrate)
            ):
                continue
        # what was tried may be answered late
        port.resynchronise()
        return True
    return False
