"""One session on a clock of its own, and what must be true behind it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionDone,
    ConnectionLost,
    TimeoutError,
)
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, PORT, TurnClock, factory_for
from tests.tlsservers import NOW, ServerOptions
from twisted_quectel.at import ATPort
from twisted_quectel.emulator import MemoryNetwork, ModuleSettings
from twisted_quectel.emulator.killpoints import Tap
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.errors import DeviceError, ModemError
from twisted_quectel.modem import Modem
from twisted_quectel.modem.modem import Signal
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule

#: How the sessions go: access mode and further ports.
FORMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "buffer": ("buffer", ()),
    "push": ("push", ()),
    "transparent": ("transparent", ()),
    # without DTR and DCD: the escape leads out, and proves the end
    "escape": ("transparent", ()),
    # two connections at the same time
    "channels": ("transparent", ("usbat", "uart1")),
}

#: Bytes that the client writes, and how many it waits for, in turn.
TALK: Final = ((1600, 3000), (100, 3200))
#: Seconds that the application waits for an answer before it gives up.
PATIENCE: Final = 40.0
#: Seconds within which everything has to have ended.
LIMIT: Final = 600.0
#: A server that never answers, and when a connect to it is cancelled, in seconds.
SILENT: Final = "silent.example"
CANCEL: Final = 1.0
#: What else the module wants to know, at each start.
PIN: Final = "1234"
APN: Final = {"apn": "internet", "user": "meter", "password": "of the meter"}

_TOKENS: Final = (
    b"\r\nOK\r\n",
    b"+++",
    b"\r\nNO CARRIER\r\n",
    b"> ",
    b'\r\n+QSSLURC: "closed",0\r\n',
)

_LAST_WORDS: Final = (b"\r\nNO CARRIER\r\n", b"\r\nRDY\r\n", b"\r\nSTART\r\n")
#: What a host says to a module of which it does not know what it waits for.
_WAKING: Final = re.compile(rb"(?:AT[A-Z0-9+]+\??\r|\x1b|\r|\+\+\+)*(?:A|AT[A-Z0-9+]*\??)?")


def stream(side: str, number: int) -> bytes:
    """Give what one end of a connection has to say: no two are alike, none repeats itself."""
    chance = random.Random(f"{side} {number}")
    pieces = [b"%c%d;" % (side.encode(), number)]
    for token in _TOKENS:
        pieces += [chance.randbytes(700), token]
    return b"".join(pieces)


class Client(Peer):
    """The application.

    @ivar written: what it has written.
    """

    def __init__(self, number: int, server_closes: bool) -> None:
        super().__init__()
        self.words = stream("cC"[server_closes], number)
        self.written = 0
        self.closing = False

    def send(self, count: int) -> None:
        """Write so many bytes more."""
        self.transport.write(self.words[self.written : self.written + count])
        self.written += count

    def close(self) -> None:
        """Close in order."""
        self.closing = True
        self.transport.loseConnection()


class Server(Peer):
    """Answers as soon as enough has come; closes behind the last answer if that is asked."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.words = stream("s", number)
        self.written = 0

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        asked = answered = 0
        for question, total in TALK:
            asked += question
            answered = total
            if self.count >= asked and self.written < total:
                self.transport.write(self.words[self.written : total])
                self.written = total
        if self.received[:1] == b"C" and self.written == answered:
            self.transport.loseConnection()


