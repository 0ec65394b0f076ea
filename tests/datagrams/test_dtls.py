"""DTLS of the module for datagram protocols, against a real DTLS peer in memory."""

from __future__ import annotations

from typing import Any

import trustme
from twisted.internet.address import HostnameAddress, IPv4Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionDone,
    MessageLengthError,
)
from twisted.internet.interfaces import ILoggingContext, IUDPTransport
from twisted.internet.protocol import ConnectedDatagramProtocol
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from tests.datagrams.virtual import DatagramCase, Notes
from tests.dtlsservers import DTLS1_0, DTLSServer
from twisted_quectel import InvalidValue, ModuleTLSEndpoint, TLSProfile
from twisted_quectel.dtls import ModuleDTLSEndpoint, ModuleDTLSTransport
from twisted_quectel.emulator.faults import (
    CommandFails,
    ErrorInsteadOfSendOk,
    PdpDrops,
    PromptRefused,
    Restarts,
    SendFails,
)
from twisted_quectel.errors import (
    ModemBusyError,
    ModemTimeout,
    ModuleLost,
    SendFailed,
    TLSOpenFailed,
    UnsupportedOperation,
)

HOST = "dtls.example"
PORT = 5684
CA = trustme.CA()


class DTLSCase(DatagramCase):
    """A module, and a DTLS server that echoes."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve_dtls()

    def serve_dtls(self, host: str = HOST, port: int = PORT, **options: Any) -> DTLSServer:
        """Start a server."""
        server = DTLSServer(options.pop("ca", CA), *options.pop("names", (HOST,)), **options)
        server.on_memory(self.network, host, port)
        return server

    def profile(self, **tls: Any) -> TLSProfile:
        """Make the settings."""
        cacert = self.write("dtls-ca.pem", CA.cert_pem.bytes())
        values: dict[str, Any] = {"dtls": True, "cacert": cacert, **tls}
        return TLSProfile(**values)

    def dtls(self, **arguments: Any) -> ModuleDTLSEndpoint:
        """Make an endpoint."""
        values: dict[str, Any] = {"host": HOST, "port": PORT, "mode": self.mode, **arguments}
        if "ctx" not in values:
            values.setdefault("tls", self.profile())
        return ModuleDTLSEndpoint(self.emulated.modem(), **values)

    def opened(self, endpoint: ModuleDTLSEndpoint | None = None, make: Any = Notes) -> Any:
        """Connect, and give the protocol."""
        return self.result_of((endpoint or self.dtls()).connect(make()))

    def leave(self, notes: Any) -> None:
        """Close."""
        stopped = notes.transport.stopListening()
        self.result_of(stopped)


class ExchangeTests(DTLSCase):
    """In push mode, which is the default."""

    def test_echo(self) -> None:
        """Each write is one datagram on the other side, and back."""
        self.emulate_here()
        notes = self.opened()
        self.assertEqual(notes.events, ["start"])
        text = bytes(range(256)) * 6
        sizes = [1, 2, 3, 255, 512, 1023, 1024, 1025, 1359, 1459, 1460]
        for size in sizes:
            notes.transport.write(text[:size])
        self.until(lambda: len(notes.received) == len(sizes))
        self.assertEqual(notes.received, [(text[:size], (HOST, PORT)) for size in sizes])
        self.assertEqual(self.server.session.received, [text[:size] for size in sizes])
        transport = notes.transport
        self.leave(notes)
        self.assertEqual(notes.events, ["start", "stop"])
        self.settle(1.0)
        self.assertTrue(self.server.session.closed)
        self.assertIsNone(transport.stopListening())

    def emulate_here(self, **arguments: Any) -> None:
        """Make the module."""
        self.emulated = self.emulate(**arguments)

    def test_to_the_peer(self) -> None:
        """The peer's address may be given, another one not."""
        self.emulate_here()
        notes = self.opened()
        notes.transport.write(b"one", (HOST, PORT))
        notes.transport.writeSequence([b"t", b"wo"])
        self.assertRaises(InvalidValue, notes.transport.write, b"x", ("192.0.2.1", PORT))
        self.assertRaises(RuntimeError, notes.transport.connect, "192.0.2.1", PORT)
        for size in (0, 1461):
            self.assertRaises(MessageLengthError, notes.transport.write, b"x" * size)
        self.settle(1.0)
        self.assertEqual(notes.data, [b"one", b"two"])

    def test_many_at_once(self) -> None:
        """What the server sends in one go is not joined."""
        self.emulate_here()
        notes = self.opened()
        self.server.echo = False
        said = [b"%d" % number * 3 for number in range(10)]
        for data in said:
            self.server.session.write(data)
        self.settle(2.0)
        self.assertEqual(notes.data, said)

    def test_refused_for_a_while(self) -> None:
        """A datagram behind SEND FAIL, or without its prompt, goes again; none goes twice."""
        self.emulate_here(faults=[SendFails(1), PromptRefused(1), ErrorInsteadOfSendOk(1)])
        notes = self.opened()
        for data in (b"one", b"two", b"three"):
            notes.transport.write(data)
        self.settle(10.0)
        self.assertEqual(self.server.session.received, [b"one", b"two", b"three"])

    def test_peer_ends(self) -> None:
        """The server's close_notify stops the protocol, behind what came before."""
        self.emulate_here()
        notes = self.opened()
        why: list[BaseException] = []
        notes.transport.when_stopped().addCallback(why.append)
        self.server.session.write(b"last")
        self.server.session.close()
        self.until(lambda: why)
        self.assertEqual(notes.data, [b"last"])
        self.assertIsInstance(why[0], ConnectionDone)
        self.assertEqual(notes.events, ["start", "stop"])

    def test_module_restarts(self) -> None:
        """A restart of the module ends it; the next connect works."""
        self.emulate_here(faults=[Restarts(after=5.0)])
        notes = self.opened()
        why: list[BaseException] = []
        notes.transport.when_stopped().addCallback(why.append)
        self.until(lambda: why, 60.0)
        self.assertIsInstance(why[0], ModuleLost)
        self.assertEqual(notes.events, ["start", "stop"])
        again = self.opened(self.dtls(timeout=120.0))
        again.transport.write(b"x")
        self.settle(1.0)
        self.assertEqual(again.data, [b"x"])

    def test_network_lost(self) -> None:
        """So does the loss of the PDP context."""
        self.emulate_here(faults=[PdpDrops(5.0)])
        notes = self.opened()
        why: list[BaseException] = []
        notes.transport.when_stopped().addCallback(why.append)
        self.until(lambda: why, 60.0)
        self.assertIsInstance(why[0], (ModuleLost, SendFailed))
        self.opened()

    def test_transport(self) -> None:
        """It is a datagram transport, and says who is where."""
        self.emulate_here()
        notes = self.opened()
        transport = notes.transport
        self.assertIsInstance(transport, ModuleDTLSTransport)
        self.assertTrue(verifyObject(IUDPTransport, transport))
        self.assertTrue(verifyObject(ILoggingContext, transport))
        self.assertEqual(transport.getHost(), IPv4Address("UDP", "10.7.157.1", 0))
        self.assertEqual(transport.getPeer(), HostnameAddress(HOST.encode(), PORT))
        self.assertEqual(transport.logPrefix(), "Notes (DTLS)")
        self.assertIn(HOST, repr(transport))
        self.assertFalse(transport.getBroadcastAllowed())
        transport.setBroadcastAllowed(False)
        self.assertRaises(InvalidValue, transport.setBroadcastAllowed, True)
        transport.loseConnection()
        self.settle(1.0)
        self.assertEqual(notes.events, ["start", "stop"])

    def test_buffer(self) -> None:
        """Buffer mode can be asked for; here a read gives one datagram."""
        self.emulate_here()
        notes = self.opened(self.dtls(mode="buffer"))
        for data in (b"one", b"two"):
            notes.transport.write(data)
        self.settle(2.0)
        self.assertEqual(notes.data, [b"one", b"two"])
        self.server.session.write(b"last")
        self.server.session.close()
        self.settle(2.0)
        self.assertEqual(notes.data, [b"one", b"two", b"last"])
        self.assertEqual(notes.events, ["start", "stop"])

    def test_shared_context(self) -> None:
        """Connections with equal settings share an SSL context, also beside TLS."""
        self.emulate_here()
        peers = [self.opened() for _ in range(8)]
        for number, peer in enumerate(peers):
            peer.transport.write(b"%d" % number)
        self.settle(2.0)
        self.assertEqual([peer.data for peer in peers], [[b"%d" % n] for n in range(8)])
        serving = self.serve()
        tls = self.connect(self.endpoint(self.emulated))
        self.assertEqual(len(serving.peers), 1)
        tls.transport.loseConnection()
        self.end_of(tls)


