"""The sleep of NB-IoT modules: off while they are used, and back behind it."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectingCancelledError, ConnectionLost

from tests.endpoint.protocols import Peer
from tests.endpoint.test_nbiot import NBIoTCase
from twisted_quectel import errors
from twisted_quectel.emulator import Link, ModuleSettings
from twisted_quectel.emulator.faults import LateAnswer
from twisted_quectel.emulator.nbiot.sleep import State


class SleepTests(NBIoTCase):
    """C{AT+QSCLK}."""

    def test_restored(self) -> None:
        """Sleep is off while the host is there, and what it was behind it."""
        for mode in (1, 2, 0):
            self.network = type(self.network)(self.clock)
            modem = self.begin()
            self.nb().sleep.set_mode(mode)
            self.closes(self.open())
            self.assertEqual(self.nb().sleep.mode, 0)
            closed = modem.close()
            self.settle(1.0)
            self.successResultOf(closed)
            self.assertEqual(self.nb().sleep.mode, mode)

    def restored(self, modem: Any, mode: int) -> None:
        """Close the modem, and look at the sleep that is left."""
        closed = modem.close()
        self.settle(1.0)
        self.successResultOf(closed)
        self.assertEqual(self.nb().sleep.mode, mode)

    def test_restored_with_a_connection(self) -> None:
        """The connection is closed, and the sleep is back, if the peer has closed it or not."""
        for gone in (False, True):
            self.network = type(self.network)(self.clock)
            modem = self.begin(link=Link(latency=0.01))
            self.nb().sleep.set_mode(2)
            peer = self.open()
            if gone:
                # the word of it is not heard ahead of the close
                self.nb().port().hold(True)
                self.serving.peers[0].transport.loseConnection()
                self.clock.advance(0)
            self.restored(modem, 2)
            self.assertEqual(len(peer.reasons), 1)
            self.assertEqual(len(self.serving.peers[0].reasons), 1)

    def test_restored_behind_a_send(self) -> None:
        """A send that the network does not take keeps nothing from being restored."""
        modem = self.begin(make=Peer)
        self.nb().sleep.set_mode(2)
        peer = self.open()
        self.serving.peers[0].transport.pauseProducing()
        peer.transport.write(b"x" * 400_000)
        self.settle(5.0)
        self.restored(modem, 2)

    def test_restored_while_connecting(self) -> None:
        """Whatever a connect is at when the modem is closed: the sleep is back."""
        self.begin()
        for turns in range(0, 90, 2):
            modem = self.emulated.modem()
            self.nb().sleep.set_mode(1)
            connecting = self.start(self.endpoint(self.emulated))
            for _ in range(turns):
                self.clock.turn()
            connecting.addErrback(lambda reason: None)
            self.restored(modem, 1)

    def test_restored_where_it_did_not_come_up(self) -> None:
        """Each try finds the sleep as it has left it; in the end it is as it was before."""
        modem = self.begin(settings=ModuleSettings(sim=False))
        self.nb().sleep.set_mode(2)
        for _ in range(2):
            self.refused(modem.ready(), errors.SIMError)
            self.assertEqual(self.nb().sleep.mode, 0)
        self.restored(modem, 2)

    def test_restored_when_lost(self) -> None:
        """A module that nobody wanted back is left as it was all the same."""
        modem = self.begin()
        self.nb().sleep.set_mode(2)
        self.closes(self.open())
        session = modem.current
        session.end("the test has had enough")
        self.restored(modem, 2)

    def test_restored_in_a_command(self) -> None:
        """A module that is long at a command is told all the same, and holds up nothing."""
        modem = self.begin(faults=[LateAnswer(command="+CSQ", delay=3.0)])
        self.nb().sleep.set_mode(2)
        self.result_of(modem.ready())
        asked = modem.signal()
        asked.addErrback(lambda reason: reason.trap(errors.ModuleLost))
        self.settle(0.1)
        closed = modem.close()
        self.settle(1.0)
        self.successResultOf(closed)
        self.settle(3.0)
        self.assertEqual(self.nb().sleep.mode, 2)

    def test_left_asleep(self) -> None:
        """A module that sleeps is not woken to be left."""
        self.description = {"idle_sleep": True}
        modem = self.begin()
        self.closes(self.open())
        self.settle(60.0)
        said = len(self.sent(""))
        self.restored(modem, 1)
        self.assertIs(self.nb().sleep.state(), State.LIGHT)
        self.assertEqual(len(self.sent("")), said)

    def test_never_asleep_in_use(self) -> None:
        """A connection that is silent for long is still there."""
        self.begin()
        peer = self.open()
        self.settle(300.0)
        self.echoes(peer)
        self.closes(peer)

    def test_idle(self) -> None:
        """C{idleSleep}: asleep between connections, woken for the next one."""
        self.description = {"idle_sleep": True}
        self.begin()
        for _ in range(3):
            peer = self.open()
            self.assertEqual(self.nb().sleep.mode, 0)
            self.settle(100.0)
            self.echoes(peer)
            self.closes(peer)
            self.settle(60.0)
            self.assertEqual(self.nb().sleep.mode, 1)
            self.assertIs(self.nb().sleep.state(), State.LIGHT)
        self.assertEqual(self.result_of(self.emulated.modem().signal()).rssi, -57)

    def test_idle_before_any(self) -> None:
        """A modem that is only brought up sleeps too, and stays awake without C{idleSleep}."""
        for idle, mode in ((True, 1), (False, 0)):
            self.network = type(self.network)(self.clock)
            self.description = {"idle_sleep": idle}
            modem = self.begin()
            self.result_of(modem.ready())
            self.settle(60.0)
            self.assertEqual(self.nb().sleep.mode, mode)

    def test_short_sleep_lock(self) -> None:
        """A module that sleeps as soon as it is left alone is woken all the same."""
        for seconds in (0, 1, 30):
            self.network = type(self.network)(self.clock)
            self.description = {"idle_sleep": True}
            modem = self.begin()
            self.nb().sleep.lock_time = seconds
            for _ in range(2):
                peer = self.open()
                self.settle(5.0)
                self.echoes(peer)
                self.closes(peer)
                for pause in (0.4, 0.6, 1.5, 40.0):
                    self.settle(pause)
                    self.assertEqual(self.result_of(modem.signal()).rssi, -57)

    def test_cancelled_while_waking(self) -> None:
        """A connect that is cancelled while the module wakes leaves it to sleep again."""
        self.description = {"idle_sleep": True}
        self.begin(link=Link(latency=0.1))
        self.closes(self.open())
        for wait in (0.05, 0.45, 0.55, 0.65, 0.75, 1.0):
            self.settle(60.0)
            self.assertIs(self.nb().sleep.state(), State.LIGHT)
            connecting = self.start(self.endpoint(self.emulated))
            self.settle(wait)
            connecting.cancel()
            self.refused(connecting, ConnectingCancelledError)
            self.settle(60.0)
            self.assertEqual(self.nb().sleep.mode, 1)
            self.closes(self.open())

    def test_deep(self) -> None:
        """Deep sleep has forgotten everything: the next connection is made from the start."""
        self.description = {"idle_sleep": True}
        modem = self.begin()
        self.closes(self.open())
        lost = modem.when_lost()
        self.settle(30.0)
        self.nb().sleep.fall()
        self.settle(30.0)
        self.assertIs(self.nb().sleep.state(), State.DEEP)
        peer = self.open()
        self.echoes(peer)
        self.closes(peer)
        self.assertIsInstance(self.successResultOf(lost), errors.ModuleLost)
        self.assertEqual(len(self.sent("+CGMM")), 2)

    def test_deep_under_a_connection(self) -> None:
        """A module that sleeps deeply all the same is noticed, and its connections end."""
        self.begin(settings=ModuleSettings())
        peer = self.open()
        self.nb().sleep.deep_told = True
        self.nb().sleep.fall()
        self.assertIsInstance(self.end_of(peer), ConnectionLost)
        peer = self.open()
        self.echoes(peer)
        self.closes(peer)

    def test_slow_to_answer(self) -> None:
        """An answer to one greeting that comes behind the next one is nobody else's."""
        self.description = {"idle_sleep": True}
        for latency in (0.3, 0.5, 0.9):
            self.network = type(self.network)(self.clock)
            modem = self.begin(link=Link(latency=latency))
            for _ in range(2):
                peer = self.open()
                self.echoes(peer)
                self.closes(peer)
                self.settle(60.0)
                self.assertIs(self.nb().sleep.state(), State.LIGHT)
                self.assertEqual(self.result_of(modem.signal()).rssi, -57)
