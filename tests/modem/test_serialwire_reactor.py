"""Tests for L{twisted_quectel.modem.serialwire} on the reactor that runs the tests."""

from __future__ import annotations

import os
import random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.trial.unittest import TestCase

from .ptys import FarEnd, Pty


class SerialWireReactorTests(TestCase):
    """A wire on the reactor that runs the tests."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.rng = random.Random(2)
        self.pty = Pty(self, None, reactor)

    def echo(self, size: int) -> tuple[bytes, Deferred[None]]:
        """Send random bytes in random pieces to a far end that sends them back."""
        far = FarEnd(self.reactor, self.pty.master, self.rng)
        self.addCleanup(far.remove)
        sent = self.rng.randbytes(size)
        done: Deferred[None] = Deferred()
        protocol, wire = self.pty.protocol, self.pty.wire

        def received() -> None:
            if len(protocol.received) >= size and not done.called:
                done.callback(None)

        protocol.on_data = received
        at = 0
        while at < size:
            step = self.rng.randrange(1, 20000)
            wire.write(sent[at : at + step])
            at += step
        return sent, done

    async def test_echo(self) -> None:
        """A megabyte goes out and comes back unchanged, however it is cut."""
        sent, done = self.echo(1 << 20)
        await done
        self.assertEqual(bytes(self.pty.protocol.received), sent)

    async def test_echo_with_pauses(self) -> None:
        """Pauses of the reading side lose nothing."""
        sent, done = self.echo(1 << 18)
        protocol, wire = self.pty.protocol, self.pty.wire
        finish = protocol.on_data

        def pause() -> None:
            finish()
            if not done.called and self.rng.random() < 0.2:
                wire.pauseProducing()
                size = len(protocol.received)

                def resume() -> None:
                    self.assertEqual(len(protocol.received), size)
                    wire.resumeProducing()

                self.reactor.callLater(0, resume)

        protocol.on_data = pause
        await done
        self.assertEqual(bytes(protocol.received), sent)

    async def test_unplugged(self) -> None:
        """Closing the other side is C{ConnectionLost}, once."""
        self.pty.close_master()
        await self.pty.protocol.when_lost
        self.pty.wire.loseConnection()
        self.assertEqual(len(self.pty.protocol.lost), 1)
        self.assertTrue(self.pty.protocol.lost[0].check(ConnectionLost))
        self.assertIn(self.pty.device, self.pty.protocol.lost[0].getErrorMessage())

    async def test_unplugged_while_writing(self) -> None:
        """With a full queue and nobody reading, unplugging is C{ConnectionLost}, once."""
        self.pty.wire.pauseProducing()
        self.pty.fill()
        self.pty.close_master()
        await self.pty.protocol.when_lost
        self.assertEqual(len(self.pty.protocol.lost), 1)
        self.assertTrue(self.pty.protocol.lost[0].check(ConnectionLost))

    async def test_close(self) -> None:
        """An idle wire closes with C{ConnectionDone}, and no timer is left."""
        self.pty.wire.loseConnection()
        await self.pty.protocol.when_lost
        self.assertTrue(self.pty.protocol.lost[0].check(ConnectionDone))

    async def test_abort(self) -> None:
        """An abort with a full queue ends at once."""
        self.pty.fill()
        self.pty.wire.abortConnection()
        self.assertEqual(self.pty.protocol.lost, [])
        await self.pty.protocol.when_lost
        self.assertTrue(self.pty.protocol.lost[0].check(ConnectionAborted))

    async def test_protocol_fails(self) -> None:
        """An exception out of the protocol is logged once and becomes the reason."""

        def fail() -> None:
            raise ValueError("a protocol with a bug")

        self.pty.protocol.on_data = fail
        os.write(self.pty.master, b"RDY")
        await self.pty.protocol.when_lost
        self.assertTrue(self.pty.protocol.lost[0].check(ValueError))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
