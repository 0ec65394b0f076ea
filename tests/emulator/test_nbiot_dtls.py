"""DTLS on the emulated BC660K-GL (SSL Application Note v1.0), against a real peer in memory."""

from __future__ import annotations

from typing import Any

import trustme

from tests.dtlsservers import DTLS1_0, DTLS1_2, DTLSServer
from twisted_quectel.emulator.settings import ModuleSettings

from .nbiotbench import HOST, RSA, Bench, Case

PORT = 5684
CA = trustme.CA()
CA_PEM = CA.cert_pem.bytes()
CLIENT = CA.issue_cert("device.example", key_type=RSA)


def server(**arguments: Any) -> DTLSServer:
    """Make a server whose key is one for Table 2."""
    return DTLSServer(CA, HOST, key_type=RSA, **arguments)


class DTLSCase(Case):
    """A module that is set to DTLS, and a server."""

    def dtls(self, to: DTLSServer, level: int = 0, **arguments: Any) -> Bench:
        """Make a bench."""
        bench = self.bench(**arguments)
        to.on_memory(bench.network, HOST, PORT)
        bench.ok('AT+QSSLCFG=0,0,"dtls",1', f'AT+QSSLCFG=0,0,"seclevel",{level}')
        if level:
            bench.certificate("cacert", CA_PEM)
        if level == 2:
            bench.certificate("clientcert", CLIENT.cert_chain_pems[0].bytes())
            bench.certificate("clientkey", CLIENT.private_key_pem.bytes())
        return bench


class OpenTests(DTLSCase):
    """How an open ends."""

    def test_versions(self) -> None:
        """C{<dtls_version>} is what is spoken; 2 is both; what the server refuses is -1."""
        for number, version, code in (
            (0, DTLS1_0, 0), (1, DTLS1_2, 0), (2, DTLS1_0, 0), (2, DTLS1_2, 0),
            (0, DTLS1_2, -1), (1, DTLS1_0, -1),
        ):  # fmt: skip
            to = server(version=version)
            bench = self.dtls(to)
            bench.ok(f'AT+QSSLCFG=0,0,"dtlsversion",{number}')
            self.assertEqual(bench.result(port=PORT), code, (number, version))
            if not code:
                name = {DTLS1_0: "DTLSv1", DTLS1_2: "DTLSv1.2"}[version]
                self.assertEqual(to.session.tls.get_protocol_version_name(), name)
                self.assertIn(to.session.tls.get_cipher_name(), ("AES128-SHA", "AES256-SHA"))
                self.assertEqual(to.names, [None])

    def test_two_way(self) -> None:
        """Each shows its certificate; a server that is not known, or does not know, is -3."""
        to = server(client_ca=CA_PEM)
        bench = self.dtls(to, 2)
        self.assertEqual(bench.result(port=PORT), 0)
        self.assertIsNotNone(to.session.tls.get_peer_certificate())
        bench = self.dtls(server(client_ca=CA_PEM), 1)
        self.assertEqual(bench.result(port=PORT), -3)
        bench = self.dtls(server(), 1)
        bench.certificate("cacert", trustme.CA().cert_pem.bytes())
        self.assertEqual(bench.result(port=PORT), -3)
        bench = self.dtls(server(), 1, settings=ModuleSettings(time_known=False))
        self.assertEqual(bench.result(port=PORT), -3)

    def test_cipher(self) -> None:
        """A server whose key fits none of the suites is -5."""
        bench = self.dtls(DTLSServer(CA, HOST))
        self.assertEqual(bench.result(port=PORT), -5)

    def test_nobody(self) -> None:
        """Nobody there is -7 after 123 seconds, whatever C{<timeout>} says."""
        bench = self.dtls(server())
        bench.ok('AT+QSSLCFG=0,0,"timeout",10')
        self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",9,0'), "\r\nOK\r\n")
        bench.settle(122)
        self.assertEqual(bench.screen.take(), b"")
        bench.settle(2)
        self.assertEqual(bench.screen.take(), b"\r\n+QSSLOPEN: 0,0,-7\r\n")
        self.assertEqual(bench.result("nowhere.example", PORT), -2)


class ExchangeTests(DTLSCase):
    """Datagrams, one for one."""

    def test_boundaries(self) -> None:
        """What is sent is one datagram, and each that comes has a URC of its own."""
        to = server(echo=False)
        bench = self.dtls(to)
        self.assertEqual(bench.result(port=PORT), 0)
        sent = [b"a", b"\x1a\x1b\0\xff\r\nOK\r\n", bytes(range(256)) * 4]
        for data in sent:
            bench.say(f"AT+QSSLSEND=0,0,{len(data)}")
            self.assertEqual(bench.type(data), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        self.assertEqual(to.session.received, sent)
        expected = b""
        for data in sent:
            to.session.write(data)
            expected += b'\r\n+QSSLURC: "recv",0,0,%d,"%b"\r\n' % (len(data), data)
        bench.settle()
        self.assertEqual(bench.screen.take(), expected)

    def test_hex(self) -> None:
        """The data formats hold here too."""
        to = server()
        bench = self.dtls(to)
        bench.ok('AT+QSSLCFG=0,0,"dataformat",1,1')
        self.assertEqual(bench.result(port=PORT), 0)
        bench.say("AT+QSSLSEND=0,0,2")
        shown = bench.type(b"00fF")
        self.assertEqual(to.session.received, [b"\0\xff"])
        self.assertIn(b'\r\n+QSSLURC: "recv",0,0,2,"00FF"\r\n', shown)

    def test_longest(self) -> None:
        """What a URC cannot carry of a datagram is lost, and the next one is whole."""
        to = server(echo=False, mtu=1500)
        bench = self.dtls(to)
        self.assertEqual(bench.result(port=PORT), 0)
        to.session.write(b"x" * 1430)
        to.session.write(b"next")
        bench.settle()
        shown = bench.screen.take()
        self.assertIn(b'"recv",0,0,1400,"' + b"x" * 1400 + b'"\r\n', shown)
        self.assertIn(b'"recv",0,0,4,"next"\r\n', shown)

    def test_ends(self) -> None:
        """close_notify of the server is told as closed; the module says its own."""
        to = server(echo=False)
        bench = self.dtls(to)
        self.assertEqual(bench.result(port=PORT), 0)
        to.session.write(b"bye")
        to.session.close()
        bench.settle()
        expected = b'\r\n+QSSLURC: "recv",0,0,3,"bye"\r\n\r\n+QSSLURC: "closed",0,0\r\n'
        self.assertEqual(bench.screen.take(), expected)
        self.assertEqual(bench.result(port=PORT), 0)
        self.assertIn("+QSSLCLOSE: 0,0,0", bench.say("AT+QSSLCLOSE=0,0"))
        self.assertTrue(to.session.closed)

    def test_setting_while_open(self) -> None:
        """What is set while a connection is open is for the next one."""
        to = server()
        bench = self.dtls(to)
        self.assertEqual(bench.result(port=PORT), 0)
        bench.ok('AT+QSSLCFG=0,0,"dtls",0')
        bench.say("AT+QSSLSEND=0,0,2")
        self.assertIn(b'"recv",0,0,2,"hi"', bench.type(b"hi"))
        bench.say("AT+QSSLCLOSE=0,0")
        bench.open()
