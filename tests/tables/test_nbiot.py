"""Tests for L{twisted_quectel.tables.nbiot}: against what the document prints."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.tables import nbiot

from . import golden_nbiot as golden


class NumberTests(SynchronousTestCase):
    """The numbers of the BC660K-GL SSL Application Note v1.0."""

    def test_result_codes(self) -> None:
        """Table 5 is complete, and has no -8."""
        self.assertEqual(dict(nbiot.RESULT_CODES), golden.CODES)
        self.assertNotIn(-8, nbiot.RESULT_CODES)

    def test_suites(self) -> None:
        """Table 2: four suites, in the document's order."""
        self.assertEqual(list(nbiot.CIPHER_SUITES.items()), list(golden.SUITES.items()))

    def test_tags(self) -> None:
        """There are ten tags, in the order of the test form; three of them are certificates."""
        self.assertEqual(nbiot.QSSLCFG_TAGS, golden.TAGS)
        self.assertEqual(tuple(line.split('"')[1] for line in golden.TEST_FORM), golden.TAGS)
        self.assertEqual(tuple(line.split('"')[1] for line in golden.FACTORY), golden.TAGS)
        self.assertEqual(set(nbiot.DEFAULTS) | set(nbiot.CERTIFICATE_TAGS), set(nbiot.QSSLCFG_TAGS))

    def test_defaults(self) -> None:
        """The factory settings are those of the query."""
        for line in golden.FACTORY:
            tag = line.split('"')[1]
            values = tuple(int(text) for text in line.rpartition('",')[2].split(","))
            self.assertEqual(nbiot.DEFAULTS.get(tag, (0,)), values, tag)

    def test_versions(self) -> None:
        """Tables 1 and 3, with the numbers of chapter 2.3.1; SSL 3.0 does not exist."""
        self.assertEqual(dict(nbiot.SSL_VERSIONS), golden.VERSIONS)
        self.assertEqual(dict(nbiot.DTLS_VERSIONS), golden.DTLS_VERSIONS)
        self.assertEqual(list(nbiot.SECURITY_LEVELS), [0, 1, 2])
        self.assertEqual(dict(nbiot.DATA_FORMATS), {nbiot.TEXT: "Text", nbiot.HEX: "Hex"})

    def test_ranges(self) -> None:
        """The ranges of chapters 2.3.1 to 2.4.1, and of the manuals beside; bounds included."""
        for found, first, last in (
            (nbiot.CONTEXT_IDS, 0, 10),
            (nbiot.SUPPORTED_CONTEXT_IDS, 0, 0),
            (nbiot.CONNECT_IDS, 0, 4),
            (nbiot.SUPPORTED_CONNECT_IDS, 0, 0),
            (nbiot.CONNECT_MODES, 0, 1),
            (nbiot.SUPPORTED_CONNECT_MODES, 0, 0),
            (nbiot.PORTS, 1, 65535),
            (nbiot.SEND_LENGTHS, 1, 1024),
            (nbiot.RECV_LENGTHS, 1, 1400),
            (nbiot.TIMEOUTS, 10, 300),
            (nbiot.DEBUG_LEVELS, 0, 4),
            (nbiot.SLEEP_MODES, 0, 2),
            (nbiot.SLEEP_LOCK_TIMES, 0, 30),
            (nbiot.PLAIN_CONNECT_IDS, 0, 4),
            (nbiot.PLAIN_CONTEXT_IDS, 0, 0),
            (nbiot.PLAIN_ACCESS_MODES, 1, 1),
            (nbiot.PLAIN_SEND_LENGTHS, 1, 1358),
            (nbiot.ANY_PORTS, 0, 65535),
        ):
            self.assertEqual((found[0], found[-1]), (first, last))

    def test_times_and_sizes(self) -> None:
        """Default and maximum times, in seconds, and the longest host name."""
        self.assertEqual(nbiot.DEFAULT_TIMEOUT, 90)
        self.assertEqual(nbiot.DTLS_OPEN_TIMEOUT, 123)
        self.assertEqual(nbiot.RESPONSE_TIME, 0.3)
        self.assertEqual(nbiot.HOST_MAX_LENGTH, 150)
        self.assertEqual(nbiot.DEFAULT_SLEEP_MODE, 1)
        self.assertEqual(nbiot.DEFAULT_SLEEP_LOCK_TIME, 10)
        self.assertEqual(nbiot.PLAIN_OPEN_TIMEOUT, 60)
        self.assertEqual(nbiot.SERVICE_HOST, "127.0.0.1")

    def test_models(self) -> None:
        """The note is about one module."""
        self.assertEqual(nbiot.MODELS, ("BC660K-GL",))
