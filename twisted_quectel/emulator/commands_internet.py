"""Options, names, reachability and time (TCP/IP Application Note, chapter 2).

C{AT+QICFG}, C{AT+QISDE}, C{AT+QIDNSGIP}, C{AT+QPING}, C{AT+QNTP}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import CancelledError, TimeoutError, maybeDeferred
from twisted.internet.error import DNSLookupError
from twisted.python.failure import Failure

from ..tables.lte import PING_COUNTS, PING_TIMEOUTS, PORTS
from .commands import OK, Call, CommandSet, Form, Outcome
from .commands_data import MAX_ADDRESS
from .options import OPTIONS

if TYPE_CHECKING:
    from .basemodule import Module
    from .module import LTEModule

INTERNET: Final = CommandSet["LTEModule"]()

#: Seconds for a name (C{AT+QIDNSGIP}), and for the time (C{AT+QNTP}).
_DNS_TIMEOUT: Final = 60.0
_NTP_TIMEOUT: Final = 125.0
#: Seconds for which an answer of DNS holds.
_DNS_TTL: Final = 600
#: What a probe of C{AT+QPING} carries, in bytes, and what is left of its hops.
_PING_SIZE: Final = 32
_PING_TTL: Final = 255


# AT+QICFG and AT+QISDE


@INTERNET.add("+QICFG")
def qicfg(call: Call[LTEModule]) -> Outcome:
    """Set, query and list options of sockets without SSL."""
    options = call.module.options
    if call.form is Form.TEST:
        for name, option in OPTIONS.items():
            call.info(f'+QICFG: "{name}",{option.shown()}')
        return OK
    name = (call.string(0) or "").lower()
    if call.form is not Form.WRITE or name not in OPTIONS:
        return call.fail(552)
    if len(call.fields) == 1:
        call.info(f'+QICFG: "{name}",{",".join(map(str, options.values(name)))}')
        return OK
    numbers = [call.integer(index, range(1 << 16)) for index in range(1, len(call.fields))]
    values = [number for number in numbers if number is not None]
    if len(values) != len(numbers) or not options.set(name, values):
        return call.fail(552)
    return OK


@INTERNET.add("+QISDE", most=1)
def qisde(call: Call[LTEModule]) -> Outcome:
    """Switch the echo of what is sent."""
    if call.form is Form.TEST:
        call.info("+QISDE: (0,1)")
        return OK
    if call.form is Form.READ:
        call.info(f"+QISDE: {int(call.module.send_echo)}")
        return OK
    value = call.integer(0, range(2))
    if call.form is not Form.WRITE or value is None:
        return call.fail(552)
    call.module.send_echo = bool(value)
    return OK


# names


def look_up(
    call: Call[Module], host: str, timeout: float, done: Callable[[int, str], None]
) -> None:
    """Resolve a name behind the final result.

    @param timeout: seconds.
    @param done: is given a code of the error table and the address.
    """
    module = call.module

    def start() -> None:
        attempt = maybeDeferred(module.network.resolve, host)
        attempt.addTimeout(timeout, module.clock)
        module.track(attempt)
        attempt.addCallbacks(lambda address: done(0, address), failed)

    def failed(reason: Failure) -> None:
        if reason.check(CancelledError) is None:
            reason.trap(DNSLookupError, TimeoutError)
            done(569 if reason.check(TimeoutError) else 565, "")

    call.port.interpreter.after(lambda: module.later(0.0, start))


@INTERNET.add("+QIDNSGIP")
def qidnsgip(call: Call[LTEModule]) -> Outcome:
    """Give the addresses of a name, as URCs."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+QIDNSGIP: (1-{module.pdp.highest}),<hostname>")
        return OK
    pdp, host = call.integer(0, module.pdp.ids), call.string(1, MAX_ADDRESS)
    if call.form is not Form.WRITE or pdp is None or not host or len(call.fields) != 2:
        return call.fail(552)
    if not module.pdp.active(pdp):
        return call.fail(561)

    def done(code: int, address: str) -> None:
        if code:
            module.last_error = code
            module.urc(f'+QIURC: "dnsgip",{code},0,0')
        else:
            module.urc(f'+QIURC: "dnsgip",0,1,{_DNS_TTL}')
            module.urc(f'+QIURC: "dnsgip","{address}"')

    look_up(call, host, _DNS_TIMEOUT, done)
    return OK


