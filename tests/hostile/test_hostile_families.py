"""What a module of each other family says that has no sense, no end or no measure.

As in L{tests.hostile.test_hostile_module}, with the lines that its documents give it.
"""

from __future__ import annotations

from tests.endpoint.virtual import VirtualCase
from tests.hostile.test_hostile_module import NUMBERS, HostileModule
from tests.modules import KINDS

#: Lines in which a number stands where modules have one, by model.
LINES: dict[str, tuple[bytes, ...]] = {
    "M95": (
        b'+QSSLURC: "recv",0,%b',
        b'+QSSLURC: "recv",%b,5',
        b'+QSSLURC: "closed",%b',
        b"+QIRDI: 0,1,%b",
        b"+QIRDI: %b,%b,%b,%b,%b,%b",
        b"%b, CLOSED",
        b"%b, CONNECT OK",
        b"%b, CLOSE OK",
        b"%b, SEND OK",
        b"+QSSLOPEN: %b,0",
        b"+QSSLOPEN: 5,%b",
        b"+QSSLRECV: 0,5,%b",
        b"+QSECREAD: 1,%b",
        b"+CGREG: %b",
        b"+CSQ: %b,%b",
    ),
    "BC660K-GL": (
        b"+QSSLOPEN: %b,0,0",
        b"+QSSLOPEN: 0,%b,0",
        b"+QSSLSEND: %b,0,1",
        b"+QSSLSEND: 0,%b,1",
        b'+QIURC: "recv",%b,5,"hello"',
        b'+QIURC: "closed",%b',
        b'+QIURC: "pdpdeact",%b',
        b"+QIOPEN: %b,0",
        b"+CEREG: %b",
        b"+CSQ: %b,%b",
        b"+QNBIOTEVENT: %b",
    ),
    "SIM5320": (
        b"+CSSLRECV: DATA,%b,0",
        b"+CSSLSEND: %b,0,5",
        b"+CSSLCLOSE: %b",
        b"+CSSL: RECV EVENT",
        b"+CSSLALERT: %b,%b,%b",
        b"+CHTTPSRECV: %b",
        b"+CHTTPSSEND: %b",
        b"+CHTTPSNOTIFY: PEER CLOSED",
        b"+CFTPSGET: %b",
        b"+CIPOPEN: %b,0",
        b"+CIPSEND: %b,5,5",
        b"+CIPRXGET: 1,%b",
        b"+IPCLOSE: %b,1",
        b"+CGREG: %b",
        b"+CSQ: %b,%b",
    ),
}
#: URCs of a connection that was never opened, one for each line of a flood.
NOBODYS = {
    "M95": b'\r\n+QSSLURC: "closed",4\r\n',
    "BC660K-GL": b'\r\n+QIURC: "closed",4\r\n',
    "SIM5320": b"\r\n+CSSLCLOSE: 1\r\n",
}


class HostileFamily(HostileModule):
    """Mixed into a case for each module and access mode."""

    def test_numbers(self) -> None:
        """Counts of 10^9, negative and other impossible numbers, ids of nobody."""
        self.survives(
            b"\r\n" + line.replace(b"%b", number) + b"\r\n"
            for line in LINES[self.model]
            for number in NUMBERS
            if b"pdpdeact" not in line or number.strip(b'"')  # without one it stands for all
        )

    def test_sockets_never_opened(self) -> None:
        """URCs for a connection that was never opened."""
        self.survives([NOBODYS[self.model]] * 3)

    def test_flood(self) -> None:
        """100,000 URCs: what concerns nobody takes no memory and does nothing."""
        self.measured(NOBODYS[self.model] * 50000 + b"\r\n+CSQ: 20,99\r\n" * 50000)


for _kind in KINDS[1:]:
    for _mode in _kind.modes:
        _name = f"Hostile{_kind.label}{_mode.capitalize()}Tests"
        globals()[_name] = type(
            _name,
            (HostileFamily, VirtualCase),
            {
                "__doc__": f"{_kind.model}, in {_mode} mode.",
                "__module__": __name__,
                "model": _kind.model,
                "mode": _mode,
            },
        )
