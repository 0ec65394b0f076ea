"""What a modem can be asked: pings, time servers, and what of a connection was acknowledged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from twisted.internet import error
from twisted.internet.defer import CancelledError

from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.interface.bench import InterfaceCase
from twisted_quectel import InvalidValue, ModuleTCPEndpoint, Ping, errors
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.families import Acknowledged
from twisted_quectel.families.lte import LTEFamily

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class QuestionCase(InterfaceCase):
    """Questions to a modem."""

    def failure_of(self, deferred: Any, kind: type[Any]) -> Any:
        """Wait for an error, and give it."""
        self.until(lambda: deferred.called and not deferred.paused, 600.0)
        return self.failureResultOf(deferred, kind).value


class PingTests(QuestionCase):
    """C{AT+QPING}."""

    def test_answered(self) -> None:
        """Each probe has its time; one command."""
        address = self.network.add_host(HOST)
        modem = self.ready(settings=ModuleSettings(round_trip=0.08)).modem
        self.watch()
        found = self.result_of(modem.ping(HOST, count=3, timeout=2))
        self.assertEqual(found, Ping(address, 3, 3, (80, 80, 80)))
        self.assertEqual(self.lines(), [f'+QPING=1,"{HOST}",2,3'])

    def test_brings_up(self) -> None:
        """A modem that is not up yet is brought up for it."""
        self.network.add_host(HOST)
        modem = self.interface().modem
        self.assertEqual(self.result_of(modem.ping(HOST)).received, 4)

    def test_nobody(self) -> None:
        """Probes that nobody answers are no error."""
        self.network.add_host(HOST)
        modem = self.ready(settings=ModuleSettings(round_trip=9.0)).modem
        found = self.result_of(modem.ping(HOST, count=2, timeout=3))
        self.assertEqual(found, Ping("", 2, 0, ()))

    def test_unknown_name(self) -> None:
        """A name that does not resolve is one, of the class that lookups have."""
        modem = self.ready().modem
        problem = self.failure_of(modem.ping("nowhere.example"), errors.ModemDNSError)
        self.assertIsInstance(problem, error.DNSLookupError)
        self.assertIn("nowhere.example could not be asked", str(problem))
        self.assertEqual((problem.code, problem.command), (565, 'AT+QPING=1,"nowhere.example",4,4'))

    def test_one_at_a_time(self) -> None:
        """Several are asked one after the other: their answers do not say whose they are."""
        first, second = self.network.add_host(HOST), self.network.add_host("other.example")
        modem = self.ready().modem
        one, other = modem.ping(HOST, count=1), modem.ping("other.example", count=2)
        self.assertEqual(self.result_of(one).address, first)
        found = self.result_of(other)
        self.assertEqual((found.address, found.sent), (second, 2))

    def test_cancelled(self) -> None:
        """The answers to one that nobody waits for are not the next one's."""
        self.network.add_host(HOST)
        second = self.network.add_host("other.example")
        modem = self.ready().modem
        given_up = modem.ping(HOST, count=2)
        self.settle()
        given_up.cancel()
        self.failureResultOf(given_up, CancelledError)
        self.assertEqual(self.result_of(modem.ping("other.example", count=1)).address, second)

    def test_module_lost(self) -> None:
        """The end of the module ends it, and those that wait for their turn."""
        self.network.add_host(HOST)
        interface = self.ready()
        one, other = interface.modem.ping(HOST), interface.modem.ping(HOST)
        self.settle()
        self.emulated.module.restart()
        self.failure_of(one, errors.ModuleLost)
        self.failure_of(other, errors.ModuleLost)

    def test_silent(self) -> None:
        """A module that says nothing more is not waited for for ever; what it said counts."""
        self.network.add_host(HOST)
        modem = self.ready().modem
        session = self.result_of(modem.session())
        asked = modem.ping(HOST, count=4)
        self.settle()
        port = self.emulated.module.port()
        said = [0]

        def some(line: str) -> None:
            said[0] += 1
            if said[0] == 1:
                type(port).unsolicited(port, line)

        self.patch(port, "unsolicited", some)
        found = self.result_of(asked, 600.0)
        self.assertEqual((found.sent, found.received), (1, 1))
        self.assertIs(modem.current, session)
        self.patch(port, "unsolicited", lambda line: None)
        problem = self.failure_of(modem.ping(HOST), errors.ModemConnectError)
        self.assertIn("no answer came", str(problem))

    def test_refused(self) -> None:
        """A module that refuses the command says why in its error."""
        self.network.add_host(HOST)
        modem = self.ready().modem
        session = self.result_of(modem.session())
        self.patch(
            session.family,
            "ping_command",
            lambda *given: LTEFamily.ping_command(session.family, 1, HOST, 4, 99),
        )
        self.failure_of(modem.ping(HOST), errors.ModemParameterError)

    def test_arguments(self) -> None:
        """What is out of range is told by name, and nothing is sent."""
        modem = self.interface().modem
        for argument, given in (
            ("host", {"host": ""}),
            ("count", {"host": HOST, "count": 0}),
            ("count", {"host": HOST, "count": 11}),
            ("timeout", {"host": HOST, "timeout": 256}),
            ("pdp", {"host": HOST, "pdp": 17}),
        ):
            values: dict[str, Any] = dict(given)
            with self.assertRaisesRegex(InvalidValue, f"^{argument}: "):
                modem.ping(**values)
        self.assertIsNone(modem.info)


