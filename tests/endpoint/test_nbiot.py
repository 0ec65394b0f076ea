"""What is of the NB-IoT modules alone: one connection, text and hex, datagrams."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from trustme import KeyType
from twisted.internet.error import MessageLengthError
from twisted.internet.protocol import DatagramProtocol

from tests.dtlsservers import DTLS1_0, DTLS1_2, DTLSServer
from tests.endpoint.familycase import FamilyCase
from tests.endpoint.protocols import Echo, Hasher, Peer, Serving
from tests.endpoint.tokens import Stream
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.tlsservers import make_ca
from twisted_quectel import (
    HostTLS,
    HostTLSEndpoint,
    ModuleDTLSEndpoint,
    ModuleTCPEndpoint,
    TLSProfile,
    errors,
    listen_udp,
)
from twisted_quectel.emulator import Link
from twisted_quectel.emulator.nbiot.module import NBIoTModule

#: Bytes each way for each format; the long run takes C{EXACT_BYTES} (10 MB).
SIZE = int(os.environ.get("EXACT_BYTES", "100000"))


class NBIoTCase(FamilyCase):
    """A BC660K-GL."""

    model = "BC660K-GL"

    def nb(self) -> NBIoTModule:
        """Give the module."""
        module = self.emulated.module
        assert isinstance(module, NBIoTModule)
        return module


class FormatTests(NBIoTCase):
    """Each data format is exact for every byte."""

    FORMATS: ClassVar = ("text", "hex", "text/hex", "hex/text")

    def exact(self, quirks: tuple[str, ...] = (), secure: bool = True) -> None:
        """Send and receive what imitates a module, and all bytes."""
        for data_format in self.FORMATS:
            self.network = type(self.network)(self.clock)
            self.description = {"data_format": data_format}
            modem = self.begin(quirks=quirks)
            if secure:
                peer = self.open()
            else:
                self.network.listen("plain.example", 7, Serving(Echo))
                peer = self.connect(ModuleTCPEndpoint(modem, "plain.example", 7))
            for data in (
                bytes(range(256)) * 8,
                b'"',
                b'"\r\n"',
                b'"192.0.2.7",4000,"x"',
                b'\r\n+QSSLURC: "closed",0,0\r\n',
            ):
                self.echoes(peer, data)
            self.closes(peer)

    def test_tls(self) -> None:
        """By TLS."""
        self.exact()

    def test_plain(self) -> None:
        """Without."""
        self.exact(secure=False)

    def test_quirks(self) -> None:
        """However the module writes what it has received."""
        for quirk in ("recv_unquoted", "recv_hex_counts_digits"):
            self.exact((quirk,))

    def test_much(self) -> None:
        """Megabytes, both ways, in text and in hex."""
        for data_format in self.FORMATS[:2]:
            self.network = type(self.network)(self.clock)
            self.description = {"data_format": data_format}
            stream = Stream(SIZE, 7)
            self.begin(make=Echo)
            peer = self.connect(self.endpoint(self.emulated), Hasher, seconds=600.0)
            for piece in stream.pieces():
                peer.transport.write(piece)
            self.result_of(peer.when_received(SIZE), 1e7)
            self.assertEqual(peer.sha256.hexdigest(), stream.digest())
            self.closes(peer)

    def test_default(self) -> None:
        """Text, which takes half the line of digits and is as exact."""
        self.begin()
        self.closes(self.open())
        self.assertEqual(self.sent('+QSSLCFG=0,0,"dataformat"'), ['+QSSLCFG=0,0,"dataformat",0,0'])


class OneConnectionTests(NBIoTCase):
    """There is one connection with TLS."""

    def test_busy(self) -> None:
        """A second one fails at once, or waits its turn."""
        self.begin()
        peer = self.open()
        before = self.clock.seconds()
        problem = self.problem(errors.ModemBusyError, busy="fail")
        self.one_line(problem, "the one connection", "busy=wait")
        self.assertLess(self.clock.seconds() - before, 1.0)
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        for tls in (other, TLSProfile(verify="none")):
            problem = self.problem(errors.ModemBusyError, busy="fail", tls=tls)
            self.one_line(problem, "the one connection", "busy=wait")
            self.assertNotIn("keys", str(problem))
        waiting = self.start(self.endpoint(self.emulated))
        self.settle(3.0)
        self.assertFalse(waiting.called)
        self.echoes(peer)
        self.closes(peer)
        second = self.result_of(waiting)
        self.echoes(second)
        self.closes(second)

    def test_beside_tcp(self) -> None:
        """TCP goes on beside it, and TLS on the host over that."""
        modem = self.begin()
        peer = self.open()
        inner = ModuleTCPEndpoint(modem, HOST, PORT)
        settings = HostTLS.from_arguments(HOST, {"cacert": self.ca_path})
        other: Any = self.result_of(
            HostTLSEndpoint(modem, inner, settings).connect(factory_for(Peer))
        )
        self.echoes(other)
        self.echoes(peer)
        self.closes(peer)
        other.transport.loseConnection()
        self.end_of(other)

    def test_reader_that_pauses(self) -> None:
        """What comes while nobody reads is held, to a limit; beyond it the connection ends."""
        self.begin(make=Peer)
        peer = self.open()
        server = self.serving.peers[0]
        peer.transport.pauseProducing()
        server.transport.write(b"x" * 500_000)
        self.settle(30.0)
        self.assertEqual(peer.count, 0)
        peer.transport.resumeProducing()
        self.until(lambda: peer.count == 500_000)
        peer.transport.pauseProducing()
        server.transport.write(b"x" * 1_500_000)
        self.until(lambda: peer.reasons, 600.0)
        self.assertIsInstance(peer.reasons[0].value, errors.RemoteViolation)
        self.one_line(peer.reasons[0].value, "held", "does not take them")

    def test_refused(self) -> None:
        """What the family cannot do is refused by name."""
        self.begin()
        for argument, given in (
            ("ciphers", {"ciphers": "TLS_RSA_WITH_AES_128_CBC_SHA"}),
            ("sslVersion", {"ssl_version": "ssl3"}),
            ("sni", {"sni": True}),
            ("alpn", {"alpn": "h2"}),
            ("sessionCache", {"session_cache": False}),
            ("renegotiation", {"renegotiation": True}),
            ("ignoreLocalTime", {"ignore_local_time": True}),
            ("negotiateTime", {"negotiate_time": 20}),
            ("closeTimeMode", {"close_time_mode": "ms"}),
        ):
            values: dict[str, Any] = {"cacert": self.ca_path, **given}
            problem = self.problem(errors.UnsupportedOperation, tls=TLSProfile(**values))
            self.assertTrue(str(problem).startswith(f"{argument}: "), problem)
        tls = TLSProfile(cacert=self.ca_path, identity="require")
        self.problem(errors.IdentityNotChecked, tls=tls)
        self.problem(errors.UnsupportedOperation, mode="buffer")
        name = ".".join(["a" * 50] * 3)
        self.one_line(self.problem(errors.UnsupportedOperation, host=name), "host: ", "150", "152")
        self.assertEqual(self.sent("+QSSLOPEN"), [])
        # one of 150 bytes is for the module to say
        self.problem(errors.TLSOpenFailed, host=name[2:])

    def test_other_ca(self) -> None:
        """A server of another CA is refused, with the code's meaning."""
        self.begin()
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        problem = self.problem(errors.TLSOpenFailed, tls=other)
        self.assertEqual(problem.code, -3)
        self.one_line(problem, "Certificate error", "does not come from cacert")
        self.assertNotIn("does not say why", str(problem))
        self.closes(self.open())
        self.problem(errors.TLSOpenFailed, tls=other)

    def test_both_ways(self) -> None:
        """Two-way authentication; each certificate is typed in once for each content."""
        client_ca = make_ca()
        leaf = client_ca.issue_cert("client.example")
        self.serve(Echo, self.options(client_ca=client_ca.cert_pem.bytes()), "strict.example")
        self.begin()
        tls = TLSProfile(
            cacert=self.ca_path,
            client_cert=self.write("cert.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write("key.pem", leaf.private_key_pem.bytes()),
        )
        for _ in range(2):
            peer = self.open(host="strict.example", tls=tls)
            self.echoes(peer)
            self.closes(peer)
        typed = [line for line in self.sent("+QSSLCFG") if line.endswith(('cert"', 'key"'))]
        self.assertEqual(len(typed), 3)

    def test_certificate_not_as_sent(self) -> None:
        """A number that does not fit what was sent is no success."""
        self.begin()
        port = self.nb().port()
        write = type(port).write

        def lie(data: bytes) -> None:
            write(port, data.replace(b'"cacert",', b'"cacert",9'))

        self.patch(port, "write", lie)
        problem = self.problem(errors.CertificateStoreError)
        self.one_line(problem, "cacert", "bytes")
        self.assertEqual(self.sent("+QSSLOPEN"), [])


class Notes(DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, Any]] = []

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """One came."""
        self.came.append((datagram, addr))


