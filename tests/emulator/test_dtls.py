"""DTLS on the emulated module: C{AT+QSSLCFG="dtls"}, against a real DTLS peer in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import skipUnless

import trustme
from OpenSSL import SSL
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.dtlsservers import DTLS1_0, DTLS1_2, DTLSServer
from tests.tlsservers import NOW
from twisted_quectel.emulator import psk
from twisted_quectel.emulator.dtlssocket import MTU, DTLSSocket, datagrams_of
from twisted_quectel.emulator.faults import PdpDead, SendFails
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.psk import psk_available
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.tls import TLSContextCache, TLSSettings
from twisted_quectel.tables.lte import SEND_LENGTHS

from .bench import calls
from .plainbench import PlainBench

HOST = "dtls.example"
PORT = 5684
CA = trustme.CA()
CA_PEM = CA.cert_pem.bytes()


class DTLSBench(PlainBench):
    """A module whose SSL context 1 is for DTLS, and a server that echoes."""

    def __init__(self, server: DTLSServer | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dtls = server or DTLSServer(CA, HOST)
        self.dtls.on_memory(self.network, HOST, PORT)
        self.module.files.store("UFS:ca.pem", CA_PEM)
        self.set(dtls=1, dtlsversion=1, seclevel=1, cacert='"ca.pem"', sni=1)

    def set(self, **tags: object) -> None:
        """Set tags of context 1."""
        self.ok(*(f'AT+QSSLCFG="{tag}",1,{value}' for tag, value in tags.items()))

    def dial(self, mode: int = 1, id: int = 4, seconds: float = 0.0) -> int:
        """Open a connection, and give its result."""
        line = f'AT+QSSLOPEN=1,1,{id},"{HOST}",{PORT},{mode}\r'
        answer = self.type(line.encode("ascii"), seconds)
        head = b"\r\nOK\r\n\r\n+QSSLOPEN: %d," % id
        assert answer.startswith(head), answer
        return int(answer[len(head) :])

    def post(self, data: bytes, id: int = 4) -> bytes:
        """Send counted data, and give what the module says to it."""
        answer = self.type(b"AT+QSSLSEND=%d,%d\r" % (id, len(data)))
        assert answer == b"\r\n> ", answer
        return self.type(data)


class OpenTests(SynchronousTestCase):
    """How an open ends."""

    def test_open(self) -> None:
        """The connection is listed as any other, and says the server's name."""
        bench = DTLSBench()
        self.assertEqual(bench.dial(), 0)
        self.assertEqual(bench.dtls.names, [HOST.encode()])
        self.assertEqual(bench.dtls.session.tls.get_protocol_version_name(), "DTLSv1.2")
        shown = bench.type(b"AT+QSSLSTATE=4\r")
        self.assertIn(b'4,"SSLClient","198.18.0.1",5684,', shown)
        self.assertIn(b',2,1,4,1,"usbmodem",1\r\n', shown)
        self.assertEqual(calls(bench.clock), [])

    def test_versions(self) -> None:
        """C{dtlsversion} is the one version that is spoken; another one is 566."""
        for number, version, name in ((0, DTLS1_0, "DTLSv1"), (1, DTLS1_2, "DTLSv1.2")):
            bench = DTLSBench(DTLSServer(CA, HOST, version=version))
            bench.set(dtlsversion=number)
            self.assertEqual(bench.dial(), 0)
            self.assertEqual(bench.dtls.session.tls.get_protocol_version_name(), name)
            bench.ok("AT+QSSLCLOSE=4")
            bench.set(dtlsversion=1 - number)
            self.assertEqual(bench.dial(), 566)

    def test_small_packets(self) -> None:
        """A handshake whose messages are cut into small datagrams comes to its end."""
        chain = DTLSServer(CA, HOST, mtu=300)
        self.assertEqual(DTLSBench(chain).dial(), 0)

    def test_verification(self) -> None:
        """A stranger's CA, a certificate that has expired, and no CA at all are 566."""
        stranger = DTLSBench(DTLSServer(trustme.CA(), HOST))
        self.assertEqual(stranger.dial(), 566)
        self.assertIn("alert", str(stranger.dtls.errors[0]))
        stranger.set(seclevel=0)
        self.assertEqual(stranger.dial(), 0)
        late = DTLSBench(DTLSServer(CA, HOST, not_after=NOW - timedelta(days=1)))
        self.assertEqual(late.dial(), 0)
        late.set(ignorelocaltime=0)
        self.assertEqual(late.dial(id=5), 566)
        none = DTLSBench()
        none.set(cacert='"none.pem"')
        self.assertEqual(none.dial(), 566)

    def test_host_name(self) -> None:
        """C{checkhost} looks at the name here too."""
        bench = DTLSBench(DTLSServer(CA, "other.example"), quirks=["has_checkhost"])
        self.assertEqual(bench.dial(), 0)
        bench.ok("AT+QSSLCLOSE=4")
        bench.set(checkhost=1)
        self.assertEqual(bench.dial(), 566)

    def test_client_certificate(self) -> None:
        """Security level 2 shows the client's certificate."""
        bench = DTLSBench(DTLSServer(CA, HOST, client_ca=CA_PEM))
        self.assertEqual(bench.dial(), 566)
        leaf = CA.issue_cert("client.example")
        bench.module.files.store("RAM:c.pem", leaf.cert_chain_pems[0].bytes())
        bench.module.files.store("RAM:k.pem", leaf.private_key_pem.bytes())
        bench.set(seclevel=2, clientcert='"RAM:c.pem"', clientkey='"RAM:k.pem"')
        self.assertEqual(bench.dial(id=5), 0)
        certificate = bench.dtls.session.tls.get_peer_certificate()
        assert certificate is not None
        self.assertIn("client.example", str(certificate.to_cryptography().extensions))

    @skipUnless(psk_available(), "this binding of OpenSSL has no PSK")
    def test_psk(self) -> None:
        """A pre-shared key authenticates both; a wrong one is 566."""
        bench = DTLSBench(DTLSServer(CA, psk={b"me": b"\0\xff"}))
        bench.set(seclevel=0, psk='"me","00ff"')
        self.assertEqual(bench.dial(), 0)
        bench.ok("AT+QSSLCLOSE=4")
        bench.set(psk='"me","00fe"', negotiatetime=10)
        # the server says nothing to what it cannot read (RFC 6347 chapter 4.1.2.7)
        self.assertIn(bench.dial(id=5, seconds=11), (566, 569))

    def test_no_psk(self) -> None:
        """Where the binding has no PSK, an open ends with 555."""
        self.patch(psk, "_lib", None)
        bench = DTLSBench()
        bench.set(psk='"me","00ff"')
        self.assertEqual(bench.dial(), 555)

    def test_nobody_there(self) -> None:
        """Nothing tells that a datagram was lost: 569 behind C{negotiatetime}."""
        bench = DTLSBench()
        bench.dtls.lose = 10**6
        bench.set(negotiatetime=10)
        self.assertEqual(bench.dial(seconds=10.1), 569)
        self.assertEqual(calls(bench.clock), [])
        self.assertIn(b"569", bench.type(b"AT+QIGETERROR\r"))

    def test_no_name(self) -> None:
        """A name that does not resolve is 565."""
        bench = DTLSBench()
        answer = bench.type(b'AT+QSSLOPEN=1,1,4,"nobody.example",1,1\r')
        self.assertIn(b"+QSSLOPEN: 4,565", answer)

    def test_not_transparent(self) -> None:
        """Data mode keeps no datagrams apart: 555, at the open and by a switch."""
        bench = DTLSBench()
        self.assertEqual(bench.error(f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},2'), 555)
        self.assertEqual(bench.dial(), 0)
        self.assertEqual(bench.error("AT+QISWTMD=4,2"), 555)

    def test_closed_while_opening(self) -> None:
        """AT+QSSLCLOSE ends a handshake that gets no answer."""
        bench = DTLSBench()
        bench.dtls.lose = 10**6
        bench.ok(f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT}', "AT+QSSLCLOSE=4")
        bench.settle(400)
        self.assertEqual(bench.screen.take(), b"")
        self.assertEqual(calls(bench.clock), [])

    def test_both_kinds(self) -> None:
        """What a context is when the open comes is what the connection is."""
        bench = DTLSBench()
        line = f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},1;+QSSLCFG="dtls",1,0\r'
        self.assertIn(b"+QSSLOPEN: 4,0", bench.type(line.encode("ascii")))
        self.assertEqual(bench.post(b"x"), b'\r\nSEND OK\r\n\r\n+QSSLURC: "recv",4,1\r\nx')


