"""Connections of the HTTPS stack (SIM52xx SSL Application Note v0.01, chapter 2)."""

from __future__ import annotations

import random
from functools import partial
from typing import Any, cast

from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionAborted,
    ConnectionDone,
    ConnectionLost,
)
from twisted.python.failure import Failure

from tests.endpoint.httpscase import UNVERIFIED, HTTPSCase
from tests.endpoint.protocols import Echo, Hasher, Peer
from tests.endpoint.tokens import Stream
from tests.endpoint.virtual import HOST, PORT
from tests.tlsservers import self_signed
from twisted_quectel import ModuleHTTPSEndpoint, ModuleTLSEndpoint, TLSProfile, errors
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import MemoryNetwork, VerdictKind
from twisted_quectel.emulator.faults import CommandFails
from twisted_quectel.endpoints import endpoint_from_arguments
from twisted_quectel.families import Firmware
from twisted_quectel.families.sim52xx.https import HTTPSDialect
from twisted_quectel.strings import quectelssl_arguments

#: What imitates the module, within what a server sends.
IMITATION = (
    b"\r\nOK\r\n\r\nERROR\r\n> \r\n+CHTTPSRECV: 4\r\n\r\n+CHTTPSRECV: DATA,3\r\nabc"
    b"\r\n+CHTTPSSEND: 5\r\n+CHTTPSNOTIFY: PEER CLOSED\r\nSTART\r\n+++\x1a\x1b\0"
    + bytes(range(256))
)


def _more_than(peer: Any, count: int) -> bool:
    return bool(peer.count > count)


class Greedy(Peer):
    """Answers the first bytes by so many of its own, and goes on to read."""

    SIZE = 100_000

    def dataReceived(self, data: bytes) -> None:
        if not self.received:
            self.transport.write(bytes(self.SIZE))
        super().dataReceived(data)


