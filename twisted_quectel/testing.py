"""An emulated module for the tests of programs that use one.

In a C{twisted.trial} test::

    module = EmulatedModule(reactor, hosts={"broker.example": "127.0.0.1"})
    self.addCleanup(module.close)
    endpoint = ModuleTLSEndpoint(module.modem(), "broker.example", 8883, tls=...)

The TLS is real and goes to real servers; the module can be given a line
speed, faults of the field, and the deviations of the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, succeed
from twisted.internet.interfaces import IReactorFDSet, IReactorTime

from .at import ATPort
from .emulator import (
    Fault,
    INetwork,
    Link,
    MemoryWire,
    ModuleSettings,
    PtyPort,
    ReactorNetwork,
    Verdict,
    connect_memory,
    create_module,
)
from .errors import DeviceError
from .modem import Modem
from .modemprofile import ModemProfile

__all__ = ["EmulatedModule", "Fault", "Link", "ModuleSettings", "Verdict"]


class EmulatedModule:
    """A module, and the modems that use it.

    @ivar module: the emulated module itself.
    @ivar wires: the host's ends of its ports in memory, by port.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        model: str = "EC25",
        link: Link | None = None,
        faults: Iterable[Fault] = (),
        *,
        hosts: Mapping[str, str] | None = None,
        network: INetwork | None = None,
        quirks: Iterable[str] = (),
        profile: str = "strict",
        settings: ModuleSettings | None = None,
        seed: int = 0,
    ) -> None:
        """
        @param reactor: the reactor; or a clock, with a C{network} in memory.
        @param model: the model, such as C{EC25}.
        @param link: speed and reaction time of the line; left out, as fast as
            it goes.
        @param faults: what goes wrong.
        @param hosts: addresses of names that nobody else can resolve.
        @param network: where the module's connections go, in place of the
            reactor's network.
        @param quirks: deviations of the module from the documents, by name.
        @param profile: C{strict} or C{as_printed}.
        @param settings: SIM, network and sizes of the module; its C{time} is the
            host's too.
        @param seed: of what is random in the faults.
        """
        self.wires: dict[str, MemoryWire] = {}
        self._reactor = reactor
        self._modem: Modem | None = None
        self._ptys: list[PtyPort] = []
        reactor_network: Any = reactor
        settings = settings or ModuleSettings()
        started, zero = _utc(settings.time or datetime.now(UTC)), reactor.seconds()
        # the host knows the time, whatever the module's clock says
        self._now = lambda: started + timedelta(seconds=reactor.seconds() - zero)
        self.module = create_module(
            reactor,
            network=network or ReactorNetwork(reactor_network, hosts or {}),
            model=model,
            profile=profile,
            quirks=quirks,
            faults=faults,
            link=link or Link(),
            settings=settings,
            seed=seed,
        )

    @property
    def verdicts(self) -> list[Verdict]:
        """What the host did against the documents, so far."""
        return self.module.verdicts

    def modem(self, **description: Any) -> Modem:
        """Give a modem on a port in memory; the same at each call until it is closed.

        @param description: of the L{ModemProfile}; C{device} and
            C{data_devices} name ports of the module (C{usbmodem}, C{usbat},
            C{uart1}).
        """
        if self._modem is None or self._modem.closed:
            values: dict[str, Any] = {"name": "emulated", "apn": "internet", **description}
            ports = [values.pop("device", "usbmodem"), *values.pop("data_devices", ())]
            names = {f"/emulated/{port}": port for port in ports}
            device, *data_devices = names
            values.setdefault("urc_port", names[device])
            profile = ModemProfile(device=device, data_devices=tuple(data_devices), **values)

            def opener(device: str, port: ATPort) -> Deferred[None]:
                return self._open(names[device], port)

            self._modem = Modem(self._reactor, profile, opener=opener, now=self._now)
        return self._modem

    def _open(self, name: str, port: ATPort) -> Deferred[None]:
        wire = self.wires.get(name)
        if wire is not None and not wire.disconnected:
            raise DeviceError(f"device: the port {name} of the emulated module is in use")
        self.wires[name] = connect_memory(self._reactor, self.module.port(name), port)
        return succeed(None)

    def pty(self, path: str | None = None, port: str = "usbmodem") -> str:
        """Open a port of the module on a pty.

        @param path: where a link to it shall be; left out, none is made.
        @return: the path of the device.
        """
        pty = PtyPort(IReactorFDSet(self._reactor), self.module.port(port), path)
        self._ptys.append(pty)
        return pty.path

    def close(self) -> Deferred[None]:
        """Close the modem, the ptys and the module.

        @return: fires when nothing of them is left.
        """
        closing: list[Deferred[None]] = []
        if self._modem is not None:
            closing.append(self._modem.close())
        ptys, self._ptys = self._ptys, []

        def modems_closed(_: object) -> None:
            for pty in ptys:
                pty.close()
            self.module.close()

        return gatherResults(closing).addCallback(modems_closed)


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
