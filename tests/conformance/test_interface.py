"""Twisted's own tests of TCP, with the interface of a module in the reactor's place.

They are private API: C{twisted.internet.test} of the version that
L{tests.conformance.test_transports.TWISTED} names.  With another version they are skipped.
"""

from __future__ import annotations

import twisted
from twisted.internet.epollreactor import EPollReactor
from twisted.trial.unittest import SynchronousTestCase

from tests.conformance.test_transports import TWISTED
from tests.endpoint.virtual import MODES


def _cases() -> dict[str, type[SynchronousTestCase]]:
    from tests.conformance import interfacecases as cases

    found: dict[str, type[SynchronousTestCase]] = {}
    kinds = (
        (MODES, (cases.ClientTests, cases.ConnectorTests, cases.TransportTests)),
        # what comes in is in buffer mode
        (("buffer",), (cases.PortTests, cases.ServerTransportTests)),
    )
    for modes, mixins in kinds:
        for mode in modes:
            for mixin in mixins:
                name = f"{mode.capitalize()}{mixin.__name__}"
                found[name] = type(
                    name,
                    (mixin, SynchronousTestCase),
                    {
                        "__module__": __name__,
                        "__qualname__": name,
                        "__doc__": f"{mixin.__doc__} Clients in {mode} mode.",
                        "mode": mode,
                        "reactorFactory": EPollReactor,
                    },
                )
    return found


if twisted.__version__ == TWISTED:
    globals().update(_cases())
else:

    class OtherVersionTests(SynchronousTestCase):
        """Stands for all of them."""

        skip = f"Twisted's private tests are those of {TWISTED}, not {twisted.__version__}"

        def test_interface(self) -> None:
            """Skipped."""