class Pusher:
    """Writes as fast as a transport takes it.

    @ivar written: bytes so far.
    """

    def __init__(self, transport: Any, size: int) -> None:
        self.written = 0
        self._size = size
        self._transport = transport
        self._paused = False

    def start(self) -> None:
        """Begin."""
        self._transport.registerProducer(self, True)
        self.resumeProducing()

    def pauseProducing(self) -> None:
        """Not now."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        while not self._paused and self.written < self._size:
            self._transport.write(b"%9d " % self.written * 100)
            self.written += 1000
        if self.written == self._size:
            self._transport.unregisterProducer()

    def stopProducing(self) -> None:
        """It is over."""
        self._paused = True


class ExchangeTests(HTTPSCase):
    """What goes both ways."""

    def test_exchange(self) -> None:
        """Open, send, commit, receive, close; the stack is acquired before and released after."""
        self.begin()
        peer = self.open()
        self.echoes(peer)
        self.echoes(peer, bytes(range(256)) * 20)
        self.closes(peer)
        self.settle(1.0)
        self.assertEqual(
            self.sent("+CHTTPSST", "+CHTTPSO", "+CHTTPSC")[1:],
            ["+CHTTPSSTART", '+CHTTPSOPSE="server.example",8883', "+CHTTPSCLSE", "+CHTTPSSTOP"],
        )
        sends = self.sent("+CHTTPSSEND")
        self.assertEqual(sends[:2], ["+CHTTPSSEND=14", "+CHTTPSSEND"])

    def test_imitation(self) -> None:
        """Bytes that look like what a module says are bytes."""
        self.begin()
        peer = self.open()
        self.echoes(peer, IMITATION)
        for cut in (1, 7, 100):
            self.echoes(peer, IMITATION[cut:] + IMITATION[:cut])
        self.closes(peer)

    def test_much(self) -> None:
        """More than the module's cache and buffer hold, both ways."""
        self.begin(make=Echo)
        stream = Stream(200_000, 3)
        peer = self.connect(self.endpoint(self.emulated), Hasher)
        for piece in stream.pieces():
            peer.transport.write(piece)
        self.result_of(peer.when_received(200_000), 1e6)
        self.assertEqual(peer.sha256.hexdigest(), stream.digest())
        self.closes(peer)

    def test_answers_before_it_has_read(self) -> None:
        """A server that answers before it has read all holds nothing up: nobody waits."""
        self.begin(make=Greedy, window=2048)
        peer = self.open()
        peer.transport.write(b"x" * 100_000)
        self.until(lambda: peer.count == Greedy.SIZE and self.server.count == 100_000, 1e4)
        self.closes(peer)

    def test_server_waits_to_be_read(self) -> None:
        """A commit that waits for the server, who waits to be read, lets receives pass."""

        self.begin(make=Peer, window=2048)
        peer = self.open()
        self.server.transport.pauseProducing()
        peer.transport.write(b"x" * 40_000)
        self.settle(5.0)
        self.assertLess(self.server.count, 10_000)
        self.assertTrue(self.inside.committing)
        self.server.transport.write(bytes(60_000))
        self.until(lambda: peer.count == 60_000, 60.0)
        self.assertTrue(self.inside.committing)
        self.server.transport.resumeProducing()
        self.until(lambda: self.server.count == 40_000, 60.0)
        self.closes(peer)

    def test_commits(self) -> None:
        """What is written at a time is committed once, and what comes meanwhile after it."""
        self.begin(make=Peer)
        peer = self.open()
        for _ in range(3):
            peer.transport.write(b"a" * 1000)
        self.settle()
        self.assertEqual(len([each for each in self.sent("+CHTTPSSEND") if "=" not in each]), 1)
        self.assertEqual(self.server.count, 3000)
        self.closes(peer)

    def test_close_behind_a_write(self) -> None:
        """A close waits until all was sent, committed, and confirmed."""
        self.begin(make=Hasher)
        for size in (1, 5000, 100_000):
            peer = self.open()
            peer.transport.write(b"x" * size)
            self.closes(peer)
            self.until(lambda: self.server.reasons)
            self.assertEqual(self.server.count, size)

    def test_unverified(self) -> None:
        """Whoever answers is taken for the server: that is what the stack is worth."""
        self.serving = self.serve(Echo, self_signed("other.example"))
        self.emulated = self.emulate(settings=self.settings())
        peer = self.open()
        self.echoes(peer)
        self.closes(peer)

    def test_producers(self) -> None:
        """Pull and push producers are asked as the module takes it."""
        self.begin(make=Hasher, window=4096)

        class Pull:
            def __init__(self, transport: Any) -> None:
                self.left = 50
                self.transport = transport
                transport.registerProducer(self, False)

            def resumeProducing(self) -> None:
                self.transport.write(b"y" * 1500)
                self.left -= 1
                if not self.left:
                    self.transport.unregisterProducer()

            def stopProducing(self) -> None:
                self.left = 0

        peer = self.open()
        producer = Pull(peer.transport)
        self.until(lambda: self.server.count == 50 * 1500, 1e4)
        self.assertEqual(producer.left, 0)
        self.closes(peer)


class QuirkTests(HTTPSCase):
    """Every way in which the same is said."""

    def goes(self, *quirks: str, **arguments: Any) -> Any:
        """Exchange something, and have the server close."""
        self.network = MemoryNetwork(self.clock)
        self.begin(quirks=quirks, **arguments)
        peer = self.open()
        self.echoes(peer, IMITATION)
        self.echoes(peer, bytes(range(256)) * 150)
        self.server.transport.write(b"the end")
        self.server.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionDone)
        self.assertTrue(bytes(peer.received).endswith(b"the end"))
        return peer

    def test_each(self) -> None:
        """One after the other, all that are no spelling of the send, and all of them."""
        quirks = ("htttpsrecv", "data_trailing_comma", "https_peer_closed", "lenient_spaces",
                  "no_space_after_colon", "cme_trailing_space")  # fmt: skip
        for quirk in quirks:
            self.goes(quirk)
        self.goes(*quirks)

    def test_as_printed(self) -> None:
        """The profile that answers as the note prints it."""
        self.goes(profile="as_printed")

    def test_usual_spelling(self) -> None:
        """The usual spelling is tried first, and no other where it is taken."""
        for quirk in ("https_send_spelling=real", "https_send_spelling=typo"):
            self.goes(quirk)
            self.assertEqual(self.sent("+CHTTPSEND"), [])

    def test_printed_spelling(self) -> None:
        """The spelling of chapter 2.3 is tried once, and kept for the module."""
        self.goes("https_send_spelling=document")
        self.assertEqual(len(self.sent("+CHTTPSSEND")), 1)
        peer = self.open()
        self.echoes(peer)
        self.assertEqual(len(self.sent("+CHTTPSSEND")), 1)
        self.assertTrue(self.sent("+CHTTPSEND=14"))
        self.closes(peer)


