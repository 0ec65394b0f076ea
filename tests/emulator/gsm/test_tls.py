"""What C{AT+QSSLCFG} of GSM modules makes of a handshake: versions, suites, certificates, dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import trustme
from OpenSSL import SSL, crypto
from OpenSSL.crypto import FILETYPE_PEM
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT, ServerTLS, authority
from twisted_quectel.emulator.faults import ClockUnknown
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.tls import TLSSettings
from twisted_quectel.tables.gsm import SUITES

from .bench import GSMBench

GOOD = b"\r\nOK\r\n\r\n+QSSLOPEN: 1,0\r\n"
BAD = b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-1\r\n"


class NotingTLS(ServerTLS):
    """Notes its connections, and the names that clients ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[SSL.Connection] = []

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Make a connection."""
        connection = super().serverConnectionForTLS(tlsProtocol)
        self.connections.append(connection)
        return connection


class HandshakeTests(SynchronousTestCase):
    """By the result of an open, and by what the server sees."""

    def start(self, tls: NotingTLS | None = None, **given: object) -> GSMBench:
        """Make a bench whose context is active."""
        self.tls = tls or NotingTLS()
        settings = given.pop("settings", ModuleSettings())
        assert isinstance(settings, ModuleSettings)
        self.bench = GSMBench(tls=self.tls, settings=settings)
        self.bench.activate()
        return self.bench

    def opens(self, *configuration: str) -> bool:
        """Configure context 0, and tell whether an open succeeds."""
        self.bench.ok(*(f"AT+QSSLCFG={text}" for text in configuration))
        answer = self.bench.type(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},0')
        self.assertIn(answer, (GOOD, BAD))
        if answer == BAD:
            return False
        self.bench.type("AT+QSSLCLOSE=1")
        return True

    def test_versions(self) -> None:
        """Each version is the one that is spoken; SSL 3.0 fails as a handshake does."""
        self.start()
        for number, name in ((1, "TLSv1"), (2, "TLSv1.1"), (3, "TLSv1.2"), (4, "TLSv1.2")):
            self.assertTrue(self.opens(f'"sslversion",0,{number}'))
            self.assertEqual(self.tls.connections[-1].get_protocol_version_name(), name)
        self.assertFalse(self.opens('"sslversion",0,0'))

    def test_too_new(self) -> None:
        """A server that wants TLS 1.3 is none for it."""
        tls = NotingTLS()
        tls.context.set_min_proto_version(SSL.TLS1_3_VERSION)
        self.start(tls)
        self.assertFalse(self.opens())

    def test_suites(self) -> None:
        """Each suite is the one that is spoken, where OpenSSL still has it; else it fails."""
        names = {0x0035: "AES256-SHA", 0x002F: "AES128-SHA", 0x003D: "AES256-SHA256"}
        self.start()
        for number in SUITES:
            opened = self.opens(f'"ciphersuite",0,"0X{number:04X}"')
            self.assertEqual(opened, number in names, hex(number))
            if opened:
                self.assertEqual(self.tls.connections[-1].get_cipher_name(), names[number])

    def test_lists(self) -> None:
        """A list offers what it names."""
        self.start()
        self.assertTrue(self.opens('"ciphersuite",0,"0X0005","0X002F"'))
        self.assertEqual(self.tls.connections[-1].get_cipher_name(), "AES128-SHA")

    def test_rsa_only(self) -> None:
        """All of them is six: a server that wants forward secrecy refuses (Table 2)."""
        tls = NotingTLS()
        tls.context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+AES:@SECLEVEL=0")
        self.start(tls)
        self.assertFalse(self.opens('"ciphersuite",0,"0XFFFF"'))

    def test_no_name(self) -> None:
        """There is no SNI, and no ALPN."""
        self.start()
        self.assertTrue(self.opens())
        self.assertIsNone(self.tls.connections[-1].get_servername())

    def test_server_authentication(self) -> None:
        """With C{seclevel} 1 the CA must be there, and be the right one."""
        bench = self.start()
        bench.upload("RAM:ca.pem", authority().ca)
        bench.upload("NVRAM:CA1", trustme.CA().cert_pem.bytes())
        self.assertTrue(self.opens())
        self.assertFalse(self.opens('"seclevel",0,1'))
        self.assertFalse(self.opens('"cacert",0,"NVRAM:CA0"'))
        self.assertFalse(self.opens('"cacert",0,"NVRAM:CA1"'))
        self.assertTrue(self.opens('"cacert",0,"RAM:ca.pem"'))
        bench.ok('AT+QSECDEL="RAM:ca.pem"')
        self.assertFalse(self.opens())
        bench.upload("RAM:ca.pem", b"no certificate")
        self.assertFalse(self.opens())
        self.assertTrue(self.opens('"seclevel",0,0'))

    def test_client_authentication(self) -> None:
        """With C{seclevel} 2 certificate and key are shown to a server that asks."""
        authority_of_clients = trustme.CA()
        client = authority_of_clients.issue_cert("client.example", key_type=trustme.KeyType.RSA)
        tls = NotingTLS()
        store = tls.context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.load_certificate(FILETYPE_PEM, authority_of_clients.cert_pem.bytes()))
        tls.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        bench = self.start(tls)
        bench.upload("NVRAM:CA0", authority().ca)
        bench.upload("NVRAM:CC0", client.cert_chain_pems[0].bytes())
        bench.upload("NVRAM:CK0", client.private_key_pem.bytes())
        files = (
            '"cacert",0,"NVRAM:CA0"',
            '"clientcert",0,"NVRAM:CC0"',
            '"clientkey",0,"NVRAM:CK0"',
        )
        self.assertFalse(self.opens(*files, '"seclevel",0,1'))
        self.assertTrue(self.opens('"seclevel",0,2'))
        bench.ok('AT+QSECDEL="NVRAM:CK0"')
        self.assertFalse(self.opens())

    def _dated(self, offset: timedelta) -> GSMBench:
        when = datetime.now(UTC) + offset
        bench = self.start(settings=ModuleSettings(time=when))
        bench.upload("RAM:ca.pem", authority().ca)
        bench.ok('AT+QSSLCFG="cacert",0,"RAM:ca.pem"', 'AT+QSSLCFG="seclevel",0,1')
        return bench

    def test_dates(self) -> None:
        """Dates are held against the module's clock, unless it says to ignore them."""
        self._dated(timedelta(0))
        self.assertTrue(self.opens())
        self._dated(timedelta(days=365 * 1000))
        self.assertFalse(self.opens())
        self.assertTrue(self.opens('"ignorertctime",1'))
        self.assertFalse(self.opens('"ignorertctime",0'))
        now = datetime.now(UTC)
        self.bench.ok(f'AT+CCLK="{now:%y/%m/%d,%H:%M:%S}+00"')
        self.assertTrue(self.opens())

    def test_no_clock(self) -> None:
        """A module that was never told the time finds every certificate too new."""
        bench = GSMBench(faults=[ClockUnknown()])
        self.bench, self.tls = bench, NotingTLS()
        bench.activate()
        bench.upload("RAM:ca.pem", authority().ca)
        self.assertFalse(self.opens('"cacert",0,"RAM:ca.pem"', '"seclevel",0,1'))
        self.assertTrue(self.opens('"ignorertctime",1'))

    def test_contexts(self) -> None:
        """Each context has its own settings; several connections can be on one."""
        bench = self.start()
        bench.ok('AT+QSSLCFG="sslversion",1,1', 'AT+QSSLCFG="sslversion",2,3')
        for id, (context, name) in enumerate(((1, "TLSv1"), (2, "TLSv1.2"), (1, "TLSv1"))):
            bench.open(id, context=context)
            self.assertEqual(self.tls.connections[-1].get_protocol_version_name(), name)

    def test_unknown_suites(self) -> None:
        """Suites that no table has are refused where a handshake is made."""
        self.assertRaises(ValueError, TLSSettings(suites=(0x1301,)).validate)
        TLSSettings(suites=tuple(SUITES)).validate()
