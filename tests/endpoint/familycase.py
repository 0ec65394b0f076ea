"""What the tests of one family alone are made of: a module, a server, and the commands sent."""

from __future__ import annotations

from io import StringIO
from typing import Any

from twisted.internet.error import ConnectError, ConnectionDone

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import VirtualCase


class FamilyCase(VirtualCase):
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

    def open(self, **arguments: Any) -> Any:
        """Connect."""
        return self.connect(self.endpoint(self.emulated, **arguments), seconds=600.0)

    def problem(self, *kinds: type[Exception], **arguments: Any) -> Any:
        """Have a connect fail."""
        connecting = self.start(self.endpoint(self.emulated, **arguments))
        return self.refused(connecting, *(kinds or (ConnectError,)), seconds=600.0)
