"""Commands of SIM52xx modules that take minutes, and what goes on meanwhile (2.7 and 4.8)."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from twisted.internet.error import ConnectingCancelledError, ConnectionAborted, ConnectionDone
from twisted.internet.task import deferLater

from tests.endpoint.httpscase import UNVERIFIED
from tests.endpoint.protocols import Peer
from tests.endpoint.simcase import OWN, SIMCase
from tests.endpoint.virtual import HOST, PORT
from twisted_quectel import ModuleHTTPSEndpoint, ModuleTLSEndpoint, errors
from twisted_quectel.emulator import ModuleSettings

#: A server that never answers: an open to it takes as long as the module gives it.
SILENT = "silent.example"


class LongCase(SIMCase):
    """A module beside whose server there is one that is silent."""

    def begin(self, **arguments: Any) -> Any:
        """As L{SIMCase.begin}."""
        arguments.setdefault("make", Peer)
        arguments.setdefault("settings", ModuleSettings(connect_timeout=120.0))
        self.network.silence(SILENT, PORT)
        return super().begin(**arguments)

    def silent(self, **arguments: Any) -> Any:
        """Make an endpoint to the silent server."""
        return self.endpoint(self.emulated, host=SILENT, tls=OWN, **arguments)


class OpenTests(LongCase):
    """An open has the port until it has ended, two minutes at most."""

    def test_beside_it(self) -> None:
        """What is pushed comes, an abort and a cancel are told at once; sends wait and go on."""
        self.begin()
        one = self.open(tls=OWN)
        server = self.serving.peers[0]
        opening = self.start(self.silent(timeout=300.0))
        self.settle(10.0)
        self.assertNoResult(opening)
        server.transport.write(b"while it opens")
        self.settle(1.0)
        self.assertEqual(bytes(one.received), b"while it opens")
        one.transport.write(b"an answer")
        self.settle(10.0)
        self.assertEqual((bytes(server.received), one.reasons), (b"", []))
        opening.cancel()
        self.refused(opening, ConnectingCancelledError, seconds=0.0)
        self.result_of(server.when_received(9), 120.0)
        opening = self.start(self.silent(timeout=300.0))
        self.settle(10.0)
        one.transport.abortConnection()
        self.clock.turn()
        self.assertIsInstance(one.reasons[0].value, ConnectionAborted)
        self.refused(opening, errors.TCPOpenFailed, seconds=130.0)
        self.assertIsInstance(self.end_of(server, 5.0), ConnectionDone)
        self.closes(self.open(tls=OWN))

    def test_too_late(self) -> None:
        """Who waits for the port behind a connect that was given up is told what takes so long."""
        self.begin()
        late = self.problem(errors.ModemTimeout, host=SILENT, tls=OWN, timeout=20.0)
        self.one_line(late, SILENT, "20 s", "AT+CSSLOPEN")
        started = self.clock.seconds()
        problem = self.problem(errors.ModemTimeout, tls=OWN, timeout=20.0)
        self.one_line(problem, HOST, "AT+CSSLOPEN")
        self.assertAlmostEqual(self.clock.seconds() - started, 20.0, 3)
        peer = self.open(tls=OWN, timeout=120.0)
        self.closes(peer)

    def test_closed_modem(self) -> None:
        """A modem can be closed meanwhile."""
        self.begin()
        opening = self.start(self.silent(timeout=300.0))
        self.settle(10.0)
        closed = self.emulated.modem().close()
        self.result_of(closed, 6.0)
        self.refused(opening, errors.ModemConnectError, seconds=0.0)


class ReleaseTests(LongCase):
    """A stack may take two minutes to be released, and its connection two more to be closed."""

    def hang(self, name: str) -> None:
        """Have a command of the module answered late, within its time."""
        module = self.sim()
        plain = module.commands[name]

        async def late(call: Any) -> Any:
            await deferLater(self.clock, 115.0)
            result = plain(call)
            return await result if isawaitable(result) else result

        self.patch(module, "commands", {**module.commands, name: late})

    def test_others_wait(self) -> None:
        """Until then every other connection waits, and is told for what."""
        self.begin()
        peer = self.open(tls=OWN)
        self.hang("+CSSLCLOSE")
        self.hang("+CSSLSTOP")
        peer.transport.loseConnection()
        self.settle(1.0)
        modem = self.emulated.modem()
        https: dict[str, Any] = {"tls": UNVERIFIED, "timeout": 30.0}
        late = self.start(ModuleHTTPSEndpoint(modem, HOST, PORT, **https))
        problem = self.refused(late, errors.ModemTimeout)
        self.one_line(problem, "common SSL is in use")
        self.settle(100.0)
        late = self.start(ModuleHTTPSEndpoint(modem, HOST, PORT, **https))
        problem = self.refused(late, errors.ModemTimeout)
        self.one_line(problem, "common SSL is being released")
        busy = self.start(ModuleHTTPSEndpoint(modem, HOST, PORT, busy="fail", **https))
        self.one_line(self.refused(busy, errors.ModemBusyError), "being released")
        same = self.problem(errors.ModemTimeout, tls=OWN, timeout=10.0)
        self.one_line(same, "AT+CSSLSTOP")
        # who was given up in the meantime has acquired nothing that were to be released
        self.assertEqual(len(self.sent("+CSSLSTOP")), 2)
        there = ModuleHTTPSEndpoint(modem, HOST, PORT, tls=UNVERIFIED, timeout=120.0)
        self.closes(self.connect(there, seconds=120.0))

    def test_given_up(self) -> None:
        """A module that never answers a release is asked anew behind its two minutes."""
        self.begin()
        peer = self.open(tls=OWN)
        module = self.sim()
        peer.transport.loseConnection()
        self.until(lambda: self.sent("+CSSLSTOP")[-1:] and self.sent("+CSSLCLOSE"))
        module.muted = True
        self.settle(1.0)
        module.muted = False
        started = self.clock.seconds()
        self.closes(self.connect(self.endpoint(self.emulated, tls=OWN, timeout=200.0), seconds=200))
        self.assertLess(self.clock.seconds() - started, 140.0)


class UnpluggedTests(LongCase):
    """A device that is lost in the middle of such a command finds a silent module at first."""

    def endpoints(self, host: str, timeout: float) -> Any:
        """Give an endpoint of each stack."""
        modem = self.emulated.modem()
        yield ModuleHTTPSEndpoint(modem, host, PORT, tls=UNVERIFIED, timeout=timeout)
        yield ModuleTLSEndpoint(modem, host, PORT, tls=OWN, timeout=timeout)

    def unplug(self, endpoint: Any) -> None:
        """Pull the device off in the middle of an open."""
        opening = self.start(endpoint)
        self.settle(10.0)
        self.emulated.wires["usbmodem"].unplug()
        self.refused(opening, errors.ModemConnectError, seconds=400.0)

    def test_waits(self) -> None:
        """The module is waited for as long as it may be at that command."""
        self.begin()
        silent = self.endpoints(SILENT, 15.0)
        for there in self.endpoints(HOST, 200.0):
            self.unplug(next(silent))
            self.closes(self.connect(there, seconds=200.0))
            self.settle(5.0)

    def test_not_so_long(self) -> None:
        """Who does not wait so long is told what may be behind it."""
        self.begin()
        for there, silent in zip(
            self.endpoints(HOST, 20.0), self.endpoints(SILENT, 15.0), strict=True
        ):
            self.unplug(silent)
            problem = self.refused(self.start(there), errors.NoAnswer)
            self.one_line(problem, "device", "may be at a command")
            self.settle(200.0)

    def test_not_for_ever(self) -> None:
        """A module that stays silent is given up behind that."""
        self.begin()
        silent, there = self.endpoints(SILENT, 15.0), self.endpoints(HOST, 600.0)
        self.unplug(next(silent))
        self.emulated.module.muted = True
        problem = self.refused(self.start(next(there)), errors.NoAnswer, seconds=400.0)
        self.one_line(problem, "check that it is")
        self.emulated.module.muted = False
