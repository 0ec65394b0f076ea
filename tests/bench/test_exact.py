"""The figures of the bench that are the same in each run."""

from __future__ import annotations

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.bench import counts, hosttls, https, polled, ptys, virtual
from tests.bench.cell import Cell

#: Bytes in each run: the bench itself takes a megabyte.
SIZE = 128 * 1024
GRID = [(speed, latency) for speed in virtual.SPEEDS for latency in virtual.LATENCIES]


class ExactTests(SynchronousTestCase):
    """Goodput on the virtual clock, and what is counted."""

    def reached(self, *cells: Cell) -> None:
        """Look that each goal is reached."""
        for cell in cells:
            self.assertTrue(cell.met, cell.row())

    def test_sends(self) -> None:
        """Full blocks are sent without a pause, whatever the application writes at a time."""
        for place in GRID:
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(virtual.send(*place, piece, SIZE * 2))

    def test_both_ways(self) -> None:
        """No host could send earlier while it is pushed at; connections share alike."""
        for place in GRID:
            for sockets in (1, 12):
                # the first is not: results wait behind pushes, whoever the host is
                self.reached(*virtual.both(*place, sockets, SIZE * 4)[1:])

    def test_pushes(self) -> None:
        """The default mode receives as fast as the line is."""
        for place in GRID:
            self.reached(virtual.receive(*place, SIZE))

    def test_pauses(self) -> None:
        """A consumer that pauses loses no byte, holds no memory, and gets its rate."""
        for place in GRID:
            for share in (0.5, 3.0):
                self.reached(virtual.pausing(*place, share, SIZE * 4))

    def test_transparent(self) -> None:
        """Transparent mode carries what the line carries, each way and both."""
        for place in GRID:
            for way in ("out", "in", "both"):
                self.reached(virtual.transparent(*place, way, SIZE))

    def test_tcp(self) -> None:
        """TCP without TLS meets the same goals by its own bounds."""
        for place in GRID:
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(virtual.send(*place, piece, SIZE * 2, virtual.TCP))
            self.reached(virtual.receive(*place, SIZE, virtual.TCP))
            for share in (0.5, 3.0):
                self.reached(virtual.pausing(*place, share, SIZE * 4, virtual.TCP))
            for sockets in (1, 12):
                self.reached(*virtual.both(*place, sockets, SIZE * 4, virtual.TCP)[1:])

    def test_gsm(self) -> None:
        """A GSM module, by its own bounds: it has no push mode."""
        for place in ((115200, 0.002), (921600, 0.01), (3_000_000, 0.03)):
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(virtual.send(*place, piece, SIZE * 4, virtual.M95))
            self.reached(virtual.receive(*place, SIZE * 4, virtual.M95))
            for way in ("out", "in", "both"):
                self.reached(virtual.transparent(*place, way, SIZE * 4, virtual.M95))
            for share in (0.5, 3.0):
                self.reached(virtual.pausing(*place, share, SIZE * 4, virtual.M95))
            for sockets in (1, 6):
                self.reached(*polled.both(*place, sockets, SIZE * 4))

    def test_nbiot(self) -> None:
        """An NB-IoT module, by its own bounds: all is pushed."""
        for place in ((115200, 0.002), (921600, 0.01), (3_000_000, 0.03)):
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(virtual.send(*place, piece, SIZE * 4, virtual.NBIOT))
            self.reached(virtual.receive(*place, SIZE * 4, virtual.NBIOT))

    def test_sim52xx(self) -> None:
        """A SIM52xx module, by its own bounds."""
        for place in ((115200, 0.002), (921600, 0.01), (3_000_000, 0.03)):
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(virtual.send(*place, piece, SIZE * 4, virtual.SIM))
            self.reached(virtual.receive(*place, SIZE * 4, virtual.SIM))
            for way in ("out", "in", "both"):
                self.reached(virtual.transparent(*place, way, SIZE * 4, virtual.SIM))

    def test_https(self) -> None:
        """The HTTPS stack of one, by its bounds."""
        for place in ((115200, 0.002), (921600, 0.01), (3_000_000, 0.03)):
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(https.send(*place, piece, SIZE * 4))
            self.reached(https.receive(*place, SIZE * 4))

    def test_framing(self) -> None:
        """What stands around a block, in bytes: of a send, of a push, of a read."""
        self.assertEqual(virtual.TCP[2:5], (32, 25, 38))
        self.assertEqual(virtual.M95[2:5], (35, 0, 68))
        self.assertEqual(virtual.NBIOT[2:5], (51, 32, 0))
        self.assertEqual(virtual.SIM[2:5], (28, 28, 0))
        self.assertEqual((https.SENDING, https.TELLING, https.RECEIVING), (28, 26, 63))

    def test_host_tls(self) -> None:
        """TLS on the host costs the line next to nothing, however small the writes are."""
        for way in ("send", "receive"):
            for piece in (virtual.BLOCK, 64, 1):
                self.reached(hosttls.overhead(way, piece, size=SIZE * 4))

    def test_same_each_time(self) -> None:
        """Two runs take the same time to the last digit."""
        first, second = (virtual.send(115200, 0.01, 64, SIZE) for _ in range(2))
        self.assertEqual(first, second)

    def test_command_lines(self) -> None:
        """A fresh module takes 20 command lines to a connection, the next one 1."""
        cells, lines = counts.command_lines()
        for cell in cells:
            self.assertTrue(cell.met, "\n".join([cell.row(), *lines]))

    def test_system_calls(self) -> None:
        """A command on a pty takes three system calls: it is written, waited for, and read."""
        cell = ptys.system_calls(50, 250)
        if cell.reached is None:
            raise SkipTest(cell.note)
        self.reached(cell)

    def test_same_turn(self) -> None:
        """What is written on an idle line leaves in the same turn; a recv URC is read in it."""
        self.reached(*counts.same_turn())

    def test_memory(self) -> None:
        """A modem with twelve idle connections takes 48 KiB, give or take an interpreter's ways."""
        weight = counts.memory()
        self.assertLess(weight.reached or 0.0, 1.15 * weight.goal, weight.row())
