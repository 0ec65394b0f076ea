"""Every exception that a user can meet says all there is to say.

What happened, the module's code and its meaning, the command, the likely
causes in order, and the last ten lines of the dialogue.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectError, ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import Certificates
from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import MODES, VirtualCase
from twisted_quectel import errors
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.emulator.faults import (
    CommandFails,
    ErrorInsteadOfSendOk,
    Fault,
    LateAnswer,
    OpenFails,
    OtherId,
    SendFails,
    UploadPartial,
)
from twisted_quectel.errors import ModemError
from twisted_quectel.families import Firmware
from twisted_quectel.families.lte import LTEFamily
from twisted_quectel.families.lte.errors import open_error
from twisted_quectel.modem.handshake import handshake_causes
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.tables.causes import CASES, CAUSES
from twisted_quectel.tables.lte import RESULT_CODES

PIN = "82736455"

CLASSES = [
    cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, ModemError) and cls is not ModemError
]


class ClassTests(SynchronousTestCase):
    """What a class says by itself."""

    def test_causes(self) -> None:
        """Each class has causes of its own, each a line; no causes are of no class."""
        self.assertEqual({cls.__name__ for cls in CLASSES}, set(CAUSES))
        for cls in CLASSES:
            problem: ModemError = cls("it went wrong")
            self.assertTrue(problem.causes)
            for cause in problem.causes:
                self.assertNotIn("\n", cause)
                self.assertIn(cause, problem.explain())

    def test_all_of_it(self) -> None:
        """The explanation has message, code, meaning, command, causes and dialogue in order."""
        problem = errors.TLSOpenFailed(
            "no handshake", code=566, command="AT+QSSLOPEN=1", trace=("1 > a", "2 < b")
        )
        parts = ("no handshake", "566", RESULT_CODES[566], "AT+QSSLOPEN=1", "cacert", "1 > a")
        places = [problem.explain().find(part) for part in parts]
        self.assertNotIn(-1, places)
        self.assertEqual(places, sorted(places))

    def test_nothing_known(self) -> None:
        """What is not known is left out."""
        problem = errors.ModemClosed("closed")
        self.assertEqual(problem.meaning, "")
        self.assertEqual(problem.explain().splitlines()[0], "closed")
        for word in ("code", "command", "dialogue"):
            self.assertNotIn(f"{word}:", problem.explain())

    def test_meanings(self) -> None:
        """A code means what its document says: chapter 5, 27.007, or the registration's."""
        for code, text in RESULT_CODES.items():
            if code:
                problem = open_error(code, "host", 1, "AT+QSSLOPEN", ())
                self.assertEqual(problem.meaning, text)
                self.assertIn(text, problem.explain())
        self.assertEqual(errors.SIMError(code=10).meaning, "SIM not inserted")
        self.assertEqual(errors.RegistrationError(code=3).meaning, "registration denied")
        self.assertEqual(errors.CommandFailed(code=987654).meaning, "")
        self.assertIn("987654", errors.CommandFailed("no", code=987654).explain())


class CaseTests(SynchronousTestCase):
    """What is likely in a certain case."""

    def test_table(self) -> None:
        """Each case is one of a class, and has causes of its own."""
        for name, causes in CASES.items():
            cls, _, case = name.partition(".")
            problem: ModemError = getattr(errors, cls)("it went wrong", case=case)
            self.assertEqual(problem.causes, causes)
            self.assertNotEqual(causes, CAUSES[cls])
        self.assertEqual(errors.NoAnswer("", case="serial").causes, CAUSES["NoAnswer"])

    def test_sim(self) -> None:
        """Only where there is no SIM that is the first to be said."""
        for name, causes in {**CAUSES, **CASES}.items():
            if name.startswith("SIMError") and name != "SIMError.absent":
                self.assertNotIn("no SIM", " ".join(causes))

    def test_devices(self) -> None:
        """A device that is missing is no question of rights; a serial server of none of these."""
        self.assertNotIn("may not", " ".join(CASES["DeviceError.missing"]))
        for name in ("DeviceError.missing", "DeviceError.endpoint", "NoAnswer.endpoint"):
            for word in ("ModemManager", "getty", "dialout"):
                self.assertNotIn(word, " ".join(CASES[name]))


def family(checks_host: bool | None) -> LTEFamily:
    """Give a driver for a firmware that checks names, or not."""
    return LTEFamily(Firmware("EC25", checks_host=checks_host))


