"""Some of the faults on a real pty, with a real server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone

from tests.endpoint.protocols import Echo
from tests.endpoint.real import RealCase
from tests.endpoint.virtual import MODES
from tests.faults.bench import payload
from twisted_quectel.emulator.faults import (
    BareUrcs,
    DuplicateRecvUrc,
    Fault,
    MixedErrors,
    NameExists,
    OddSpaces,
    PromptRefused,
    SendFails,
    SmallPushes,
    SplitBytes,
    Strangers,
    UrcInBetween,
    UrcsElsewhere,
    WriteIsQuery,
)

FAULTS: Final[dict[str, tuple[Fault, ...]]] = {
    "lines": (UrcInBetween(), OddSpaces(), BareUrcs()),
    "split_bytes": (SplitBytes(2),),
    "sending": (SendFails(), PromptRefused()),
    "receiving": (SmallPushes(300), DuplicateRecvUrc()),
    "settings": (WriteIsQuery(), Strangers(), UrcsElsewhere()),
    "files": (NameExists(), MixedErrors()),
}


def _test(faults: tuple[Fault, ...]) -> Callable[[RealCase], Any]:
    async def run(self: RealCase) -> None:
        serving, port = self.serve(Echo)
        emulated = self.emulate(faults=faults)
        endpoint = self.endpoint(self.string(port, self.pty_arguments(emulated)))
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

    def test(self: RealCase) -> Deferred[None]:
        return Deferred.fromCoroutine(run(self))

    names = ", ".join(fault.name for fault in faults)
    test.__doc__ = f"With {names}: bytes exact both ways, an orderly end, and again."
    return test


#: Each close in transparent mode takes the guard times of the escape.
_TRANSPARENT: Final = ("lines", "files")

for _mode in MODES:
    _title = f"Pty{_mode.capitalize()}Tests"
    _space: dict[str, Any] = {
        f"test_{_name}": _test(_faults)
        for _name, _faults in FAULTS.items()
        if _mode != "transparent" or _name in _TRANSPARENT
    }
    _space |= {"mode": _mode, "__doc__": f"Faults on a pty: {_mode} mode.", "__module__": __name__}
    globals()[_title] = type(_title, (RealCase,), _space)
