"""Counted cells: command lines, turns, bytes held."""

from __future__ import annotations

import gc
import io
import tracemalloc
from typing import Any

from tests.bench.cell import Cell
from tests.bench.rig import Rig
from tests.endpoint.protocols import Peer
from twisted_quectel.emulator.memory import MemoryWire


def _lines(trace: io.StringIO) -> list[str]:
    """Give the command lines that were sent since the last call."""
    text = trace.getvalue()
    trace.seek(0)
    trace.truncate()
    return [line for line in text.splitlines() if " > AT" in line]


def command_lines() -> tuple[list[Cell], list[str]]:
    """Count command lines to a connection: from nothing, on a context in use, after its release.

    @return: the cells, and the lines of the first.
    """
    rig = Rig()
    trace = io.StringIO()
    rig.endpoint().modem.trace_to(trace)
    near = rig.connect()
    fresh = _lines(trace)
    second = rig.connect()
    used = _lines(trace)
    for each in (near, second):
        each.transport.loseConnection()
    rig.until(lambda: near.reasons and second.reasons)
    rig.settle(20.0)
    _lines(trace)
    rig.connect()
    again = _lines(trace)
    rig.close()
    cells = [
        Cell("command lines from a fresh module to connected", len(fresh), 20, at_most=True),
        Cell("  again while the context is in use", len(used), 1, at_most=True),
        Cell("  again after its release", len(again), 2, at_most=True),
    ]
    return cells, [*fresh, *used, *again]


class _Spy:
    """Notes what is written to the module's line."""

    def __init__(self, wire: MemoryWire) -> None:
        self.written: list[bytes] = []
        port: Any = wire._protocol
        transport = port.transport
        plain = transport.write

        def write(data: bytes) -> None:
            self.written.append(data)
            plain(data)

        transport.write = write


def _spied(rig: Rig) -> _Spy:
    return _Spy(rig.emulated.wires["usbmodem"])


def same_turn() -> list[Cell]:
    """Count the turns from a write to the wire, and from a recv URC to the read."""
    rig = Rig()
    near = rig.connect()
    buffered = rig.connect(mode="buffer")
    rig.settle(1.0)
    spy = _spied(rig)
    near.transport.write(b"x")
    written = int(not any(each.startswith(b"AT+QSSLSEND") for each in spy.written))
    rig.settle(1.0)
    spy.written.clear()
    port: Any = rig.emulated.wires["usbmodem"]._protocol
    id = buffered.transport._socket.id
    port.dataReceived(b'\r\n+QSSLURC: "recv",%d\r\n' % id)
    read = int(not any(each.startswith(b"AT+QSSLRECV") for each in spy.written))
    rig.settle(1.0)
    rig.close()
    return [
        Cell("turns from the write to the first byte on an idle line", written, 0, at_most=True),
        Cell("turns from the recv URC to the read on the wire", read, 0, at_most=True),
    ]


def memory(connections: int = 12) -> Cell:
    """Weigh a modem with idle connections: what is freed without it, in KiB.

    The emulated module and the servers are on the other side of the line: what
    they allocate is not counted, nor is what is made once for all modems.
    """
    for _ in range(2):
        # what the interpreter keeps for reuse is there when it is weighed
        rig = Rig()
        for _ in range(connections):
            rig.connect()
        rig.close()
    gc.collect()
    tracemalloc.start(12)
    try:
        rig = Rig()
        endpoint = rig.endpoint()
        nears: list[Peer] = [rig.connect(endpoint=endpoint) for _ in range(connections)]
        rig.settle(5.0)
        gc.collect()
        snapshot = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    rig.close()
    del nears
    size = sum(trace.size for trace in snapshot.traces if _is_ours(trace.traceback))
    return Cell("KiB of a modem with 12 idle sockets", size / 1024, 48, at_most=True)


def _is_ours(traceback: tracemalloc.Traceback) -> bool:
    """Whether the innermost code of the project in an allocation is the host's."""
    for frame in reversed(traceback):
        if "/twisted_quectel/" in frame.filename:
            # a protocol is the application's
            other = "/emulator/" in frame.filename or frame.filename.endswith("/testing.py")
            return not other and "internet/protocol.py" not in traceback[-1].filename
        if "/tests/" in frame.filename:
            return False
    return False
