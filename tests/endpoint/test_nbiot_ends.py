"""How the one TLS connection of NB-IoT modules ends, and what it keeps from others until then."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionAborted

from tests.endpoint.protocols import Peer
from tests.endpoint.test_nbiot import NBIoTCase
from twisted_quectel import TLSProfile, errors


class StalledTests(NBIoTCase):
    """A server that does not read: the module waits with a block that it has taken."""

    def stalled(self, **arguments: Any) -> Any:
        """Give a connection whose last send is not through."""
        self.begin(make=Peer)
        peer = self.open(**arguments)
        self.serving.peers[-1].transport.pauseProducing()
        peer.transport.write(b"x" * 400_000)
        self.settle(5.0)
        return peer

    def test_abort(self) -> None:
        """A drop does not wait for the block: the next connection is made at once."""
        peer = self.stalled()
        peer.transport.abortConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionAborted)
        before = self.clock.seconds()
        peer = self.open(timeout=50.0)
        self.assertLess(self.clock.seconds() - before, 1.0)
        self.serving.peers[-1].transport.write(b"still there")
        self.result_of(peer.when_received(11))
        peer.transport.abortConnection()
        self.settle(1.0)

    def test_busy(self) -> None:
        """Who does not wait is told at once, however long the module is at the block."""
        peer = self.stalled()
        sent = len(self.sent(""))
        before = self.clock.seconds()
        for argument in ({}, {"timeout": 200.0}, {"ctx": 0, "tls": TLSProfile(verify="none")}):
            self.problem(errors.ModemBusyError, busy="fail", **argument)
        self.assertEqual(self.clock.seconds(), before)
        self.assertEqual(len(self.sent("")), sent)
        peer.transport.abortConnection()
        self.settle(1.0)

    def test_time_out(self) -> None:
        """C{<timeout>} is the connection's: what the module says then ends it, with its meaning."""
        before = self.clock.seconds()
        peer = self.stalled(timeout=20.0)
        problem = self.end_of(peer, 60.0)
        self.assertIsInstance(problem, errors.SendFailed)
        self.assertLess(self.clock.seconds() - before, 25.0)

    def test_results(self) -> None:
        """What a send ended with is told, with the code and its meaning (chapter 4)."""
        for code, meaning in ((-1, "Exception error"), (-7, "Time out"), (-8, ""), (5, "")):
            self.network = type(self.network)(self.clock)
            self.begin(make=Peer)
            peer = self.open()
            port = self.nb().port()
            write, told = type(port).write, b"+QSSLSEND: 0,0,%d" % code

            def say(data: bytes, port: Any = port, write: Any = write, told: bytes = told) -> None:
                write(port, data.replace(b"+QSSLSEND: 0,0,0", told))

            self.patch(port, "write", say)
            peer.transport.write(b"x")
            problem: Any = self.end_of(peer)
            self.assertIsInstance(problem, errors.SendFailed)
            self.assertEqual(problem.code, code)
            shown = f"+QSSLSEND: 0,0,{code}" + (f" ({meaning})" if meaning else "") + ";"
            self.one_line(problem, shown)
            self.assertNotIn("SEND OK", str(problem))

    def test_result_that_does_not_come(self) -> None:
        """The host waits for it as long as the module may take, and little longer."""
        self.begin(make=Peer)
        peer = self.open(timeout=20.0)
        port = self.nb().port()
        write = type(port).write
        self.patch(port, "write", lambda data: write(port, data.replace(b"+QSSLSEND:", b"+X:")))
        peer.transport.write(b"x")
        before = self.clock.seconds()
        problem = self.end_of(peer, 400.0)
        self.assertIsInstance(problem, errors.SendFailed)
        self.assertLess(self.clock.seconds() - before, 31.0)
