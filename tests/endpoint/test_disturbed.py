"""Connects that are disturbed at every turn of their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.python.failure import Failure

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import Mixed, VirtualCase
from twisted_quectel.testing import EmulatedModule, ModuleSettings

#: More turns than any connect takes.
TURNS = 400


class DisturbedTests(Mixed):
    """Mixed into a case for each access mode."""

    def disturb(self, how: Callable[[EmulatedModule], Any], again: bool = True) -> None:
        """Connect, disturb after each number of turns, and look what comes of it.

        Either the connect fails with a connect error, or there is a connection
        that is told of its end, once; whatever it is, the next connect works.
        """
        # what wakes a module, and what crosses its end, is no way to talk to one
        self.verdicts_expected = True
        for turns in range(TURNS):
            self.network = type(self.network)(self.clock)
            self.serve(Echo)
            self.emulated = self.emulate(settings=ModuleSettings(boot_delay=1.0))
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=600))
            for _ in range(turns):
                if connecting.called:
                    break
                self.clock.turn()
            on_time = not connecting.called
            how(self.emulated)
            self.settled(connecting)
            if again:
                self.works()
            self.finish(self.emulated)
            if not on_time:
                return
        self.fail(f"a connect takes more than {TURNS} turns")

    def settled(self, connecting: Deferred[Any]) -> None:
        """Look what has become of a connect."""
        failures: list[Failure] = []
        connecting.addErrback(failures.append)
        self.until(lambda: connecting.called and (failures or connecting.result), 700.0)
        if failures:
            self.assertIsInstance(failures[0].value, ConnectError)
            return
        client = self.successResultOf(connecting)
        if not client.reasons:
            # a module that is gone is seen when something is wanted of it
            client.transport.write(b"hello")
            self.settle(60.0)
            client.transport.loseConnection()
            self.settle(60.0)
        self.assertEqual(len(client.reasons), 1)

    def works(self) -> None:
        """Make the next connection."""
        client = self.connect(self.endpoint(self.emulated, mode=self.mode), seconds=300.0)
        client.transport.write(b"hello")
        self.until(lambda: client.count == 5)
        client.transport.loseConnection()
        self.end_of(client)

    def test_restart(self) -> None:
        """The module restarts."""
        self.disturb(lambda emulated: emulated.module.restart())

    def test_unplugged(self) -> None:
        """The device is pulled out and put back."""

        def unplug(emulated: EmulatedModule) -> None:
            for wire in [*emulated.wires.values()]:
                wire.unplug()

        self.disturb(unplug)

    def test_pdp(self) -> None:
        """The network takes the PDP context away."""
        self.disturb(lambda emulated: emulated.module.lose_pdp())

    def test_closed(self) -> None:
        """The modem is closed."""
        self.disturb(lambda emulated: emulated.modem().close(), again=False)


class BufferDisturbedTests(DisturbedTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushDisturbedTests(DisturbedTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentDisturbedTests(DisturbedTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
