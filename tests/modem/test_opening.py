"""Tests for L{twisted_quectel.modem.opening}: what an open does, and what it may meet."""

from __future__ import annotations

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from tests.families import golden_lte as golden
from twisted_quectel import errors
from twisted_quectel.families import AccessMode, Firmware, Limits
from twisted_quectel.families.lte import LTEFamily

from .scripted import OK
from .sessionbench import SessionBench, profile, request


class OpenTests(SynchronousTestCase):
    """Chapters 1.2, 2.2.2 and 4.1 of the LTE SSL note."""

    def setUp(self) -> None:
        self.bench = SessionBench()
        self.answers = self.bench.answers
        self.sent = self.bench.module.sent

    def failed(self, kind: type[errors.ModemError]) -> errors.ModemError:
        """Open, and give what went wrong."""
        problem = self.failureResultOf(self.bench.open(), kind).value
        self.assertIsInstance(problem, kind)
        assert isinstance(problem, errors.ModemError)
        return problem

    def test_order(self) -> None:
        """PDP context, SSL context, open: in the order of chapter 1.2."""
        socket = self.successResultOf(self.bench.open())
        self.assertTrue(socket.is_open)
        names = [line.partition("=")[0] for line in self.bench.module.lines]
        # of a provisioned context it asks for seclevel, dtls and closetimemode
        self.assertEqual(names, ["+QIACT?", *["+QSSLCFG"] * 3, "+QSSLOPEN"])
        self.assertEqual(
            self.bench.module.lines[-1].encode(), golden.OPEN_BUFFER.replace(b"1,1,4", b"1,1,0")
        )

    def test_clock_before_dates(self) -> None:
        """The clock is set before certificates are looked at, once; not if dates do not count."""
        self.answers["+QSSLCFG"] = "ERROR"
        self.failureResultOf(self.bench.open(request(profile(ignore_local_time=True))))
        self.assertEqual(self.sent("+CCLK"), [])
        self.failureResultOf(self.bench.open(request(profile(), ctx=None)))
        self.failureResultOf(self.bench.open(request(profile(), ctx=None)))
        self.assertEqual(len(self.sent("+CCLK")), 1)
        self.assertEqual(self.sent("+QSSLOPEN"), [])

    def test_result_before_ok(self) -> None:
        """The result may come before the OK of the command."""
        self.bench.opens_by_itself = False
        self.answers["+QSSLOPEN"] = "+QSSLOPEN: 0,0\n\nOK"
        self.successResultOf(self.bench.open())

    def test_data_with_the_result(self) -> None:
        """What is pushed with the result of the open is not lost."""
        self.bench.listener.pushing.add(0)
        self.answers["+QSSLOPEN"] = (
            '\0\r\nOK\r\n\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: "recv",0,5\r\nhello'
        )
        opening = self.bench.open(request(mode=AccessMode.PUSH))
        owner = self.bench.owned(self.successResultOf(opening))
        self.assertEqual(owner.received_data, b"hello")

    def test_refused(self) -> None:
        """An error is asked about at once; its number makes the exception (chapter 5)."""
        self.answers["+QSSLOPEN"] = "ERROR"
        for answer, kind, code in (
            ("+QIGETERROR: 566,Socket connection failed", errors.TLSOpenFailed, 566),
            ("+QIGETERROR: 552,Invalid parameter", errors.ModemParameterError, 552),
            ("+QIGETERROR: 0,ok", errors.ModemConnectError, None),
            (OK, errors.ModemConnectError, None),
            ("ERROR", errors.ModemConnectError, None),
        ):
            self.answers["+QIGETERROR"] = f"{answer}\n\nOK" if answer.startswith("+") else answer
            problem = self.failed(kind)
            self.assertEqual(problem.code, code)
            place = self.bench.module.lines.index("+QIGETERROR")
            self.assertTrue(self.bench.module.lines[place - 1].startswith("+QSSLOPEN"))
            self.assertTrue(self.sent("+QSSLCLOSE")[-1].endswith(",0"))
            self.bench.module.lines.clear()

    def test_failed_later(self) -> None:
        """A result that is an error closes the id, and frees what it had."""
        self.bench.opens_by_itself = False
        for _ in range(30):
            opening = self.bench.open()
            id = self.sent("+QSSLOPEN")[-1].split(",")[2]
            self.bench.say(f"+QSSLOPEN: {id},566")
            self.failureResultOf(opening, errors.TLSOpenFailed)
            self.assertEqual(self.sent("+QSSLCLOSE")[-1], f"+QSSLCLOSE={id},0")
        self.assertEqual(self.bench.module.timers(), [])
        self.assertTrue(self.bench.channels.free())

    def test_id_in_use(self) -> None:
        """563: the leftover is closed, and the next try takes another id (note 32)."""
        self.answers["+QSSLOPEN"] = ["ERROR", self.bench.opens]
        self.answers["+QIGETERROR"] = "+QIGETERROR: 563,Socket identity has been used\n\nOK"
        self.failed(errors.SocketIdInUse)
        self.successResultOf(self.bench.open())
        self.assertEqual(self.sent("+QSSLCLOSE"), ["+QSSLCLOSE=0,0"])
        self.assertEqual([line.split(",")[2] for line in self.sent("+QSSLOPEN")], ["0", "1"])
        self.answers["+QSSLOPEN"] = "ERROR"
        self.failed(errors.SocketIdInUse)

    def test_network_down(self) -> None:
        """An open that finds the network down has the next one ask."""
        self.answers["+QSSLOPEN"] = ["ERROR", self.bench.opens]
        self.answers["+QIGETERROR"] = "+QIGETERROR: 561,Open PDP context failed\n\nOK"
        self.failed(errors.NetworkDown)
        self.successResultOf(self.bench.open())
        self.assertEqual(len(self.sent("+QIACT?")), 2)

    def test_another_id(self) -> None:
        """A module that opens another id than was asked for: both are closed (note 18)."""
        self.bench.opens_by_itself = False
        opening = self.bench.open()
        self.bench.say("+QSSLOPEN: 7,0")
        problem = self.failureResultOf(opening, errors.ModemConnectError).value
        self.assertIn("connection 7 where 0", str(problem))
        self.assertEqual(sorted(self.sent("+QSSLCLOSE")), ["+QSSLCLOSE=0,0", "+QSSLCLOSE=7,0"])

    def test_another_id_that_failed(self) -> None:
        """A failure of another id is one of the open too; what never opened is not closed."""
        for said in ("+QSSLOPEN: 7,566", "+QSSLOPEN: 99,0"):
            self.setUp()
            self.bench.opens_by_itself = False
            opening = self.bench.open()
            self.bench.say(said)
            self.failureResultOf(opening, errors.ModemConnectError)
            self.assertEqual(self.sent("+QSSLCLOSE"), ["+QSSLCLOSE=0,0"])

    def test_cancelled(self) -> None:
        """A cancelled open is closed at the module, wherever it was."""
        self.bench.opens_by_itself = False
        opening = self.bench.open()
        opening.cancel()
        self.failureResultOf(opening, CancelledError)
        self.bench.settle()
        self.assertEqual(self.sent("+QSSLCLOSE"), ["+QSSLCLOSE=0,0"])
        self.bench.say("+QSSLOPEN: 0,0")
        self.assertTrue(self.bench.channels.free())
        self.assertEqual(self.bench.module.timers(), [])

    def test_cancelled_early(self) -> None:
        """An open that is cancelled before it was sent closes nothing."""
        for answer in ("+QIACT?", '+QSSLCFG="seclevel"'):
            self.setUp()
            self.answers[answer] = None
            opening = self.bench.open()
            opening.cancel()
            self.failureResultOf(opening, CancelledError)
            self.bench.module.say(OK)
            self.bench.settle()
            self.assertEqual((self.sent("+QSSLCLOSE"), self.sent("+QSSLOPEN")), ([], []))
            self.assertTrue(self.bench.channels.free())

    def test_unverified(self) -> None:
        """A context that verifies nobody is not opened on."""
        self.answers['+QSSLCFG="seclevel"'] = '+QSSLCFG: "seclevel",1,0\n\nOK'
        self.failed(errors.UnverifiedContext)
        self.assertEqual(self.sent("+QSSLOPEN"), [])

    def test_one_setting_at_a_time(self) -> None:
        """Two opens on one context set it once, and do not wait for each other's result."""
        self.bench.opens_by_itself = False
        first, second = self.bench.open(), self.bench.open()
        self.assertEqual(len(self.sent("+QSSLOPEN")), 2)
        self.bench.say("+QSSLOPEN: 0,0")
        self.successResultOf(first)
        self.bench.say("+QSSLOPEN: 1,0")
        self.successResultOf(second)

    def test_mode_that_is_not_there(self) -> None:
        """A mode that the family does not have is refused by name."""

        class Poor(LTEFamily):
            limits = Limits(
                **{
                    **LTEFamily.limits.__dict__,
                    "modes": frozenset({AccessMode.BUFFER}),
                    "default_mode": AccessMode.BUFFER,
                }
            )

        bench = SessionBench(family=Poor(Firmware("EC25")))
        problem = self.failureResultOf(
            bench.open(request(mode=AccessMode.PUSH)), errors.UnsupportedOperation
        ).value
        self.assertEqual(str(problem), "mode: the lte modules do not have push; they have buffer")
        self.assertIs(self.successResultOf(bench.open(request(mode=None))).mode, AccessMode.BUFFER)

    def test_no_error_query(self) -> None:
        """A family may have no query for the last error."""

        bench = SessionBench()
        self.patch(bench.family, "error_command", lambda: None)
        bench.answers["+QSSLOPEN"] = "ERROR"
        problem = self.failureResultOf(bench.open(), errors.ModemConnectError).value
        self.assertIs(problem.code, None)
