"""SIM, registration and clock: what every module does as 3GPP TS 27.007 says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from ..at import ATPort, Command, Secret, parse_info, read_form, write_form
from ..errors import CommandFailed, ModemNotReady, RegistrationError, SIMError
from ..families import Family
from ..modemprofile import ModemProfile
from ..tables.cme import REGISTRATION

#: A SIM is locked for good after too many wrong PINs: a PIN is tried only with
#: all of its tries left.
_ALL_TRIES: Final = 3
#: Seconds for the SIM to get ready, and for a network to be found.
_SIM_PATIENCE: Final = 20.0
REGISTRATION_PATIENCE: Final = 180.0
_REGISTERED: Final = (1, 5)
_NO_SIM, _SIM_BUSY = 10, 14
_TIME = re.compile(r"(\d{2,4})/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?")


@dataclass
class PinMemory:
    """What a modem remembers of its SIM's PIN from one bring-up to the next.

    @ivar refused: whether the SIM has refused it, or was given it and has not
        said so far that it is ready.
    """

    refused: bool = False


async def unlock_sim(
    clock: IReactorTime, port: ATPort, family: Family, profile: ModemProfile, memory: PinMemory
) -> None:
    """Wait for the SIM, and give it its PIN if it asks for one.

    @param memory: of the modem, so that a wrong PIN is not tried at each bring-up.
    @raise SIMError: if there is none, or it stays locked.
    """
    tried = False
    end = clock.seconds() + _SIM_PATIENCE
    while True:
        state, refusal = await _sim_state(port)
        if state == "READY":
            memory.refused = False
            return
        if state == "SIM PIN" and not tried:
            await _enter_pin(port, family, profile, memory)
            tried = True
        elif state in ("SIM PUK", "SIM PIN2", "SIM PUK2", "PH-NET PIN"):
            raise SIMError(
                f"pin: the SIM is locked and asks for {state}; unlock it in a telephone",
                case="locked",
                command="AT+CPIN?",
                trace=port.trace.last(),
            )
        if clock.seconds() >= end:
            raise SIMError(
                f"pin: the SIM is not ready after {_SIM_PATIENCE:g} s "
                f"({state or refusal or 'no state'})",
                code=refusal.code if refusal is not None else None,
                command="AT+CPIN?",
                trace=port.trace.last(),
            )
        await deferLater(clock, 0.5, lambda: None)


async def _sim_state(port: ATPort) -> tuple[str, CommandFailed | None]:
    """Ask for the SIM's state; give what the question was refused with too."""
    try:
        response = await port.execute(Command(read_form("+CPIN"), ("+CPIN",), timeout=10.0))
    except CommandFailed as e:
        if e.code == _NO_SIM:
            raise SIMError(
                "device: there is no SIM card in the module",
                case="absent",
                code=e.code,
                command=e.command,
                trace=e.trace,
            ) from None
        return "busy" if e.code == _SIM_BUSY else "", e
    # a URC of the same form may stand in front of the answer
    lines = [line for line in response.info if line.prefix == "+CPIN"]
    return lines[-1].rest.decode("ascii", "replace").strip() if lines else "", None


async def _enter_pin(
    port: ATPort, family: Family, profile: ModemProfile, memory: PinMemory
) -> None:
    if profile.pin is None:
        raise SIMError(
            "pin: the SIM asks for its PIN; give it as pin in the modem file",
            case="pin",
            command="AT+CPIN?",
            trace=port.trace.last(),
        )
    tries = await family.pin_tries(port)
    if tries is None or tries < _ALL_TRIES:
        left = "an unknown number" if tries is None else f"only {tries}"
        if memory.refused:
            raise SIMError(
                f"pin: the SIM has refused the PIN before, and {left} of {_ALL_TRIES} tries are "
                "left; it is not tried again; give the right one",
                case="refused",
                command="AT+QPINC",
                trace=port.trace.last(),
            )
        if not profile.pin_tries:
            raise SIMError(
                f"pin: {left} of {_ALL_TRIES} tries are left, and a wrong PIN locks the SIM; "
                "check the PIN, then allow one try by pinTries = true in the modem file",
                case="tries",
                command="AT+QPINC",
                trace=port.trace.last(),
            )
        if tries is not None and tries <= 1:
            raise SIMError(
                "pin: one try is left at most, which is never taken from here: a wrong PIN would "
                "lock the SIM; give it the PIN in a telephone",
                case="tries",
                command="AT+QPINC",
                trace=port.trace.last(),
            )
    command = Command(write_form("+CPIN", Secret(profile.pin), arguments=("pin",)), timeout=15.0)
    # also for one that is not answered: nobody knows what the SIM did with it
    memory.refused = True
    try:
        await port.execute(command)
    except CommandFailed as e:
        tries = await family.pin_tries(port)
        raise SIMError(
            "pin: the SIM has refused the PIN"
            + (f"; {tries} tries are left" if tries is not None else "")
            + "; it is not tried again until all tries are back",
            case="refused",
            code=e.code,
            command=e.command,
            trace=e.trace,
        ) from None


