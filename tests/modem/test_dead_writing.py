"""A peer that has closed takes nothing more: nobody may wait for that it does."""

from __future__ import annotations

from twisted.internet.address import HostnameAddress
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.at.cuts import every_cut
from tests.modem.socketbench import SocketBench
from twisted_quectel.errors import SendFailed
from twisted_quectel.families import AccessMode
from twisted_quectel.transport import ModuleTransport

ADDRESS = HostnameAddress(b"a.example", 1)


class Noting(Protocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.came = b""
        self.ends: list[BaseException | None] = []

    def dataReceived(self, data: bytes) -> None:
        self.came += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ends.append(reason.value)


@implementer(IPushProducer)
class Echoing:
    """Reads only when it may write, as an echo or a proxy does."""

    def __init__(self, transport: ModuleTransport) -> None:
        self._transport = transport

    def pauseProducing(self) -> None:
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        pass


class DeadWritingTests(SynchronousTestCase):
    """In buffer and push mode."""

    def begin(self, mode: AccessMode) -> None:
        """Have a connection whose server has stopped to read."""
        self.bench = bench = SocketBench(mode)
        bench.socket.opened()
        if mode is AccessMode.PUSH:
            bench.listener.pushing.add(4)
        self.transport = ModuleTransport(
            bench.clock, bench.socket, ADDRESS, ADDRESS, "x", lambda _: None
        )
        self.protocol = Noting()
        self.transport.start(self.protocol)
        self.transport.begin()
        bench.settle()
        bench.answers["+QSSLSEND"] = "SEND FAIL"

    def closed(self) -> None:
        """The server closes."""
        self.bench.module.say('+QSSLURC: "closed",4')
        self.bench.settle()
        self.bench.later(1)

    def ends(self) -> None:
        """It has ended as a loss, and the module has let go of it."""
        (end,) = self.protocol.ends
        self.assertIsInstance(end, SendFailed)
        self.assertEqual(self.bench.freed, 1)

    def test_full(self) -> None:
        """Reading is paused because writing is full: it goes on, up to the end."""
        for mode in (AccessMode.BUFFER, AccessMode.PUSH):
            self.begin(mode)
            self.transport.registerProducer(Echoing(self.transport), True)
            self.transport.write(b"x" * 70_000)
            self.bench.later(1)
            if mode is AccessMode.BUFFER:
                self.bench.stored = b"the tail"
            else:
                self.bench.push(b"the tail")
                self.bench.settle()
            self.assertEqual(self.protocol.came, b"")
            self.closed()
            self.assertEqual(self.protocol.came, b"the tail")
            self.ends()

    def test_later(self) -> None:
        """What is written behind the close is dropped, and a full buffer holds nobody."""
        for mode in (AccessMode.BUFFER, AccessMode.PUSH):
            self.begin(mode)
            self.transport.pauseProducing()
            self.closed()
            self.assertEqual(self.protocol.ends, [])
            self.transport.registerProducer(Echoing(self.transport), True)
            for _ in range(3):
                self.transport.write(b"x" * 70_000)
                self.bench.later(1)
            self.ends()

    def test_nothing_left(self) -> None:
        """With all sent, a paused protocol is not disturbed, and the end is a clean one."""
        self.begin(AccessMode.PUSH)
        self.transport.pauseProducing()
        self.closed()
        self.bench.later(100)
        self.assertEqual(self.protocol.ends, [])
        self.transport.resumeProducing()
        self.bench.later(1)
        (end,) = self.protocol.ends
        self.assertNotIsInstance(end, SendFailed)

    def test_paused_while_closing(self) -> None:
        """A pause behind C{loseConnection} does not hold the end up."""
        for mode in (AccessMode.BUFFER, AccessMode.PUSH):
            self.begin(mode)
            self.transport.write(b"x" * 3000)
            self.transport.loseConnection()
            self.transport.pauseProducing()
            self.bench.later(1)
            self.closed()
            self.ends()


class ReplacedTests(SynchronousTestCase):
    """A protocol that is replaced in the middle of what came in one read."""

    def came(self, attribute: bool, *reads: bytes) -> list[tuple[str, bytes]]:
        """Have pushes come; the third one replaces who takes them."""
        bench = SocketBench(AccessMode.PUSH)
        bench.socket.opened()
        bench.listener.pushing.add(4)
        transport = ModuleTransport(
            bench.clock, bench.socket, ADDRESS, ADDRESS, "x", lambda _: None
        )
        log: list[tuple[str, bytes]] = []

        class New(Protocol):
            def dataReceived(self, data: bytes) -> None:
                log.append(("new", data))

        class Old(Protocol):
            def dataReceived(self, data: bytes) -> None:
                log.append(("old", data))
                if data == b"3" and attribute:
                    self.dataReceived = New().dataReceived  # type: ignore[method-assign]
                elif data == b"3":
                    transport.protocol = New()

        transport.start(Old())
        transport.begin()
        bench.settle()
        for read in reads:
            bench.module.say(read)
            bench.settle()
        return log

    def test_one_read(self) -> None:
        """The next block is the new one's, however the bytes were cut."""
        pushes = [b'\r\n+QSSLURC: "recv",4,1\r\n%d' % number for number in range(1, 6)]
        whole = [("old", b"1"), ("old", b"2"), ("old", b"3"), ("new", b"4"), ("new", b"5")]
        for attribute in (True, False):
            self.assertEqual(self.came(attribute, *pushes), whole)
            for pieces in every_cut(b"".join(pushes[1:])):
                self.assertEqual(self.came(attribute, pushes[0], *pieces), whole)
