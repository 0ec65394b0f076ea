"""Blows to a module on a real pty: no descriptor, reader or timer is left."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionLost

from tests.endpoint.protocols import Echo
from tests.endpoint.real import RealCase, reactor
from twisted_quectel.emulator import Hooks, ModuleSettings, PtyPort
from twisted_quectel.emulator.commands import Call, Outcome

#: Seconds that a device is away.
AWAY = 0.3
#: At how manieth command it happens: in bring-up, while files and settings go up, at the open,
#: and in the exchange.
COMMANDS = (4, 14, 24, 34)


def descriptors() -> list[str]:
    """Give what this process has open, but for the directory that is just read."""
    folder = "/proc/self/fd"
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{name}"))
        except OSError:
            continue
    return sorted(found)


def _pause(seconds: float) -> Deferred[None]:
    pause: Deferred[None] = Deferred()
    reactor.callLater(seconds, pause.callback, None)
    return pause


class AtCommand(Hooks):
    """Has something happen behind a command.

    @ivar count: of the commands.
    """

    def __init__(self, at: int, happen: Any) -> None:
        self.count = 0
        self._at = at
        self._happen = happen

    def replace(self, call: Call[Any]) -> Outcome | None:
        """Count."""
        self.count += 1
        if self.count == self._at:
            reactor.callLater(0, self._happen)
        return None


class PtyCase(RealCase):
    """A module on a pty that is restarted or unplugged."""

    timeout = 60
    mode = "buffer"

    def session(self, at: int, unplug: bool) -> Deferred[None]:
        """Have a session, a blow in it, and another session that must work."""
        return Deferred.fromCoroutine(self._session(at, unplug))

    async def _session(self, at: int, unplug: bool) -> None:
        serving, server = self.serve(Echo)
        emulated = self.emulate(settings=ModuleSettings(boot_delay=0.1))
        module = emulated.module
        path = os.path.abspath(str(self.mktemp()))
        await _pause(0)  # a reactor that has just started opens some of its own
        before = descriptors()
        ports = [PtyPort(reactor, module.port(), path)]
        back: Deferred[None] = Deferred()

        def plug() -> None:
            ports.append(PtyPort(reactor, module.port(), path))
            back.callback(None)

        def strike() -> None:
            if unplug:
                ports[-1].close()
                reactor.callLater(AWAY, plug)
            else:
                module.restart()
                reactor.callLater(AWAY, back.callback, None)

        counting = AtCommand(at, strike)
        module.hooks = (counting,)
        endpoint = self.endpoint(self.string(server, f"device={path}", timeout=20))
        try:
            client = await self.connect(endpoint)
        except ConnectError:
            pass
        else:
            data = b"there and back " * 400
            client.transport.write(data)
            while len(client.received) < len(data) and not client.reasons:
                await _pause(0.01)
            await self.leave(client)
            self.assertEqual(len(client.reasons), 1)
            if len(client.received) < len(data):
                self.assertIsInstance(client.reasons[0].value, ConnectionLost)
        self.assertGreaterEqual(counting.count, at)
        await back
        client = await self.connect(endpoint)
        client.transport.write(b"again")
        await client.when_received(5)
        await self.leave(client)
        self.assertEqual(bytes(client.received), b"again")
        await endpoint.modem.close()
        ports[-1].close()
        await serving.all_lost()
        # what was closed in this turn is gone in the next
        await _pause(0.05)
        self.assertEqual(descriptors(), before)


class RestartTests(PtyCase):
    """The module restarts."""


class UnplugTests(PtyCase):
    """The device goes and comes back."""


def _add(case: type[PtyCase], at: int, unplug: bool) -> None:
    def test(self: PtyCase) -> Deferred[None]:
        return self.session(at, unplug)

    test.__doc__ = f"At command {at}: the next connection works, and every descriptor is closed."
    setattr(case, f"test_at_{at}", test)


for _at in COMMANDS:
    _add(RestartTests, _at, False)
    _add(UnplugTests, _at, True)
