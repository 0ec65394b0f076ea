"""Tests for L{twisted_quectel.modem.bringup}: identity, and the order of things."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.families.contextbench import ScriptedContexts
from twisted_quectel.errors import ModemNotReady, UnknownModel
from twisted_quectel.families import Family
from twisted_quectel.families.lte import LTEFamily
from twisted_quectel.modem.bringup import bring_up, identify
from twisted_quectel.modem.network import PinMemory
from twisted_quectel.modem.session import Session
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.profiles import TLSProfile

from .scripted import PortBench, Wire
from .sessionbench import NOW, SessionBench


class IdentifyTests(SynchronousTestCase):
    """C{AT+CGMM}, C{AT+CGMR}, C{AT+CGSN} (27.007 chapter 5)."""

    def setUp(self) -> None:
        self.bench = PortBench()

    def identify(self, model: str | None = None, known: Family | None = None) -> Deferred[Family]:
        """Find out what it is."""
        return self.bench.run(identify(self.bench.port, model, known))

    def told(self, **answers: str) -> None:
        """Have the commands answered one by one only."""
        self.bench.answers["+CGMM;"] = "ERROR"
        for name, answer in answers.items():
            self.bench.answers[f"+{name}"] = answer

    def test_together(self) -> None:
        """One line asks for all three."""
        firmware = self.successResultOf(self.identify()).firmware
        self.assertEqual(
            (firmware.model, firmware.revision, firmware.imei),
            ("EC25", "EC25EFAR02A09M4G", "861234567890123"),
        )
        self.assertEqual(self.bench.module.lines, ["+CGMM;+CGMR;+CGSN"])

    def test_one_by_one(self) -> None:
        """A firmware that does not join is asked one by one; prefixes and quotes go."""
        self.told(CGMM='+CGMM: "EC25"\n\nOK', CGMR="+CGMR: EC25EFA\n\nOK", CGSN="+CME ERROR: 3")
        firmware = self.successResultOf(self.identify()).firmware
        self.assertEqual(
            (firmware.model, firmware.revision, firmware.imei), ("EC25", "EC25EFA", "")
        )

    def test_confused(self) -> None:
        """Three answers to three questions, or each is asked for itself."""
        self.bench.answers["+CGMM;"] = "EC25\n\nwhat is this\n\nEC25EFA\n\n8612\n\nOK"
        for name, answer in (("+CGMM", "EC25\n\nOK"), ("+CGMR", "OK"), ("+CGSN", "8612\n\nOK")):
            self.bench.answers[name] = answer
        firmware = self.successResultOf(self.identify()).firmware
        self.assertEqual((firmware.model, firmware.revision, firmware.imei), ("EC25", "", "8612"))

    def test_control_characters(self) -> None:
        """What would play with a terminal is shown as text, here and in messages."""
        answer = "\0\r\nEC25\x1b[2J\r\n\r\nR1\x07\r\n\r\n86\xff\r\n\r\nOK\r\n"
        self.bench.answers["+CGMM;"] = answer
        firmware = self.successResultOf(self.identify("EC25")).firmware
        self.assertEqual((firmware.revision, firmware.imei), ("R1\\x07", "86\\xff"))
        self.bench.answers["+CGMM;"] = answer.replace("EC25", "Other")
        problem = self.failureResultOf(self.identify(), UnknownModel).value
        self.assertIn("x1b[2J", str(problem))
        self.assertTrue(str(problem).isprintable())

    def test_forced(self) -> None:
        """The owner's word counts more than the module's."""
        self.told(CGMM="SomethingElse\n\nOK", CGMR="R1\n\nOK", CGSN="1\n\nOK")
        self.failureResultOf(self.identify(), UnknownModel)
        self.assertEqual(self.successResultOf(self.identify("EG91")).firmware.model, "EG91")

    def test_known(self) -> None:
        """The same module keeps its driver, and what that has learnt; another does not."""
        before = self.successResultOf(self.identify())
        self.assertIs(self.successResultOf(self.identify(known=before)), before)
        self.told(CGMM="EC25\n\nOK", CGMR="EC25EFAR99\n\nOK", CGSN="861234567890123\n\nOK")
        self.assertIsNot(self.successResultOf(self.identify(known=before)), before)


class BringUpTests(SynchronousTestCase):
    """From any state to one that can connect."""

    def bring_up(
        self, wire: Wire | None = None, bench: SessionBench | None = None, **description: Any
    ) -> Deferred[Session]:
        """Bring a module up."""
        self.bench = bench or SessionBench()
        described = ModemProfile(name="m", device="/dev/m", **description)
        self.obstacles: list[ModemNotReady | None] = []
        self.made: list[Session] = []

        def make(family: Family) -> Session:
            session = Session(
                self.bench.clock,
                self.bench.channels,
                family,
                described,
                lambda session, reason: None,
                lambda: NOW,
            )
            self.made.append(session)
            return session

        return self.bench.run(
            bring_up(
                self.bench.clock,
                self.bench.port,
                wire,
                described,
                None,
                PinMemory(),
                make,
                self.obstacles.append,
            )
        )

    def test_order(self) -> None:
        """Listening, in step, error numbers, identity, settings, SIM, network, stock."""
        session = self.successResultOf(self.bring_up())
        self.assertEqual(self.made, [session])
        self.assertIsInstance(session.family, LTEFamily)
        names = [line.partition("=")[0] for line in self.bench.module.lines]
        self.assertEqual(
            [name for name in names if not name.startswith("&")],
            [
                "E0Q0V1",
                "+CMEE?",
                "+CMEE",
                "+CGMM;+CGMR;+CGSN",
                "+QURCCFG",
                "+CPIN?",
                "+CEREG?",
                "+QSSLSTATE;+QISTATE?",
            ],
        )
        self.assertEqual(self.obstacles[-1], None)
        self.assertTrue(self.bench.port.idle)
        self.assertEqual(self.bench.module.timers(), [])

    def test_circuits(self) -> None:
        """DTR is raised, and the module told what it means, where there is one."""
        wire = Wire()
        self.successResultOf(self.bring_up(wire))
        self.assertEqual(wire.dtr, [True])
        self.assertTrue([line for line in self.bench.module.lines if "&D1" in line])
        self.successResultOf(self.bring_up(Wire(dtr=False)))
        self.assertTrue([line for line in self.bench.module.lines if "&D0" in line])

    def test_redacted(self) -> None:
        """From here on the trace shows no secret that is read back."""
        self.successResultOf(self.bring_up())
        self.bench.module.say('+QSSLCFG: "psk",1,"me","hidden"')
        self.assertNotIn("hidden", "".join(self.bench.port.trace.last()))

    def test_contexts(self) -> None:
        """The modem file's contexts are set, and the clock where dates count."""
        for ignore in (False, True):
            tls = TLSProfile(cacert="module:RAM:ca.pem", ignore_local_time=ignore)
            contexts = ScriptedContexts()
            bench = SessionBench()
            bench.answers.clear()
            bench.answers["+QSSLCFG"] = contexts.configure
            self.successResultOf(self.bring_up(bench=bench, contexts={2: tls}))
            self.assertEqual(contexts.values[2]["cacert"], ["RAM:ca.pem"])
            self.assertEqual(contexts.values[2]["seclevel"], ["1"])
            self.assertEqual(len(bench.module.sent("+CCLK")), 0 if ignore else 1)
