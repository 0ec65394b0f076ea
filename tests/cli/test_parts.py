"""Tests for the parts of the command line that need no process."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, spec_from_file_location
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
from twisted_quectel.cli.demo import _wire, endpoint_arguments, endpoint_string
from twisted_quectel.cli.demoserver import make_identity
from twisted_quectel.cli.faultspec import (
    describe_all,
    describe_fault,
    escape,
    read_fault,
    read_quirk,
)
from twisted_quectel.cli.words import CommandError
from twisted_quectel.emulator import ALL_QUIRKS, FAULTS
from twisted_quectel.emulator.faults import LateAnswer, SendFails, UrcInBetween


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
            self.assertEqual(read_fault(text), kind())

    def test_awkward_values(self) -> None:
        """Commas and backslashes in a value are escaped, at its end too."""
        for line in ("a,b", "a\\", "\\,", ",", "", "=", 'x: "1,2",3'):
            written = f"urc_in_between:line={escape(line)},every=2"
            self.assertEqual(read_fault(written), UrcInBetween(line=line, every=2))

    def test_listed(self) -> None:
        """All are listed."""
        listed = "\n".join(describe_all())
        for name in (*FAULTS, *ALL_QUIRKS):
            self.assertIn(name, listed)

    def test_refused(self) -> None:
        """What nobody knows is refused by name."""
        for text in (
            "nothing",
            "send_fail_n:x=1",
            "send_fail_n:times=x",
            "send_fail_n:times=-1",
            "send_fail_n:then_ok=2",
            "late_answer:delay=-0.5",
            "late_answer:delay=nan",
            "late_answer:delay=inf",
        ):
            error = self.assertRaises(CommandError, read_fault, text)
            self.assertTrue(str(error).startswith("--fault: "), str(error))
            self.assertEqual(error.status, 2)
        error = self.assertRaises(CommandError, read_quirk, "has_chekhost")
        self.assertIn("did you mean has_checkhost?", str(error))


class StringTests(SynchronousTestCase):
    """The endpoint string that the demo writes."""

    def test_escaped(self) -> None:
        """Colons in values are escaped; what is not given is left out."""
        self.assertEqual(
            endpoint_string(
                endpoint_arguments("::1", 443, device="tcp:a:1", apn=None, verify="none")
            ),
            r"quectelssl:host=\:\:1:port=443:device=tcp\:a\:1:verify=none",
        )


class WireTests(SynchronousTestCase):
    """What the line carries is told where there is a line whose speed is known."""

    def test_known(self) -> None:
        """A serial port with a speed has ten bits a byte; a pty or a serial server has none."""
        self.assertEqual(_wire("/dev/ttyS0", 115200), 11520.0)
        self.assertIsNone(_wire("/dev/ttyS0", None))
        self.assertIsNone(_wire("tcp:192.0.2.1:7000", 115200))
        link = self.mktemp()
        os.symlink("/dev/pts/0", link)
        self.assertIsNone(_wire(os.path.abspath(link), 115200))
        self.assertIsNone(_wire(None, 115200))


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

    def test_hidden(self) -> None:
        """What only an import finds, as after C{pip install -e}, Twisted does not: it is added."""
        hidden, folder = Path(self.mktemp()), Path(self.mktemp())
        for each in (hidden, folder):
            each.mkdir()
            each.joinpath("quectel_test_dropin.py").write_text("")

        class Hook:
            def find_spec(self, name: str, path: object, target: object = None) -> object:
                if name != "twisted.plugins.quectel_test_dropin":
                    return None
                return spec_from_file_location(name, hidden / "quectel_test_dropin.py")

        self.patch(sys, "meta_path", [Hook(), *sys.meta_path])
        self.assertIsNotNone(find_spec("twisted.plugins.quectel_test_dropin"))
        plugins.ensure_plugin(folder)
        self.assertIn(str(folder), twisted.plugins.__path__)

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