class TimeTests(QuestionCase):
    """C{AT+QNTP}."""

    def test_time(self) -> None:
        """The server's time comes back; the module's clock is left alone, or set."""
        self.network.add_host("ntp.example")
        modem = self.ready(settings=ModuleSettings(time=NOON)).modem
        self.watch()
        found = self.result_of(modem.ntp("ntp.example"))
        self.assertEqual(found.replace(second=0), NOON)
        found = self.result_of(modem.ntp("ntp.example", 4123, set_clock=True, pdp=1))
        self.assertEqual(found.tzinfo, UTC)
        self.assertEqual(
            self.lines(), ['+QNTP=1,"ntp.example",123,0', '+QNTP=1,"ntp.example",4123,1']
        )

    def test_unknown_name(self) -> None:
        """A name that does not resolve."""
        problem = self.failure_of(self.ready().modem.ntp("nowhere.example"), errors.ModemDNSError)
        self.assertEqual(problem.code, 565)

    def test_what_is_no_time(self) -> None:
        """What is no time is an error that shows it."""
        self.network.add_host("ntp.example")
        modem = self.ready().modem
        port = self.emulated.module.port()
        self.patch(
            port, "unsolicited", lambda line: type(port).unsolicited(port, '+QNTP: 0,"soon"')
        )
        problem = self.failure_of(modem.ntp("ntp.example"), errors.ModemConnectError)
        self.assertIn("'soon'", str(problem))

    def test_arguments(self) -> None:
        """What is out of range is told by name."""
        modem = self.interface().modem
        with self.assertRaisesRegex(InvalidValue, "^port: "):
            modem.ntp("ntp.example", 0)
        with self.assertRaisesRegex(InvalidValue, "^server: "):
            modem.ntp("ntp example")


class AcknowledgedTests(QuestionCase):
    """C{AT+QISEND} with a length of 0."""

    def connected(self, **arguments: Any) -> Peer:
        """Make a connection without TLS."""
        self.emulated = self.emulate(**arguments)
        serving = self.echo()
        endpoint = ModuleTCPEndpoint(self.emulated.modem(), HOST, PORT, self.mode)
        peer: Peer = self.result_of(endpoint.connect(factory_for(Peer)))
        self.settle()
        assert serving.peers
        return peer

    def echo(self) -> Serving:
        """Start a server without TLS that gives back what it gets."""
        return self.plain(Echo)

    def test_told(self) -> None:
        """The module tells what it has sent, and what of that has arrived."""
        peer = self.connected()
        transport: Any = peer.transport
        self.assertEqual(self.result_of(transport.acknowledged()), Acknowledged(0, 0))
        transport.write(b"x" * 3000)
        self.settle(1.0)
        self.assertEqual(self.result_of(transport.acknowledged()), Acknowledged(3000, 3000))
        transport.loseConnection()
        self.settle(1.0)
        self.failureResultOf(transport.acknowledged(), error.ConnectionDone)

    def test_transparent(self) -> None:
        """In data mode it is asked on another port, and refused where there is none."""
        self.mode = "transparent"
        transport: Any = self.connected().transport
        transport.write(b"x" * 100)
        self.settle(1.0)
        self.assertEqual(self.result_of(transport.acknowledged()).sent, 100)
        transport.loseConnection()
        self.settle(5.0)

    def test_transparent_only_port(self) -> None:
        """On the only port nothing can be asked in data mode."""
        self.emulated = self.emulate()
        self.echo()
        endpoint = ModuleTCPEndpoint(self.emulated.modem(), HOST, PORT, "transparent")
        peer: Peer = self.result_of(endpoint.connect(factory_for(Peer)))
        transport: Any = peer.transport
        problem = self.failureResultOf(transport.acknowledged(), errors.UnsupportedOperation).value
        self.assertIn("dataDevices", str(problem))
        transport.loseConnection()
        self.settle(5.0)

    def test_tls(self) -> None:
        """Of TLS no module tells it."""
        emulated = self.emulate()
        self.serve(Echo)
        peer: Peer = self.result_of(self.endpoint(emulated).connect(factory_for(Peer)))
        transport: Any = peer.transport
        self.failureResultOf(transport.acknowledged(), errors.UnsupportedOperation)
        transport.loseConnection()
        self.settle(5.0)

    def test_no_answer(self) -> None:
        """An answer that does not tell is an error."""
        transport: Any = self.connected().transport
        socket = transport._socket
        self.patch(type(socket.dialect), "read_acknowledged", lambda self, response: None)
        self.failure_of(transport.acknowledged(), errors.ModemConnectError)
