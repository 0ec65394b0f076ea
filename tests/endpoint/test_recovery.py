"""What becomes of connections, and of the next one, when the module goes away."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectError, ConnectionLost

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import Mixed, VirtualCase
from tests.modules import family_of
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.errors import ModuleLost


class Recovery(Mixed):
    """The tests that run over each access mode."""

    def begin(self, **arguments: Any) -> Any:
        """Have one connection that works."""
        self.emulated = self.emulate(**arguments)
        self.serving = self.serve(Echo)
        peer = self.connect(self.endpoint(self.emulated, mode=self.mode))
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        return peer

    def works_again(self) -> None:
        """The next connection works."""
        peer = self.connect(self.endpoint(self.emulated, mode=self.mode), seconds=120.0)
        peer.transport.write(b"again")
        self.result_of(peer.when_received(5))
        peer.transport.loseConnection()
        self.end_of(peer)

    def lost_once(self, peer: Peer, seconds: float = 60.0) -> None:
        """The protocol is told once that the connection is lost."""
        self.assertIsInstance(self.end_of(peer, seconds), ConnectionLost)
        self.settle(5.0)
        self.assertEqual(len(peer.reasons), 1)

    def test_restart(self) -> None:
        """A restart of the module ends the connection; the next one works."""
        peer = self.begin()
        self.emulated.module.restart()
        self.settle(10.0)
        if not peer.reasons:
            # in data mode only the next write, or the end, can show it
            peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer, 60.0), ConnectionLost)
        self.works_again()

    def test_power_down(self) -> None:
        """Switched off, the module ends the connection; switched on, it works again."""
        peer = self.begin()
        self.emulated.module.power_down()
        self.settle(5.0)
        if not peer.reasons:
            peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer, 60.0), ConnectionLost)
        self.emulated.module.power_on()
        self.settle(5.0)
        self.works_again()

    def test_unplugged(self) -> None:
        """Pulled off, the device ends the connection at once; plugged in, it works again."""
        peer = self.begin()
        for wire in list(self.emulated.wires.values()):
            wire.unplug()
        self.lost_once(peer)
        self.works_again()

    def test_hangs(self) -> None:
        """A module that answers no more ends the connection when it is used."""
        peer = self.begin()
        self.emulated.module.muted = True
        peer.transport.write(b"into the void")
        peer.transport.loseConnection()
        # a close may take as long as an open
        self.lost_once(peer, 120.0 + self.kind.open_time)
        self.emulated.module.muted = False
        self.works_again()

    def test_packet_data_down(self) -> None:
        """The network's end of the packet data connection ends the TLS connection."""
        peer = self.begin()
        self.emulated.module.lose_pdp()
        if family_of(self.model) == "nbiot":
            # the network is back at once, and nothing tells that it was gone
            self.end_of(peer, 60.0)
        else:
            self.lost_once(peer)
        self.works_again()

    def test_restart_while_connecting(self) -> None:
        """A connect during which the module restarts fails, or gets through; the next one works."""
        self.emulated = self.emulate()
        self.serving = self.serve(Echo)
        for step in range(0, 60, 4):
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=90.0))
            for _ in range(step):
                self.clock.advance(0)
            self.emulated.module.restart()
            connecting.addErrback(lambda reason: reason.trap(ConnectError) and None)
            peer = self.result_of(connecting, 100.0)
            if peer is not None:
                peer.transport.abortConnection()
            self.settle(15.0)
        self.works_again()


class BufferRecoveryTests(Recovery, VirtualCase):
    """Recovery in buffer mode."""

    mode = "buffer"


class PushRecoveryTests(Recovery, VirtualCase):
    """Recovery in push mode."""

    mode = "push"


class TransparentRecoveryTests(Recovery, VirtualCase):
    """Recovery in transparent mode, on a port of its own."""

    mode = "transparent"
    verdicts_expected = True


class IdleTests(VirtualCase):
    """What happens while there is no connection."""

    def test_restart_while_idle(self) -> None:
        """A module that restarts while nobody uses it is brought up for the next one."""
        emulated = self.emulate()
        self.serve(Echo)
        modem = emulated.modem()
        self.result_of(modem.ready())
        lost = modem.when_lost()
        emulated.module.restart()
        self.settle(10.0)
        self.assertIsInstance(self.successResultOf(lost), ModuleLost)
        peer = self.connect(self.endpoint(emulated))
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_booting(self) -> None:
        """A module that is just starting is waited for."""
        emulated = self.emulate(settings=ModuleSettings(booted=False, boot_delay=8.0))
        self.serve(Echo)
        peer = self.connect(self.endpoint(emulated))
        peer.transport.loseConnection()
        self.end_of(peer)


class CloseTests(VirtualCase):
    """What becomes of connections when their owner closes the modem."""

    def test_server_is_told(self) -> None:
        """A modem that is closed while nothing is under way drops its connections on the module."""
        emulated = self.emulate()
        serving = self.serve(Echo)
        peers = [self.connect(self.endpoint(emulated)) for _ in range(3)]
        closed = emulated.modem().close()
        self.settle(1.0)
        self.successResultOf(closed)
        for peer in peers:
            self.assertIsInstance(self.end_of(peer), ConnectionLost)
        self.until(lambda: all(server.reasons for server in serving.peers), 5.0)
