"""Several wait for one thing: one of them that cancels another takes nothing from the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench, write
from tests.modem.sessionbench import SessionBench
from twisted_quectel.errors import DeviceError, ModemNotReady, PortLost
from twisted_quectel.modem.callers import Callers
from twisted_quectel.modem.channels import Channel, Channels


class WaiterTests(SynchronousTestCase):
    """The first of three cancels the second when it is told; the third is told too."""

    def three(self, make: Callable[[], Deferred[Any]]) -> list[object]:
        """Have three wait; give what they come to, by and by."""
        told: list[object] = []
        first, second, third = (make() for _ in range(3))

        def cancel(result: object) -> None:
            told.append(result)
            second.cancel()

        first.addBoth(cancel)
        second.addBoth(lambda _: told.append("cancelled"))
        third.addBoth(told.append)
        return told

    def test_callers(self) -> None:
        """Of a modem that comes up, that does not, and that is closed."""
        reason = Failure(ModemNotReady("not yet"))
        session: Any = object()
        for tell in (
            lambda callers: callers.admit(lambda: session),
            lambda callers: callers.refuse(reason, lambda: None),
            lambda callers: callers.refuse_all(reason),
        ):
            callers = Callers(lambda: None)
            told = self.three(lambda callers=callers: callers.wait(False))  # type: ignore[misc]
            tell(callers)
            self.assertEqual(len(told), 3)
            self.assertEqual(told[1], "cancelled")
            self.assertIs(told[0], told[2])
            self.assertFalse(callers)

    def test_session(self) -> None:
        """Of what a session gives back: its end is told all the same."""
        bench = SessionBench()
        told = self.three(bench.session.connections.something_freed)
        bench.session.end("the module has restarted")
        self.assertEqual(told, [None, "cancelled", None])
        self.assertEqual(len(bench.ended), 1)

    def test_commands(self) -> None:
        """Of answers, when the port is lost."""
        bench = Bench()
        told = self.three(lambda: bench.port.execute(write("+CSQ", 1)))
        bench.unplug()
        self.assertEqual(len(told), 3)
        for each in (told[0], told[2]):
            assert isinstance(each, Failure)
            self.assertIsNotNone(each.check(PortLost))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_data_device(self) -> None:
        """Of a data device: when it cannot be opened for one, the next one tries."""
        bench = SessionBench()
        opens: list[Deferred[Any]] = []

        def opener(device: str, protocol: object) -> Deferred[Any]:
            opens.append(Deferred())
            return opens[-1]

        channels = Channels(
            bench.clock, Channel("/dev/m", bench.port), ("/dev/d",), opener, lambda port: None
        )
        bench.session.channels = bench.channels = channels
        first, second = (
            Deferred.fromCoroutine(bench.session.lease_channel(True)) for _ in range(2)
        )
        self.assertEqual(len(opens), 1)
        opens[0].errback(DeviceError("no such device"))
        self.failureResultOf(first, DeviceError)
        self.assertEqual(len(opens), 2)
        opens[1].errback(DeviceError("no such device"))
        self.failureResultOf(second, DeviceError)
