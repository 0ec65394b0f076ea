"""Tests for L{twisted_quectel.tables.sim52xx}: against what the document prints."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.tables import sim52xx

from . import golden_sim52xx as golden


def rows(table: str) -> dict[int, str]:
    """Take a table apart."""
    pairs = (line.split("\t") for line in table.splitlines())
    return {int(number, 0): text for number, text in pairs}


class TableTests(SynchronousTestCase):
    """Chapters 2.7 to 5.2."""

    def test_alerts(self) -> None:
        """Levels and bits are the document's, all of them, in its order."""
        self.assertEqual(list(sim52xx.ALERT_LEVELS.items()), list(rows(golden.LEVELS).items()))
        self.assertEqual(list(sim52xx.ALERT_BITS.items()), list(rows(golden.BITS).items()))
        self.assertEqual(len(sim52xx.ALERT_BITS), 29)
        self.assertEqual(list(sim52xx.ALERT_BITS), [1 << bit for bit in range(29)])

    def test_example(self) -> None:
        """The alert that the document prints has the two meanings that its table gives."""
        meant = tuple(text for bit, text in sim52xx.ALERT_BITS.items() if golden.EXAMPLE & bit)
        self.assertEqual(meant, golden.EXAMPLE_BITS)

    def test_timers(self) -> None:
        """All timers are two minutes."""
        self.assertEqual(
            [
                sim52xx.CONNECT_TIMEOUT,
                sim52xx.TRANSFER_TIMEOUT,
                sim52xx.CLOSE_TIMEOUT,
                sim52xx.STOP_NETWORK_TIMEOUT,
            ],
            [minutes * 60 for minutes in golden.TIMERS.values()],
        )

    def test_ranges(self) -> None:
        """Two sessions, the first of them for transparent mode; no example sends more than fits."""
        self.assertEqual(tuple(sim52xx.SESSION_IDS), golden.SESSIONS)
        self.assertEqual(sim52xx.TRANSPARENT_SESSION, 0)
        self.assertEqual(sim52xx.SEND_LENGTHS[0], 1)
        self.assertEqual(sim52xx.SEND_LENGTHS[-1], max(golden.SENDS))
        self.assertEqual((sim52xx.PORTS[0], sim52xx.PORTS[-1]), (1, 65535))

    def test_ftp(self) -> None:
        """Types, folders, and the codes of public drivers."""
        self.assertEqual(sim52xx.FTP_TYPES, ("A", "I"))
        self.assertEqual(dict(sim52xx.FTP_FOLDERS), {1: "C:\\Picture"})
        self.assertEqual(list(sim52xx.RESULT_CODES), list(range(11)))

    def test_models(self) -> None:
        """Every model begins with SIM5; the one of the issue is among them."""
        self.assertIn("SIM5320", sim52xx.MODELS)
        self.assertTrue(all(model.startswith("SIM5") for model in sim52xx.MODELS))