class UDPTests(NBIoTCase):
    """Datagrams without TLS."""

    def test_echo(self) -> None:
        """To a peer and back, with where it came from, however the line is cut."""
        modem = self.begin(link=Link(cut=3))
        got: list[tuple[bytes, Any]] = []
        far = self.network.datagram(
            "udp.example", 4000, lambda data, source: got.append((data, source))
        )
        self.result_of(modem.ready())
        notes = Notes()
        port: Any = listen_udp(modem, 0, notes)
        self.settle(2.0)
        notes.transport.write(bytes(range(256)), (far.address, 4000))  # type: ignore[union-attr]
        self.until(lambda: got, 30.0)
        self.assertEqual(got[0][0], bytes(range(256)))
        far.write(b'back "\r\n', got[0][1])
        self.until(lambda: notes.came, 30.0)
        self.assertEqual(notes.came[0][0], b'back "\r\n')
        for data in (b"x", b'","', b'"192.0.2.8",1,"x"'):
            del notes.came[:]
            far.write(data, got[0][1])
            self.until(lambda: notes.came, 30.0)
            self.assertEqual(notes.came, [(data, (far.address, 4000))])
        port.stopListening()
        self.settle(2.0)


#: Of datagrams.
SIZES = (1, 2, 255, 1023, 1024)


