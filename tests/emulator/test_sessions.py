"""Sessions that are resumed, and the dates of what was verified for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.tlsbench import CA, HOST, Bench
from tests.tlsservers import options_for
from twisted_quectel.emulator.tls import TLSSettings

from .test_tls import reused

_STRICT = TLSSettings(seclevel=1, cacert=CA.cert_pem.bytes(), ignore_local_time=False)


class ExpiryTests(SynchronousTestCase):
    """The module's clock goes on between two connections."""

    def opened(self, settings: TLSSettings, *years: int) -> list[tuple[object, bool]]:
        """Open once after each number of years: the result, and whether it resumed."""
        bench = Bench(options=options_for(CA, HOST, highest=SSL.TLS1_2_VERSION))
        outcomes: list[tuple[object, bool]] = []
        for number in years:
            bench.now += timedelta(days=366 * number)
            owner = bench.open(settings)
            outcomes.append((owner.events[0], owner.events[0] == 0 and reused(owner)))
            owner.socket.close()
            bench.clock.advance(0)
        return outcomes

    def test_expired(self) -> None:
        """No session outlives its certificates, however often it was resumed: 566."""
        self.assertEqual(
            self.opened(_STRICT, 0, 0, 0, 1000, 0),
            [(0, False), (0, True), (0, True), (566, False), (566, False)],
        )

    def test_unchecked(self) -> None:
        """With ignorelocaltime it is resumed all the same."""
        settings = replace(_STRICT, ignore_local_time=True)
        self.assertEqual(self.opened(settings, 0, 1000), [(0, False), (0, True)])

    def test_unverified(self) -> None:
        """Where nothing is verified there are no dates to look at."""
        self.assertEqual(self.opened(TLSSettings(), 0, 1000), [(0, False), (0, True)])
