"""What is of the GSM modules alone: their contexts, their storage, and what they cannot do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from twisted.internet.error import CannotListenError, ConnectionDone, ConnectionLost
from twisted.internet.protocol import DatagramProtocol, Factory

from tests.endpoint.gsmcase import GSMCase, Refusing
from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.tlsservers import make_ca
from twisted_quectel import (
    HostTLS,
    HostTLSEndpoint,
    ModemInterface,
    ModuleDTLSEndpoint,
    ModuleTCPEndpoint,
    TLSProfile,
    errors,
)
from twisted_quectel.emulator.faults import CommandFails
from twisted_quectel.emulator.gsm.stack import ADDRESSED
from twisted_quectel.emulator.kinds import Kind

#: Where the server without TLS is.
PLAIN = "plain.example"


class LostTailTests(GSMCase):
    """A module that closes by itself keeps what it has told of (chapter 2.2.10); or does not."""

    def test_refused_read(self) -> None:
        """Announced data that it does not give any more makes the end a loss."""
        for command_fails, kind in ((0, ConnectionDone), (1, ConnectionLost)):
            self.network = type(self.network)(self.clock)
            faults = [CommandFails("+QSSLRECV", 0, 0)] if command_fails else []
            self.begin(make=Peer, faults=faults)
            peer = self.open()
            peer.transport.pauseProducing()
            server = self.serving.peers[-1]
            server.transport.write(b"x" * 3000)
            server.transport.loseConnection()
            self.settle(5.0)
            peer.transport.resumeProducing()
            reason = self.end_of(peer)
            self.assertIsInstance(reason, kind)
            self.assertEqual(peer.count, 0 if command_fails else 3000)


class BesideTests(GSMCase):
    """TLS beside TCP on one module (chapter 1.3)."""

    def test_both(self) -> None:
        """Connections of both kinds share the indices, and nothing else."""
        plain = Serving(Echo)
        self.network.listen(PLAIN, 6021, plain)
        modem = self.begin()
        peers = []
        for _ in range(3):
            peers.append(self.open())
            endpoint = ModuleTCPEndpoint(modem, PLAIN, 6021)
            peers.append(self.connect(endpoint))
        self.assertEqual(sorted(socket.id for socket in self.gsm().sockets), list(range(6)))
        full = self.start(self.endpoint(self.emulated, busy="fail"))
        self.refused(full, errors.ModemBusyError)
        for number, peer in enumerate(peers):
            self.echoes(peer, b"number %d" % number)
        for peer in peers:
            self.closes(peer)

    def test_closed_by_module(self) -> None:
        """The module closes by itself: what it holds is read, and no close is sent."""
        modem = self.begin()
        plain = Serving(Peer)
        self.network.listen(PLAIN, 6021, plain)
        peers = [self.open(), self.connect(ModuleTCPEndpoint(modem, PLAIN, 6021))]
        for peer, server in zip(peers, (self.serving.peers[0], plain.peers[0]), strict=True):
            peer.transport.pauseProducing()
            server.transport.write(b"the tail" * 300)
            server.transport.loseConnection()
            self.settle(1.0)
            peer.transport.resumeProducing()
            self.assertIsInstance(self.end_of(peer), ConnectionDone)
            self.assertEqual(bytes(peer.received), b"the tail" * 300)
        self.assertEqual(self.sent("+QSSLCLOSE", "+QICLOSE"), [])
        self.closes(self.open())

    def test_tls_on_the_host(self) -> None:
        """C{quecteltls:} works over its TCP."""
        modem = self.begin()
        inner = ModuleTCPEndpoint(modem, HOST, PORT)
        settings = HostTLS.from_arguments(HOST, {"cacert": self.ca_path})
        peer: Any = self.result_of(
            HostTLSEndpoint(modem, inner, settings).connect(factory_for(Peer))
        )
        self.echoes(peer)
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_single_connection_before(self) -> None:
        """A host before us has had the module for one connection: that is undone."""
        self.begin()
        module = self.gsm()
        module.stack.contexts[0].state = ADDRESSED
        module.sockets.create_plain(Kind.TCP, 0, 0, 0, module.port(), "earlier.example")
        peer = self.open()
        self.assertEqual(len(self.sent("+QIMUX=1")), 2)
        self.echoes(peer)
        self.closes(peer)


class RefusedTests(GSMCase):
    """What the family cannot do is refused by name, and nothing is sent for it."""

    def test_tls_arguments(self) -> None:
        """Each argument that the note has no setting for."""
        self.begin()
        other = self.write("other.pem", make_ca().cert_pem.bytes())
        for argument, given in (
            ("sni", {"sni": True}),
            ("alpn", {"alpn": "h2"}),
            ("psk", {"psk_identity": "me", "psk": "00112233", "cacert": None, "verify": "none"}),
            ("sessionCache", {"session_cache": False}),
            ("renegotiation", {"renegotiation": True}),
            ("ignoreMultiCertChainVerify", {"ignore_multi_cert_chain_verify": True}),
            ("ignoreInvalidCertSign", {"ignore_invalid_cert_sign": True}),
            ("negotiateTime", {"negotiate_time": 20}),
            ("closeTimeMode", {"close_time_mode": "ms"}),
            ("ciphers", {"ciphers": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}),
            ("cacert", {"cacertex": other}),
        ):
            values: dict[str, Any] = {"cacert": self.ca_path, **given}
            problem = self.problem(errors.UnsupportedOperation, tls=TLSProfile(**values))
            self.assertTrue(str(problem).startswith(f"{argument}: "), problem)
            self.one_line(problem)
        self.assertEqual(self.sent("+QSSLOPEN"), [])
        tls = TLSProfile(cacert=self.ca_path, identity="require")
        self.problem(errors.IdentityNotChecked, tls=tls)

    def test_modes(self) -> None:
        """No push mode; no transparent mode without TLS."""
        modem = self.begin()
        self.assertIn("mode: ", str(self.problem(errors.UnsupportedOperation, mode="push")))
        endpoint = ModuleTCPEndpoint(modem, HOST, PORT, mode="transparent")
        problem = self.refused(self.start(endpoint), errors.UnsupportedOperation)
        self.one_line(problem, "mode", "transparent", "without TLS", "buffer")

    def test_description(self) -> None:
        """What a modem file may say of other families' modems."""
        for argument, given in (
            ("ip", {"ip": "ipv6"}),
            ("auth", {"user": "me", "password": "mine", "auth": "chap"}),
            ("dns", {"dns": ("192.0.2.1",)}),
            ("keys", {"keys": "ufs"}),
            ("pdp", {"pdp": 3}),
        ):
            self.description = dict(given)
            self.network = type(self.network)(self.clock)
            self.begin()
            problem = self.problem(errors.UnsupportedOperation)
            self.assertTrue(str(problem).startswith(f"{argument}: "), problem)

    def test_interface(self) -> None:
        """No servers, no UDP, no DTLS, no pings."""
        modem = self.begin()
        interface: Any = ModemInterface(modem)
        self.result_of(interface.ready())
        for listen in (
            lambda: interface.listenTCP(2020, Factory.forProtocol(Peer)),
            lambda: interface.listenUDP(2020, DatagramProtocol()),
        ):
            problem = self.assertRaises(CannotListenError, listen)
            self.assertIn("gsm", str(problem))
        tls = TLSProfile(cacert=self.ca_path, dtls=True)
        connecting = ModuleDTLSEndpoint(modem, HOST, PORT, tls=tls).connect(DatagramProtocol())
        self.refused(connecting, errors.UnsupportedOperation)
        for asked in (modem.ping(HOST), modem.ntp(HOST)):
            self.refused(asked, errors.UnsupportedOperation)

    def test_server_of_another_ca(self) -> None:
        """A server whose certificate comes from another CA is refused, and works without check."""
        self.begin()
        other = self.write("other.pem", make_ca().cert_pem.bytes())
        problem = self.problem(errors.TLSOpenFailed, tls=TLSProfile(cacert=other))
        self.assertEqual(problem.code, -1)
        self.one_line(problem, "RSA key exchange", "cacert")
        peer = self.open(tls=TLSProfile(verify="none"))
        self.echoes(peer)
        self.closes(peer)
        # what the context was set to before is no proof of anything
        self.problem(errors.TLSOpenFailed, tls=TLSProfile(cacert=other))

    def test_provisioned(self) -> None:
        """A context that is named alone has to verify."""
        self.description = {"contexts": {1: TLSProfile(cacert=self.ca_path)}}
        self.begin()
        self.problem(errors.UnverifiedContext, ctx=2)
        peer = self.open(ctx=1)
        self.echoes(peer)
        self.closes(peer)

    def test_settings_that_are_not_taken(self) -> None:
        """A firmware that refuses a setting is not opened with."""
        self.begin(faults=[CommandFails("+QSSLCFG", 3, 0)])
        problem = self.problem(errors.ModemParameterError)
        self.one_line(problem, "sslVersion", "SSL context 0")
        self.assertEqual(self.sent("+QSSLOPEN"), [])
        self.problem(errors.UnverifiedContext, ctx=2)

    def test_whole_query_missing(self) -> None:
        """Where a context cannot be asked for as a whole, its settings are, one by one."""
        for quirks in ([], ["cfg_reply_with_ctx"]):
            self.network = type(self.network)(self.clock)
            refusing = Refusing("+QSSLCFG", b'"ctxindex"')
            self.begin(faults=[refusing], quirks=quirks)
            self.closes(self.open())
            asked = self.sent("+QSSLCFG")
            self.assertIn('+QSSLCFG="seclevel",0', asked)
            self.assertIn('+QSSLCFG="cacert",0', asked)


