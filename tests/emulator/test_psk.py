"""Tests of L{twisted_quectel.emulator.psk}."""

from __future__ import annotations

from dataclasses import replace
from unittest import skipUnless

from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.tlsbench import CA, HOST, Bench
from tests.tlsservers import ServerOptions, options_for
from twisted_quectel.emulator import psk
from twisted_quectel.emulator.psk import psk_available
from twisted_quectel.emulator.tls import TLSSettings

CA_PEM = CA.cert_pem.bytes()


class PSKTests(SynchronousTestCase):
    """C{psk}."""

    def setUp(self) -> None:
        self.settings = TLSSettings(psk_identity="module", psk_key="00c0ffee00")
        self.keys = {b"module": bytes.fromhex("00c0ffee00")}

    def outcome(self, settings: TLSSettings, options: ServerOptions) -> int:
        """Give the code of an open."""
        self.bench = Bench(options=options)
        code: int = self.bench.open(settings).events[0]
        return code

    def server(self, keys: dict[bytes, bytes]) -> ServerOptions:
        """Make a server that has PSKs and no certificate."""
        return ServerOptions(psk=keys, highest=SSL.TLS1_2_VERSION, ciphers="PSK:@SECLEVEL=0")

    @skipUnless(psk_available(), "this binding of OpenSSL has no PSK")
    def test_psk(self) -> None:
        """A common key is enough, for server and module."""
        for seclevel in (0, 1, 2):
            settings = replace(self.settings, seclevel=seclevel)
            self.assertEqual(self.outcome(settings, self.server(self.keys)), 0)

    @skipUnless(psk_available(), "this binding of OpenSSL has no PSK")
    def test_wrong_psk(self) -> None:
        """Another key, or another identity, is a failed handshake."""
        for keys in ({b"module": b"other"}, {b"stranger": b"x"}):
            self.assertEqual(self.outcome(self.settings, self.server(keys)), 566)

    @skipUnless(psk_available(), "this binding of OpenSSL has no PSK")
    def test_certificate_instead(self) -> None:
        """A server without the key gets through only with a certificate that is verified."""
        for seclevel, cacert, code in ((0, None, 566), (1, None, 566), (1, CA_PEM, 0)):
            settings = replace(self.settings, seclevel=seclevel, cacert=cacert)
            self.assertEqual(self.outcome(settings, options_for(CA, HOST)), code)

    def test_no_binding(self) -> None:
        """Where the binding has no PSK, an open ends with 555."""
        self.patch(psk, "_lib", None)
        self.assertEqual(self.outcome(self.settings, options_for(CA, HOST)), 555)
        self.assertEqual(self.bench.clock.getDelayedCalls(), [])
