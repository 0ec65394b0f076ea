"""A bench on the reactor: ptys, TCP on loopback, endpoint strings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import clientFromString
from twisted.internet.interfaces import IProtocolFactory
from twisted.trial.unittest import TestCase

from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, factory_for
from tests.modem.ptys import open_devices
from tests.pluginpath import find_plugins
from tests.tlsservers import ServerOptions, make_ca, options_for
from twisted_quectel.emulator import embedded
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.testing import EmulatedModule

#: Any: the reactor's interfaces depend on the platform.
reactor: Any = _reactor

#: The devices that an endpoint string is tried with.
DEVICES = ("pty", "emulator")

#: the package hands on a function of the same name
embedded_modules = sys.modules["twisted_quectel.emulator.embedded"]

_DATA_PORTS = ("usbat", "uart1")


def ptys() -> list[str]:
    """Give the ptys that this process has open."""
    return [name for name in open_devices() if name != os.devnull]


class RealCase(TestCase):
    """Strings to servers on loopback.

    At the end of each test everything is closed; no verdict of the module and
    no device may be left.

    @ivar device: C{pty} or C{emulator}, where a test runs over both.
    @ivar mode: the access mode, where a test runs over each.
    @ivar name: what the servers are called.
    """

    timeout = 30
    device = "pty"
    mode: str | None = None
    name = HOST

    def setUp(self) -> None:
        find_plugins()
        before = ptys()
        self.addCleanup(lambda: self.assertEqual(ptys(), before))
        self.ca = make_ca()
        self.ca_path = self.write("ca.pem", self.ca.cert_pem.bytes())
        if self.device == "emulator":
            self.name = "localhost"

    def write(self, name: str, content: bytes) -> str:
        """Write a file of this test."""
        path = os.path.abspath(str(self.mktemp()) + name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def emulate(self, **arguments: Any) -> EmulatedModule:
        """Make a module, to be closed at the end."""
        arguments.setdefault("hosts", {self.name: "127.0.0.1"})
        emulated = EmulatedModule(reactor, **arguments)
        self.addCleanup(self._finish, emulated)
        return emulated

    def _finish(self, emulated: EmulatedModule) -> Deferred[None]:
        self.assertEqual(emulated.verdicts, [])
        return emulated.close()

    def device_arguments(self) -> str:
        """Make a module, and give what names it in an endpoint string."""
        if self.device == "emulator":
            # a fresh one for each test
            self.patch(embedded_modules, "_modules", WeakKeyDictionary())
            module = embedded(reactor)
            self.addCleanup(module.close)
            self.addCleanup(lambda: self.assertEqual(module.verdicts, []))
            return "device=emulator"
        return self.pty_arguments(self.emulate())

    def pty_arguments(self, emulated: EmulatedModule) -> str:
        """Open the ports of a module, and give what names them in an endpoint string."""
        text = f"device={emulated.pty()}"
        if self.mode == "transparent":
            text += ":dataDevices=" + ",".join(emulated.pty(port=name) for name in _DATA_PORTS)
        return text

    def string(self, port: int, device: str, **arguments: object) -> str:
        """Write an endpoint string."""
        values = {"host": self.name, "port": port, "cacert": self.ca_path, **arguments}
        if self.mode is not None:
            values.setdefault("mode", self.mode)
        rest = "".join(f":{name}={value}" for name, value in values.items() if value is not None)
        return f"quectelssl:{device}{rest}"

    def endpoint(self, string: str) -> ModuleTLSEndpoint:
        """Make an endpoint; its modem is closed at the end."""
        endpoint = clientFromString(reactor, string)
        self.close_modem_of(endpoint)
        assert isinstance(endpoint, ModuleTLSEndpoint)
        return endpoint

    def close_modem_of(self, endpoint: object) -> None:
        """Have the modem of an endpoint closed at the end."""
        assert isinstance(endpoint, ModuleTLSEndpoint)
        self.addCleanup(endpoint.modem.close)

    def listen(self, factory: IProtocolFactory) -> int:
        """Listen on loopback; give the port."""
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    def serve(
        self, make: Callable[[], Peer] = Peer, options: ServerOptions | None = None
    ) -> tuple[Serving, int]:
        """Start a TLS server; give it and its port."""
        serving = Serving(make)
        made = options or options_for(self.ca, self.name)
        port = self.listen(serving.over_tls(made, reactor))
        self.addCleanup(serving.all_lost)
        return serving, port

    def connect(self, endpoint: ModuleTLSEndpoint, make: Callable[[], Any] = Peer) -> Deferred[Any]:
        """Connect."""
        return endpoint.connect(factory_for(make))

    def leave(self, peer: Peer) -> Deferred[None]:
        """Close a connection, and wait until it is."""
        if peer.reasons:
            return succeed(None)
        peer.transport.loseConnection()
        return peer.when_lost


# what tests for each device and mode are written in: mixed into cases, and no case itself
if TYPE_CHECKING:
    MixedReal = RealCase
else:
    MixedReal = object
