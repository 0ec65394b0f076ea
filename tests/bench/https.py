"""Goodput of the HTTPS stack of a SIM5320 on a clock of its own, as in L{virtual}.

A send of n bytes takes (n + 28) / B + 2 L; what commits it is sent once in a run.  A receive
tells all that the module's buffer holds, R bytes in pieces of n: that takes
(R + R / n * 26 + 63) / B + L, the event between two receives included.
"""

from __future__ import annotations

from typing import Final

from tests.bench.cell import Cell
from tests.bench.rig import Rig
from tests.bench.virtual import BLOCK, SIM, SIZE, Counter, Source, counter, make_rig, named
from tests.endpoint.virtual import HOST, PORT
from twisted_quectel import ModuleHTTPSEndpoint, TLSProfile
from twisted_quectel.emulator import ModuleSettings

#: Bytes of the longest piece, sent or told.
PIECE: Final = 1024
#: Command, prompt and result of a send.
SENDING: Final = len(b"AT+CHTTPSSEND=1024\r" + b"\r\n>" + b"\r\nOK\r\n")
#: The line of a piece that is told.
TELLING: Final = len(b"\r\n+CHTTPSRECV: DATA,1024\r\n")
#: Command, result and end of a receive, and the event that there is more.
RECEIVING: Final = len(b"AT+CHTTPSRECV=1\r" + b"\r\nOK\r\n" + b"\r\n+CHTTPSRECV: 0\r\n") + len(
    b"\r\n+CHTTPS: RECV EVENT\r\n"
)
#: Bytes that the module's buffer holds.
BUFFER: Final = ModuleSettings().receive_limit


def _connect(rig: Rig) -> tuple[Counter, Counter]:
    """Connect; give both ends."""
    modem = rig.emulated.modem(baudrate=rig.emulated.module.baudrate)
    endpoint = ModuleHTTPSEndpoint(modem, HOST, PORT, tls=TLSProfile(verify="none"))
    near: Counter = rig.connect(lambda: counter(rig), endpoint)
    return near, rig.serving.peers[0]


def send(baudrate: int, latency: float, piece: int, size: int = SIZE) -> Cell:
    """Send, the application writes pieces of one size."""
    rig = make_rig(baudrate, latency, SIM)
    near, far = _connect(rig)
    started = rig.clock.seconds()
    Source(near.transport, piece, size)
    rig.until(lambda: far.size >= size)
    took = far.last - started
    rig.settle(1.0)
    rig.close()
    bound = size / PIECE * ((PIECE + SENDING) / (baudrate / 10) + 2 * latency)
    name = named(f"SIM5320 HTTPS send, writes of {piece}", baudrate, latency)
    return Cell(name, bound / took, {64: 0.98, 1: 0.97}.get(piece, 0.99))


def receive(baudrate: int, latency: float, size: int = SIZE) -> Cell:
    """Receive; the consumer never pauses."""
    rig = make_rig(baudrate, latency, SIM)
    near, far = _connect(rig)
    Source(far.transport, BLOCK, size)
    rig.until(lambda: near.size >= size)
    took = near.last - near.first
    rig.close()
    told = BUFFER + BUFFER / PIECE * TELLING + RECEIVING
    bound = size / BUFFER * (told / (baudrate / 10) + latency)
    return Cell(named("SIM5320 HTTPS receive", baudrate, latency), bound / took, 0.98)
