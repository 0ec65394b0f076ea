"""What every family's refusals say: the number, its meaning, and the command."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectError
from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import VirtualCase
from tests.modules import KINDS
from twisted_quectel import errors
from twisted_quectel.connecting import last_command
from twisted_quectel.emulator.faults import CommandFails, Fault, LateAnswer, MissingInfo
from twisted_quectel.tables import gsm, nbiot, sim52xx

#: A number that no document lists.
UNLISTED = 9876


class MeaningTests(SynchronousTestCase):
    """The number of an exception means what its family's documents say."""

    def test_own_numbers(self) -> None:
        """GSM and NB-IoT modules have numbers of their own, below zero."""
        for family, codes in (("gsm", gsm.CONNECT_CODES), ("nbiot", nbiot.RESULT_CODES)):
            for code, meaning in codes.items():
                problem = errors.TLSOpenFailed(code=code or None, family=family)
                self.assertEqual(problem.meaning, meaning if code else "")
        self.assertEqual(errors.TLSOpenFailed(code=-3, family="lte").meaning, "")
        self.assertEqual(errors.TLSOpenFailed(code=-3).meaning, "")

    def test_links(self) -> None:
        """What a SIM52xx module says of a link is no error of a SIM."""
        for code, meaning in sim52xx.LINK_CODES.items():
            command = 'AT+CIPOPEN=0,"TCP","server.example",80'
            problem = errors.TCPOpenFailed(code=code, family="sim52xx", command=command)
            self.assertEqual(problem.meaning, meaning)
        stored = errors.CertificateStoreError(code=3, family="sim52xx", command="AT+CCHSET")
        self.assertEqual(stored.meaning, "operation not allowed")


class CommandTests(SynchronousTestCase):
    """The command that a connect was at."""

    def test_last(self) -> None:
        """It is the last one of the dialogue, not a URC, nor what was sent with it."""
        trace = ("1.000 > AT+A=1", "1.000 < OK", "2.000 > AT+B?", "2.000 > <3 bytes>", "2 < AT")
        self.assertEqual(last_command(trace), "AT+B?")
        self.assertIsNone(last_command(trace[1:2]))


class Refused(VirtualCase):
    """Mixed into a case for each module."""

    verdicts_expected = True

    def fails(self, *faults: Fault) -> Any:
        """Have a connect fail, and look whether its exception says everything."""
        emulated = self.emulate(faults=faults)
        connecting = self.start(self.endpoint(emulated, timeout=100.0), Peer)
        problem = self.refused(connecting, errors.ModemError, ConnectError, seconds=700.0)
        self.one_line(problem)
        self.assertTrue(problem.causes)
        self.assertTrue(0 < len(problem.trace) <= 10)
        self.assertTrue(problem.command, problem)
        self.finish(emulated)
        return problem

    def test_numbers(self) -> None:
        """A number is kept, listed or not, of whatever stands in the way of a connect."""
        for command, kind in (
            ("+CGMM", errors.UnknownModel),
            ("+CPIN", errors.SIMError),
            ("+CCLK", errors.ModemNotReady),
        ):
            for code in (3, UNLISTED):
                problem = self.fails(CommandFails(command, code, times=99))
                self.assertIs(type(problem), kind)
                self.assertEqual(problem.code, code)
                self.assertIn(command, problem.command)

    def test_nothing(self) -> None:
        """A module that does not say what it is, and one that falls silent."""
        problem = self.fails(MissingInfo("+CGMM", times=99))
        self.assertIsInstance(problem, errors.UnknownModel)
        self.one_line(problem, "does not say what it is")
        for command in ("+CGMM", "+CPIN", self.kind.open_name):
            self.fails(LateAnswer(command, 900.0, times=99))


for _kind in KINDS:
    _name = f"Refused{_kind.model.replace('-', '')}Tests"
    globals()[_name] = type(
        _name,
        (Refused,),
        {"__doc__": f"{_kind.model}.", "__module__": __name__, "model": _kind.model},
    )
del Refused