class DataTests(SynchronousTestCase):
    """Datagrams on an open connection."""

    def test_push(self) -> None:
        """Each datagram comes in a push of its own, whatever its size."""
        bench = DTLSBench()
        bench.dial()
        sizes = [1, 2, 3, 500, 1023, 1024, 1025, SEND_LENGTHS[-1]]
        for size in sizes:
            data = bytes(range(256)) * 6
            expected = b'\r\nSEND OK\r\n\r\n+QSSLURC: "recv",4,%d\r\n' % size + data[:size]
            self.assertEqual(bench.post(data[:size]), expected)
        self.assertEqual([len(each) for each in bench.dtls.session.received], sizes)
        session = bench.dtls.session
        session.write(b"one")
        session.write(b"two")
        self.assertEqual(
            bench.type(b""), b'\r\n+QSSLURC: "recv",4,3\r\none\r\n+QSSLURC: "recv",4,3\r\ntwo'
        )
        self.assertIn(b"ERROR", bench.type(b"AT+QSSLSEND=4,1461\r"))

    def test_buffer(self) -> None:
        """A read gives one datagram; what of it is beyond the length is lost."""
        bench = DTLSBench()
        bench.dial(mode=0)
        for data in (b"first", b"second", b"third"):
            bench.dtls.session.write(data)
        self.assertEqual(bench.type(b""), b'\r\n+QSSLURC: "recv",4\r\n')
        for length, data in ((1500, b"5\r\nfirst"), (2, b"2\r\nse"), (1500, b"5\r\nthird")):
            answer = bench.type(b"AT+QSSLRECV=4,%d\r" % length)
            self.assertEqual(answer, b"\r\n+QSSLRECV: %b\r\n\r\nOK\r\n" % data)
        self.assertEqual(bench.type(b"AT+QSSLRECV=4,9\r"), b"\r\n+QSSLRECV: 0\r\n\r\nOK\r\n")

    def test_bounded(self) -> None:
        """What finds no room is lost, and nothing else."""
        bench = DTLSBench(settings=ModuleSettings(receive_limit=2500))
        bench.dial(mode=0)
        for data in (b"a" * 1400, b"b" * 1400, b"", b"c" * 1000):
            bench.dtls.session.write(data) if data else None
        bench.type(b"")
        seen = [bench.type(b"AT+QSSLRECV=4,1500\r") for _ in range(3)]
        self.assertEqual([each.count(b"a" * 1400) for each in seen], [1, 0, 0])
        self.assertEqual([each.count(b"c" * 1000) for each in seen], [0, 1, 0])
        self.assertIn(b"+QSSLRECV: 0\r\n", seen[2])

    def test_forged(self) -> None:
        """What does not come from the peer, or is none of its records, is passed over."""
        bench = DTLSBench()
        bench.dial()
        to = (bench.module.settings.address, bench.module.sockets.get(4).net.local_port)  # type: ignore[union-attr]
        bench.network.datagram("192.0.2.9", 9, lambda *_: None).write(b"\x17\xfe\xfd" * 9, to)
        bench.dtls.session._server.write(b"\x17\xfe\xfd" + bytes(10) + b"\0\5hello", to)
        bench.dtls.session._server.write(b"", to)
        self.assertEqual(bench.type(b""), b"")
        self.assertIn(b'"recv",4,1\r\nx', bench.post(b"x"))

    def test_send_fail(self) -> None:
        """A refused send is SEND FAIL, and nothing of it leaves."""
        bench = DTLSBench(faults=[SendFails(1)])
        bench.dial()
        self.assertEqual(bench.post(b"no"), b"\r\nSEND FAIL\r\n")
        self.assertIn(b"SEND OK", bench.post(b"yes"))
        self.assertEqual(bench.dtls.session.received, [b"yes"])

    def test_dead_network(self) -> None:
        """On a network that is dead nothing goes out and nothing comes in."""
        bench = DTLSBench(faults=[PdpDead(after=1.0)])
        bench.dial()
        session = bench.dtls.session
        bench.settle(1.1)
        self.assertEqual(bench.post(b"gone"), b"\r\nSEND OK\r\n")
        session.write(b"gone too")
        self.assertEqual(bench.type(b""), b"")
        self.assertEqual(session.received, [])


