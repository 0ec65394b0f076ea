"""Tests for the parts of the command line that need no process."""

from __future__ import annotations

from pathlib import Path

import twisted.plugins
from cryptography import x509
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone

from tests.certificates import der
from twisted_quectel.cli import fetch, plugins
from twisted_quectel.cli.demo import endpoint_string, split_url
from twisted_quectel.cli.demoserver import make_identity
from twisted_quectel.cli.faultspec import describe_all, describe_fault, read_fault, read_quirk
from twisted_quectel.cli.running import CommandError
from twisted_quectel.emulator import FAULTS, QUIRKS
from twisted_quectel.emulator.faults import LateAnswer, SendFails


class FaultTests(SynchronousTestCase):
    """Faults as they are written on a command line."""

    def test_read(self) -> None:
        """A name with or without values, each in its type."""
        self.assertEqual(read_fault("send_fail_n"), SendFails())
        self.assertEqual(
            read_fault("send_fail_n:times=3,then_ok=1"), SendFails(times=3, then_ok=True)
        )
        self.assertEqual(
            read_fault("late_answer:command=+QIACT,delay=0.5"),
            LateAnswer(command="+QIACT", delay=0.5),
        )

    def test_described(self) -> None:
        """What is listed of each fault can be given back, and is the default."""
        for kind in FAULTS.values():
            text, _ = describe_fault(kind)
            if '"' not in text:  # values with commas
                self.assertEqual(read_fault(text), kind())

    def test_listed(self) -> None:
        """All are listed."""
        listed = "\n".join(describe_all())
        for name in (*FAULTS, *QUIRKS):
            self.assertIn(name, listed)

    def test_refused(self) -> None:
        """What nobody knows is refused by name."""
        for text in ("nothing", "send_fail_n:x=1", "send_fail_n:times=x", "send_fail_n:then_ok=2"):
            error = self.assertRaises(CommandError, read_fault, text)
            self.assertTrue(str(error).startswith("--fault: "), str(error))
        error = self.assertRaises(CommandError, read_quirk, "has_chekhost")
        self.assertIn("did you mean has_checkhost?", str(error))


class StringTests(SynchronousTestCase):
    """The endpoint string that the demo writes."""

    def test_escaped(self) -> None:
        """Colons in values are escaped; what is not given is left out."""
        self.assertEqual(
            endpoint_string("::1", 443, device="tcp:a:1", apn=None, verify="none"),
            r"quectelssl:host=\:\:1:port=443:device=tcp\:a\:1:verify=none",
        )

    def test_urls(self) -> None:
        """Host and port of what TLS can fetch; the rest is refused."""
        self.assertEqual(split_url("https://a.example/x"), ("a.example", 443))
        self.assertEqual(split_url("https://[::1]:8443/"), ("::1", 8443))
        for url in (
            "http://a.example",
            "a.example",
            "https://",
            "https://a:x/",
            "https://ä.example",
        ):
            self.assertRaises(CommandError, split_url, url)


class IdentityTests(SynchronousTestCase):
    """The demo's CA and certificate."""

    def test_chain(self) -> None:
        """The server's certificate comes from the CA, and is for its name."""
        identity = make_identity("a.example")
        authority = x509.load_pem_x509_certificate(identity.authority)
        certificate = x509.load_der_x509_certificate(der(identity.certificate))
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["a.example"])


class _Transport(StringTransport):
    """Remembers that it was aborted."""

    aborted = False

    def abortConnection(self) -> None:
        """Take note."""
        self.aborted = True


class BodyTests(SynchronousTestCase):
    """Taking a page in."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.transport = _Transport()

    def body(self, total: int | None) -> Deferred[fetch.Fetched]:
        """Begin a page."""
        self.protocol = fetch._Body(self.clock, total, lambda done, total: None)
        self.protocol.makeConnection(self.transport)
        return self.protocol.done

    def test_measured(self) -> None:
        """What came first is not measured: nobody knows how long it took."""
        done = self.body(30)
        for part in (b"a" * 10, b"b" * 20):
            self.clock.advance(2)
            self.protocol.dataReceived(part)
        self.protocol.connectionLost(Failure(ResponseDone()))
        page = self.successResultOf(done)
        self.assertEqual((page.length, page.seconds, page.rate), (30, 2.0, 10.0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_broken_off(self) -> None:
        """A page that ends early is no page."""
        for total, reason in ((30, ResponseDone()), (None, ConnectionLost())):
            done = self.body(total)
            self.protocol.dataReceived(b"a")
            self.protocol.connectionLost(Failure(reason))
            self.failureResultOf(done)

    def test_stalled(self) -> None:
        """Silence ends it."""
        done = self.body(30)
        self.protocol.dataReceived(b"a")
        self.clock.advance(fetch.STALL)
        self.assertTrue(self.transport.aborted)
        self.protocol.connectionLost(Failure(ConnectionLost()))
        self.assertIn("no byte", str(self.failureResultOf(done, CommandError).value))


class PluginTests(SynchronousTestCase):
    """Finding the plugin."""

    def setUp(self) -> None:
        # as if nothing were installed
        self.patch(plugins, "_DROPIN", "quectel_test_dropin")
        self.patch(twisted.plugins, "__path__", list(twisted.plugins.__path__))

    def test_source_tree(self) -> None:
        """The source tree's folder is added where nothing is installed."""
        folder = Path(self.mktemp())
        folder.mkdir()
        folder.joinpath("quectel_test_dropin.py").write_text("")
        plugins.ensure_plugin(folder)
        plugins.ensure_plugin(folder)
        self.assertEqual(list(twisted.plugins.__path__).count(str(folder)), 1)

    def test_missing(self) -> None:
        """Where it is nowhere, that is said."""
        self.assertRaises(plugins.PluginMissing, plugins.ensure_plugin, Path("/nonexistent"))
