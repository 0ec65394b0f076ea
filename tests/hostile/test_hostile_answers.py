"""Answers without sense to each command of a bring-up, an open and a close.

The connect works, or fails with an exception that has a name; in no case does
it take forever, nor leave anything behind.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import factory_for
from tests.modem.scripted import Answer, ScriptedModule
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.errors import ModemError
from twisted_quectel.modem import Modem
from twisted_quectel.modemprofile import ModemProfile

#: Seconds in which a connect has ended, one way or another.
PATIENCE = 1000.0
#: What one answer may take of memory, beside itself.
MEMORY = 4 * 1024 * 1024

#: The commands, by the start of their lines, and the prefix of their answers.
COMMANDS = (
    ("E0Q0V1", "E0"),
    ("+CMEE=1", "+CMEE"),
    ("+CMEE?", "+CMEE"),
    ("+CGMM", "+CGMM"),
    ("&C1", "&C"),
    ("+QURCCFG", "+QURCCFG"),
    ("+CPIN?", "+CPIN"),
    ("+QPINC", "+QPINC"),
    ("+CEREG?", "+CEREG"),
    ("+QSSLSTATE", "+QSSLSTATE"),
    ("+QIACT?", "+QIACT"),
    ("+QICSGP", "+QICSGP"),
    ('+QSSLCFG="seclevel"', "+QSSLCFG"),
    ("+QSSLCFG", "+QSSLCFG"),
    ("+QSSLOPEN", "+QSSLOPEN"),
    ("+QIGETERROR", "+QIGETERROR"),
    ("+QSSLSEND", "+QSSLSEND"),
    ("+QSSLRECV", "+QSSLRECV"),
    ("+QSSLCLOSE", "+QSSLCLOSE"),
)

#: What stands behind the prefix.
VALUES = (
    "1000000000",
    "-1",
    "-1000000000,-1000000000",
    "999999999999999999999999999999",
    "0x7fffffffffffffff",
    "1e9",
    "",
    ",,,,",
    '"',
    '""',
    '"x',
    "\x00\x01\x1b[31m\x7f\xff",
    "0," + "9" * 4000,
    ",".join(["1"] * 2000),
)


class HostileAnswers(SynchronousTestCase):
    """A module that answers one command of all in a way of its own."""

    timeout = 300

    def script(self, module: ScriptedModule) -> None:
        """Have everything else go well."""
        module.answers.update(
            {
                '+QSSLCFG="seclevel"': '+QSSLCFG: "seclevel",1,2\nOK',
                "+QSSLOPEN": lambda line: f"OK\n+QSSLOPEN: {line.split(',')[2]},0",
                "+QSSLRECV": "+QSSLRECV: 0\n\nOK",
                "+QSSLSTATE=": '+QSSLSTATE: 0,"SSLClient","10.0.0.1",443,1,2,1,0,1,"uart1",1\nOK',
            }
        )

    def attempt(self, start: str, answer: Answer | list[Answer]) -> Failure | None:
        """Connect, send, close; give what went wrong."""
        clock = Clock()
        module = ScriptedModule(clock)
        self.script(module)
        module.answers[start] = answer
        profile = ModemProfile("hostile", "/dev/hostile", pin="1234", clock="none")
        modem = Modem(clock, profile, opener=module.opener)
        endpoint = ModuleTLSEndpoint(modem, "server.example", 443, ctx=1, timeout=300.0)
        results: list[Any] = []
        connecting: Deferred[Any] = endpoint.connect(factory_for(Peer))
        connecting.addBoth(results.append)
        self.until(clock, results)
        self.assertTrue(results, f"{start}: the connect never ends")
        (result,) = results
        if not isinstance(result, Failure):
            result.transport.write(b"hello")
            self.until(clock, result.reasons, 60.0)
            result.transport.loseConnection()
            self.until(clock, result.reasons)
            self.assertEqual(len(result.reasons), 1, start)
        closing = modem.close()
        self.until(clock, [], 10.0)
        self.successResultOf(closing)
        self.assertEqual([str(call) for call in clock.getDelayedCalls()], [])
        return result if isinstance(result, Failure) else None

    def until(self, clock: Clock, what: list[Any], seconds: float = PATIENCE) -> None:
        """Let time pass until there is something, or so many seconds."""
        end = clock.seconds() + seconds
        for _ in range(200_000):
            if what or clock.seconds() >= end:
                return
            due = min((call.getTime() for call in clock.getDelayedCalls()), default=end)
            clock.advance(max(0.0, min(due, end) - clock.seconds()))
        self.fail("there is no end to it")

    def named(self, reason: Failure | None, start: str, answer: object) -> None:
        """Look at what a connect has failed with."""
        self.assertEqual(self.flushLoggedErrors(), [], f"{start}: {str(answer)[:100]!r}")
        if reason is not None:
            problem = reason.value
            self.assertIsInstance(problem, ConnectError, f"{start}: {str(answer)[:100]!r}")
            assert isinstance(problem, ModemError)
            self.assertLess(len(str(problem)), 12000)
            for line in problem.explain().splitlines():
                self.assertTrue(line.isprintable() or not line, line)

    def test_nothing(self) -> None:
        """Where nothing is wrong, the script makes a connection."""
        self.assertIsNone(self.attempt("+NOTHING", "OK"))

    def test_values(self) -> None:
        """Impossible numbers, broken quotes, control characters, endless fields."""
        for start, prefix in COMMANDS:
            for value in VALUES:
                for form in ("{0}: {1}\nOK", "{0}: {1}", "{0}: {1}\nERROR", "{1}\nOK"):
                    answer = form.format(prefix, value)
                    self.named(self.attempt(start, answer), start, answer)

    def test_words(self) -> None:
        """Each final result and URC as the answer to each command, and silence."""
        words = ("OK", "ERROR", "+CME ERROR: 1000000000", "+CME ERROR: x", "CONNECT", "NO CARRIER")
        for start, _ in COMMANDS:
            for word in (*words, "SEND OK", "SEND FAIL", "RDY", "POWERED DOWN", "> ", "", None):
                self.named(self.attempt(start, word), start, word)

    def test_long(self) -> None:
        """Thirty thousand lines as the answer to one command take no memory."""
        for start, prefix in COMMANDS[::3]:
            answer = "\0" + f"\r\n{prefix}: 1,2,3,4\r\n" * 30_000 + "\r\nOK\r\n"
            tracemalloc.start()
            try:
                reason = self.attempt(start, [answer, "OK"])
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            # the script has copies of its own
            self.assertLess(peak, 4 * len(answer) + MEMORY)
            self.named(reason, start, prefix)
