"""Tests for L{twisted_quectel.tables.gsm}: against what the document prints."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.tables import golden_gsm as golden
from twisted_quectel.tables import ciphers, cme, gsm


class TableTests(SynchronousTestCase):
    """Chapters 1 and 2."""

    def test_models(self) -> None:
        """The modules are those of chapter 1."""
        self.assertEqual(set(gsm.MODELS), golden.MODELS)

    def test_versions(self) -> None:
        """The SSL versions have the document's numbers and names."""
        self.assertEqual(dict(gsm.SSL_VERSIONS), golden.VERSIONS)

    def test_suites(self) -> None:
        """Table 2, in its order; each has RSA key exchange, and an OpenSSL name."""
        self.assertEqual(list(gsm.SUITES.items()), list(golden.SUITES.items()))
        known = {suite.number: suite.name for suite in ciphers.LTE_SUITES}
        for number, name in gsm.SUITES.items():
            self.assertTrue(name.startswith("TLS_RSA_WITH_"))
            self.assertEqual(known[number], name)

    def test_tags(self) -> None:
        """The tags of AT+QSSLCFG, with a context and without."""
        self.assertEqual(set(gsm.CONTEXT_TAGS), golden.CONTEXT_TAGS)
        self.assertEqual(set(gsm.MODULE_TAGS), golden.MODULE_TAGS)
        self.assertEqual(gsm.CONTEXT_QUERY, "ctxindex")
        self.assertEqual(gsm.NOT_CONFIGURED, -1)

    def test_ranges(self) -> None:
        """The ranges of chapter 2.2, bounds included."""
        for found, first, last in (
            (gsm.SSL_CONTEXT_IDS, 0, 5),
            (gsm.SOCKET_IDS, 0, 5),
            (gsm.CONTEXT_IDS, 0, 1),
            (gsm.URC_CONTEXT_IDS, 0, 2),
            (gsm.SECURITY_LEVELS, 0, 2),
            (gsm.SMTP_STYLES, 0, 2),
            (gsm.PORTS, 1, 65535),
            (gsm.CONNECT_MODES, 0, 1),
            (gsm.OPEN_TIMEOUTS, 10, 300),
            (gsm.CLOSE_TYPES, 0, 1),
            (gsm.SEND_LENGTHS, 1, 1460),
            (gsm.READ_LENGTHS, 1, 1500),
            (gsm.RAM_SIZES, 1, 32768),
            (gsm.NVRAM_SIZES, 1, 2025),
            (gsm.UPLOAD_TIMEOUTS, 3, 200),
            (gsm.INDICATIONS, 0, 2),
        ):
            self.assertEqual((found[0], found[-1]), (first, last))
        self.assertEqual(gsm.DEFAULT_OPEN_TIMEOUT, 90)
        self.assertEqual(gsm.DEFAULT_UPLOAD_TIMEOUT, 100)
        self.assertEqual((gsm.NOT_TRANSPARENT, gsm.TRANSPARENT), (0, 1))
        self.assertEqual(gsm.CLIENT, 1)

    def test_names(self) -> None:
        """NVRAM has two CA certificates, one client certificate, one client key."""
        names = [name for names in gsm.NVRAM_NAMES.values() for name in names]
        self.assertEqual(len(names), 4)
        self.assertEqual(set(names), golden.NVRAM_NAMES)

    def test_codes(self) -> None:
        """An open has three results."""
        self.assertEqual(dict(gsm.CONNECT_CODES), golden.CONNECT_CODES)
        self.assertEqual((gsm.OPENED, gsm.OPEN_FAILED, gsm.OCCUPIED), (0, -1, -2))

    def test_states(self) -> None:
        """The states of the stack and of a socket."""
        self.assertEqual(tuple(gsm.STATES), golden.STATES)
        self.assertEqual(gsm.SOCKET_STATES, golden.SOCKET_STATES)
        self.assertEqual(gsm.CONNECTION_TYPES, ("TCP", "UDP"))

    def test_cme_errors(self) -> None:
        """The numbers of the file commands have texts."""
        for number in (
            gsm.CME_INVALID_INPUT,
            gsm.CME_NOT_FOUND,
            gsm.CME_INVALID_NAME,
            gsm.CME_EXISTS,
            gsm.CME_NO_SPACE,
            gsm.CME_TIMED_OUT,
            gsm.CME_TOO_LARGE,
            gsm.CME_IN_USE,
        ):
            self.assertIn(number, cme.CME_ERRORS)
