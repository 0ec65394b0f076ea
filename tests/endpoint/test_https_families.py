"""The tests of connections, over the HTTPS stack of a SIM5320."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.endpoint.httpscase import UNVERIFIED
from tests.endpoint.test_connecting import ConnectingTests
from tests.endpoint.test_disturbed import DisturbedTests
from tests.endpoint.test_exact_faults import FaultTests, fault
from tests.endpoint.test_producers import ProducerTests
from tests.endpoint.test_recovery import Recovery
from tests.endpoint.test_transport import TransportTests
from tests.endpoint.virtual import HOST, PORT, VirtualCase
from tests.modules import ModuleKind, kind_of
from twisted_quectel import ModuleHTTPSEndpoint
from twisted_quectel.testing import EmulatedModule, ModuleSettings

_KIND = replace(
    kind_of("SIM5320"), connections=1, open_name="+CHTTPSOPSE", send_name="+CHTTPSSEND", quirks=()
)


class HTTPSMatrix(VirtualCase):
    """A module whose every connection is of its HTTPS stack."""

    model = "SIM5320"
    mode = "buffer"

    @property
    def kind(self) -> ModuleKind:
        """What can be said of it."""
        return _KIND

    def endpoint(self, emulated: Any, **arguments: Any) -> Any:
        """Make an endpoint to the server."""
        values: dict[str, Any] = {"host": HOST, "port": PORT, **arguments}
        values.pop("ctx", None)
        values["tls"] = UNVERIFIED
        return ModuleHTTPSEndpoint(emulated.modem(), **values)


class HTTPSConnectingTests(ConnectingTests, HTTPSMatrix):
    """Connects."""


class HTTPSDisturbedTests(DisturbedTests, HTTPSMatrix):
    """Connects that are disturbed."""


class HTTPSProducerTests(ProducerTests, HTTPSMatrix):
    """Producers and pauses."""


class HTTPSRecoveryTests(Recovery, HTTPSMatrix):
    """A module that goes and comes back."""


class HTTPSTransportTests(TransportTests, HTTPSMatrix):
    """The transport."""


class HTTPSFaultTests(FaultTests, HTTPSMatrix):
    """Faults of the field, with a cache and a buffer of four blocks."""

    def emulate(self, **arguments: Any) -> EmulatedModule:
        """Make a module that holds little."""
        small = ModuleSettings(send_limit=4096, receive_limit=4096)
        return super().emulate(settings=small, **arguments)

    def test_refused_sends(self) -> None:
        """Sends that are refused ahead of their bodies go again."""
        for times in (1, 4, 9):
            self.network = type(self.network)(self.clock)
            self.exchange(fault("prompt_refused", times=times))


# only what is above is to be run from here
del ConnectingTests, DisturbedTests, FaultTests, ProducerTests, Recovery, TransportTests