class ConnectTests(DTLSCase):
    """How a connect ends."""

    def fails(self, endpoint: ModuleDTLSEndpoint, *kinds: type[Exception], **how: Any) -> Any:
        """Look that a connect fails; the protocol hears of it where it can."""

        class Connected(ConnectedDatagramProtocol):
            failed: Failure | None = None

            def connectionFailed(self, failure: Failure) -> None:
                self.failed = failure

        protocol = Connected()
        problem = self.refused(endpoint.connect(protocol), *kinds, **how)
        assert protocol.failed is not None
        self.assertIs(protocol.failed.value, problem)
        self.assertIsNone(protocol.transport)
        return problem

    def test_versions(self) -> None:
        """dtls_version is what is spoken."""
        self.serve_dtls(port=1, version=DTLS1_0)
        self.emulated = self.emulate()
        self.opened(self.dtls(port=1, tls=self.profile(dtls_version="1.0")))
        self.fails(self.dtls(port=1), TLSOpenFailed, ConnectError)

    def test_wrong_ca(self) -> None:
        """A server of another CA is refused; without verification it is not."""
        self.serve_dtls(port=1, ca=trustme.CA())
        self.emulated = self.emulate()
        problem = self.fails(self.dtls(port=1), TLSOpenFailed, ConnectError)
        self.one_line(problem, f"{HOST}:1", "566", "cacert")
        unverified = TLSProfile(dtls=True, verify="none")
        self.opened(self.dtls(port=1, tls=unverified))

    def test_client_certificate(self) -> None:
        """The client's certificate is shown where the server asks for it."""
        server = self.serve_dtls(port=1, client_ca=CA.cert_pem.bytes())
        leaf = CA.issue_cert("client.example")
        self.emulated = self.emulate()
        self.fails(self.dtls(port=1), TLSOpenFailed)
        tls = self.profile(
            client_cert=self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write("key.pem", leaf.private_key_pem.bytes()),
        )
        self.opened(self.dtls(port=1, tls=tls))
        self.assertIsNotNone(server.session.tls.get_peer_certificate())

    def test_psk(self) -> None:
        """A pre-shared key does without certificates."""
        self.serve_dtls(port=1, names=(), psk={b"me": b"\0\xff"})
        self.emulated = self.emulate()
        notes = self.opened(
            self.dtls(port=1, tls=TLSProfile(dtls=True, psk_identity="me", psk="00ff"))
        )
        notes.transport.write(b"x")
        self.settle(1.0)
        self.assertEqual(notes.data, [b"x"])

    def test_nobody_there(self) -> None:
        """A server that says nothing: the time is over."""
        self.server.lose = 10**6
        self.emulated = self.emulate()
        problem = self.fails(self.dtls(timeout=12.0), ModemTimeout)
        self.assertIn("12 s", str(problem))

    def test_cancelled(self) -> None:
        """A connect that is cancelled leaves nothing on the module."""
        self.server.lose = 10**6
        self.emulated = self.emulate()
        connecting = self.dtls().connect(Notes())
        self.settle(2.0)
        connecting.cancel()
        self.failureResultOf(connecting, ConnectingCancelledError)
        self.settle(2.0)
        modem = self.emulated.modem()
        assert modem.current is not None
        self.assertEqual(modem.current.connections.sockets, {})

    def test_cancelled_in_start(self) -> None:
        """One that is cancelled by the protocol itself is dropped."""
        made: list[Deferred[Any]] = []

        class Cancels(Notes):
            def startProtocol(self) -> None:
                super().startProtocol()
                made[0].cancel()

        self.emulated = self.emulate()
        protocol = Cancels()
        made.append(self.dtls().connect(protocol))
        self.settle(3.0)
        self.failureResultOf(made[0], ConnectingCancelledError)
        self.assertEqual(protocol.events, ["start", "stop"])

    def test_failing_start(self) -> None:
        """An exception in startProtocol is what the connect fails with; all is closed."""

        class Fails(Notes):
            def startProtocol(self) -> None:
                raise RuntimeError("no")

        self.emulated = self.emulate()
        self.refused(self.dtls().connect(Fails()), RuntimeError)
        self.settle(1.0)
        modem = self.emulated.modem()
        assert modem.current is not None
        self.assertEqual(modem.current.connections.sockets, {})

    def test_busy(self) -> None:
        """Without a free id it waits, or fails where it is told to."""
        self.emulated = self.emulate()
        peers = [self.opened() for _ in range(12)]
        self.fails(self.dtls(busy="fail"), ModemBusyError)
        waiting = self.dtls().connect(Notes())
        self.settle(2.0)
        self.assertNoResult(waiting)
        self.leave(peers[3])
        self.result_of(waiting)

    def test_not_set(self) -> None:
        """Where the module takes no setting, nothing is opened."""
        self.emulated = self.emulate(faults=[CommandFails("+QSSLCFG", times=0)])
        self.fails(self.dtls(), ConnectError)

    def test_family(self) -> None:
        """A family without DTLS says so by its name."""
        self.emulated = self.emulate()
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        assert modem.current is not None
        family = modem.current.family
        limits = type(family.limits)(**{**vars(family.limits), "dtls": False})
        self.patch(type(family), "limits", limits)
        self.one_line(self.fails(self.dtls(), UnsupportedOperation), "dtls: ", "lte")

    def test_modes_of_a_family(self) -> None:
        """Without push mode it is buffer mode; what the family lacks is refused."""
        self.emulated = self.emulate()
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        assert modem.current is not None
        family = modem.current.family
        modes = frozenset(mode for mode in family.limits.modes if mode.value != "push")
        limits = type(family.limits)(**{**vars(family.limits), "modes": modes})
        self.patch(type(family), "limits", limits)
        self.opened()
        self.assertIn(f'"{HOST}",{PORT},0', "\n".join(modem.last_lines()))
        self.one_line(self.fails(self.dtls(mode="push"), UnsupportedOperation), "mode: ", "buffer")