# AT+QPING


class _Ping:
    """One C{AT+QPING}, from its first probe to its summary."""

    def __init__(self, call: Call[LTEModule], pdp: int, timeout: int, count: int) -> None:
        self._module = call.module
        self._port = call.port
        self._pdp = pdp
        self._timeout = timeout
        self._left = self._count = count
        self._times: list[int] = []
        self._address = ""

    def begin(self, code: int, address: str) -> None:
        """Send the first probe, if the name has an address."""
        if code:
            self._module.last_error = code
            self._port.unsolicited(f"+QPING: {code}")
            return
        self._address = address
        self._probe()

    def _probe(self) -> None:
        if not self._left:
            self._summary()
            return
        self._left -= 1
        started = self._module.clock.seconds()
        wait = self._module.settings.round_trip
        reachable = self._module.pdp.active(self._pdp) and wait <= self._timeout

        def over() -> None:
            if reachable:
                took = round((self._module.clock.seconds() - started) * 1000)
                self._times.append(took)
                shown = f'0,"{self._address}",{_PING_SIZE},{took},{_PING_TTL}'
            else:
                shown = "569"
            self._port.unsolicited(f"+QPING: {shown}")
            self._probe()

        self._module.later(wait if reachable else float(self._timeout), over)

    def _summary(self) -> None:
        times, received = self._times or [0], len(self._times)
        self._port.unsolicited(
            f"+QPING: 0,{self._count},{received},{self._count - received},"
            f"{min(times)},{max(times)},{round(sum(times) / len(times))}"
        )


@INTERNET.add("+QPING")
def qping(call: Call[LTEModule]) -> Outcome:
    """Tell whether a host can be reached; whatever has an address can."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+QPING: (1-{module.pdp.highest}),<host>,(1-255),(1-10)")
        return OK
    pdp, host = call.integer(0, module.pdp.ids), call.string(1, MAX_ADDRESS)
    timeout, count = call.integer(2, PING_TIMEOUTS, 4), call.integer(3, PING_COUNTS, 4)
    if (
        call.form is not Form.WRITE
        or pdp is None
        or not host
        or timeout is None
        or count is None
        or len(call.fields) > 4
    ):
        return call.fail(552)
    ping = _Ping(call, pdp, timeout, count)
    if not module.pdp.active(pdp):
        call.port.interpreter.after(lambda: ping.begin(561, ""))
        return OK
    look_up(call, host, float(timeout), ping.begin)
    return OK


# AT+QNTP


@INTERNET.add("+QNTP")
def qntp(call: Call[LTEModule]) -> Outcome:
    """Take the time from a server: any that has an address tells the network's."""
    module = call.module
    if call.form is Form.TEST:
        call.info(f"+QNTP: (1-{module.pdp.highest}),<server>,(1-65535),(0,1)")
        return OK
    if call.form is Form.READ:
        if module.ntp_server:
            call.info(f"+QNTP: {module.ntp_server}")
        return OK
    pdp, host = call.integer(0, module.pdp.ids), call.string(1, MAX_ADDRESS)
    remote, take = call.integer(2, PORTS, 123), call.integer(3, range(2), 1)
    if (
        call.form is not Form.WRITE
        or pdp is None
        or not host
        or remote is None
        or take is None
        or len(call.fields) > 4
    ):
        return call.fail(552)
    if not module.pdp.active(pdp):
        return call.fail(561)
    if module.ntp_server:
        return call.fail(568)
    module.ntp_server = f'"{host}",{remote}'

    def done(code: int, address: str) -> None:
        if code:
            tell(code)
        else:
            module.later(module.settings.round_trip, lambda: tell(0))

    def tell(code: int) -> None:
        module.ntp_server = ""
        if code:
            module.last_error = code
            call.port.unsolicited(f"+QNTP: {code}")
            return
        now, quarters = module.network_time(), module.time.quarters
        if take:
            module.set_time(now)
        year = "%y" if "two_digit_qlts" in module.quirks else "%Y"
        shown = f"{now.strftime(year + '/%m/%d,%H:%M:%S')}{quarters:+03d}"
        call.port.unsolicited(f'+QNTP: 0,"{shown}"')

    look_up(call, host, _NTP_TIMEOUT, done)
    return OK
