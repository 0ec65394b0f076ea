"""Transparent connections: a channel to themselves, and the ways out of data mode."""

from __future__ import annotations

from io import StringIO
from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import HOST, PORT, VirtualCase
from twisted_quectel.emulator import Link, MemoryNetwork, MemoryWire, connect_memory
from twisted_quectel.errors import DeviceError, ModemBusyError
from twisted_quectel.testing import EmulatedModule


class OneChannelTests(VirtualCase):
    """A modem with one port: a transparent connection owns it."""

    def setUp(self) -> None:
        super().setUp()
        self.emulated = self.emulate()
        self.serving = self.serve(Echo)

    def echo(self, peer: Any, data: bytes) -> None:
        """Have bytes come back."""
        before = peer.count
        peer.transport.write(data)
        self.result_of(peer.when_received(before + len(data)))
        self.assertEqual(bytes(peer.received[before:]), data)

    def test_echo_and_close(self) -> None:
        """Bytes go both ways, and loseConnection closes in order."""
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        self.echo(peer, bytes(range(256)) * 40 + b"+++")
        peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionDone)
        self.until(lambda: self.serving.peers[0].reasons)
        self.assertIsInstance(self.serving.peers[0].reasons[0].value, ConnectionDone)

    def test_abort(self) -> None:
        """abortConnection resets the peer's connection, and the port is free again."""
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        self.echo(peer, b"hello")
        peer.transport.abortConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionAborted)
        self.until(lambda: self.serving.peers[0].reasons)
        self.assertIsInstance(self.serving.peers[0].reasons[0].value, ConnectionLost)
        other = self.connect(self.endpoint(self.emulated, mode="buffer"))
        self.echo(other, b"again")

    def test_without_dtr(self) -> None:
        """Where DTR is not wired, the escape leads out of data mode."""
        self.result_of(self.emulated.modem().ready())
        wire = next(iter(self.emulated.wires.values()))
        self.patch(wire, "set_dtr", lambda on: False)
        self.patch(wire, "dcd", lambda: None)
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        self.echo(peer, b"hello")
        peer.transport.write(b"last words")
        peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionDone)
        self.assertEqual(self.serving.peers[0].echoed, 15)

    def test_others_wait(self) -> None:
        """Other connections wait until the transparent one has ended."""
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        waiting = self.start(self.endpoint(self.emulated, mode="push"))
        also = self.start(self.endpoint(self.emulated, mode="transparent"))
        self.settle(5.0)
        self.assertNoResult(waiting)
        self.echo(peer, b"still mine")
        peer.transport.loseConnection()
        self.end_of(peer)
        second = self.result_of(waiting)
        self.echo(second, b"mine")
        self.settle(2.0)
        self.assertNoResult(also)
        second.transport.loseConnection()
        third = self.result_of(also)
        self.echo(third, b"mine now")
        third.transport.loseConnection()
        self.end_of(third)

    def test_others_fail(self) -> None:
        """With busy=fail the others are refused at once, and nothing is sent."""
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        for mode in ("buffer", "transparent"):
            problem = self.refused(
                self.start(self.endpoint(self.emulated, mode=mode, busy="fail")),
                ModemBusyError,
                seconds=1.0,
            )
            self.one_line(problem, "dataDevices")
        self.echo(peer, b"undisturbed")
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_transparent_waits_for_shared(self) -> None:
        """A transparent connection waits until those that share the port have ended."""
        peer = self.connect(self.endpoint(self.emulated, mode="buffer"))
        waiting = self.start(self.endpoint(self.emulated, mode="transparent"))
        self.settle(5.0)
        self.assertNoResult(waiting)
        peer.transport.loseConnection()
        second = self.result_of(waiting)
        self.echo(second, b"mine")
        second.transport.loseConnection()
        self.end_of(second)

    def test_cancelled_open(self) -> None:
        """A connect that is cancelled while the module opens gives the port back."""
        self.network.silence("silent.example")
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        connecting = self.start(
            self.endpoint(self.emulated, host="silent.example", mode="transparent", timeout=20.0)
        )
        self.settle(2.0)
        connecting.cancel()
        self.failureResultOf(connecting)
        peer = self.connect(
            self.endpoint(self.emulated, mode="transparent", timeout=400.0), seconds=400.0
        )
        self.echo(peer, b"mine")
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_server_closes(self) -> None:
        """NO CARRIER behind the last byte ends the connection, and the port goes on."""
        for dcd in (True, False):
            self.result_of(self.emulated.modem().ready())
            if not dcd:
                wire = next(iter(self.emulated.wires.values()))
                self.patch(wire, "dcd", lambda: None)
            peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
            self.echo(peer, b"hello")
            server = self.serving.peers[-1]
            server.transport.write(b"the tail" * 1000)
            server.transport.loseConnection()
            self.assertIsInstance(self.end_of(peer), (ConnectionDone, ConnectionLost))
            self.assertEqual(len(peer.received), 8005)
            again = self.connect(self.endpoint(self.emulated, mode="buffer"))
            self.echo(again, b"again")
            again.transport.loseConnection()
            self.end_of(again)

    def test_restart(self) -> None:
        """A restart within data mode is noticed when the connection is used."""
        self.verdicts_expected = True
        peer = self.connect(self.endpoint(self.emulated, mode="transparent"))
        self.echo(peer, b"hello")
        self.emulated.module.restart()
        self.settle(10.0)
        if not peer.reasons:
            peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer, 120.0), ConnectionLost)
        again = self.connect(self.endpoint(self.emulated, mode="transparent"), seconds=120.0)
        self.echo(again, b"again")
        again.transport.loseConnection()
        self.end_of(again)


