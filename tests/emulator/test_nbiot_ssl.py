"""Tests for the SSL commands of the emulated BC660K-GL (SSL Application Note v1.0)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol

from tests.tables import golden_nbiot as golden
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .nbiotbench import HOST, PORT, Case, ServerTLS, authority, stranger

_OK = "\r\nOK\r\n"
_ERROR = "\r\nERROR\r\n"


class FormTests(Case):
    """Test and read forms (chapter 2.3)."""

    def test_cfg(self) -> None:
        """The test form of QSSLCFG has a line for each tag; there is no read form."""
        bench = self.bench()
        expected = "\r\n" + "".join(f"{line}\r\n" for line in golden.TEST_FORM) + _OK
        self.assertEqual(bench.say("AT+QSSLCFG=?"), expected)
        for command in ("AT+QSSLCFG?", "AT+QSSLCFG"):
            self.assertEqual(bench.say(command), _ERROR)

    def test_others(self) -> None:
        """The other test forms have one line; the read forms are a bare OK."""
        bench = self.bench()
        for name, line in golden.TEST_FORMS.items():
            self.assertEqual(bench.say(f"AT+{name}=?"), f"\r\n{line}\r\n{_OK}")
            self.assertEqual(bench.say(f"AT+{name}?"), _OK)
            self.assertEqual(bench.say(f"AT+{name}"), _ERROR)

    def test_unknown(self) -> None:
        """What this module has not is an ERROR: reads and states of SSL, files, QIACT."""
        bench = self.bench()
        for command in (
            "AT+QSSLRECV=0,1500", "AT+QSSLSTATE", "AT+QIACT=1", "AT+QICSGP=1", "AT+QIRD=0,10",
            'AT+QFUPL="a",1', "AT+QURCCFG?", "AT+QISWTMD=0,0", "AT+CREG?", "AT+QIGETERROR",
        ):  # fmt: skip
            self.assertEqual(bench.say(command), _ERROR, command)


class SettingTests(Case):
    """AT+QSSLCFG (2.3.1)."""

    def test_factory(self) -> None:
        """The query of all settings lists them in order."""
        bench = self.bench()
        expected = "\r\n" + "".join(f"{line}\r\n" for line in golden.FACTORY) + _OK
        self.assertEqual(bench.say("AT+QSSLCFG=0,0"), expected)

    def test_set_and_query(self) -> None:
        """Each tag takes its lowest and highest value, and answers it; lower or upper case."""
        bench = self.bench()
        for tag, values in (
            ("seclevel", ("0", "2")), ("sslversion", ("1", "4")), ("dataformat", ("0,1", "1,0")),
            ("timeout", ("10", "300")), ("debug", ("0", "4")), ("dtls", ("0", "1")),
            ("dtlsversion", ("0", "2")),
        ):  # fmt: skip
            for value in values:
                bench.ok(f'AT+QSSLCFG=0,0,"{tag.upper()}",{value}')
                shown = f'\r\n+QSSLCFG: 0,0,"{tag}",{value}\r\n{_OK}'
                self.assertEqual(bench.say(f'AT+QSSLCFG=0,0,"{tag}"'), shown)

    def test_refused(self) -> None:
        """Values, ids and tags that the note does not have are an ERROR, and change nothing."""
        bench = self.bench()
        before = bench.say("AT+QSSLCFG=0,0")
        for tail in (
            '0,0,"seclevel",3', '0,0,"sslversion",0', '0,0,"sslversion",5', '0,0,"timeout",9',
            '0,0,"timeout",301', '0,0,"debug",5', '0,0,"dtls",2', '0,0,"dtlsversion",3',
            '0,0,"dataformat",1', '0,0,"dataformat",0,2', '0,0,"dataformat",0,1,1',
            '0,0,"seclevel","1"', '0,0,"seclevel",1,1', '0,0,"seclevel",', "0,0,seclevel,1",
            '1,0,"seclevel",1', '0,1,"seclevel",1', '11,0,"seclevel",1', '0,5,"seclevel",1',
            '0,0,"sni",1', '0,0,"ciphersuite",0X0035', '0,0,"ssIversion",1', '"seclevel",0,1',
            "0", "1,0", "0,1", "", '0,0,"cacert",5', '0,0,"seclevel',
        ):  # fmt: skip
            self.assertEqual(bench.say(f"AT+QSSLCFG={tail}"), _ERROR, tail)
        self.assertEqual(bench.say("AT+QSSLCFG=0,0"), before)

    def test_certificates(self) -> None:
        """A certificate is typed in behind the prompt; the number is the length stored."""
        bench = self.bench()
        for tag, text in (("cacert", b"a\r\nb"), ("clientcert", b"x" * 8192), ("clientkey", b"")):
            bench.certificate(tag, text)
            shown = f'\r\n+QSSLCFG: 0,0,"{tag}",{len(text)}\r\n{_OK}'
            self.assertIn(shown[2:-6], bench.say("AT+QSSLCFG=0,0"))

    def test_certificate_cancelled(self) -> None:
        """ESC leaves what was there; too long is an ERROR."""
        bench = self.bench()
        bench.certificate("cacert", b"first")
        bench.say('AT+QSSLCFG=0,0,"cacert"')
        self.assertEqual(bench.type(b"second\x1b"), b"\r\nOK\r\n")
        bench.say('AT+QSSLCFG=0,0,"cacert"')
        self.assertEqual(bench.type(b"x" * 9000 + b"\x1a"), b"\r\nERROR\r\n")
        self.assertIn('"cacert",5\r\n', bench.say("AT+QSSLCFG=0,0"))

    def test_saved(self) -> None:
        """Certificates outlive a restart; the rest does not."""
        bench = self.bench()
        bench.certificate("cacert", b"kept")
        bench.ok('AT+QSSLCFG=0,0,"seclevel",1', "AT+QRST=1")
        bench.settle(5)
        shown = bench.say("AT+QSSLCFG=0,0")
        self.assertIn('"cacert",4\r\n', shown)
        self.assertIn('"seclevel",0\r\n', shown)


class OpenTests(Case):
    """AT+QSSLOPEN (2.3.2) and its result codes (chapter 4)."""

    def test_levels(self) -> None:
        """Each security level opens, towards a server that wants what it gives."""
        for level in range(3):
            bench = self.bench(tls=ServerTLS(client=level == 2))
            bench.provision(level)
            peer = bench.open()
            bench.say("AT+QSSLSEND=0,0,4")
            bench.type(b"ping")
            self.assertEqual(peer.received, b"ping")
            certificate = bench.tls.made[-1].get_peer_certificate()
            self.assertEqual(certificate is not None, level == 2)

    def test_suites(self) -> None:
        """The suites of Table 2 are offered, and no other."""
        for name, code in (("AES128-SHA", 0), ("AES256-SHA", 0), ("ECDHE-RSA-AES128-SHA", -5),
                           ("AES128-GCM-SHA256", -5), ("AES256-SHA256", -5)):  # fmt: skip
            bench = self.bench(tls=ServerTLS(name, client=False))
            self.assertEqual(bench.result(), code, name)
            if not code:
                self.assertEqual(bench.tls.made[-1].get_cipher_name(), name)

    def test_no_sni(self) -> None:
        """There is no tag for SNI: no name is told."""
        bench = self.bench()
        bench.open()
        self.assertIsNone(bench.tls.made[-1].get_servername())

    def test_versions(self) -> None:
        """C{<ssl_version>} is what is negotiated; what the server refuses is -1."""
        for number, name in ((1, "TLSv1"), (2, "TLSv1.1"), (3, "TLSv1.2"), (4, "TLSv1.2")):
            bench = self.bench()
            bench.ok(f'AT+QSSLCFG=0,0,"sslversion",{number}')
            bench.open()
            self.assertEqual(bench.tls.made[-1].get_protocol_version_name(), name)
        bench = self.bench(tls=ServerTLS(version=SSL.TLS1_2_VERSION, client=False))
        bench.ok('AT+QSSLCFG=0,0,"sslversion",1')
        self.assertEqual(bench.result(), -1)

    def test_missing(self) -> None:
        """What C{<seclevel>} needs and is not there: -3 for certificates, -4 for the key."""
        bench = self.bench()
        bench.ok('AT+QSSLCFG=0,0,"seclevel",1')
        self.assertEqual(bench.result(), -3)
        bench.certificate("cacert", authority().ca)
        self.assertEqual(bench.result(), 0)
        bench.say("AT+QSSLCLOSE=0,0")
        bench.ok('AT+QSSLCFG=0,0,"seclevel",2')
        self.assertEqual(bench.result(), -3)
        bench.certificate("clientcert", authority().client.pem)
        self.assertEqual(bench.result(), -4)
        bench.certificate("clientkey", authority().server.key_pem)  # of another certificate
        self.assertEqual(bench.result(), -4)
        bench.certificate("clientkey", b"no key")
        self.assertEqual(bench.result(), -4)
        bench.certificate("clientkey", authority().client.key_pem)
        self.assertEqual(bench.result(), 0)

    def test_untrusted(self) -> None:
        """A server of another CA, a CA that is none, a client that is not let in: -3."""
        for content in (stranger().ca, b"no certificate"):
            bench = self.bench()
            bench.ok('AT+QSSLCFG=0,0,"seclevel",1')
            bench.certificate("cacert", content)
            self.assertEqual(bench.result(), -3)
        bench = self.bench(tls=ServerTLS())
        bench.provision(1)
        self.assertEqual(bench.result(), -3)

    def test_dates(self) -> None:
        """Dates of certificates are held against the module's clock."""
        for settings, code in (
            (ModuleSettings(), 0),
            (ModuleSettings(time_known=False), -3),
            (ModuleSettings(time=datetime.now(UTC) + timedelta(days=400000)), -3),
        ):
            bench = self.bench(settings=settings)
            bench.provision(1)
            self.assertEqual(bench.result(), code)
        bench = self.bench(settings=ModuleSettings(time_known=False))
        bench.provision(1)
        bench.ok(f'AT+CCLK="{datetime.now(UTC):%y/%m/%d,%H:%M:%S}+00"')
        self.assertEqual(bench.result(), 0)
        bench = self.bench(settings=ModuleSettings(time_known=False), quirks=["dates_unchecked"])
        bench.provision(1)
        self.assertEqual(bench.result(), 0)

    def test_unreachable(self) -> None:
        """A name that does not resolve and a refused connection are -2."""
        bench = self.bench()
        self.assertEqual(bench.result("nowhere.example"), -2)
        self.assertEqual(bench.result(port=1), -2)

    def test_gone_in_handshake(self) -> None:
        """A server that goes in mid-handshake is -2; one that speaks no TLS is -1."""

        class Leaves(Protocol):
            answer = b""

            def dataReceived(self, data: bytes) -> None:
                assert self.transport is not None
                self.transport.write(self.answer)
                self.transport.loseConnection()

        class Speaks(Leaves):
            answer = b"220 smtp.example ESMTP ready for nothing at all\r\n"

        for kind, code in ((Leaves, -2), (Speaks, -1)):
            bench = self.bench()
            factory = Factory.forProtocol(kind)
            factory.noisy = False
            bench.network.listen(HOST, 25, factory)
            self.assertEqual(bench.result(port=25), code)

    def test_timeout(self) -> None:
        """C{<timeout>} is for name, TCP and handshake together; then it is -7."""
        bench = self.bench()
        silent = Factory.forProtocol(Protocol)
        silent.noisy = False
        bench.network.listen(HOST, 26, silent)
        bench.network.silence(HOST, 27)
        for port in (26, 27):
            for seconds, line in ((90, None), (10, 'AT+QSSLCFG=0,0,"timeout",10')):
                if line is not None:
                    bench.ok(line)
                else:
                    bench.ok('AT+QSSLCFG=0,0,"timeout",90')
                self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{port},0'), _OK)
                bench.settle(seconds - 0.5)
                self.assertEqual(bench.screen.take(), b"")
                bench.settle(0.6)
                self.assertEqual(bench.screen.take(), b"\r\n+QSSLOPEN: 0,0,-7\r\n")

    def test_no_network(self) -> None:
        """Without a packet data connection an open is -6."""
        bench = self.bench(settings=ModuleSettings(registration=2))
        self.assertEqual(bench.result(), -6)

    def test_refused(self) -> None:
        """Parameters that the note does not have are an ERROR; nothing is opened."""
        bench = self.bench()
        long = "x" * 151
        for tail in (
            f'1,0,"{HOST}",{PORT},0', f'0,1,"{HOST}",{PORT},0', f'0,0,"{HOST}",{PORT},1',
            f'0,0,"{HOST}",0,0', f'0,0,"{HOST}",65536,0', f'0,0,"{HOST}",{PORT}',
            f'0,0,"{HOST}",{PORT},0,0', f"0,0,{HOST},{PORT},0", f'0,0,"",{PORT},0',
            f'0,0,"{long}",{PORT},0', f'1,0,4,"{HOST}",{PORT},0', "0,0", "",
        ):  # fmt: skip
            self.assertEqual(bench.say(f"AT+QSSLOPEN={tail}"), _ERROR, tail)
        self.assertEqual(bench.server.peers, [])
        self.assertEqual(bench.kinds(), [])
        self.assertEqual(bench.result("x" * 150), -2)

    def test_one_connection(self) -> None:
        """While the connection is in use another open is an ERROR, and judged."""
        bench = self.bench()
        bench.open()
        self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'), _ERROR)
        self.assertEqual(bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])

    def test_closed_on_the_same_line(self) -> None:
        """An open that is closed at once reports the close only."""
        bench = self.bench()
        line = f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0;+QSSLCLOSE=0,0'
        self.assertEqual(bench.say(line), f"{_OK}\r\n+QSSLCLOSE: 0,0,0\r\n")
        self.assertEqual(bench.server.peers, [])