class BackPressureTests(HTTPSCase):
    """A paused consumer stops the server; a server that does not read stops the writer."""

    def test_paused_reader(self) -> None:
        """What the server can send while nobody reads is what the module's buffer holds."""
        self.begin(make=Peer, window=4096)
        peer = self.open()
        server, size = self.server, 1_000_000
        pusher = Pusher(server.transport, size)
        peer.transport.pauseProducing()
        pusher.start()
        self.settle(300.0)
        self.assertEqual(peer.count, 0)
        self.assertLess(pusher.written, 150_000)
        stood = pusher.written
        self.settle(300.0)
        self.assertEqual(pusher.written, stood)
        before = len(self.sent("+CHTTPSRECV"))
        self.settle(300.0)
        self.assertEqual(len(self.sent("+CHTTPSRECV")), before)
        peer.transport.resumeProducing()
        self.until(lambda: peer.count > 200_000, 1e4)
        peer.transport.pauseProducing()
        self.settle(10.0)
        stood, came = pusher.written, peer.count
        self.settle(300.0)
        self.assertEqual((pusher.written, peer.count), (stood, came))
        peer.transport.resumeProducing()
        self.until(lambda: peer.count == size, 1e5)
        expected = b"".join(b"%9d " % start * 100 for start in range(0, size, 1000))
        self.assertTrue(bytes(peer.received) == expected)
        self.closes(peer)

    def test_paused_again_and_again(self) -> None:
        """A consumer that pauses at each piece gets all of it, once."""

        class Pausing(Peer):
            def dataReceived(self, data: bytes) -> None:
                super().dataReceived(data)
                self.transport.pauseProducing()

        self.begin(make=Peer)
        peer = self.connect(self.endpoint(self.emulated), Pausing)
        data = random.Random(1).randbytes(60_000)
        self.server.transport.write(data)
        while peer.count < len(data):
            came = peer.count
            self.settle(0.5)
            self.assertLessEqual(peer.count - came, 1024)
            peer.transport.resumeProducing()
            self.until(partial(_more_than, peer, came))
        self.assertEqual(bytes(peer.received), data)
        self.closes(peer)

    def test_full_cache(self) -> None:
        """A cache that is full is committed; what was refused goes when there is room."""
        self.begin(make=Peer, window=2048)
        peer = self.open()
        self.server.transport.pauseProducing()
        data = random.Random(2).randbytes(80_000)
        peer.transport.write(data)
        self.settle(60.0)
        refused = len(self.sent("+CHTTPSSEND"))
        self.assertLess(self.server.count, 80_000)
        self.settle(30.0)
        # nothing is tried while the commit is under way
        self.assertEqual(len(self.sent("+CHTTPSSEND")), refused)
        self.server.transport.resumeProducing()
        self.until(lambda: self.server.count == len(data), 1e4)
        self.assertEqual(bytes(self.server.received), data)
        self.closes(peer)

    def test_server_never_reads(self) -> None:
        """A commit that the module gives up ends the connection, and says what is not known."""
        self.begin(make=Peer, window=2048)
        peer = self.open()
        self.server.transport.pauseProducing()
        peer.transport.write(b"x" * 80_000)
        problem = self.end_of(peer, 400.0)
        self.assertIsInstance(problem, errors.SendFailed)
        self.assertIsInstance(problem, ConnectionLost)
        self.assertEqual(problem.code, 5)
        self.one_line(problem, "bytes", "could not send")
        self.assertEqual(problem.command, "AT+CHTTPSSEND")

    def test_close_and_the_server_never_reads(self) -> None:
        """A close that waits for its commit ends with it, and is no orderly end."""
        self.begin(make=Peer, window=2048)
        peer = self.open()
        self.server.transport.pauseProducing()
        peer.transport.write(b"x" * 10_000)
        peer.transport.loseConnection()
        self.assertIsInstance(self.end_of(peer, 400.0), errors.SendFailed)