class SeveralChannelsTests(VirtualCase):
    """A modem with further ports: both kinds of connections side by side."""

    def test_cancelled_open(self) -> None:
        """A connect that is cancelled is closed from the port for commands, at once."""
        emulated = self.emulate()
        modem = emulated.modem(data_devices=("usbat",))
        self.serve(Echo)
        self.network.silence("silent.example")
        self.result_of(modem.ready())
        connecting = self.start(self.endpoint(emulated, host="silent.example", mode="transparent"))
        self.settle(2.0)
        connecting.cancel()
        self.failureResultOf(connecting)
        peer = self.connect(self.endpoint(emulated, mode="transparent"), seconds=5.0)
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_side_by_side(self) -> None:
        """Two transparent connections and one in push mode work at a time, on a timed line."""
        emulated = self.emulate(link=Link(baudrate=115200, latency=0.01))
        emulated.modem(data_devices=("usbat", "uart1"))
        self.serve(Echo)
        peers: list[Peer] = [
            self.connect(self.endpoint(emulated, mode=mode))
            for mode in ("transparent", "push", "transparent")
        ]
        data = bytes(range(256)) * 8
        for peer in peers:
            peer.transport.write(data)
        for peer in peers:
            self.result_of(peer.when_received(len(data)))
            self.assertEqual(bytes(peer.received), data)
            peer.transport.loseConnection()
        for peer in peers:
            self.assertIsInstance(self.end_of(peer), ConnectionDone)

    def test_missing_port(self) -> None:
        """A data device that is not there does not keep from using one that is."""
        emulated = self.emulate()
        modem = emulated.modem(data_devices=("usbat", "uart1"))
        self.serve(Echo)
        self.result_of(modem.ready())
        taken = connect_memory(self.clock, emulated.module.port("usbat"), Peer())
        emulated.wires["usbat"] = taken
        peer = self.connect(self.endpoint(emulated, mode="transparent"))
        problem = self.refused(
            self.start(self.endpoint(emulated, mode="transparent", timeout=20.0)), DeviceError
        )
        self.one_line(problem, "device")
        peer.transport.loseConnection()
        self.end_of(peer)
        taken.loseConnection()

    def test_all_is_traced_and_closed(self) -> None:
        """The trace has the data ports too, and close() fires when they are closed as well."""
        emulated = self.emulate()
        modem = emulated.modem(data_devices=("usbat",))
        trace = StringIO()
        modem.trace_to(trace)
        self.serve(Echo)
        peer = self.connect(self.endpoint(emulated, mode="transparent"))
        self.assertIn("QSSLOPEN", trace.getvalue())
        peer.transport.write(b"x" * 77)
        self.result_of(peer.when_received(77))
        self.assertIn("> <77 bytes>", trace.getvalue())
        self.assertIn("< <77 bytes>", trace.getvalue())
        modem.close().addCallback(
            lambda _: self.assertTrue(all(w.disconnected for w in emulated.wires.values()))
        )
        self.end_of(peer)
        self.settle(10.0)
        self.assertTrue(all(wire.disconnected for wire in emulated.wires.values()))