class ClockTests(GSMCase):
    """C{ignorertctime} is one for all connections."""

    def test_other_value_waits(self) -> None:
        """Who ignores dates and who does not are not connected at the same time."""
        self.begin()
        peer = self.open()
        careless = TLSProfile(cacert=self.ca_path, ignore_local_time=True)
        self.problem(errors.ModemBusyError, tls=careless, busy="fail")
        waiting = self.start(self.endpoint(self.emulated, tls=careless))
        self.settle(2.0)
        self.assertFalse(waiting.called)
        self.assertEqual(self.gsm().common.number("ignorertctime"), 0)
        # those who have no certificate to check do not care
        other = self.open(tls=TLSProfile(verify="none"))
        self.closes(other)
        self.closes(peer)
        second = self.result_of(waiting)
        self.assertEqual(self.gsm().common.number("ignorertctime"), 1)
        self.closes(second)
        third = self.open()
        self.assertEqual(self.gsm().common.number("ignorertctime"), 0)
        self.closes(third)

    def provision(self) -> None:
        """Set context 3 by hand, as another tool would."""
        module = self.gsm()
        module.files.store("RAM:mine.pem", self.ca.cert_pem.bytes())
        module.contexts[3].set("cacert", "RAM:mine.pem")
        module.contexts[3].set("seclevel", 1)

    def test_provisioned_on_the_module(self) -> None:
        """A context that is named alone has its dates compared, whoever ignored his before."""
        expired = self.options(not_before=datetime(2020, 1, 1), not_after=datetime(2021, 1, 1))
        self.serve(Echo, expired, "old.example")
        self.begin()
        self.provision()
        careless = TLSProfile(cacert=self.ca_path, ignore_local_time=True)
        self.closes(self.open(host="old.example", tls=careless))
        self.assertEqual(self.gsm().common.number("ignorertctime"), 1)
        self.problem(errors.TLSOpenFailed, host="old.example", ctx=3)
        self.closes(self.open(ctx=3))
        self.assertEqual(self.gsm().common.number("ignorertctime"), 0)

    def test_left_by_an_earlier_host(self) -> None:
        """So it has what a host before us has left, and the module's clock is set for it."""
        expired = self.options(not_before=datetime(2020, 1, 1), not_after=datetime(2021, 1, 1))
        self.serve(Echo, expired, "old.example")
        self.begin()
        self.provision()
        self.gsm().common.set("ignorertctime", 1)
        self.problem(errors.TLSOpenFailed, host="old.example", ctx=3)
        self.assertEqual(len(self.sent("+CCLK=")), 1)

    def test_provisioned_waits(self) -> None:
        """Who ignores dates and a context that is named alone are not open at the same time."""
        self.begin()
        self.provision()
        careless = TLSProfile(cacert=self.ca_path, ignore_local_time=True)
        for first, second in (({"tls": careless}, {"ctx": 3}), ({"ctx": 3}, {"tls": careless})):
            peer = self.open(**first)
            before = self.gsm().common.number("ignorertctime")
            self.problem(errors.ModemBusyError, busy="fail", **second)
            waiting = self.start(self.endpoint(self.emulated, **second))
            self.settle(2.0)
            self.assertFalse(waiting.called)
            self.assertEqual(self.gsm().common.number("ignorertctime"), before)
            self.closes(peer)
            self.closes(self.result_of(waiting))