def _is_answer(line: bytes) -> bool:
    """Tell the answer to C{AT+CREG?} from the URC, which lacks the first number."""
    info = parse_info(line)
    return len(info.fields) >= 2 and not info.fields[1].quoted and info.integer(1) is not None


async def _registration(port: ATPort) -> int:
    """Give the best state that the module reports."""
    best = 4
    for name in ("+CEREG", "+CGREG", "+CREG"):
        command = Command(read_form(name), (name,), timeout=10.0, takes=_is_answer)
        try:
            response = await port.execute(command)
        except CommandFailed:
            continue
        line = response.first(name)
        state = None if line is None else line.integer(1)
        if state in _REGISTERED:
            return int(state or 0)
        if state is not None:
            best = state
    return best


async def wait_for_registration(
    clock: IReactorTime, port: ATPort, obstacle: Callable[[ModemNotReady], None]
) -> None:
    """Wait until the module is registered at home or roaming.

    @param obstacle: told what is in the way while this waits.
    @raise RegistrationError: if it is not after L{REGISTRATION_PATIENCE}.
    """
    end = clock.seconds() + REGISTRATION_PATIENCE
    while True:
        state = await _registration(port)
        if state in _REGISTERED:
            return
        problem = RegistrationError(
            f"the module is not registered in a network ({REGISTRATION.get(state, state)}); check "
            "antenna, coverage, the SIM's contract and apn",
            code=state,
            trace=port.trace.last(),
        )
        if clock.seconds() >= end:
            raise problem
        obstacle(problem)
        await deferLater(clock, 1.0, lambda: None)


def module_time(text: str) -> datetime | None:
    """Read a time as C{+CCLK} and C{+QLTS} give it, with two or four digits to the year."""
    match = _TIME.search(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match.group(i)) for i in range(1, 7))
    if year < 100:
        year += 2000
    try:
        # the clock is local time, the zone in quarters of an hour tells by how much
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


async def set_clock(port: ATPort, family: Family, source: str, now: datetime) -> bool:
    """Set the module's clock, which decides about certificates' dates.

    @param source: C{host}, C{network} or C{none}.
    @param now: the host's time.
    @return: whether there was a time to set it to.
    @raise CommandFailed: if the module does not take it.
    """
    if source == "none":
        return True
    if source == "network":
        text = await family.network_time(port)
        if not text or module_time(text) is None:
            return False
        match = _TIME.search(text)
        assert match is not None
        stamp = f"{match.group(1)[-2:]}/" + match.group(0).partition("/")[2]
    else:
        stamp = now.astimezone(UTC).strftime("%y/%m/%d,%H:%M:%S+00")
    await port.execute(Command(write_form("+CCLK", stamp)))
    return True


class ModuleClock:
    """The clock of one module, which is set once in a session, when it is needed."""

    __slots__ = ("_family", "_is_set", "_now", "_port", "_source")

    def __init__(
        self, port: ATPort, family: Family, source: str, now: Callable[[], datetime]
    ) -> None:
        """
        @param source: as for L{set_clock}.
        @param now: the host's time.
        """
        self._port = port
        self._family = family
        self._source = source
        self._now = now
        self._is_set = False

    async def require(self) -> None:
        """Have it set.

        @raise ModemNotReady: if there is no time to set it to.
        """
        if self._is_set:
            return
        refused: CommandFailed | None = None
        try:
            self._is_set = await set_clock(self._port, self._family, self._source, self._now())
        except CommandFailed as e:
            refused = e
        if not self._is_set:
            raise ModemNotReady(
                f"clock: the module's clock could not be set from the {self._source}, and it "
                "decides about the certificate's dates; set clock to host or network in the modem "
                "file, or give ignoreLocalTime=1",
                code=refused.code if refused is not None else None,
                family=self._family.name,
                command="AT+CCLK",
                trace=self._port.trace.last(),
            )
