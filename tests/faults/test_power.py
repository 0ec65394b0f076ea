"""Restarts, the packet data connection, the line and the clock (field notes 39-46)."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from tests.faults.bench import FaultCase, Watch, matrix
from twisted_quectel.emulator import Hooks
from twisted_quectel.emulator.commands import Call
from twisted_quectel.emulator.faults import (
    ClockUnknown,
    CommandFails,
    CtsLow,
    Fault,
    NoBootUrcs,
    OtherBootWords,
    PdpDead,
    PdpDrops,
    PdpHeld,
    PdpUnlisted,
    Restarts,
    UrcsElsewhere,
    WrongBaudrate,
)
from twisted_quectel.errors import (
    ModemNotReady,
    OperationNotAllowed,
)


class Levels(Hooks):
    """Remembers the security level of each open.

    @ivar levels: in their order.
    """

    def __init__(self) -> None:
        self.levels: list[int] = []

    def on_open(self, call: Call[Any]) -> int | None:
        """Look, and let it open."""
        context = call.module.contexts[int(call.fields[1].string())]
        self.levels.append(context.number("seclevel"))
        return None


class Power(FaultCase):
    """Restarts and lines that hang"""

    #: what a host in transparent mode writes before it can know
    verdicts_expected = True

    def survives(self, *faults: object, use: bool = False, seconds: float = 300.0) -> None:
        """A connection that works is lost once, and the next one works."""
        self.begin(*faults)
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.settle(10.0)
        if not peer.reasons and use:
            peer.transport.write(b"is anybody there?")
        if not peer.reasons and self.mode == "transparent":
            # without a word of the module only its use, or the end, can show it
            peer.transport.loseConnection()
        self.lost(peer, seconds)
        self.works(seconds=600.0)
        if self.mode != "transparent":
            self.verdicts_expected = False

    def test_restart(self) -> None:
        """POWERED DOWN, pdpdeact, silence, RDY: lost once, and brought up again."""
        self.survives(Restarts())

    def test_long_restart(self) -> None:
        """So it is when the module is silent for long."""
        self.survives(Restarts(silence=25.0))

    def test_other_words(self) -> None:
        """APP RDY and NORMAL POWER DOWN say the same."""
        self.survives(Restarts(), OtherBootWords())

    def told(self, *faults: Fault) -> None:
        """The words alone, without pdpdeact, end what there is as they are said."""
        down, ready = "POWERED DOWN", "RDY"
        if self.family == "sim52xx":
            down, ready = "NORMAL POWER DOWN", "START"
        for word, part in ((down, "powered down"), (ready, "restarted")):
            self.begin(*faults)
            modem = self.emulated.modem()
            self.result_of(modem.ready())
            peer = None if self.mode == "transparent" else self.open()
            lost = modem.when_lost()
            self.emulated.module.urc(word)
            self.settle(0.1)
            self.one_line(self.successResultOf(lost), part)
            if peer is not None:
                self.one_line(peer.reasons[0].value, part)
            self.works()

    def test_words(self) -> None:
        """RDY and POWERED DOWN are believed at once, whatever else is said or not."""
        self.told()

    def test_other_words_alone(self) -> None:
        """So are APP RDY and NORMAL POWER DOWN."""
        self.told(OtherBootWords())

    def test_restart_told_by_words(self) -> None:
        """A restart without pdpdeact is known by its first word, not by the next poll."""
        self.begin(Restarts(pdpdeact=False))
        peer = self.open()
        self.settle(3.0)
        if self.mode == "transparent" and not peer.reasons:
            peer.transport.loseConnection()
        self.lost(peer, 10.0)
        self.works(seconds=600.0)

    def test_restart_without_words(self) -> None:
        """A restart of which nothing is said is found out, and all settings are made again."""
        self.survives(NoBootUrcs(), Restarts(), use=True)
        self.verdicts_expected = True

    def test_never_unverified(self) -> None:
        """Behind a restart of which nothing is said, no open finds the factory's settings.

        Another connection that seems to live on the context is no proof of them.
        """
        self.only("lte", "gsm")  # elsewhere there is no other connection
        for turns in (0, 1, 5):
            self.begin(NoBootUrcs())
            module = self.emulated.module
            watch = Levels()
            module.hooks += (watch,)
            peer = self.open()
            module.restart()
            self.settle(4.0 + turns)
            for _ in range(4):
                connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
                connecting.addErrback(lambda reason: reason.trap(ConnectError) and None)
                second = self.result_of(connecting, 200.0)
                if second is not None:
                    second.transport.abortConnection()
                    self.ended(second, ConnectionLost)
            self.assertEqual(set(watch.levels), {1})
            peer.transport.loseConnection()
            self.ended(peer, Exception, seconds=200.0)
            self.works()

    def test_restart_on_and_on(self) -> None:
        """A module that restarts behind each open: each connection is told once."""
        self.begin(Restarts(times=5))
        for _ in range(5):
            peer = self.open(seconds=300.0)
            self.settle(6.0)
            if self.mode == "transparent" and not peer.reasons:
                peer.transport.loseConnection()
            self.lost(peer)
        self.works(seconds=300.0)

    def test_wrong_speed_after_restart(self) -> None:
        """A module that restarts with another speed is found."""
        self.begin(WrongBaudrate(9600), Restarts())
        peer = self.open()
        self.settle(10.0)
        if not peer.reasons:
            peer.transport.loseConnection()
        self.ended(peer, Exception, seconds=300.0)
        self.works(seconds=600.0)

    def test_cts_low(self) -> None:
        """A module that takes no byte does not hold the host for ever: lost, and then again.

        In data mode CTS is the brake: what cannot leave waits, and only who
        closes is told that it never left.
        """
        self.begin(CtsLow(seconds=90.0))
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.settle(3.0)
        peer.transport.write(b"x" * 5000)
        if self.mode == "transparent":
            peer.transport.loseConnection()
        # a close may take as long as an open
        self.lost(peer, 80.0 + self.kind.open_time)
        # while it lasts, to connect fails; nobody waits without end
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=20.0))
        if self.mode != "transparent":
            self.refused(connecting, ConnectError)
        else:
            connecting.addErrback(lambda _: None)
            connecting.cancel()
        self.settle(100.0)
        self.works(seconds=600.0)

    def test_cts_low_for_a_while(self) -> None:
        """One that takes bytes again soon has lost none."""
        self.begin(CtsLow(seconds=4.0))
        peer = self.open()
        self.settle(3.0)
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)

    def test_cts_low_at_the_end(self) -> None:
        """The modem can be closed while CTS is low."""
        self.begin(CtsLow(seconds=0))
        peer = self.open()
        self.settle(3.0)
        peer.transport.write(b"never")
        closed = self.emulated.modem().close()
        self.lost(peer, 60.0)
        self.result_of(closed, 60.0)


class Network(FaultCase):
    """The packet data connection goes down, or never comes up"""

    def test_hourly(self) -> None:
        """The operator ends it every hour: connections are lost once, the next one works."""
        self.begin(PdpDrops())
        for _ in range(3):
            peer = self.open()
            self.both_ways(peer, self.seed)
            self.clock.advance(3600.0)
            self.settle(5.0)
            if self.family == "nbiot":
                # the network is back at once, and nothing tells that it was gone
                self.ended(peer, ConnectionDone, ConnectionLost)
            else:
                self.lost(peer)

    def test_while_idle(self) -> None:
        """It ends while there is no connection: the next one brings it up."""
        self.begin(PdpDrops())
        self.works()
        self.clock.advance(3600.0)
        self.settle(5.0)
        self.works()

    def test_dead(self) -> None:
        """It dies without a word, QIACT shows an address: the next open finds out, then works."""
        self.begin(PdpDead())
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.settle(3.0)
        peer.transport.abortConnection()
        self.ended(peer, ConnectionLost)
        if self.family == "sim52xx":
            # its stack is released with the last connection, and acquired anew
            self.works()
            return
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        self.refused(connecting, ConnectError)
        if self.family == "gsm":
            # the code of a failed open does not tell the network from the server: twice does
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
            self.refused(connecting, ConnectError)
        self.works()

    def test_dead_while_sending(self) -> None:
        """Bytes that go nowhere are not waited for without end."""
        self.begin(PdpDead())
        peer = self.open()
        self.settle(3.0)
        peer.transport.write(b"x" * 60000)
        if self.mode == "transparent":
            # a peer that reads nothing looks the same: who closes is told
            self.settle(60.0)
            peer.transport.loseConnection()
        self.lost(peer, 400.0)

    def test_active_context(self) -> None:
        """An ERROR to the activation of a context that is active: down and up again."""
        watch = Watch("+QIDEACT")
        self.begin(PdpUnlisted(), watch)
        self.works()
        self.assertEqual(len(watch.seen), 1)

    def test_held_by_another(self) -> None:
        """572: the message says that another context holds it; that one, named, works."""
        self.begin(PdpHeld(2))
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        problem = self.refused(connecting, OperationNotAllowed, ConnectError)
        self.one_line(problem, "pdp", "another")
        self.assertEqual(problem.code, 572)
        peer = self.open(pdp=2)
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)


class Line(FaultCase):
    """URCs on another port, other speeds, a clock that does not go"""

    def test_urc_port(self) -> None:
        """URCs are sent for, also where the firmware knows no "all"."""
        for fault in (UrcsElsewhere("usbat"), UrcsElsewhere("uart1", no_all=True)):
            self.begin(fault)
            peer = self.open()
            start = self.clock.seconds()
            self.both_ways(peer, self.seed)
            # no safety poll was needed
            self.assertLess(self.clock.seconds() - start, 10.0)
            self.closed_by_server(peer, self.seed)
            self.works()

    def test_speeds(self) -> None:
        """Every usual speed is found."""
        for rate in (9600, 57600, 230400, 460800, 921600):
            self.begin(WrongBaudrate(rate))
            self.works()
            self.assertEqual(self.emulated.module.baudrate, 115200)

    def test_clock_from_network(self) -> None:
        """A network that has told no time, and a clock that shall come from it: no connection."""
        self.begin(ClockUnknown(), description={"clock": "network"})
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        problem = self.refused(connecting, ModemNotReady)
        self.one_line(problem, "clock")

    def test_clock_not_taken(self) -> None:
        """A clock that cannot be set: no verified connection, and the message says so."""
        watch = Watch("+QSSLOPEN")
        self.begin(ClockUnknown(), CommandFails("+CCLK", 3, 0), watch)
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        problem = self.refused(connecting, ModemNotReady)
        self.one_line(problem, "clock", "ignoreLocalTime")
        self.assertEqual(watch.seen, [])


matrix(globals(), Power)
matrix(globals(), Network)
matrix(globals(), Line)
del Power, Network, Line