class EndTests(SynchronousTestCase):
    """How a connection ends."""

    def test_close(self) -> None:
        """AT+QSSLCLOSE says close_notify; with time 0 nothing is said."""
        for seconds, said in ((10, True), (0, False)):
            bench = DTLSBench()
            bench.dial()
            bench.ok(f"AT+QSSLCLOSE=4,{seconds}")
            bench.settle()
            self.assertEqual(bench.dtls.session.closed, said)
            self.assertEqual(calls(bench.clock), [])
            self.assertEqual(bench.module.verdicts, [])

    def test_peer(self) -> None:
        """close_notify of the peer is told behind its datagrams, which stay readable."""
        bench = DTLSBench()
        bench.dial(mode=0)
        bench.dtls.session.write(b"last")
        bench.dtls.session.close()
        self.assertIn(b'+QSSLURC: "closed",4\r\n', bench.type(b""))
        self.assertIn(b"+QSSLRECV: 4\r\nlast\r\n", bench.type(b"AT+QSSLRECV=4,1500\r"))
        self.assertEqual(bench.error("AT+QSSLSEND=4,1"), 567)
        bench.ok("AT+QSSLCLOSE=4")

    def test_pdp_lost(self) -> None:
        """The loss of the PDP context ends it; the next open works."""
        bench = DTLSBench()
        bench.dial(mode=0)
        bench.dtls.session.write(b"came")
        bench.type(b"")
        bench.module.lose_pdp()
        self.assertIn(b'"closed",4', bench.type(b""))
        self.assertIn(b"came", bench.type(b"AT+QSSLRECV=4,1500\r"))
        bench.ok("AT+QSSLCLOSE=4", "AT+QIDEACT=1", "AT+QIACT=1")
        self.assertEqual(bench.dial(), 0)