class Bench(EmulatedModule):
    """A module, a server, and an application that has a session.

    @ivar unplugged: whether its ports cannot be opened.
    @ivar over: whether the session has ended, well or not.
    @ivar problems: what is not as it must be.
    """

    def __init__(
        self,
        form: str,
        options: ServerOptions,
        profile: TLSProfile,
        tap: Tap | None = None,
        trusted: bytes = b"",
        **arguments: Any,
    ) -> None:
        """
        @param trusted: CAs that a module has of its own.
        """
        self.clock = TurnClock()
        network = MemoryNetwork(self.clock)
        network.silence(SILENT, PORT)
        settings = ModuleSettings(time=NOW, pin=PIN, connect_timeout=5.0, authorities=trusted)
        super().__init__(self.clock, network=network, settings=settings, **arguments)
        self.form = form
        self.mode, ports = FORMS[form]
        self.modem(data_devices=ports, pin=PIN, **APN)
        self.module.tap = tap
        self.unplugged = False
        self.over = False
        self.clients: list[Client] = []
        self.connects: dict[int, str] = {}
        self.problems: list[str] = []
        self.asked: dict[str, list[object]] = {}
        self._profile = profile
        self.serving = Serving(self._serve)
        network.listen(HOST, PORT, self.serving.over_tls(options, self.clock))

    def _serve(self) -> Peer:
        return Server(len(self.serving.peers))

    def _open(self, name: str, port: ATPort) -> Deferred[None]:
        if self.unplugged:
            raise DeviceError("device: it is not there")
        opened = super()._open(name, port)
        if self.form == "escape":
            for circuit, answer in (("set_dtr", _no_dtr), ("dcd", _no_dcd)):
                setattr(self.wires[name], circuit, answer)
        return opened

    # the session

    def run(self) -> None:
        """Have the session, to its end."""
        self._until(self._ended(self._session()), "the session")

    def again(self) -> None:
        """Have one connection more, which has to work."""
        before = len(self.problems)
        done = self._ended(self._one(closes=False, timeout=180.0))
        self._until(done, "the next connection")
        if len(self.problems) == before and not self._good(self.clients[-1]):
            self.problems.append(f"the next connection: {list(self.connects.values())[-1]}")

    def _ended(self, coroutine: Any) -> Callable[[], bool]:
        outcome: list[object] = []
        Deferred.fromCoroutine(coroutine).addBoth(outcome.append)

        def ended() -> bool:
            if outcome and outcome[0] is not None:
                self.problems.append(f"a test of its own has failed: {outcome.pop()!r}")
                outcome.append(None)
            return bool(outcome)

        return ended

    def _ask(self, name: str, deferred: Deferred[Any]) -> Deferred[None]:
        """Note what a Deferred fires with, and how often."""
        fired = self.asked[name] = []
        return deferred.addBoth(fired.append)

    async def _questions(self) -> None:
        """Ask the modem all that one can ask it, and cancel a connect."""
        modem = self.modem()
        self._ask("when_lost", modem.when_lost())
        silent = ModuleTLSEndpoint(
            modem, SILENT, PORT, tls=self._profile, mode=self.mode, timeout=60.0
        )
        asked = [
            self._ask("ready", modem.ready()),
            self._ask("signal", modem.signal()),
        ]
        # behind what the module is asked, on a port that the connect may take
        for each in asked:
            await each
        connecting = silent.connect(factory_for(Peer))
        cancelled = self._ask("cancelled connect", connecting)
        timer: IDelayedCall = self.clock.callLater(CANCEL, connecting.cancel)
        await cancelled
        if timer.active():
            timer.cancel()

    async def _session(self) -> None:
        await self._questions()
        if self.form == "channels":
            both = [Deferred.fromCoroutine(self._one(closes)) for closes in (False, True)]
            for each in both:
                await each
            self.over = True
            return
        for closes in (False, True):
            await self._one(closes)
            if not self._good(self.clients[-1]):
                # as a client that connects anew at once; it need not succeed yet
                await self._one(closes)
                break
        self.over = True

    @staticmethod
    def _good(client: Client) -> bool:
        return client.count == TALK[-1][1] and bool(
            client.reasons and client.reasons[0].check(ConnectionDone)
        )

    async def _one(self, closes: bool, timeout: float = 60.0) -> None:
        number = len(self.clients)
        client = Client(number, closes)
        self.clients.append(client)
        endpoint = ModuleTLSEndpoint(
            self.modem(),
            HOST,
            PORT,
            tls=self._profile,
            mode=self.mode,
            timeout=timeout,
        )
        try:
            await endpoint.connect(factory_for(lambda: client))
        except (ConnectError, TimeoutError) as e:
            self.connects[number] = f"{type(e).__name__}: {e}"
            return
        except BaseException as e:
            self.connects[number] = f"{type(e).__name__}: {e}"
            self.problems.append(f"connect failed with {e!r}, which is no connect error")
            return
        self.connects[number] = "connected"
        for question, total in TALK:
            if client.reasons:
                break
            client.send(question)
            if not await self._patient(client, client.when_received(total)):
                break
        if client.reasons:
            return
        if closes and client.count == TALK[-1][1]:
            await self._patient(client, client.when_received(1 << 30))
        if not client.reasons:
            client.close()
            await client.when_lost

    async def _patient(self, client: Client, waiting: Deferred[None]) -> bool:
        """Wait for bytes; give up at the end of the connection, or of the patience."""
        timer: IDelayedCall = self.clock.callLater(PATIENCE, waiting.cancel)
        client.when_lost.addCallback(lambda _: waiting.cancel())
        try:
            await waiting
        except BaseException:
            return False
        finally:
            if timer.active():
                timer.cancel()
        return True

    # time

    def _until(self, what: Callable[[], bool], name: str, limit: float = LIMIT) -> None:
        end = self.clock.seconds() + limit
        for _ in range(100_000):
            self.clock.advance(0)
            if what():
                return
            due = min((call.getTime() for call in self.clock.getDelayedCalls()), default=None)
            if due is None or due > end:
                break
            self.clock.advance(max(0.0, due - self.clock.seconds()))
        self.problems.append(f"{name} did not end within {limit:g} s")

    def wait_for(self, what: Callable[[], bool], name: str, limit: float = LIMIT) -> None:
        """Let time pass until something is true, or note that it never was."""
        self._until(what, name, limit)

    # afterwards

    def finish(self) -> None:
        """Close everything, and look at what is left."""
        closed = self.close()
        self._until(lambda: bool(closed.called), "the close", 60.0)
        for server in self.serving.peers:
            if not server.reasons:
                server.transport.abortConnection()
        self._until(lambda: not self.clock.getDelayedCalls(), "the last timer", 0.01)
        self.problems += [f"left: {call}" for call in self.clock.getDelayedCalls()]
        self.problems += [
            f"left open: {name}" for name, wire in self.wires.items() if not wire.disconnected
        ]
        self._look_at_answers()
        self._look_at_ends()
        self._look_at_bytes()

    def _look_at_answers(self) -> None:
        """Look that each question was answered, once, by what is promised or a failure."""
        kinds: dict[str, tuple[type, ...]] = {"ready": (Modem,), "signal": (Signal,)}
        was_up = "connected" in self.connects.values()
        for name, fired in self.asked.items():
            if name == "when_lost":
                was_up = was_up or any(isinstance(each, Modem) for each in self.asked["ready"])
                good = len(fired) == 1 or not (fired or was_up)
                kinds[name] = (ModemError,)
            else:
                good = len(fired) == 1
            for each in fired:
                problem = each.value if isinstance(each, Failure) else None
                errors = (ModemError, ConnectError, ConnectingCancelledError)
                good &= isinstance(problem, errors) or isinstance(each, kinds.get(name, ()))
            if not good:
                self.problems.append(f"{name}: {fired!r}")

    def _look_at_ends(self) -> None:
        for number, client in enumerate(self.clients):
            connected = self.connects.get(number) == "connected"
            reasons = [reason.value for reason in client.reasons]
            if len(reasons) != connected:
                self.problems.append(f"connectionLost of {number}: {reasons!r}")
            for reason in reasons:
                if not isinstance(reason, (ConnectionDone, ConnectionLost)):
                    self.problems.append(f"connectionLost of {number} with {reason!r}")

    def _look_at_bytes(self) -> None:
        """Look that each end was given a beginning of what the other has sent, once.

        Three things cannot be helped.  A module that waits for the rest of a
        body takes for it whatever the host says to get it to listen again: that
        may stand behind the last byte of a connection that is lost.  And where
        a module dies within its word for the end of data mode, what was said
        of it looks like payload once it has been silent for long enough.
        """
        servers: list[Server] = self.serving.peers
        for number, client in enumerate(self.clients):
            if client.count and not any(
                server.words[: server.written].startswith(client.received)
                or _within_a_word(client, server.words[: server.written])
                for server in servers
            ):
                self.problems.append(f"{number} was given what no server has sent")
        owners: list[int] = []
        for server in servers:
            if server.count < len(b"c0;"):
                continue
            of = [
                number
                for number, client in enumerate(self.clients)
                if client.words[: client.written].startswith(server.received)
                or _woken(client, server.received)
            ]
            if not of:
                self.problems.append("a server was given what no client has written so")
            owners += of
        if len(set(owners)) != len(owners):
            self.problems.append("what one client has written came twice")
        for number, client in enumerate(self.clients):
            if client.reasons and client.reasons[0].check(ConnectionDone) and client.closing:
                whole = client.words[: client.written]
                if not any(
                    server.received.rstrip(b"+") == whole.rstrip(b"+") for server in servers
                ):
                    self.problems.append(f"{number} ended clean, but bytes are missing")


def _common(one: bytes, other: bytearray) -> int:
    """Give the number of bytes that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _lost(client: Client) -> bool:
    return bool(client.reasons) and client.reasons[0].check(ConnectionDone) is None


def _woken(client: Client, received: bytearray) -> bool:
    """Whether a lost connection's last body was filled up by what wakes a module."""
    whole = client.words[: client.written]
    same = _common(whole, received)
    if same == len(whole) and not received[same:].strip(b"+"):
        # an escape of which a part was lost, or came late, is payload
        return True
    return _lost(client) and _WAKING.fullmatch(received, same) is not None


def _within_a_word(client: Client, sent: bytes) -> bool:
    """Whether a connection ended with a part of the module's last word."""
    rest = bytes(client.received[_common(sent, client.received) :])
    return any(word.startswith(rest) and rest != word for word in _LAST_WORDS)


def _no_dtr(on: bool) -> bool:
    return False


def _no_dcd() -> bool | None:
    return None
