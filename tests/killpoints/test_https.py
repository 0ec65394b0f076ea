"""Sessions over the HTTPS stack in which the module is killed, restarted, muted or unplugged."""

from __future__ import annotations

import gc
import os
import random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.virtual import HOST
from tests.killpoints import bench
from tests.killpoints.actions import BLOWS
from tests.killpoints.runs import Runner
from tests.tlsservers import make_ca, options_for
from twisted_quectel import ModuleHTTPSEndpoint, TLSProfile

#: Points of each blow and way of speaking.
SAMPLE = 12
#: Seconds for a connect behind a blow: to close takes two minutes at most, to release the stack
#: two more (chapter 2.7).
PATIENT = 300.0

WAYS = ((), ("https_peer_closed", "https_send_spelling=document"))


def _endpoint(
    modem: Any, host: str, port: int, *, tls: TLSProfile, mode: str, timeout: float
) -> ModuleHTTPSEndpoint:
    return ModuleHTTPSEndpoint(
        modem, host, port, tls=tls, timeout=PATIENT if timeout > 100 else timeout
    )


class HTTPSTests(SynchronousTestCase):
    """At commands, answers, prompts and blocks."""

    def setUp(self) -> None:
        self.patch(bench, "ModuleTLSEndpoint", _endpoint)
        self.options = options_for(make_ca(), HOST)

    def blow(self, name: str) -> None:
        """Have a session for each point."""
        problems: list[str] = []
        for quirks in WAYS:
            profile = TLSProfile(verify="none")
            runner = Runner("buffer", self.options, profile, model="SIM5320", quirks=quirks)
            every = os.environ.get("TWISTED_QUECTEL_KILLPOINTS") == "all"
            points = list(runner.record(every))
            if not every:
                points = random.Random(f"{name} {quirks}").sample(points, SAMPLE)
            for point in points:
                problems += runner.run(BLOWS[name], point)
        gc.collect()
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_killed(self) -> None:
        """The power goes, and comes back."""
        self.blow("killed")

    def test_restarted(self) -> None:
        """The module restarts."""
        self.blow("restarted")

    def test_muted(self) -> None:
        """The module hangs, and answers again later."""
        self.blow("muted")

    def test_stalled(self) -> None:
        """The line stands still, and everything comes later."""
        self.blow("stalled")

    def test_unplugged(self) -> None:
        """The device is pulled off, and plugged in again."""
        self.blow("unplugged")
