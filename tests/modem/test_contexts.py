"""Tests for L{twisted_quectel.modem.contexts}: who has which SSL context."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.families.contextbench import ScriptedContexts
from twisted_quectel.errors import ModemBusyError, UnverifiedContext
from twisted_quectel.families.base import ContextSettings
from twisted_quectel.families.lte.settings import context_settings
from twisted_quectel.modem.contexts import Context, ContextPool
from twisted_quectel.profiles import TLSProfile

PATHS = {"cacert": "RAM:cacert.pem"}


def settings_of(
    alpn: str = "", verify: str = "peer", timeout: float = 60.0, negotiate: int | None = None
) -> ContextSettings:
    """Settings that differ by their ALPN name, or by the connection's time-out alone."""
    ca = "module:RAM:cacert.pem" if verify == "peer" else None
    profile = TLSProfile(cacert=ca, alpn=alpn, verify=verify, negotiate_time=negotiate)
    return context_settings(profile, False, timeout, PATHS if ca else {})


class PoolTests(SynchronousTestCase):
    """Six contexts for as many profiles."""

    def setUp(self) -> None:
        self.bench = ScriptedContexts()
        self.pool = ContextPool(self.bench.port, self.bench.family)

    def acquire(
        self, settings: ContextSettings | None, wanted: int | None = None, wait: bool = True
    ) -> Deferred[Context]:
        """Take one."""
        return Deferred.fromCoroutine(self.pool.acquire(settings, wanted, wait))

    def take(self, settings: ContextSettings | None, wanted: int | None = None) -> Context:
        """Take one that is free."""
        return self.successResultOf(self.acquire(settings, wanted))

    def ready(self, context: Context, settings: ContextSettings | None) -> list[str]:
        """Have it set; give the commands."""
        self.bench.module.lines.clear()
        self.successResultOf(self.bench.run(self.pool.make_ready(context, settings, lambda: None)))
        return list(self.bench.module.lines)

    def written(self, lines: list[str]) -> bool:
        """Whether anything was set."""
        return any('"sslversion",' in line and line.split(";")[0].count(",") == 2 for line in lines)

    def test_shared(self) -> None:
        """Equal settings share a context; others do not."""
        first, second = self.take(settings_of()), self.take(settings_of())
        self.assertIs(first, second)
        self.assertIsNot(self.take(settings_of("h2")), first)
        self.assertEqual(first.users, 2)

    def time_set(self, context: Context) -> str:
        """Give the longest handshake that the module holds for a context."""
        return self.bench.values[context.id]["negotiatetime"][0]

    def test_timeouts(self) -> None:
        """Time-outs keep no profiles apart: the longest holds for all, and costs one setting."""
        contexts = []
        for timeout, held in ((60.0, "60"), (20.0, "60"), (80.0, "80"), (300.0, "300")):
            settings = settings_of(timeout=timeout)
            context = self.take(settings)
            lines = self.ready(context, settings)
            self.assertEqual(self.time_set(context), held)
            contexts.append(context)
            if timeout == 20.0:
                self.assertEqual(lines, [])
            elif timeout > 60:
                self.assertEqual([line.count("QSSLCFG") for line in lines], [1, 1])
        self.assertEqual(len(set(contexts)), 1)
        for context in contexts:
            self.pool.release(context)
        settings = settings_of(timeout=30.0)
        context = self.take(settings)
        self.assertIs(context, contexts[0])
        self.assertFalse(self.written(self.ready(context, settings)))
        self.assertEqual(self.time_set(context), "30")

    def test_time_that_is_wanted(self) -> None:
        """A handshake time that the profile gives is a setting like any other."""
        given = settings_of(negotiate=60)
        self.assertIsNot(self.take(given), self.take(settings_of()))
        self.assertIsNot(self.take(given), self.take(settings_of(negotiate=61)))

    def test_time_that_is_refused(self) -> None:
        """Where a context in use takes nothing, the time of the others will do."""
        first = settings_of()
        context = self.take(first)
        self.ready(context, first)
        longer = settings_of(timeout=90.0)
        self.bench.refused.add("90")
        self.assertIs(self.take(longer), context)
        self.ready(context, longer)
        self.assertTrue(context.certain)
        self.assertEqual(self.time_set(context), "60")

    def test_seventh(self) -> None:
        """A seventh profile waits or fails; what is given back is taken over."""
        contexts = [self.take(settings_of(f"p{n}")) for n in range(6)]
        self.assertEqual({context.id for context in contexts}, set(range(6)))
        problem = self.failureResultOf(self.acquire(settings_of("x"), wait=False), ModemBusyError)
        self.assertIn("busy=wait", problem.getErrorMessage())
        first, second = self.acquire(settings_of("x")), self.acquire(settings_of("y"))
        self.pool.release(contexts[2])
        self.assertEqual(self.successResultOf(first).id, 2)
        self.assertNoResult(second)
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.pool.release(contexts[3])
        self.assertEqual(contexts[3].users, 0)

    def test_waiting_for_one(self) -> None:
        """Two who wait for the same settings share what becomes free."""
        contexts = [self.take(settings_of(f"p{n}")) for n in range(6)]
        first, second = self.acquire(settings_of("x")), self.acquire(settings_of("x"))
        self.pool.release(contexts[0])
        self.assertIs(self.successResultOf(first), self.successResultOf(second))

    def test_set_once(self) -> None:
        """What is known to be set is not sent again."""
        settings = settings_of()
        context = self.take(settings)
        self.assertTrue(self.written(self.ready(context, settings)))
        self.assertEqual(self.ready(self.take(settings), settings), [])

    def test_read_back_after_release(self) -> None:
        """After its last connection a context is read back, and set again only if need be."""
        settings = settings_of()
        context = self.take(settings)
        self.ready(context, settings)
        self.pool.release(context)
        self.assertIs(self.take(settings), context)
        lines = self.ready(context, settings)
        self.assertTrue(lines)
        self.assertFalse(self.written(lines))
        self.pool.release(context)
        self.bench.values[context.id]["seclevel"] = ["0"]
        self.take(settings)
        self.assertTrue(self.written(self.ready(context, settings)))
        self.assertEqual(self.bench.values[context.id]["seclevel"], ["1"])

    def test_nothing_is_inherited(self) -> None:
        """The next profile on a context gets its own settings, all of them (note 30)."""
        loose = settings_of(verify="none")
        context = self.take(loose, 0)
        self.ready(context, loose)
        self.pool.release(context)
        settings = settings_of()
        again = self.take(settings, 0)
        self.assertIs(again, context)
        self.ready(again, settings)
        self.assertEqual(self.bench.values[0]["seclevel"], ["1"])
        self.assertEqual(self.bench.values[0]["cacert"], ["RAM:cacert.pem"])

    def test_unused_first(self) -> None:
        """A context that nobody has used is taken before one that can be taken over."""
        context = self.take(settings_of("a"))
        self.pool.release(context)
        self.assertIsNot(self.take(settings_of("b")), context)
        self.assertIs(self.take(settings_of("a")), context)

    def test_forgotten_first(self) -> None:
        """Of those that are not known to be set the first is taken, used before or not."""
        contexts = [self.take(settings_of(f"p{n}")) for n in range(2)]
        for context in contexts:
            self.pool.release(context)
        self.assertEqual(self.take(settings_of("x")).id, 2)
        self.pool.forget(PATHS.values())
        self.assertEqual([self.take(settings_of(f"y{n}")).id for n in range(3)], [0, 1, 3])

    def test_named(self) -> None:
        """A named context is that one; with other settings it waits for its users."""
        context = self.take(settings_of("a"), 4)
        self.assertEqual(context.id, 4)
        self.assertIs(self.take(settings_of("a"), 4), context)
        waiting = self.acquire(settings_of("b"), 4)
        self.assertNoResult(waiting)
        problem = self.failureResultOf(self.acquire(settings_of("b"), 4, False), ModemBusyError)
        self.assertIn("SSL context 4", problem.getErrorMessage())
        self.pool.release(context)
        self.assertNoResult(waiting)
        self.pool.release(context)
        self.assertIs(self.successResultOf(waiting), context)

    def test_named_is_kept(self) -> None:
        """What somebody names, or the modem file provisions, is nobody else's."""
        self.pool.reserve([0, 1])
        self.pool.release(self.take(settings_of("a"), 2))
        taken = {self.take(settings_of(f"p{n}")).id for n in range(3)}
        self.assertEqual(taken, {3, 4, 5})
        self.failureResultOf(self.acquire(settings_of("x"), wait=False), ModemBusyError)

    def test_provisioned(self) -> None:
        """A provisioned context is restored before it is used, and checked each time."""
        settings = settings_of()
        self.pool.reserve([1])
        self.successResultOf(self.bench.run(self.pool.provision(1, settings)))
        self.assertEqual(self.bench.values[1]["cacert"], ["RAM:cacert.pem"])
        self.bench.values[1]["cacert"] = [""]
        context = self.take(None, 1)
        self.ready(context, None)
        self.assertEqual(self.bench.values[1]["cacert"], ["RAM:cacert.pem"])
        lines = self.ready(self.take(None, 1), None)
        self.assertTrue(any("seclevel" in line for line in lines))

    def test_stranger(self) -> None:
        """A context that somebody else has set is checked, and refused without security."""
        context = self.take(None, 3)
        failed = self.bench.run(self.pool.make_ready(context, None, lambda: None))
        self.failureResultOf(failed, UnverifiedContext)
        self.bench.values[3]["seclevel"] = ["1"]
        self.assertFalse(self.written(self.ready(context, None)))

    def test_not_certain_after_a_failure(self) -> None:
        """A context whose setting failed is set again for the next one."""
        settings = settings_of()
        context = self.take(settings)
        self.bench.answers["+QSSLCFG"] = "ERROR"
        self.failureResultOf(self.bench.run(self.pool.make_ready(context, settings, lambda: None)))
        self.pool.release(context)
        self.bench.answers["+QSSLCFG"] = self.bench.configure
        self.take(settings)
        self.assertTrue(self.written(self.ready(context, settings)))