class EndTests(HTTPSCase):
    """How connections end."""

    def test_peer_closes(self) -> None:
        """The server's end, told by a receive or by a URC, is an orderly end."""
        for quirks in ((), ("https_peer_closed",)):
            self.network = MemoryNetwork(self.clock)
            self.begin(make=Peer, quirks=quirks)
            peer = self.open()
            self.server.transport.loseConnection()
            self.assertIsInstance(self.end_of(peer), ConnectionDone)

    def test_closed_is_lost(self) -> None:
        """C{closed=lost} makes it a loss."""
        self.begin(make=Peer)
        peer = self.open(closed="lost")
        self.server.transport.loseConnection()
        problem = self.end_of(peer)
        self.assertIsInstance(problem, ConnectionLost)
        self.assertNotIsInstance(problem, ConnectionDone)

    def test_unread(self) -> None:
        """What the server had sent is delivered ahead of its end, to a paused reader too."""
        for quirks in ((), ("https_peer_closed",)):
            self.network = MemoryNetwork(self.clock)
            self.begin(make=Peer, quirks=quirks)
            peer = self.open()
            peer.transport.pauseProducing()
            self.server.transport.write(b"x" * 12_345)
            self.server.transport.loseConnection()
            self.settle(30.0)
            self.assertEqual((peer.count, peer.reasons), (0, []))
            peer.transport.resumeProducing()
            self.assertIsInstance(self.end_of(peer), ConnectionDone)
            self.assertEqual(peer.count, 12_345)

    def test_server_goes_in_mid_send(self) -> None:
        """A server that goes while it is sent to makes it a loss."""
        for drop in ("loseConnection", "abortConnection"):
            self.verdicts_expected = True
            self.network = MemoryNetwork(self.clock)
            self.begin(make=Peer, window=2048)
            peer = self.open()
            peer.transport.write(b"x" * 80_000)
            self.until(lambda: self.server.count > 5000)
            getattr(self.server.transport, drop)()
            self.assertIsInstance(self.end_of(peer, 100.0), errors.SendFailed)

    def test_server_goes_unseen(self) -> None:
        """A paused reader learns by its sends that the server has gone; what came is kept."""
        self.verdicts_expected = True
        self.begin(make=Peer)
        peer = self.open()
        peer.transport.pauseProducing()
        self.settle()
        self.server.transport.write(b"last words")
        self.settle()
        self.server.transport.loseConnection()
        self.settle()
        peer.transport.write(b"too late")
        self.settle(30.0)
        self.assertEqual(peer.reasons, [])
        peer.transport.resumeProducing()
        self.assertIsInstance(self.end_of(peer, 100.0), errors.SendFailed)
        self.assertEqual(bytes(peer.received), b"last words")
        self.assertEqual(
            {verdict.kind for verdict in self.emulated.verdicts}, {VerdictKind.SEND_TO_CLOSED}
        )

    def test_abort(self) -> None:
        """An abort is told in the next turn, and the module closes behind it."""
        self.begin(make=Peer, window=2048)
        for unsent in (0, 500, 80_000):
            peer = self.open()
            peer.transport.write(b"x" * unsent)
            self.settle()
            peer.transport.abortConnection()
            self.assertEqual(peer.reasons, [])
            self.clock.advance(0)
            self.assertIsInstance(peer.reasons[0].value, ConnectionAborted)
            self.until(lambda: self.server.reasons, 300.0)
        self.closes(self.open())

    def test_reader_raises(self) -> None:
        """An exception of the protocol's becomes the reason."""

        class Raising(Peer):
            def dataReceived(self, data: bytes) -> None:
                raise ZeroDivisionError

        self.begin()
        peer = self.connect(self.endpoint(self.emulated), Raising)
        peer.transport.write(b"x")
        self.assertIsInstance(self.end_of(peer), ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_restart(self) -> None:
        """A module that restarts in the middle of anything is a loss; the next connect works."""
        for written in (0, 80_000):
            self.network = MemoryNetwork(self.clock)
            self.begin(make=Peer, window=2048)
            peer = self.open()
            self.server.transport.write(b"x" * 50_000)
            self.server.transport.pauseProducing()
            peer.transport.write(b"x" * written)
            self.result_of(peer.when_received(1000))
            self.module.restart()
            self.assertIsInstance(self.end_of(peer), errors.ModuleLost)
            self.assertEqual(len(peer.reasons), 1)
            self.closes(self.open())

    def test_network_lost(self) -> None:
        """Without the packet data connection it is a loss."""
        self.begin(make=Peer)
        peer = self.open()
        self.module.lose_pdp()
        self.assertIsInstance(self.end_of(peer, 60.0), ConnectionLost)
        self.closes(self.open())

    def test_count_that_cannot_be(self) -> None:
        """Bytes that come without a count that can be believed end it: some would be missing."""
        for count in ("65536", "-1", ""):
            self.network = MemoryNetwork(self.clock)
            self.begin()
            peer = self.open()
            self.echoes(peer)
            self.module.urc(f"+CHTTPSRECV: DATA,{count}\r\nOK\r\nand so on")
            problem = self.end_of(peer)
            self.assertIsInstance(problem, errors.RemoteViolation)
            self.one_line(problem, "not said how many")
            self.closes(self.open())

    def test_count_of_common_ssl(self) -> None:
        """The same of common SSL."""
        modem = self.begin()
        peer = self.connect(ModuleTLSEndpoint(modem, HOST, PORT, tls=TLSProfile(trust="module")))
        self.module.urc("+CSSLRECV: DATA, 0, 70000")
        self.assertIsInstance(self.end_of(peer), errors.RemoteViolation)
        self.settle(1.0)

    def test_more_than_may_be_held(self) -> None:
        """A module that goes on for a reader who does not take it is not followed."""
        self.begin()
        peer = self.open()
        peer.transport.pauseProducing()
        self.settle()
        for _ in range(3):
            self.module.port().write(b"\r\n+CHTTPSRECV: DATA,30000\r\n" + bytes(30000))
        self.assertIsInstance(self.end_of(peer), errors.RemoteViolation)
        self.assertEqual(peer.count, 0)
        self.closes(self.open())

    def test_idle_timeout(self) -> None:
        """Who wants it is told when nothing comes, by endpoint or by string."""
        self.begin(make=Peer)
        given = quectelssl_arguments(
            host=HOST,
            port=str(PORT),
            device="emulator",
            model="SIM5320",
            stack="https",
            verify="none",
            idleTimeout="30",
        )
        by_string: Any = endpoint_from_arguments(cast(Any, self.clock), given)
        self.assertEqual(by_string._request.idle_timeout, 30.0)
        peer = self.connect(self.endpoint(self.emulated, idle_timeout=30.0))
        self.settle(20.0)
        self.server.transport.write(b"still here")
        self.settle(29.0)
        self.assertEqual((bytes(peer.received), peer.reasons), (b"still here", []))
        reason = self.end_of(peer, 3.0)
        self.assertIsInstance(reason, errors.PeerSilent)
        self.one_line(reason, "30 s")

    def test_long_silence(self) -> None:
        """A server that says nothing for hours is asked every two minutes, and no more often."""
        self.begin()
        peer = self.open()
        self.settle(1.0)
        before = len(self.sent("+"))
        self.settle(3600.0)
        self.assertLess(len(self.sent("+")) - before, 35)
        self.echoes(peer)
        self.closes(peer)


class OpenTests(HTTPSCase):
    """Opens, and what stands against them."""

    def test_unreachable(self) -> None:
        """Whoever is not there; then whoever is."""
        self.begin()
        for where in ({"port": 1}, {"host": "nowhere.example"}):
            problem = self.problem(errors.TCPOpenFailed, **where)
            self.one_line(problem, "could not be opened", "does not say why")
        self.closes(self.open())

    def test_no_network(self) -> None:
        """A stack that the module does not give, whatever it is asked, is no network."""
        self.begin(faults=[CommandFails("+CHTTPSSTART", times=2)])
        problem = self.problem(errors.NetworkDown)
        self.one_line(problem, "does not give HTTPS")
        self.closes(self.open())

    def test_cancel(self) -> None:
        """A connect that is cancelled at any time leaves nothing behind."""
        self.begin()
        self.closes(self.open())
        for turns in range(0, 40, 3):
            connecting = self.start(self.endpoint(self.emulated))
            for _ in range(turns):
                self.clock.turn()
            if connecting.called:
                break
            connecting.cancel()
            self.failureResultOf(connecting, ConnectingCancelledError)
            self.settle(1.0)
        else:
            self.fail("it was never opened")
        self.closes(self.result_of(connecting))

    def test_one_at_a_time(self) -> None:
        """A second connection waits, or fails at once."""
        self.begin()
        peer = self.open()
        self.one_line(self.problem(errors.ModemBusyError, busy="fail"), "busy=wait")
        waiting = self.start(self.endpoint(self.emulated))
        self.settle(5.0)
        self.assertNoResult(waiting)
        self.closes(peer)
        second = self.result_of(waiting)
        self.echoes(second)
        self.closes(second)

    def test_beside_common_ssl(self) -> None:
        """Common SSL and HTTPS exclude each other, whichever comes first."""
        modem = self.begin()

        def common(**arguments: Any) -> ModuleTLSEndpoint:
            return ModuleTLSEndpoint(modem, HOST, PORT, tls=TLSProfile(trust="module"), **arguments)

        ways = (lambda **given: self.endpoint(self.emulated, **given), common)
        for first, second in (ways, ways[::-1]):
            self.take_turns(first, second, "common SSL", "HTTPS")

    def test_refused(self) -> None:
        """What the stack cannot be told is refused by name, and nothing is sent for it."""
        self.begin()
        for argument, given in (
            ("sni", {"sni": True}),
            ("alpn", {"alpn": "h2"}),
            ("sslVersion", {"ssl_version": "tls1.1"}),
            ("sessionCache", {"session_cache": False}),
        ):
            tls = TLSProfile(verify="none", **given)
            problem = self.problem(errors.UnsupportedOperation, tls=tls)
            self.one_line(problem)
            self.assertTrue(str(problem).startswith(f"{argument}: "), problem)
        problem = self.problem(errors.UnsupportedOperation, mode="push")
        self.one_line(problem, "mode: ", "for HTTPS", "buffer")
        self.assertEqual(self.sent("+CHTTPSSTART"), [])

    def test_verify(self) -> None:
        """Nobody is let through unverified by accident."""
        modem = self.begin()
        for tls in (None, TLSProfile(trust="module"), TLSProfile(cacert=self.ca_path)):
            problem = self.assertRaises(InvalidValue, ModuleHTTPSEndpoint, modem, HOST, PORT, tls)
            self.one_line(problem, "verifies nobody", 'tls=TLSProfile(verify="none")')
        dialect = HTTPSDialect(Firmware("SIM5320"))
        for tls in (TLSProfile(trust="module"), TLSProfile(cacert=self.ca_path)):
            problem = self.assertRaises(errors.UnsupportedOperation, dialect.check_profile, tls)
            self.one_line(problem)
        dialect.check_profile(UNVERIFIED)

    def test_what_it_cannot_tell(self) -> None:
        """What of the bytes sent was acknowledged is not known."""
        self.begin()
        peer = self.open()
        asked: list[Failure] = []
        peer.transport.acknowledged().addErrback(asked.append)
        self.assertIsInstance(asked[0].value, errors.UnsupportedOperation)
        self.closes(peer)


class OtherFamilyTests(HTTPSCase):
    """A family without such a stack."""

    model = "EC25"

    def test_refused(self) -> None:
        """It is refused by name when it connects."""
        self.begin()
        self.one_line(self.problem(errors.UnsupportedOperation), "stack: ", "no HTTPS stack")
