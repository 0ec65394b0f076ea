"""Tests for L{twisted_quectel.addresses}."""

from __future__ import annotations

from twisted.internet.address import UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.addresses import address_of, shown


class ShownTests(SynchronousTestCase):
    """How an address stands in a log."""

    def test_kinds(self) -> None:
        """Names and literals are as they were asked for, with their ports."""
        for host in ("a.example", "192.0.2.1", "2001:db8::1"):
            self.assertEqual(shown(address_of(host, 443)), f"{host}:443")
        self.assertIn("/run/x", shown(UNIXAddress("/run/x")))
