"""Tests for L{twisted_quectel.arguments}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.arguments import camel_case, read_host, snake_case
from twisted_quectel.profiles import TLS_ARGUMENTS
from twisted_quectel.strings import QUECTELSSL_ARGUMENTS


class HostTests(SynchronousTestCase):
    """Names and addresses of servers."""

    def test_good(self) -> None:
        """Names, addresses, and international names in their ASCII form."""
        for given, expected in (
            ("broker.example", "broker.example"),
            ("broker.example.", "broker.example."),
            ("my_host-1", "my_host-1"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("bücher.example", "xn--bcher-kva.example"),
        ):
            self.assertEqual(read_host("host", given), expected)

    def test_bad(self) -> None:
        """What is no name is refused, whatever it would do to a command line."""
        bad: tuple[str, ...] = (
            "",
            " ",
            'x",443\rAT+QPOWD',
            "a\0",
            "a\n",
            "a b",
            "a\x1a",
            "a,b",
            "a/b",
            "a;b",
        )
        bad += ("256.1.1.1", "a..b", ".a", "-" * 64, "a." * 128, "fe80::1%eth0", "ü\udcff", "ü\r")
        bad += ("\uff02", "b\u2028", "a\u200d")
        for host in bad:
            message = str(self.assertRaises(ValueError, read_host, "host", host))
            self.assertTrue(message.startswith("host: "), message)
            self.assertEqual(len(message.splitlines()), 1)

    def test_spellings(self) -> None:
        """The two spellings of a name lead to each other."""
        for name in QUECTELSSL_ARGUMENTS + TLS_ARGUMENTS:
            self.assertEqual(camel_case(snake_case(name)), name)
