"""Twisted's own tests of transports, in each access mode and on three reactors.

They are private API: C{twisted.internet.test} of the version L{TWISTED} alone.
With another version they are skipped.
"""

from __future__ import annotations

from typing import Final

import twisted
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase

#: The version of Twisted whose tests these are (extra "conformance").
TWISTED: Final = "26.10.0"

REACTORS: Final = (
    "twisted.internet.selectreactor.SelectReactor",
    "twisted.internet.pollreactor.PollReactor",
    "twisted.internet.epollreactor.EPollReactor",
)


def _cases() -> dict[str, type[SynchronousTestCase]]:
    from tests.conformance.cases import TransportTests
    from tests.modules import cells as module_modes

    cases: dict[str, type[SynchronousTestCase]] = {}
    for kind, mode in module_modes():
        for reactor in REACTORS:
            factory = namedAny(reactor)
            name = f"{kind.label}{mode.capitalize()}{factory.__name__}Tests"
            cases[name] = type(
                name,
                (TransportTests, SynchronousTestCase),
                {
                    "__module__": __name__,
                    "__qualname__": name,
                    "__doc__": f"Connections in {mode} mode of {kind.model}.",
                    "model": kind.model,
                    "mode": mode,
                    "reactorFactory": factory,
                },
            )
    return cases


if twisted.__version__ == TWISTED:
    globals().update(_cases())
else:

    class OtherVersionTests(SynchronousTestCase):
        """Stands for all of them."""

        skip = f"Twisted's private tests are those of {TWISTED}, not {twisted.__version__}"

        def test_transports(self) -> None:
            """Skipped."""