class DTLSTests(NBIoTCase):
    """DTLS of the module, with two-way authentication (chapter 3.2)."""

    def test_both_ways(self) -> None:
        """Datagrams of every length there and back, in DTLS 1.0 and 1.2."""
        client_ca = make_ca()
        leaf = client_ca.issue_cert("client.example")
        files: dict[str, Any] = {
            "cacert": self.ca_path,
            "client_cert": self.write("cert.pem", leaf.cert_chain_pems[0].bytes()),
            "client_key": self.write("key.pem", leaf.private_key_pem.bytes()),
        }
        for version, number in (("1.2", DTLS1_2), ("1.0", DTLS1_0)):
            self.network = type(self.network)(self.clock)
            server = DTLSServer(
                self.ca,
                "dtls.example",
                version=number,
                client_ca=client_ca.cert_pem.bytes(),
                key_type=KeyType.RSA,
            )
            server.on_memory(self.network, "dtls.example", 5684)
            modem = self.begin()
            tls = TLSProfile(dtls=True, dtls_version=version, **files)
            endpoint = ModuleDTLSEndpoint(modem, "dtls.example", 5684, tls=tls)
            notes: Any = self.result_of(endpoint.connect(Notes()), 200.0)
            for size in SIZES:
                notes.transport.write(bytes(range(256)) * 4 if size == 1024 else b'"' * size)
            self.settle(5.0)
            self.assertEqual([len(data) for data, _ in notes.came], list(SIZES))
            self.assertEqual(notes.came[-1][0], bytes(range(256)) * 4)
            self.assertRaises(MessageLengthError, notes.transport.write, b"x" * 1025)
            notes.transport.stopListening()
            self.settle(5.0)
            # a stream over a context that was for datagrams sets it anew
            self.closes(self.open())
