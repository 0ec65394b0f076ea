"""A bench in memory: an emulated GSM module, a host that types, servers, one clock."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory

from tests.emulator.bench import HOST, PORT, Peer, Screen, Server, ServerTLS
from twisted_quectel.emulator.faults import Fault
from twisted_quectel.emulator.gsm.module import GSMModule
from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.memory import MemoryWire, connect_memory
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

#: Where the server without TLS is.
PLAIN = ("192.0.2.7", 6021)


class GSMBench:
    """All of it.

    @ivar screen: what the module said on its first port.
    @ivar server: with TLS.
    @ivar plain: without.
    """

    def __init__(
        self,
        *,
        quirks: Iterable[str] = (),
        faults: Iterable[Fault] = (),
        link: Link = Link(),  # noqa: B008
        settings: ModuleSettings = ModuleSettings(),  # noqa: B008
        profile: str = "strict",
        model: str = "M95",
        tls: ServerTLS | None = None,
        echo: bool = False,
    ) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)
        self.server, self.plain = Server(), Server()
        self.network.listen(
            HOST, PORT, TLSMemoryBIOFactory(tls or ServerTLS(), False, self.server, self.clock)
        )
        self.network.listen(*PLAIN, self.plain)
        self.module = GSMModule(
            self.clock,
            network=self.network,
            model=model,
            quirks=quirks,
            faults=faults,
            link=link,
            settings=settings,
            profile=profile,
        )
        self.screen, self.wire = self.plug()
        if not echo and settings.booted:
            self.type("ATE0")

    def plug(self, name: str = "usbmodem") -> tuple[Screen, MemoryWire]:
        """Connect a host to a port."""
        screen = Screen()
        return screen, connect_memory(self.clock, self.module.port(name), screen)

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass; by default only as many turns as the line needs."""
        steps = [0.0, seconds]
        if self.module.link.baudrate is not None:  # what is said takes time itself
            steps = [0.001] * round(max(seconds, 1.0) / 0.001)
        for step in steps:
            self.clock.advance(step)
            for _ in range(60 if len(steps) == 2 else 4):
                self.clock.advance(0)

    def send(self, data: bytes, seconds: float = 0.0) -> bytes:
        """Send bytes and give what the module says to them."""
        self.wire.write(data)
        self.settle(seconds)
        return self.screen.take()

    def type(self, command: str, seconds: float = 0.0) -> bytes:
        """Send a command line and give what the module says to it."""
        return self.send(command.encode() + b"\r", seconds)

    def ok(self, *commands: str) -> None:
        """Type commands that all have to end in OK."""
        for command in commands:
            answer = self.type(command)
            assert answer.endswith(b"\r\nOK\r\n"), (command, answer)

    def activate(self) -> None:
        """Chapter 1.2, steps 2 to 4."""
        self.ok("AT+QIFGCNT=0", 'AT+QICSGP=1,"CMNET"', "AT+QIREGAPP", "AT+QIACT", "AT+QIMUX=1")

    def open(self, id: int = 1, mode: int = 0, context: int = 0) -> Peer:
        """Activate the context where it is not, and open a connection with TLS."""
        if not self.module.stack.current.active:
            self.activate()
        answer = self.type(f'AT+QSSLOPEN={id},{context},"{HOST}",{PORT},{mode}')
        expected = b"\r\nCONNECT\r\n" if mode else b"\r\nOK\r\n\r\n+QSSLOPEN: %d,0\r\n" % id
        assert answer == expected, answer
        return self.server.peers[-1]

    def open_tcp(self, id: int = 2, indication: int = 1) -> Peer:
        """The same without TLS."""
        if not self.module.stack.current.active:
            self.activate()
        self.ok(f"AT+QINDI={indication}")
        answer = self.type(f'AT+QIOPEN={id},"TCP","{PLAIN[0]}",{PLAIN[1]}')
        assert answer == b"\r\nOK\r\n\r\n%d, CONNECT OK\r\n" % id, answer
        return self.plain.peers[-1]

    def upload(self, name: str, data: bytes) -> bytes:
        """Add a certificate or key."""
        asked = self.type(f'AT+QSECWRITE="{name}",{len(data)}')
        assert asked == b"\r\nCONNECT\r\n", asked
        return self.send(data)

    def kinds(self) -> list[VerdictKind]:
        """Give the kinds of the verdicts so far."""
        return [verdict.kind for verdict in self.module.verdicts]
