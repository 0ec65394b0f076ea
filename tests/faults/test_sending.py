"""Sends that are refused, taken after all, or of unknown fate (field notes 19, 20 and 22)."""

from __future__ import annotations

from tests.faults.bench import FaultCase, Watch, matrix, payload
from twisted_quectel.emulator.faults import (
    ErrorInsteadOfSendOk,
    PromptRefused,
    SendFails,
    StateThree,
)
from twisted_quectel.errors import SendFailed


class Sending(FaultCase):
    """Sends that go wrong"""

    def test_refused_in_the_middle(self) -> None:
        """SEND FAIL: the same bytes again, in their place in the stream."""
        self.only("lte", "gsm")  # elsewhere nothing says that a block may be sent again
        self.begin(SendFails(4))
        peer = self.open()
        data = payload(self.seed, 20000)
        peer.transport.write(data)
        server = self.serving.peers[-1]
        self.result_of(server.when_received(len(data)), 120.0)
        self.assertEqual(bytes(server.received), data)
        self.closed_by_client(peer)

    def test_taken_after_all(self) -> None:
        """SEND FAIL and then SEND OK: the bytes arrive once."""
        self.only("lte", "gsm")  # elsewhere nothing says that a block may be sent again
        self.begin(SendFails(0, then_ok=True))
        peer = self.open()
        data = payload(self.seed, 20000)
        peer.transport.write(data)
        peer.transport.loseConnection()
        self.end_of(peer, 120.0)
        self.settle(1.0)
        self.assertEqual(bytes(self.serving.peers[-1].received), data)

    def test_refused_for_ever(self) -> None:
        """A module that refuses for two minutes has lost the connection; nothing was doubled."""
        self.only("lte", "gsm")  # elsewhere nothing says that a block may be sent again
        self.begin(SendFails(0))
        peer = self.open()
        peer.transport.write(b"never")
        self.assertIsInstance(self.lost(peer, 200.0), SendFailed)
        self.assertEqual(bytes(self.serving.peers[-1].received), b"")

    def test_error_behind_the_body(self) -> None:
        """ERROR in place of SEND OK: nobody knows; what came is delivered, then it is lost.

        Field note 20 would ask for the state and go on.  But the state does not say
        whether the body was taken, and to send it again may send it twice.
        """
        for taken in (True, False):
            self.begin(ErrorInsteadOfSendOk(taken=taken))
            peer = self.open()
            server = self.serving.peers[-1]
            came = payload(self.seed, 9000)
            peer.transport.write(b"perhaps")
            server.transport.write(came)
            self.assertIsInstance(self.lost(peer), SendFailed)
            self.assertIn(bytes(server.received), (b"perhaps",) if taken else (b"",))
            if self.mode == "buffer":
                self.assertTrue(came.startswith(bytes(peer.received)))
            self.works()

    def test_refused_before_the_prompt(self) -> None:
        """ERROR in place of the prompt: the state is asked for, and the same bytes go again."""
        watch = Watch("+QSSLSTATE")
        self.begin(PromptRefused(3), watch)
        peer = self.open()
        before = len(watch.seen)
        peer.transport.write(b"again and again")
        server = self.serving.peers[-1]
        self.result_of(server.when_received(15))
        if self.family in ("lte", "gsm"):  # the others have no such question
            self.assertEqual(len(watch.seen) - before, 3)
        self.assertEqual(bytes(server.received), b"again and again")
        self.closed_by_client(peer)

    def test_state_three(self) -> None:
        """State 3 is no reason to give a connection up."""
        self.only("lte")
        self.begin(PromptRefused(5), StateThree())
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)

    def test_gone_before_the_prompt(self) -> None:
        """If the module does not know the connection any more, it is over."""
        self.begin()
        peer = self.open()
        module = self.emulated.module
        for socket in module.sockets:
            module.sockets.release(socket)
            socket.abort()
        peer.transport.write(b"to nobody")
        self.assertIsInstance(self.lost(peer), SendFailed)
        self.verdicts_expected = True  # it had to ask to find out


matrix(globals(), Sending, ("buffer", "push"))
del Sending
