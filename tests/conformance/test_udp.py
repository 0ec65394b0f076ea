"""Twisted's own tests of UDP ports, in both access modes and on three reactors.

They are private API: see L{tests.conformance.test_transports}.
"""

from __future__ import annotations

import twisted
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase

from tests.conformance.test_transports import REACTORS, TWISTED


def _cases() -> dict[str, type[SynchronousTestCase]]:
    from tests.conformance.udpcases import UDPTests

    cases: dict[str, type[SynchronousTestCase]] = {}
    for mode in ("push", "buffer"):
        for reactor in REACTORS:
            factory = namedAny(reactor)
            name = f"{mode.capitalize()}{factory.__name__}UDPTests"
            cases[name] = type(
                name,
                (UDPTests, SynchronousTestCase),
                {
                    "__module__": __name__,
                    "__qualname__": name,
                    "__doc__": f"UDP ports in {mode} mode.",
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

        def test_ports(self) -> None:
            """Skipped."""