class StorageTests(GSMCase):
    """C{RAM:} and C{NVRAM:} (chapters 2.2.7 to 2.2.9)."""

    def test_ram(self) -> None:
        """In RAM a file goes up once for each start of the module."""
        self.begin()
        for _ in range(2):
            self.closes(self.open())
        self.assertEqual(len(self.sent("+QSECWRITE")), 1)
        self.gsm().restart()
        self.settle(20.0)
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QSECWRITE")), 2)

    def test_nvram(self) -> None:
        """In NVRAM it outlives restarts, and hosts: its checksum proves it."""
        self.description = {"keys": "nvram"}
        self.begin()
        self.closes(self.open())
        self.gsm().restart()
        self.settle(20.0)
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QSECWRITE")), 1)
        self.assertTrue(self.sent("+QSECWRITE")[0].startswith('+QSECWRITE="NVRAM:CA0",'))
        # one that has rotted is written anew
        self.gsm().files.spoil("NVRAM:CA0")
        self.gsm().restart()
        self.settle(20.0)
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QSECWRITE")), 2)

    def test_one_place(self) -> None:
        """Another file for the same place waits for nobody: it is refused while it is in use."""
        self.description = {"keys": "nvram"}
        self.begin()
        peer = self.open()
        other_ca = make_ca()
        other = TLSProfile(cacert=self.write("other.pem", other_ca.cert_pem.bytes()))
        problem = self.problem(errors.ModemBusyError, tls=other, busy="fail")
        self.one_line(problem, "NVRAM:CA0", "keys")
        waiting = self.start(self.endpoint(self.emulated, tls=other))
        self.settle(2.0)
        self.assertFalse(waiting.called)
        self.echoes(peer)
        self.closes(peer)
        # nobody uses it: the other one takes its place, and verifies what it should
        self.refused(waiting, errors.TLSOpenFailed)
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QSECWRITE")), 3)

    def test_both_at_once(self) -> None:
        """Two that want one place have it one after the other."""
        self.description = {"keys": "nvram"}
        self.begin()
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        right = self.start(self.endpoint(self.emulated))
        wrong = self.start(self.endpoint(self.emulated, tls=other))
        third = self.start(self.endpoint(self.emulated))
        peer = self.result_of(right)
        self.closes(peer)
        self.closes(self.result_of(third))
        self.refused(wrong, errors.TLSOpenFailed)

    def test_client_certificate(self) -> None:
        """All places at once, for a server that asks for a certificate."""
        self.description = {"keys": "nvram"}
        client_ca = make_ca()
        leaf = client_ca.issue_cert("client.example")
        options = self.options(client_ca=client_ca.cert_pem.bytes())
        serving = self.serve(Echo, options, "strict.example")
        self.begin()
        tls = TLSProfile(
            cacert=self.ca_path,
            client_cert=self.write("cert.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write("key.pem", leaf.private_key_pem.bytes()),
        )
        peer = self.open(host="strict.example", tls=tls)
        self.echoes(peer)
        self.closes(peer)
        self.assertEqual(len(serving.peers), 1)
        places = [line.split('"')[1] for line in self.sent("+QSECWRITE")]
        self.assertEqual(places, ["NVRAM:CA0", "NVRAM:CC0", "NVRAM:CK0"])

    def test_too_long(self) -> None:
        """What has no room is refused before it is sent."""
        self.description = {"keys": "nvram"}
        self.begin()
        leaf = self.ca.issue_cert(*(f"number-{number}.client.example" for number in range(60)))
        tls = TLSProfile(
            cacert=self.ca_path,
            client_cert=self.write("long.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write("key.pem", leaf.private_key_pem.bytes()),
        )
        problem = self.problem(errors.CertificateStoreError, tls=tls)
        self.one_line(problem, "NVRAM:CC0", "2025")
        self.assertFalse([line for line in self.sent("+QSECWRITE") if "CC0" in line])

    def test_named_by_its_owner(self) -> None:
        """A file that is there already can be named: CA1 is for that."""
        self.begin()
        self.gsm().files.store("NVRAM:CA1", self.ca.cert_pem.bytes())
        self.closes(self.open(tls=TLSProfile(cacert="module:NVRAM:CA1")))
        self.assertEqual(self.sent("+QSECWRITE"), [])