class HandshakeTests(SynchronousTestCase):
    """What is likely behind 566 follows from what the connection was to be."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def causes(self, checks_host: bool | None = True, **arguments: Any) -> tuple[str, ...]:
        """Give the causes for a profile."""
        return handshake_causes(TLSProfile(**arguments), family(checks_host))

    def test_verified(self) -> None:
        """With a CA the certificate comes first: whose it is, then its dates."""
        causes = self.causes(cacert=self.files.ca)
        self.assertIn("cacert", causes[0])
        self.assertIn("not valid yet", causes[1])
        self.assertIn("the server wants a client certificate", causes)
        self.assertIn("checkhost", causes[-1])
        for cause in causes:
            self.assertNotIn("{", cause)
        self.assertNotIn("checkhost", " ".join(self.causes(False, cacert=self.files.ca)))
        undated = self.causes(cacert=self.files.ca, ignore_local_time=True)
        self.assertNotIn("clock", " ".join(undated))

    def test_unverified(self) -> None:
        """Without verification no certificate of the server can be wrong: the version is first."""
        causes = self.causes(verify="none")
        self.assertIn("TLS 1.3", causes[0])
        for word in ("cacert", "expired", "checkhost"):
            self.assertNotIn(word, " ".join(causes))

    def test_client_certificate(self) -> None:
        """A client certificate that is shown may be the wrong one; that it is wanted is no news."""
        pair: dict[str, Any] = {"client_cert": self.files.client, "client_key": self.files.key}
        causes = self.causes(cacert=self.files.ca, **pair)
        self.assertNotIn("the server wants a client certificate", causes)
        self.assertIn("does not take the client certificate", causes[2])

    def test_files_on_the_module(self) -> None:
        """A file that is to be on the module may not be there: it is named, and comes first."""
        causes = self.causes(cacert="module:RAM:ca.pem")
        self.assertTrue(causes[0].startswith("RAM:ca.pem is not on the module"), causes[0])

    def test_restricted(self) -> None:
        """What the user has restricted is named."""
        causes = self.causes(
            cacert=self.files.ca,
            ssl_version="tls1.0",
            ciphers="TLS_RSA_WITH_AES_128_CBC_SHA",
            sni=False,
        )
        self.assertIn("tls1.0, 0X002F", " ".join(causes))
        self.assertNotIn("TLS 1.3", " ".join(causes))
        self.assertIn("sni=0", " ".join(causes))

    def test_psk(self) -> None:
        """A pre-shared key may not be the server's."""
        self.assertIn("psk", self.causes(psk="00", psk_identity="me")[0])


