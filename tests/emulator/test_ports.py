"""A module's ports: pty, TCP, memory; and the embedded module."""

from __future__ import annotations

import contextlib
import os
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.interfaces import IConsumer, IPushProducer, ITransport
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from twisted_quectel.at.wire import IWire
from twisted_quectel.emulator import (
    Link,
    LTEModule,
    MemoryNetwork,
    ModuleSettings,
    PtyPort,
    embedded,
    serve_tcp,
)
from twisted_quectel.emulator.interpreter import MAX_INPUT
from twisted_quectel.emulator.memory import CAPACITY

from .bench import Bench
from .test_golden import Typist

reactor = cast(Any, installed_reactor)


class Waiting(Protocol):
    """A host that waits for an answer's end."""

    def __init__(self) -> None:
        self.shown = b""
        self.answered: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.shown += data
        if self.shown.endswith(b"OK\r\n") and not self.answered.called:
            self.answered.callback(self.shown)


class PtyTests(TestCase):
    """Ports on a pty."""

    timeout = 20

    def _module(self, link: Link = Link()) -> LTEModule:  # noqa: B008
        module = LTEModule(reactor, network=MemoryNetwork(reactor), link=link)
        self.addCleanup(module.close)
        return module

    async def test_hostsComeAndGo(self) -> None:
        """One host closes the pty, the next opens it; the link goes with the port."""
        path = self.mktemp()
        os.symlink("nowhere", path)
        pty = PtyPort(reactor, self._module().port(), path)
        for _ in range(2):
            typist = Typist(path)
            typist.type(b"AT+CSQ\r")
            await typist.expect(rb".*\+CSQ: 28,99\r\n\r\nOK\r\n")
            typist.close()
        pty.close()
        self.assertFalse(os.path.lexists(path))

    async def test_unplugged(self) -> None:
        """A closed port is unplugged for the host that has it open."""
        pty = PtyPort(reactor, self._module().port())
        fd = os.open(pty.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.addCleanup(os.close, fd)
        pty.close()
        with contextlib.suppress(OSError):  # the end of a device is EIO, or the end of a file
            self.assertEqual(os.read(fd, 1), b"")

    async def test_paced(self) -> None:
        """A pty has the speed of the link, too."""
        pty = PtyPort(reactor, self._module(Link(baudrate=19200)).port())
        self.addCleanup(pty.close)
        typist = Typist(pty.path)
        self.addCleanup(typist.close)
        start = reactor.seconds()
        typist.type(b"AT" + b" " * 93 + b"\r")
        await typist.expect(rb"AT +\r\r\nOK\r\n")
        self.assertGreater(reactor.seconds() - start, 0.05)

    async def test_tcp(self) -> None:
        """A port is served on a server endpoint; the last host that connects has it."""
        module = self._module()
        listening = await serve_tcp(
            TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"), module.port()
        )
        self.addCleanup(listening.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", cast(Any, listening.getHost()).port)
        for _ in range(2):
            host = await connectProtocol(endpoint, Waiting())
            assert host.transport is not None
            host.transport.write(b"AT+CSQ\r")
            self.assertIn(b"+CSQ: 28,99", await host.answered)
        last = cast(Any, host.transport)
        gone: Deferred[None] = Deferred()
        cast(Any, host).connectionLost = lambda reason: gone.callback(None)
        last.loseConnection()
        await gone


@implementer(IPushProducer)
class Producer:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class MemoryTests(SynchronousTestCase):
    """The host's end of a line in memory."""

    def test_interfaces(self) -> None:
        """It is a transport, a consumer, a producer and a wire."""
        wire = Bench().wire
        for interface in (ITransport, IConsumer, IPushProducer, IWire):
            self.assertTrue(verifyObject(interface, wire))

    def test_producer(self) -> None:
        """A producer is paused while the module takes nothing, and CTS is low."""
        bench = Bench(settings=ModuleSettings(pdp_delay=5.0))
        producer = Producer()
        bench.wire.write(b"AT+QIACT=1\r")
        bench.wire.write(b"AT\r" * MAX_INPUT)
        bench.settle()
        bench.wire.registerProducer(producer, True)
        bench.wire.write(b"AT\r" * CAPACITY)
        self.assertFalse(bench.wire.cts())
        self.assertEqual(producer.told, ["pause"])
        bench.settle(5)
        for _ in range(50):
            bench.settle()
        self.assertEqual(producer.told, ["pause", "resume"])
        self.assertEqual(bench.screen.take().count(b"OK"), 1 + MAX_INPUT + CAPACITY)

    def test_muted(self) -> None:
        """A module that hangs says nothing; its connections stay."""
        bench = Bench()
        bench.open()
        bench.module.muted = True
        self.assertEqual(bench.type(b"AT\r"), b"")
        bench.module.muted = False
        self.assertIn(b",2,1,4,0,", bench.type(b"AT+QSSLSTATE=4\r"))


class EmbeddedTests(SynchronousTestCase):
    """The module behind C{device=emulator}."""

    def test_shared(self) -> None:
        """There is one for each reactor and model."""
        one, other = Clock(), Clock()
        self.assertIs(embedded(one), embedded(one, "EC25"))
        self.assertIsNot(embedded(one), embedded(other))
        self.assertIsNot(embedded(one), embedded(one, "EG91"))

    def test_unknown(self) -> None:
        """A model that nobody knows is refused, and the known ones are named."""
        error = self.assertRaises(ValueError, embedded, Clock(), "EC99")
        self.assertIn("EC25", str(error))

    def test_unknownNames(self) -> None:
        """So are unknown quirks and profiles."""
        for wrong in ({"quirks": ["x"]}, {"profile": "x"}):
            self.assertRaises(ValueError, Bench, **wrong)
