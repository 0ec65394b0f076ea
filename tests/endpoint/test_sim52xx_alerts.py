"""Alerts of SIM52xx modules that do not come as the document's samples show them."""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Peer
from tests.endpoint.simcase import OWN, SIMCase
from tests.endpoint.virtual import HOST
from twisted_quectel import CSSLAlert, TLSProfile, errors
from twisted_quectel.emulator.commands import OK
from twisted_quectel.emulator.sim52xx import commands_ssl

ALLOWED = TLSProfile(allow_alerts="unknownCa")
EVERYTHING = TLSProfile(allow_alerts=0x1FFFFFFF)


class SuspendedTests(SIMCase):
    """A suspended open passes by bits that are read and named, and by nothing else (4.2)."""

    knows = False

    def saying(self, *lines: str) -> None:
        """Have the module raise its alerts in certain words."""

        def alert(call: Any, *_: object) -> None:
            for line in lines:
                call.port.interpreter.bare(call.port.frame(line.encode("ascii")))

        self.patch(commands_ssl, "_alert", alert)

    def test_says_nothing(self) -> None:
        """An alert that does not say what is wrong closes the open, whatever may pass."""
        self.begin()
        for lines in (
            (),
            # as chapter 4.2 prints it
            ("+CSSLALERT: 1, 0, 0",),
            ("+CSSLALERT: 0,2,-5",),
            ("+CSSLALERT: 0,2,bad issuer",),
            ("+CSSLALERT: 0,2",),
            ("+CSSLALERT: 0,2,4294967296",),
            ("+CSSLALERT: 0,2,134218240134218240",),
        ):
            self.saying(*lines)
            for tls in (OWN, ALLOWED, EVERYTHING):
                problem = self.problem(errors.CertificateVerificationError, tls=tls)
                self.one_line(problem, HOST, "suspended", "does not say what is wrong")
                self.assertEqual((problem.code, problem.alerts), (None, CSSLAlert(0)))
        self.assertEqual(self.sent("+CSSLCONT"), [])
        self.settle(5.0)
        self.assertEqual([*self.emulated.module.sockets], [])

    def test_says_half_of_it(self) -> None:
        """One alert that can be read does not speak for another one that cannot."""
        self.begin()
        self.saying("+CSSLALERT: 0,2,134283264", "+CSSLALERT: 0,2,?")
        problem = self.problem(errors.CertificateVerificationError, tls=EVERYTHING)
        self.assertTrue(problem.alerts & CSSLAlert.UNKNOWN_CA)
        self.assertEqual(self.sent("+CSSLCONT"), [])

    def test_several(self) -> None:
        """Of several alerts each has to be named."""
        self.begin()
        self.saying("+CSSLALERT: 0,2,134283264", "+CSSLALERT: 0,2,0x4000000")
        problem = self.problem(errors.CertificateVerificationError, tls=ALLOWED)
        self.one_line(problem, "Unknown CA", "Host mismatch")
        peer = self.open(tls=TLSProfile(allow_alerts="unknownCa,hostMismatch"))
        self.assertTrue(peer.transport.alerts & CSSLAlert.HOST_MISMATCH)
        self.closes(peer)

    def test_transparent(self) -> None:
        """The same in transparent mode."""
        self.mode = "transparent"
        self.begin()
        self.saying("+CSSLALERT: 0, 0, 0")
        problem = self.problem(
            errors.CertificateVerificationError, tls=EVERYTHING, mode="transparent"
        )
        self.one_line(problem, "does not say what is wrong")
        self.assertEqual(self.sent("+CSSLCONT"), [])

    def test_not_an_error(self) -> None:
        """An open that is suspended is not open, although OK follows."""
        self.verdicts_expected = True
        self.begin()
        self.patch(commands_ssl, "ERROR", OK)
        problem = self.problem(errors.CertificateVerificationError, tls=OWN)
        self.one_line(problem, "Unknown CA")


class OtherAlertTests(SIMCase):
    """Alerts that suspend no open."""

    def test_goes_on_by_itself(self) -> None:
        """What the module itself lets pass can be read on the transport."""
        self.begin()
        plain = commands_ssl._opened

        def opened(call: Any, *arguments: Any) -> Any:
            commands_ssl._alert(call, arguments[0], 3, int(CSSLAlert.EXPIRED))
            return plain(call, *arguments)

        self.patch(commands_ssl, "_opened", opened)
        peer = self.open(tls=OWN)
        self.assertEqual(peer.transport.alerts, CSSLAlert.EXPIRED)
        self.echoes(peer)
        self.closes(peer)

    def test_on_an_open_session(self) -> None:
        """A fatal alert, or one that suspends, ends the session that it names as lost."""
        self.begin(make=Peer)
        for level in (1, 2):
            one, two = self.open(tls=OWN), self.open(tls=OWN)
            id = one.transport._socket.id
            self.emulated.module.urc(f"+CSSLALERT: {id},{level},{0x2}")
            reason = self.end_of(one)
            self.assertIsInstance(reason, errors.SessionAlert)
            self.assertEqual(reason.alerts, CSSLAlert.BAD_RECORD)
            self.one_line(reason, "SSL record failed authentication")
            self.settle(5.0)
            self.assertEqual(two.reasons, [])
            self.closes(two)

    def test_mere_words(self) -> None:
        """A warning, or what concerns nobody, ends nothing."""
        self.begin()
        peer = self.open(tls=OWN)
        for words in ("0,0,2", "0,3,1", "1,1,2", "9,1,2", "0,1,99999999999", "0,,", "0,1,"):
            self.emulated.module.urc(f"+CSSLALERT: {words}")
        self.settle(1.0)
        self.assertEqual(peer.transport.alerts, CSSLAlert(3))
        self.echoes(peer)
        self.closes(peer)