class ProvokedTests(VirtualCase):
    """Exceptions that come of a connect, or end a connection."""

    verdicts_expected = True

    def complete(self, problem: Any, command: str = "", code: int | None = None) -> None:
        """Look whether an exception says everything.

        @param command: what it has to name.
        @param code: what it has to carry, with its meaning.
        """
        self.assertIsInstance(problem, ModemError)
        self.one_line(problem)
        self.assertTrue(problem.causes)
        self.assertTrue(problem.trace, repr(problem))
        self.assertLessEqual(len(problem.trace), 10)
        for line in problem.trace:
            self.assertTrue(line.isprintable(), line)
        if command:
            self.assertIn(command, problem.command or "", repr(problem))
        if code is not None:
            self.assertEqual(problem.code, code, repr(problem))
        if problem.code is not None:
            self.assertTrue(problem.meaning)
            self.assertIn(problem.meaning, problem.explain())
        self.assertNotIn(PIN, problem.explain())

    def fails(self, *faults: Fault, **arguments: Any) -> Any:
        """Have a connect fail, and give what it failed with."""
        description = arguments.pop("description", {})
        self.network = type(self.network)(self.clock)
        self.serve(Echo)
        timeout = arguments.pop("timeout", 300.0)
        host = arguments.pop("host", "server.example")
        emulated = self.emulate(faults=faults, **arguments)
        emulated.modem(**description)
        connecting = self.start(self.endpoint(emulated, host=host, timeout=timeout))
        return self.refused(connecting, ConnectError, seconds=700.0)

    def test_open(self) -> None:
        """Each code of an open."""
        for code in RESULT_CODES:
            if code and code not in (552, 563):
                problem = self.fails(OpenFails(code=code, times=9))
                if isinstance(problem, errors.ModemTimeout) and code != 569:
                    # what may pass was waited for
                    self.complete(problem)
                    continue
                self.complete(problem, "+QSSLOPEN", code)

    def test_open_refused(self) -> None:
        """An open that is refused with a number at once."""
        for code, kind in (
            (3, errors.ModemConnectError),
            (50, errors.ModemConnectError),
            (561, errors.NetworkDown),
            (566, errors.TLSOpenFailed),
        ):
            problem = self.fails(CommandFails("+QSSLOPEN", code, 0))
            self.assertIs(type(problem), kind)
            self.complete(problem, "+QSSLOPEN", code)

    def test_other_id(self) -> None:
        """An open that is answered for another connection."""
        self.complete(self.fails(OtherId()), "+QSSLOPEN")

    def test_settings_refused(self) -> None:
        """Settings of the context, and the clock that goes with them."""
        self.complete(self.fails(CommandFails("+QSSLCFG", 50, 0)), "+QSSLCFG", 50)
        self.complete(self.fails(CommandFails("+CCLK", 3, 0)), "+CCLK")

    def test_not_stored(self) -> None:
        """A certificate that does not get onto the module."""
        self.complete(self.fails(CommandFails("+QFUPL", 403, 0)), "+QFUPL", 403)
        self.complete(self.fails(UploadPartial(times=0)), "+QFUPL", 421)

    def test_bring_up(self) -> None:
        """No SIM, a wrong PIN, no network: with the dialogue that led there."""
        for settings in (
            ModuleSettings(sim=False),
            ModuleSettings(pin="4711"),
            ModuleSettings(pin="4711", pin_tries=1),
            ModuleSettings(registration=3),
            ModuleSettings(registration=2),
        ):
            problem = self.fails(settings=settings, description={"pin": PIN})
            self.complete(problem, "" if isinstance(problem, errors.RegistrationError) else "+")

    def test_cases(self) -> None:
        """Which SIM error it is shows in its causes."""
        for settings, pin, case in (
            (ModuleSettings(sim=False), PIN, "absent"),
            (ModuleSettings(pin="4711"), None, "pin"),
            (ModuleSettings(pin="4711"), PIN, "refused"),
            (ModuleSettings(pin="4711", pin_tries=2), PIN, "tries"),
            (ModuleSettings(pin="4711", pin_tries=0), PIN, "locked"),
        ):
            problem = self.fails(settings=settings, description={"pin": pin})
            self.assertEqual((type(problem), problem.case), (errors.SIMError, case))
            self.assertEqual(problem.causes, CASES[f"SIMError.{case}"])

    def test_handshake(self) -> None:
        """The message and the causes of 566 are those of the case, once."""
        tls = TLSProfile(verify="none")
        psk = TLSProfile(verify="none", psk="00", psk_identity="me")
        cases: tuple[tuple[dict[str, Any], TLSProfile], ...] = (
            ({"tls": tls}, tls),
            ({"ctx": 1}, psk),
        )
        for arguments, profile in cases:
            emulated = self.emulate(faults=[OpenFails(code=566, times=9)])
            emulated.modem(contexts={1: psk})
            connecting = self.start(self.endpoint(emulated, **arguments))
            problem = self.refused(connecting, errors.TLSOpenFailed, seconds=60.0)
            self.assertEqual(problem.causes, handshake_causes(profile, family(None)))
            self.assertEqual(str(problem).count("in order of likelihood"), 1)
            self.assertNotIn("cacert", str(problem))
            for cause in problem.causes:
                self.assertEqual(problem.explain().count(f"  - {cause}"), 1)
            self.complete(problem, "+QSSLOPEN")

    def test_nobody_there(self) -> None:
        """A host name that does not exist, a server that is not there."""
        self.complete(self.fails(host="nowhere.example"), "+QSSLOPEN")

    def test_too_late(self) -> None:
        """A connect that takes too long."""
        problem = self.fails(LateAnswer("+QSSLOPEN", 100.0, 0), timeout=5.0)
        self.assertIsInstance(problem, errors.ModemTimeout)
        self.complete(problem, "+QSSLOPEN")

    def connected(self, mode: str, *faults: Fault) -> Any:
        """Have a connection."""
        self.network = type(self.network)(self.clock)
        self.serving = self.serve(Echo)
        self.mode = mode
        self.emulated = self.emulate(faults=faults)
        return self.connect(self.endpoint(self.emulated, mode=mode))

    def test_connection_lost(self) -> None:
        """The end of a connection by the module, the network and the device, in each mode."""
        for mode in MODES:
            for harm in ("restart", "lose_pdp", "unplug"):
                peer = self.connected(mode)
                if harm == "unplug":
                    for wire in list(self.emulated.wires.values()):
                        wire.unplug()
                else:
                    getattr(self.emulated.module, harm)()
                self.settle(10.0)
                if not peer.reasons:
                    peer.transport.loseConnection()
                problem = self.end_of(peer, 90.0)
                self.assertIsInstance(problem, ConnectionLost)
                self.complete(problem)

    def test_not_sent(self) -> None:
        """Bytes that the module does not take, or of which nobody knows."""
        for mode in ("buffer", "push"):
            for fault, code in (
                (SendFails(times=10**6), None),
                (ErrorInsteadOfSendOk(times=1), None),
                (LateAnswer("+QSSLSEND", 100.0, 0), None),
            ):
                peer = self.connected(mode, fault)
                peer.transport.write(b"never taken")
                self.complete(self.end_of(peer, 300.0), "+QSSLSEND", code)

    def test_not_read(self) -> None:
        """A read that is not answered."""
        peer = self.connected("buffer", LateAnswer("+QSSLRECV", 100.0, 0))
        self.complete(self.end_of(peer, 300.0), "+QSSLRECV")
