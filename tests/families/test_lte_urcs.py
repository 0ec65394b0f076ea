"""Tests for L{twisted_quectel.families.lte.family}: what the module says unasked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import UnknownModel
from twisted_quectel.families import AccessMode, Firmware, family_for
from twisted_quectel.families.base import (
    Booted,
    Closed,
    Incoming,
    IncomingRefused,
    NameAddress,
    NameResult,
    Notice,
    Opened,
    PDPLost,
    PoweredDown,
    Pushed,
    Readable,
)
from twisted_quectel.families.lte import LTEFamily
from twisted_quectel.tables import lte as table

FAMILY = LTEFamily(Firmware("EC25"))


class URCTests(SynchronousTestCase):
    """Chapter 2.3, and what the field adds."""

    def test_lines(self) -> None:
        """Each line means what it says; what nobody knows is a notice, never an error."""
        for line, event in (
            (b'+QSSLURC: "recv",4', Readable(4)),
            (b'+QSSLURC: "recv",11', Readable(11)),
            (b'+QSSLURC:"recv",4', Readable(4)),
            (b'+QSSLURC : "recv", 4', Readable(4)),
            (b'+QSSLURC: "recv",4,18', Readable(4)),  # a length alone proves nothing
            (b"+QSSLURC: 4,18", Readable(4)),  # the short note's form
            (b"+QSSLURC: recv,4", Readable(4)),
            (b'+QSSLURC: "closed",4', Closed(4)),
            (b'+QSSLURC: "unheard of",4', Notice(b'+QSSLURC: "unheard of",4')),
            (b'+QSSLURC: "other",4', Notice(b'+QSSLURC: "other",4')),
            (b'+QSSLURC: "recv"', Notice(b'+QSSLURC: "recv"')),
            (b"+QSSLOPEN: 4,0", Opened(4, 0)),
            (b"+QSSLOPEN: 4,566", Opened(4, 566)),
            (b"+QSSLOPEN: 4, 566 ", Opened(4, 566)),
            (b"+QSSLOPEN: 4", Notice(b"+QSSLOPEN: 4")),
            (b'+QIURC: "pdpdeact",1', PDPLost(1)),
            (b'+QIURC: "pdpdeact"', PDPLost(None)),
            (b'+QIURC: "recv",0', Readable(0)),
            (b'+QIURC: "recv",0,18', Readable(0)),
            (b'+QIURC: "closed",3', Closed(3)),
            (b"+QIURC: 3,18", Notice(b"+QIURC: 3,18")),
            (b'+QIURC: "incoming",11,1,"100.64.0.2",49152', Incoming(11, 1, "100.64.0.2", 49152)),
            (b'+QIURC: "incoming",11,1', Incoming(11, 1, "", 0)),
            (b'+QIURC: "incoming",11', Notice(b'+QIURC: "incoming",11')),
            (b'+QIURC: "incoming full"', IncomingRefused()),
            (b'+QIURC: "dnsgip",0,2,600', NameResult(0, 2)),
            (b'+QIURC: "dnsgip",0,99999,600', NameResult(0, 32)),
            (b'+QIURC: "dnsgip",565', NameResult(565, 0)),
            (b'+QIURC: "dnsgip",565,0,0', NameResult(565, 0)),
            (b'+QIURC: "dnsgip","192.0.2.7"', NameAddress("192.0.2.7")),
            (b'+QIURC: "dnsgip"', Notice(b'+QIURC: "dnsgip"')),
            (b'+QIURC: "dnsgip",""', Notice(b'+QIURC: "dnsgip",""')),
            (b'+QIURC: "other",1,2', Notice(b'+QIURC: "other",1,2')),
            (b"+QIOPEN: 4,0", Opened(4, 0)),
            (b"+QIOPEN: 4,566", Opened(4, 566)),
            (b"RDY", Booted()),
            (b"APP RDY", Booted()),
            (b"POWERED DOWN", PoweredDown()),
            (b"NORMAL POWER DOWN", PoweredDown()),
            (b"+CFUN: 1", Notice(b"+CFUN: 1")),
            (b"+QIND: SMS DONE", Notice(b"+QIND: SMS DONE")),
            (b"OVER-VOLTAGE WARNNING", Notice(b"OVER-VOLTAGE WARNNING")),
            (b"RDY now", Notice(b"RDY now")),
        ):
            self.assertEqual(FAMILY.read_urc(line, b""), event, line)

    def test_pushed(self) -> None:
        """Counted bytes make it a push, in both forms (chapter 3.4.3)."""
        data = b"Test data from SSL"
        for line in (b'+QSSLURC: "recv",4,18', b"+QSSLURC: 4,18"):
            self.assertEqual(FAMILY.read_urc(line, data), Pushed(4, data))

    def test_length(self) -> None:
        """Bytes follow in push mode only, whatever the line says (field note 14)."""
        for line, pushing, length in (
            (b'+QSSLURC: "recv",4,18', True, 18),
            (b'+QSSLURC: "recv",4,18', False, 0),
            (b"+QSSLURC: 4,18", True, 18),
            (b'+QSSLURC: "recv",4', True, 0),
            (b'+QSSLURC: "closed",4,18', True, 0),
            (b'+QSSLURC: "recv",4,4096', True, 4096),
            (b'+QSSLURC: "recv",4,4097', True, 0),
            (b'+QSSLURC: "recv",4,0', True, 0),
            (b"+QSSLURC: ", True, 0),
            (b"+QSSLRECV: 18", True, 0),
            (b"OK", True, 0),
        ):
            asked: list[int] = []

            def mode(id: int, pushing: bool = pushing, asked: list[int] = asked) -> bool:
                asked.append(id)
                return pushing

            self.assertEqual(FAMILY.block_length(line, mode), length, line)
            self.assertLessEqual(set(asked), {4})

    @settings(max_examples=200, deadline=None)
    @given(
        st.one_of(
            st.binary(max_size=80),
            st.builds(
                bytes.__add__,
                st.sampled_from([b"+QSSLURC: ", b"+QSSLOPEN: ", b"+QIURC: ", b'+QSSLURC: "recv",']),
                st.binary(max_size=30),
            ),
        ),
        st.binary(max_size=5),
    )
    def test_any_line(self, line: bytes, block: bytes) -> None:
        """No line raises, and no length is beyond what a push can have."""
        FAMILY.read_urc(line, block)
        FAMILY.redact(line)
        self.assertLessEqual(FAMILY.block_length(line, lambda id: True), 4096)


class RedactTests(SynchronousTestCase):
    """What a query reads back is not shown."""

    def test_secrets(self) -> None:
        """Keys, passwords and PINs are replaced in whatever form they come."""
        for line in (
            b'+QSSLCFG: "psk",1,"me","hidden"',
            b'+QSSLCFG:"psk",1,"me","hidden"',
            b'+qsslcfg: "PSK", 1 ,"hidden"',
            b'+QICSGP: 1,"apn","me","hidden",1',
            b'+QICSGP: 1,1,"apn","me","hidden",1',
            b'+QICSGP: 1, 1, "apn" ,"hidden"',
            b"AT+CPIN=hidden",
            b'at+cpin="hidden"',
        ):
            self.assertNotIn(b"hidden", FAMILY.redact(line), line)
            self.assertIn(b"***", FAMILY.redact(line))

    def test_others(self) -> None:
        """All else is shown as it is."""
        for line in (b'+QSSLCFG: "alpn",1,"h2"', b"+CPIN: READY", b'+QICSGP: 1,"apn"'):
            self.assertEqual(FAMILY.redact(line), line)


class FamilyTests(SynchronousTestCase):
    """Which driver is for which module."""

    def test_models(self) -> None:
        """Each series of Table 1 is driven, whatever stands around its name."""
        for model in table.MODELS:
            for name in (
                model,
                f"{model}-E",
                f"Quectel_{model}",
                f"QUECTEL {model}EFA",
                model.lower(),
            ):
                family = family_for(Firmware(name))
                self.assertIsInstance(family, LTEFamily)
                self.assertEqual(family.firmware.model, name)

    def test_unknown(self) -> None:
        """A model that nobody knows is told with those that are known, and the way out."""
        for name in ("", "SARA-R4", "ME910"):
            text = str(self.assertRaises(UnknownModel, family_for, Firmware(name)))
            self.assertTrue(text.startswith("model: "))
            self.assertIn("EC25", text)

    def test_endless(self) -> None:
        """Of a name without an end only its beginning is told."""
        text = str(self.assertRaises(UnknownModel, family_for, Firmware("x" * 5000)))
        self.assertIn("x" * 60 + "...", text)
        self.assertLess(len(text), 500)

    def test_limits(self) -> None:
        """What chapter 2.2 allows."""
        limits = FAMILY.limits
        self.assertEqual((limits.sockets, limits.contexts), (range(12), range(6)))
        self.assertEqual((limits.send, limits.read), (1460, 1500))
        self.assertEqual(limits.modes, set(AccessMode))
        self.assertIsNot(limits.default_mode, AccessMode.TRANSPARENT)
        self.assertFalse(FAMILY.tls.module_closes)
        self.assertFalse(limits.push_can_resume)

    def test_imei_is_private(self) -> None:
        """The number of a module shows in no C{repr}."""
        self.assertNotIn("8612345", repr(Firmware("EC25", imei="861234567890123")))