class DeadHostTests(VirtualCase):
    """What another host has left behind."""

    def test_long_guard_time(self) -> None:
        """A module that was left in data mode with a long guard time is woken."""
        # the escape with the usual guard time is tried first
        self.verdicts_expected = True
        self.patch(MemoryWire, "set_dtr", lambda wire, on: False)
        emulated = self.emulate()
        self.serve(Echo)
        dead = Peer()
        wire = connect_memory(self.clock, emulated.module.port("usbmodem"), dead)
        open_it = f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},2'
        for line in ("ATS12=200", 'AT+QICSGP=1,1,"x"', "AT+QIACT=1", open_it):
            wire.write(line.encode("ascii") + b"\r")
            self.settle(0.5)
        self.assertIn(b"CONNECT", bytes(dead.received))
        wire.unplug()
        self.settle(1.0)
        peer = self.connect(self.endpoint(emulated, mode="push"), seconds=90.0)
        peer.transport.loseConnection()
        self.end_of(peer)


class Deaf(Peer):
    """Takes no more after its first bytes."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.pauseProducing()


class StuckTests(VirtualCase):
    """Dropping a transparent connection whose server takes nothing, so that the module does not."""

    mode = "transparent"
    # what was under way when the connection ended is taken for commands
    verdicts_expected = True

    def stuck(self, *ports: str) -> tuple[EmulatedModule, Any]:
        """Connect, and write until nothing leaves any more."""
        self.deaf = self.serve(Deaf)
        self.serve(Echo, port=1)
        emulated = EmulatedModule(
            self.clock, network=self.network, link=Link(baudrate=921_600, latency=0.005)
        )
        self.addCleanup(self.finish, emulated)
        emulated.modem(data_devices=ports)
        peer = self.connect(self.endpoint(emulated, mode=self.mode))
        peer.transport.write(b"y" * 500_000)
        self.settle(20.0)
        return emulated, peer

    def bare(self) -> None:
        """Have lines without circuits."""
        self.patch(MemoryWire, "set_dtr", lambda wire, on: False)
        self.patch(MemoryWire, "dcd", lambda wire: None)

    def dropped(self, emulated: EmulatedModule, peer: Any, seconds: float) -> None:
        """Drop it: it is told at once, the module lets go of it, and the next one works."""
        peer.transport.abortConnection()
        self.settle()
        self.assertIsInstance(peer.reasons[0].value, ConnectionAborted)
        self.settle(seconds)
        self.assertEqual([*emulated.module.sockets], [])
        (server,) = self.deaf.peers
        self.assertTrue(server.reasons)
        again = self.connect(self.endpoint(emulated, mode=self.mode, port=1))
        again.transport.write(b"hello")
        self.until(lambda: again.count == 5)
        again.transport.loseConnection()
        self.end_of(again)

    def test_dtr(self) -> None:
        """By DTR where there is one."""
        for ports in ((), ("usbat",)):
            self.network = MemoryNetwork(self.clock)
            self.dropped(*self.stuck(*ports), 3.0)

    def test_other_port(self) -> None:
        """Without DTR, from the port for commands."""
        self.bare()
        self.dropped(*self.stuck("usbat"), 10.0)

    def test_no_way(self) -> None:
        """Without both the modem is given up, and comes back when the server has gone."""
        self.bare()
        emulated, peer = self.stuck()
        lost = emulated.modem().when_lost()
        peer.transport.abortConnection()
        self.settle(10.0)
        self.successResultOf(lost)
        (server,) = self.deaf.peers
        server.transport.abortConnection()
        self.settle(1.0)
        again = self.connect(self.endpoint(emulated, mode=self.mode, port=1), seconds=60.0)
        again.transport.loseConnection()
        self.end_of(again)
