"""Some of the faults on a real pty and over TCP, with a real server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import ConnectionDone

from tests.endpoint.protocols import Echo
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import MODES
from tests.faults.bench import payload
from twisted_quectel.emulator import serve_tcp
from twisted_quectel.emulator.faults import (
    BareUrcs,
    ClockUnknown,
    DuplicateRecvUrc,
    Fault,
    MixedErrors,
    NameExists,
    OddSpaces,
    PromptRefused,
    SamePrefixUrcs,
    SendFails,
    SmallPushes,
    SplitBytes,
    Strangers,
    UploadLineLost,
    UploadPartial,
    UrcInBetween,
    UrcsElsewhere,
    WriteIsQuery,
)
from twisted_quectel.testing import EmulatedModule

FAULTS: Final[dict[str, tuple[Fault, ...]]] = {
    "lines": (UrcInBetween(), OddSpaces(), BareUrcs()),
    "split_bytes": (SplitBytes(2),),
    "sending": (SendFails(), PromptRefused()),
    "receiving": (SmallPushes(300), DuplicateRecvUrc()),
    "settings": (WriteIsQuery(), Strangers(), UrcsElsewhere()),
    "files": (NameExists(), MixedErrors()),
    "names": (SamePrefixUrcs(), UploadPartial(), UploadLineLost()),
    "clock": (ClockUnknown(),),
}


class FaultsCase(RealCase):
    """Faults on a real line."""

    async def line(self, emulated: EmulatedModule) -> str:
        """Open a line to a module, and give what names it in an endpoint string."""
        return self.pty_arguments(emulated)


class TcpCase(FaultsCase):
    """Faults behind a serial server."""

    async def line(self, emulated: EmulatedModule) -> str:
        """Serve its port on loopback."""
        server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        listening: Any = await serve_tcp(server, emulated.module.port())
        self.addCleanup(listening.stopListening)
        return f"device=tcp\\:127.0.0.1\\:{listening.getHost().port}"


def _test(faults: tuple[Fault, ...]) -> Callable[[FaultsCase], Any]:
    async def run(self: FaultsCase) -> None:
        serving, port = self.serve(Echo)
        emulated = self.emulate(faults=faults)
        hooks = emulated.module.hooks
        endpoint = self.endpoint(self.string(port, await self.line(emulated)))
        for seed in (1, 2):
            client = await self.connect(endpoint)
            data = payload(seed)
            client.transport.write(data)
            await client.when_received(len(data))
            self.assertEqual(bytes(client.received), data)
            await self.leave(client)
            self.assertIsInstance(client.reasons[0].value, ConnectionDone)
            self.assertEqual(len(client.reasons), 1)
            await serving.peers[-1].when_lost
        idle = [
            fault.name
            for fault, hook in zip(faults, hooks, strict=True)
            if self.mode in fault.modes and not hook.acted
        ]
        self.assertEqual(idle, [], "never acted")

    def test(self: FaultsCase) -> Deferred[None]:
        return Deferred.fromCoroutine(run(self))

    names = ", ".join(fault.name for fault in faults)
    test.__doc__ = f"With {names}: bytes exact both ways, an orderly end, and again."
    return test


#: Each close in transparent mode takes the guard times of the escape.
_TRANSPARENT: Final = ("lines", "files")


def _add(base: type[FaultsCase], kind: str, mode: str, names: tuple[str, ...]) -> None:
    space: dict[str, Any] = {f"test_{name}": _test(FAULTS[name]) for name in names}
    space |= {"mode": mode, "__doc__": f"Faults over {kind}: {mode} mode.", "__module__": __name__}
    title = f"{kind.capitalize()}{mode.capitalize()}Tests"
    globals()[title] = type(title, (base,), space)


for _mode in MODES:
    _add(FaultsCase, "pty", _mode, _TRANSPARENT if _mode == "transparent" else tuple(FAULTS))
for _mode in ("buffer", "push"):
    _add(TcpCase, "tcp", _mode, ("lines", "split_bytes", "sending", "receiving"))