class ArgumentTests(DTLSCase):
    """What the endpoint is given."""

    def test_refused(self) -> None:
        """What is out of range, or no DTLS, is named."""
        self.emulated = self.emulate()
        for argument, values in (
            ("port", {"port": 0}),
            ("host", {"host": 'x",443\rAT+QPOWD'}),
            ("pdp", {"pdp": 17}),
            ("ctx", {"ctx": 6}),
            ("ctx", {"ctx": 2}),
            ("mode", {"mode": "transparent"}),
            ("busy", {"busy": "maybe"}),
            ("timeout", {"timeout": 0}),
            ("tls", {"tls": None}),
            ("tls", {"tls": object()}),
            ("tls", {"tls": TLSProfile(verify="none")}),
        ):
            problem = self.assertRaises(InvalidValue, self.dtls, **values)
            self.assertTrue(str(problem).startswith(f"{argument}: "), problem)
        self.assertRaises(InvalidValue, ModuleDTLSEndpoint, None, HOST, PORT)

    def test_shown(self) -> None:
        """It says what it is."""
        self.emulated = self.emulate()
        self.assertEqual(repr(self.dtls()), f"<ModuleDTLSEndpoint {HOST}:{PORT} by emulated>")

    def test_provisioned(self) -> None:
        """A context that the modem's profile sets with dtls is used by its number."""
        self.emulated = self.emulate()
        modem = self.emulated.modem(contexts={2: self.profile(), 3: TLSProfile(verify="none")})
        notes = self.opened(self.dtls(ctx=2))
        notes.transport.write(b"x")
        self.settle(1.0)
        self.assertEqual(notes.data, [b"x"])
        self.assertRaises(InvalidValue, self.dtls, ctx=3)
        self.assertRaises(InvalidValue, ModuleTLSEndpoint, modem, HOST, PORT, ctx=2)

    def test_provisioned_by_others(self) -> None:
        """A stream refuses a context that somebody else has set to DTLS."""
        self.emulated = self.emulate()
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        module: Any = self.emulated.module
        module.contexts[4]._values.update(dtls=1, seclevel=1)
        endpoint = ModuleTLSEndpoint(modem, HOST, PORT, ctx=4)
        problem = self.refused(self.start(endpoint), UnsupportedOperation)
        self.one_line(problem, "ctx: ", "DTLS")

    def test_cancel_type(self) -> None:
        """A cancelled connect is Twisted's, not a bare CancelledError."""
        self.emulated = self.emulate()
        connecting = self.dtls().connect(Notes())
        connecting.cancel()
        problem = self.failureResultOf(connecting).value
        self.assertNotIsInstance(problem, CancelledError)
