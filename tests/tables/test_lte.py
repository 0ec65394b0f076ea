"""Tests for L{twisted_quectel.tables}: against what the document prints."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.families import golden_lte as golden
from twisted_quectel.tables import ciphers, cme, lte
from twisted_quectel.tlsvalues import SSL_VERSION_NUMBERS, cipher_suite


class SuiteTests(SynchronousTestCase):
    """Table 3: the cipher suites."""

    def test_numbers_and_names(self) -> None:
        """There are 31 suites, with the document's numbers, names and order."""
        self.assertEqual(len(ciphers.LTE_SUITES), 31)
        table = {suite.number: suite.name for suite in ciphers.LTE_SUITES}
        self.assertEqual(list(table.items()), list(golden.SUITES.items()))
        self.assertEqual(ciphers.ALL_SUITES, 0xFFFF)

    def test_by_number_and_name(self) -> None:
        """A suite is chosen by its IANA name or its number; C{all} is 0XFFFF."""
        for number, name in golden.SUITES.items():
            self.assertEqual(cipher_suite("ciphers", name), number)
            self.assertEqual(cipher_suite("ciphers", f"0X{number:04X}"), number)
            self.assertEqual(cipher_suite("ciphers", number), number)
        self.assertEqual(cipher_suite("ciphers", "all"), 0xFFFF)

    def test_openssl_names(self) -> None:
        """Each suite has an OpenSSL name of its own, which says the same."""
        names = [suite.openssl for suite in ciphers.LTE_SUITES]
        self.assertEqual(len(set(names)), 31)
        for suite in ciphers.LTE_SUITES:
            exchange = suite.name.removeprefix("TLS_").partition("_WITH_")[0]
            prefix = "" if exchange == "RSA" else exchange.replace("_", "-") + "-"
            self.assertTrue(suite.openssl.startswith(prefix), suite)
            self.assertEqual("GCM" in suite.name, "GCM" in suite.openssl)
            self.assertEqual("RC4" in suite.name, "RC4" in suite.openssl)
            self.assertEqual("3DES" in suite.name, "DES-CBC3" in suite.openssl)
            self.assertEqual("MD5" in suite.name, "MD5" in suite.openssl)
            for size in ("128", "256"):
                self.assertEqual(f"AES_{size}" in suite.name, f"AES{size}" in suite.openssl, suite)


class NumberTests(SynchronousTestCase):
    """Chapters 2.2 and 5: the numbers."""

    def test_result_codes(self) -> None:
        """Table 5 is complete."""
        self.assertEqual(dict(lte.RESULT_CODES), golden.CODES)

    def test_tags(self) -> None:
        """There are nineteen tags, in the order of the test form."""
        self.assertEqual(len(golden.TAGS), 19)
        self.assertEqual(lte.QSSLCFG_TAGS, golden.TAGS)
        self.assertEqual(tuple(line.split('"')[1] for line in golden.TEST_FORM), golden.TAGS)

    def test_ranges(self) -> None:
        """The ranges of chapter 2.2, bounds included."""
        for found, first, last in (
            (lte.PDP_IDS, 1, 16),
            (lte.SSL_CONTEXT_IDS, 0, 5),
            (lte.CLIENT_IDS, 0, 11),
            (lte.SEND_LENGTHS, 1, 1460),
            (lte.QUERY_OR_SEND_LENGTHS, 0, 1460),
            (lte.QUERY_OR_READ_LENGTHS, 0, 1500),
            (lte.ANY_PORTS, 0, 65535),
            (lte.PING_TIMEOUTS, 1, 255),
            (lte.PING_COUNTS, 1, 10),
            (lte.READ_LENGTHS, 1, 1500),
            (lte.CLOSE_TIMEOUTS, 0, 65535),
            (lte.NEGOTIATE_TIMES, 10, 300),
            (lte.PORTS, 1, 65535),
        ):
            self.assertEqual((found[0], found[-1]), (first, last))
        self.assertEqual(lte.DEFAULT_CLOSE_TIMEOUT, 10)
        self.assertEqual(lte.PSK_MAX_LENGTH, 255)

    def test_plain_sockets(self) -> None:
        """What sockets without SSL have besides (TCP/IP Application Note)."""
        self.assertEqual(lte.HEX_LENGTH, 512)
        self.assertEqual(lte.LISTENER_HOST, "127.0.0.1")

    def test_versions(self) -> None:
        """The SSL versions have the document's numbers."""
        self.assertEqual(dict(SSL_VERSION_NUMBERS), golden.VERSIONS)
        self.assertEqual(
            dict(lte.SSL_VERSIONS),
            {0: "SSL3.0", 1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "All"},
        )

    def test_states(self) -> None:
        """A socket is in one of four states; there is no 3."""
        self.assertEqual(
            dict(lte.SOCKET_STATES), {0: "Initial", 1: "Opening", 2: "Connected", 4: "Closing"}
        )

    def test_models(self) -> None:
        """Table 1: each series of the document is known."""
        self.assertEqual(
            set(lte.MODELS), {"EC20", "EC21", "EC25", "EG91", "EG95", "EG21", "EG25", "EM05"}
        )

    def test_cme_errors(self) -> None:
        """The numbers of 27.007 and of the file system that bring-up and uploads meet."""
        for number, text in (
            (3, "operation not allowed"),
            (10, "SIM not inserted"),
            (11, "SIM PIN required"),
            (13, "SIM failure"),
            (14, "SIM busy"),
            (16, "incorrect password"),
            (30, "no network service"),
            (405, "file not found"),
            (407, "file already exists"),
            (420, "no space"),
            (421, "time-out"),
        ):
            self.assertEqual(cme.CME_ERRORS[number], text)
