"""A SIM5320, and a server that its HTTPS stack talks to."""

from __future__ import annotations

from typing import Any

from tests.endpoint.familycase import FamilyCase
from twisted_quectel import ModuleHTTPSEndpoint, TLSProfile
from twisted_quectel.emulator import MemoryNetwork, ModuleSettings
from twisted_quectel.emulator.sim52xx.httpssocket import HTTPSSocket
from twisted_quectel.emulator.sim52xx.module import SIM52xxModule

from .virtual import HOST, PORT

UNVERIFIED = TLSProfile(verify="none")


class HTTPSCase(FamilyCase):
    """A SIM5320."""

    model = "SIM5320"

    def begin(self, *, window: int | None = None, **arguments: Any) -> Any:
        """Make a module and a server; give the modem.

        @param window: bytes that TCP takes for a server that reads nothing.
        """
        if window is not None:
            self.network = MemoryNetwork(self.clock, window=window)
        arguments.setdefault("settings", self.settings())
        return super().begin(**arguments)

    def settings(self, **values: Any) -> ModuleSettings:
        """Give the settings of a module whose common SSL knows the CA."""
        return ModuleSettings(authorities=self.ca.cert_pem.bytes(), **values)

    def endpoint(self, emulated: Any, **arguments: Any) -> Any:
        """Make an endpoint to the server."""
        values: dict[str, Any] = {"host": HOST, "port": PORT, "tls": UNVERIFIED, **arguments}
        return ModuleHTTPSEndpoint(emulated.modem(), **values)

    @property
    def module(self) -> SIM52xxModule:
        """The module."""
        module = self.emulated.module
        assert isinstance(module, SIM52xxModule)
        return module

    @property
    def inside(self) -> HTTPSSocket:
        """The module's side of the connection."""
        socket = self.module.sockets.https()
        assert socket is not None
        return socket

    @property
    def server(self) -> Any:
        """The server's end of the last connection."""
        return self.serving.peers[-1]
