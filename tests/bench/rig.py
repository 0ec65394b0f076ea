"""A host, a module and a server on one clock, with a line of a certain speed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from typing import Any

import trustme
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamClientEndpoint

from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, PORT, TurnClock, factory_for
from tests.modules import kind_of
from tests.tlsservers import ServerOptions, make_ca
from twisted_quectel.emulator import Link, MemoryNetwork
from twisted_quectel.endpoints import ModuleTCPEndpoint, ModuleTLSEndpoint
from twisted_quectel.testing import EmulatedModule


def authority(model: str = "EC25") -> tuple[trustme.CA, ServerOptions]:
    """Give the CA of all benches and a server of it; making keys takes time."""
    return _authority(model)


@cache
def _authority(model: str) -> tuple[trustme.CA, ServerOptions]:
    ca = make_ca()
    return ca, kind_of(model).server_options(ca, HOST)


class Rig:
    """A bench that runs on a clock of its own.

    @ivar clock: its time, in seconds.
    @ivar emulated: the module.
    @ivar serving: the servers' ends of the connections.
    """

    def __init__(
        self,
        link: Link | None = None,
        make: Callable[[], Peer] = Peer,
        secure: bool = True,
        **arguments: Any,
    ) -> None:
        """
        @param make: makes the server's protocols.
        @param secure: whether the module does TLS.
        @param arguments: of the L{EmulatedModule}.
        """
        self.clock = TurnClock()
        self.network = MemoryNetwork(self.clock)
        ca, options = authority(arguments.get("model", "EC25"))
        self.serving = Serving(make)
        self._secure = secure
        self.network.listen(
            HOST, PORT, self.serving.over_tls(options, self.clock) if secure else self.serving
        )
        self._kind = kind = kind_of(arguments.get("model", "EC25"))
        arguments["settings"] = kind.settings(ca, arguments.get("settings"))
        self.emulated = EmulatedModule(
            self.clock, network=self.network, link=link or Link(), **arguments
        )
        with tempfile.NamedTemporaryFile(suffix=".pem", delete=False) as file:
            file.write(ca.cert_pem.bytes())
        self.ca_path = file.name

    def endpoint(self, **arguments: Any) -> ModuleTLSEndpoint | ModuleTCPEndpoint:
        """Make an endpoint to the server."""
        modem = self.emulated.modem(baudrate=self.emulated.module.baudrate)
        if not self._secure:
            return ModuleTCPEndpoint(modem, HOST, PORT, **arguments)
        tls = self._kind.tls(self.ca_path)
        return ModuleTLSEndpoint(modem, HOST, PORT, tls=tls, **arguments)

    def connect(
        self,
        make: Callable[[], Any] = Peer,
        endpoint: IStreamClientEndpoint | None = None,
        **arguments: Any,
    ) -> Any:
        """Connect, and give the protocol."""
        endpoint = endpoint or self.endpoint(**arguments)
        connecting: Deferred[Any] = endpoint.connect(factory_for(make))
        failures: list[Any] = []
        connecting.addErrback(failures.append)
        self.until(lambda: connecting.called or failures)
        if failures:
            failures[0].raiseException()
        return connecting.result

    def until(self, what: Callable[[], object], seconds: float = 600.0) -> None:
        """Let time pass until something is true."""
        end = self.clock.seconds() + seconds
        while not what():
            due = self.clock.next_time()
            if due is None or due > end:
                raise RuntimeError("it did not come to pass")
            self.clock.turn()

    def settle(self, seconds: float) -> None:
        """Let time pass."""
        end = self.clock.seconds() + seconds
        while (due := self.clock.next_time()) is not None and due <= end:
            self.clock.turn()
        self.clock.rightNow = end

    def close(self) -> None:
        """End everything; what the module found to say is an error."""
        closed = self.emulated.close()
        self.until(lambda: closed.called)
        os.unlink(self.ca_path)
        if self.emulated.verdicts:
            raise RuntimeError(str(self.emulated.verdicts))
