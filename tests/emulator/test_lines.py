"""A pty and a TCP connection as lines: full in either direction, cut, taken away."""

from __future__ import annotations

import contextlib
import os
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer, IReadWriteDescriptor
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from twisted_quectel.emulator import (
    Link,
    LTEModule,
    MemoryNetwork,
    ModuleSettings,
    PtyPort,
    serve_tcp,
)
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.emulator.interpreter import MAX_INPUT

from .test_golden import Typist

reactor = cast(Any, installed_reactor)

#: A command with a long answer, and so often that no line holds all of them.
LONG = b"AT+QSSLCFG=?\r"
MANY = 150
END = rb".*\+CSQ: 28,99\r\n\r\nOK\r\n"


def turn() -> Deferred[None]:
    """Let the reactor go round once."""
    return deferLater(reactor, 0)


class PtyLineTests(TestCase):
    """A pty."""

    timeout = 30

    def start(self, link: Link = Link(), **settings: float) -> LTEModule:  # noqa: B008
        """Make a module on a pty, and a host that types."""
        values: dict[str, Any] = settings
        module = LTEModule(
            reactor,
            network=MemoryNetwork(reactor),
            link=link,
            settings=ModuleSettings(**values),
        )
        self.addCleanup(module.close)
        self.pty = PtyPort(reactor, module.port())
        self.addCleanup(self.pty.close)
        self.typist = Typist(self.pty.path)
        self.addCleanup(self.typist.close)
        return module

    async def write(self, data: bytes) -> None:
        """Write all of it, in as many turns as it takes."""
        while data:
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self.typist.fd, data[:1024]) :]
            await turn()

    def test_interface(self) -> None:
        """It is a descriptor, with a name for the log."""
        self.start()
        self.assertTrue(verifyObject(IReadWriteDescriptor, self.pty))
        self.assertIn("usbmodem", self.pty.logPrefix())

    async def test_hostReadsNothing(self) -> None:
        """The module is held up and goes on when the host reads; nothing is lost."""
        self.start()
        await self.typist.expect(b"")
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r\r\nOK\r\n")
        reactor.removeReader(self.typist)
        await self.write(LONG * MANY + b"AT+CSQ\r")
        while self.pty.room() > 0:
            await turn()
        self.assertGreater(self.pty.unsent(), 0)
        reactor.addReader(self.typist)
        shown = await self.typist.expect(END)
        self.assertEqual(shown.count(b'"renegotiation"'), MANY)
        self.assertEqual(self.pty.unsent(), 0)

    async def test_moduleReadsNothing(self) -> None:
        """A module that is busy stops reading, and serves all that waits."""
        module = self.start(pdp_delay=0.5)
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r\r\nOK\r\n")
        count = MAX_INPUT // 3 + 400
        await self.write(b"AT+QIACT=1\r" + b"AT\r" * count + b"AT+CSQ\r")
        shown = await self.typist.expect(END)
        self.assertEqual(shown.count(b"OK"), count + 2)
        self.assertTrue(lte(module).pdp.active(1))

    async def test_paced(self) -> None:
        """The same with a speed, where the line itself waits."""
        self.start(Link(baudrate=4000000, cut=7), pdp_delay=0.2)
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r\r\nOK\r\n")
        count = MAX_INPUT // 3 + 400
        await self.write(b"AT+QIACT=1\r" + b"AT\r" * count + b"AT+CSQ\r")
        shown = await self.typist.expect(END)
        self.assertEqual(shown.count(b"OK"), count + 2)

    async def test_takenAway(self) -> None:
        """What the reactor stops watching is closed; what is said then is lost."""
        module = self.start()
        self.pty.connectionLost(Failure(ConnectionDone()))
        self.pty.close()
        self.assertEqual(self.pty.fileno(), -1)
        self.assertFalse(module.port().attached)
        self.pty.transmit(b"x")
        self.pty.start_reading()
        self.assertEqual(self.pty.unsent(), 0)

    def test_noLink(self) -> None:
        """Where the link cannot be made there is no port, and no descriptor is left."""
        module = self.start()
        before = len(os.listdir("/proc/self/fd"))
        path = os.path.join(self.mktemp(), "no", "such", "folder")
        self.assertRaises(OSError, PtyPort, reactor, module.port("usbat"), path)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class Host(Protocol):
    """Counts what it sees until the end."""

    def __init__(self) -> None:
        self.shown = b""
        self.done: Deferred[None] = Deferred()
        self.lost: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.shown += data
        if self.shown.endswith(b"+CSQ: 28,99\r\n\r\nOK\r\n") and not self.done.called:
            self.done.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(None)


class TCPLineTests(TestCase):
    """A TCP connection."""

    timeout = 30

    async def start(self, **settings: float) -> Host:
        """Serve a module's port, and connect a host."""
        values: dict[str, Any] = settings
        self.module = LTEModule(
            reactor, network=MemoryNetwork(reactor), settings=ModuleSettings(**values)
        )
        self.addCleanup(self.module.close)
        listening = await serve_tcp(
            TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"), self.module.port()
        )
        self.addCleanup(listening.stopListening)
        self.number = cast(Any, listening.getHost()).port
        return await self.connect()

    async def connect(self) -> Host:
        """Connect a host."""
        host: Host = await connectProtocol(
            TCP4ClientEndpoint(reactor, "127.0.0.1", self.number), Host()
        )

        async def gone() -> None:
            cast(Any, host.transport).abortConnection()
            await host.lost
            while self.module.port().attached:
                await turn()

        self.addCleanup(lambda: Deferred.fromCoroutine(gone()))
        return host

    async def test_hostReadsNothing(self) -> None:
        """The module is held up and goes on when the host reads; nothing is lost."""
        host = await self.start()
        transport = cast(Any, host.transport)
        transport.pauseProducing()
        end = self.module.port()
        count = 3000
        transport.write(b"ATE0\r" + LONG * count + b"AT+CSQ\r")
        while end.room() > 0:
            await turn()
        transport.resumeProducing()
        await host.done
        self.assertEqual(host.shown.count(b'"renegotiation"'), count)

    async def test_moduleReadsNothing(self) -> None:
        """A module that is busy stops reading, and serves all that waits."""
        host = await self.start(pdp_delay=0.3)
        count = MAX_INPUT
        cast(Any, host.transport).write(b"ATE0\r" + b"AT+QIACT=1\r" + b"AT\r" * count + b"AT+CSQ\r")
        await host.done
        self.assertEqual(host.shown.count(b"OK"), count + 3)

    async def test_nextHost(self) -> None:
        """A host that connects cuts the one before off."""
        first = await self.start()
        second = await self.connect()
        cast(Any, second.transport).write(b"AT+CSQ\r")
        await second.done
        await first.lost

    async def test_producer(self) -> None:
        """The connection's end is a producer that is never stopped by its transport."""
        await self.start()
        protocol = cast(Any, self.module.port())._carrier._protocol
        self.assertTrue(verifyObject(IPushProducer, protocol))
        protocol.stopProducing()
