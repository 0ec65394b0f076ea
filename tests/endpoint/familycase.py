"""What the tests of one family alone are made of: a module, a server, and the commands sent."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.internet.error import ConnectError, ConnectionDone

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import VirtualCase
from twisted_quectel.errors import ModemBusyError


class ExchangeCase(VirtualCase):
    """Connections to a server that echoes."""

    def echoes(self, peer: Any, data: bytes = b"there and back") -> None:
        """Send and receive."""
        came = peer.count
        peer.transport.write(data)
        self.result_of(peer.when_received(came + len(data)))
        self.assertEqual(bytes(peer.received[came:]), data)

    def closes(self, peer: Any) -> None:
        """Close in order."""
        peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionDone)


class FamilyCase(ExchangeCase):
    """A module, and a server that echoes unless something else is made."""

    def begin(self, **arguments: Any) -> Any:
        """Make a module and a server; give the modem."""
        self.serving = self.serve(arguments.pop("make", Echo))
        self.emulated = self.emulate(**arguments)
        modem = self.emulated.modem()
        self.trace = StringIO()
        modem.trace_to(self.trace)
        return modem

    def sent(self, *starts: str) -> list[str]:
        """Give the commands that begin like one of these, without C{AT}."""
        lines = (line.partition(" > AT") for line in self.trace.getvalue().splitlines())
        return [text for _, found, text in lines if found and text.startswith(starts)]

    def take_turns(
        self,
        first: Callable[..., Any],
        second: Callable[..., Any],
        *words: str,
        released: float = 1.0,
    ) -> None:
        """Have an endpoint's connection be waited for by another one's, which then works.

        @param first: makes the endpoint that connects first.
        @param second: makes the other one, of a kind that excludes it.
        @param words: that the refusal of who does not wait has.
        @param released: seconds that are left for the release of the second one.
        """
        peer = self.connect(first())
        refused = self.refused(self.start(second(busy="fail")), ModemBusyError)
        self.one_line(refused, "busy=wait", *words)
        waiting = self.start(second())
        self.settle(3.0)
        self.assertNoResult(waiting)
        self.closes(peer)
        other = self.result_of(waiting)
        self.echoes(other)
        self.closes(other)
        self.settle(released)

    def open(self, **arguments: Any) -> Any:
        """Connect."""
        return self.connect(self.endpoint(self.emulated, **arguments), seconds=600.0)

    def problem(self, *kinds: type[Exception], **arguments: Any) -> Any:
        """Have a connect fail."""
        connecting = self.start(self.endpoint(self.emulated, **arguments))
        return self.refused(connecting, *(kinds or (ConnectError,)), seconds=600.0)
