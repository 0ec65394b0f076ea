"""Data mode: the escape, and words of the module at the wrong moment (field notes 36-38)."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.endpoint.protocols import Peer
from tests.faults.bench import SEEDS, FaultCase, matrix, payload
from twisted_quectel.emulator.faults import (
    ConnectAndGone,
    DataBehindCarrier,
    EscapeDrops,
    LongGuard,
    SplitBytes,
    SwallowsAfterCarrier,
)


class Modes(FaultCase):
    """Data mode, with and without circuits"""

    circuits = True

    def begin(self, *faults: Any, **arguments: Any) -> None:
        """Take away DTR and DCD where a test runs without."""
        super().begin(*faults, **arguments)
        if not self.circuits:
            from twisted_quectel.emulator import MemoryWire

            self.patch(MemoryWire, "set_dtr", lambda wire, on: False)
            self.patch(MemoryWire, "dcd", lambda wire: None)

    def test_connect_and_gone(self) -> None:
        """CONNECT, and at once NO CARRIER: the connection ends, and the next one works."""
        for turns in (0, 1, 2, 3, 10):
            self.begin(ConnectAndGone(turns=turns))
            peer = self.open()
            self.ended(peer, ConnectionDone, ConnectionLost, seconds=20.0)
            self.assertEqual(bytes(peer.received), b"")
            self.works()

    def test_gone_under_the_first_words(self) -> None:
        """What is written in connectionMade is not claimed to have arrived: lost, not done."""

        class Speaker(Peer):
            def connectionMade(self) -> None:
                self.transport.write(b"the first words")

        class Leaver(Speaker):
            def connectionMade(self) -> None:
                super().connectionMade()
                self.transport.loseConnection()

        # what is written when the module is in command mode already it may take for a command
        self.verdicts_expected = True
        for make, moments in ((Speaker, (0, 1, 2, 3, 10)), (Leaver, (0, 1))):
            for turns in moments:
                self.begin(ConnectAndGone(turns=turns))
                peer = self.open(make=make)
                self.lost(peer, 20.0)
                self.assertIn(bytes(self.serving.peers[-1].received), (b"", b"the first words"))
                self.works()

    def test_data_behind_carrier(self) -> None:
        """NO CARRIER ahead of the last bytes: the connection ends, what came before is exact."""
        # without circuits the escape of the close is what gives the host away
        self.verdicts_expected = not self.circuits
        for tail in (1, 40, 300):
            self.begin(DataBehindCarrier(tail))
            peer = self.open()
            self.both_ways(peer, self.seed)
            came = peer.count
            server = self.serving.peers[-1]
            data = bytes(range(256)) * 8
            server.transport.write(data)
            server.transport.loseConnection()
            self.settle(6.0)
            if not peer.reasons and not self.circuits:
                # nothing proves it then; to close does
                peer.transport.loseConnection()
            self.ended(peer, ConnectionDone, ConnectionLost, seconds=60.0)
            self.assertEqual(bytes(peer.received[came:])[: len(data) - tail], data[:-tail])
            self.works()

    def test_deaf_behind_carrier(self) -> None:
        """A port that hears no command until it gets an escape works again."""
        self.begin(SwallowsAfterCarrier())
        peer = self.open()
        self.both_ways(peer, self.seed)
        came = peer.count
        server = self.serving.peers[-1]
        server.transport.write(b"the tail")
        server.transport.loseConnection()
        self.ended(peer, ConnectionDone, ConnectionLost, seconds=60.0)
        self.assertEqual(bytes(peer.received[came:]), b"the tail")
        self.works(seconds=300.0)


class BareModes(Modes):
    """Data mode on a port without DTR and DCD"""

    circuits = False

    def test_escape(self) -> None:
        """The escape is taken by a module that wants 1.05 s, and no byte before it gets lost."""
        for faults in (
            (LongGuard(1.05),),
            (LongGuard(1.09),),
            (SplitBytes(2),),
            (EscapeDrops(),),
            (EscapeDrops(), LongGuard(1.05)),
        ):
            self.begin(*faults)
            peer = self.open()
            self.both_ways(peer, self.seed)
            self.closed_by_client(peer, payload(self.seed) + b"+++")
            self.works()


matrix(globals(), Modes, ("transparent",), SEEDS)
matrix(globals(), BareModes, ("transparent",), SEEDS)
del Modes, BareModes