class ResumptionTests(SynchronousTestCase):
    """C{session_cache}."""

    def test_resumed(self) -> None:
        """The second handshake is the short one, which shows no certificate."""
        bench = DTLSBench()
        for cache, flights in ((1, 1), (0, 0)):
            bench.set(session_cache=cache)
            bench.dial()
            bench.ok("AT+QSSLCLOSE=4")
            self.assertEqual(bench.dial(), 0)
            session = bench.dtls.session.tls
            bench.ok("AT+QSSLCLOSE=4")
            self.assertEqual(int(SSL._lib.SSL_session_reused(session._ssl)), flights)  # type: ignore[attr-defined]


class SocketTests(SynchronousTestCase):
    """L{DTLSSocket} by itself."""

    def make(self) -> tuple[Clock, DTLSSocket, list[Any]]:
        """Make one, and what it tells."""
        clock = Clock()
        network = MemoryNetwork(clock)
        self.server = DTLSServer(CA, HOST)
        self.server.on_memory(network, HOST, PORT)
        told: list[Any] = []
        socket = DTLSSocket(clock, network, "10.0.0.1", TLSContextCache(), lambda: NOW)
        socket.on_opened = told.append
        socket.on_closed = lambda: told.append("closed")
        return clock, socket, told

    def open(self, socket: DTLSSocket, **settings: Any) -> None:
        """Begin to open."""
        values = TLSSettings(**{"dtls": True, "dtls_version": 1, **settings})
        socket.open(HOST, PORT, values, connect_timeout=150, negotiate_timeout=30)

    def test_parameters(self) -> None:
        """What no command can have set is 552."""
        clock, socket, told = self.make()
        self.open(socket, dtls_version=3)
        clock.advance(0)
        self.assertEqual(told, [552])
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_not_open(self) -> None:
        """Before the open, and behind the end, nothing is sent and nothing is there."""
        clock, socket, told = self.make()
        self.assertFalse(socket.send(b"x"))
        self.assertEqual(
            (socket.send_space(), socket.unacknowledged(), socket.read(9)), (0, 0, b"")
        )
        self.open(socket)
        for _ in range(30):
            clock.advance(0)
        self.assertEqual(told, [0])
        self.assertEqual(socket.send_space(), 1460)
        self.successResultOf(socket.close())
        self.assertFalse(socket.send(b"x"))
        self.successResultOf(socket.close())
        self.assertEqual(told, [0])

    def test_sent_again(self) -> None:
        """A flight that was lost is sent again when OpenSSL's time has come."""
        clock, socket, told = self.make()
        self.server.lose = 1
        looks: list[int] = []

        class Impatient:
            """A connection whose timer has always run out."""

            def __init__(self, tls: SSL.Connection) -> None:
                self._tls = tls

            def __getattr__(self, name: str) -> Any:
                return getattr(self._tls, name)

            def DTLSv1_get_timeout(self) -> float | None:
                return None if told else 1.0

            def DTLSv1_handle_timeout(self) -> None:
                looks.append(1)
                # the same hello, as OpenSSL would send it
                socket._port.write(first[0], ("198.18.0.1", PORT))  # type: ignore[union-attr]

        first: list[bytes] = []
        connection = socket._contexts.connection
        self.patch(socket._contexts, "connection", lambda *a: Impatient(connection(*a)))
        write = self.server.received

        def watched(data: bytes, source: tuple[str, int]) -> None:
            first.append(data)
            write(data, source)

        self.server.received = watched  # type: ignore[method-assign]
        socket._network._datagrams[("198.18.0.1", PORT)].received = watched  # type: ignore[attr-defined]
        self.open(socket)
        for _ in range(30):
            clock.advance(0)
        self.assertEqual(told, [])
        clock.advance(1.0)
        for _ in range(30):
            clock.advance(0)
        self.assertEqual((told, looks), ([0], [1]))

    def test_cut(self) -> None:
        """Records share a datagram as long as they fit, and none is cut."""
        sizes = [100, 200, MTU, 10, 5000, 1]
        records = [
            b"\x17\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + b"x" * size for size in sizes
        ]
        made = datagrams_of(b"".join(records))
        self.assertEqual(b"".join(made), b"".join(records))
        self.assertEqual(
            made, [records[0] + records[1], *records[2:3], records[3], records[4], records[5]]
        )
        self.assertEqual(datagrams_of(b""), [])
