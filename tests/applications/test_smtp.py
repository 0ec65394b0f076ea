"""Mail by twisted.mail over an endpoint string: ESMTP over implicit TLS."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.mail.smtp import (
    ESMTP,
    ESMTPSenderFactory,
    IMessage,
    IMessageDelivery,
    LOGINCredentials,
    SMTPSenderFactory,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from tests.endpoint.real import MixedReal, RealCase, reactor
from tests.tlsservers import options_for

#: Lines that mean something to a module, and the line that means something to SMTP.
LINES = [
    "Subject: OK",
    "",
    "ERROR",
    "SEND OK",
    '+QSSLURC: "closed",0',
    "NO CARRIER",
    "+++",
    ".",
    "> ",
    *(f"line {number} of a long mail" for number in range(3000)),
]
MAIL = "\n".join(LINES).encode() + b"\n"


@implementer(IMessage)
class Mail:
    """One mail that comes in."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def lineReceived(self, line: bytes) -> None:
        """Keep a line."""
        self._lines.append(line)

    def eomReceived(self) -> Deferred[object]:
        """It is complete."""
        done: Deferred[object] = Deferred()
        done.callback(None)
        return done

    def connectionLost(self) -> None:
        """It is cut off."""
        self._lines.append(b"(cut off)")


@implementer(IMessageDelivery)
class Delivery:
    """Takes any mail.

    @ivar lines: of all of them.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def receivedHeader(self, helo: object, origin: object, recipients: object) -> bytes:
        """Give what is put in front."""
        return b"Received: by the tests"

    def validateFrom(self, helo: object, origin: Any) -> Any:
        """Take any sender."""
        return origin

    def validateTo(self, user: object) -> Any:
        """Take any recipient."""
        return lambda: Mail(self.lines)


@implementer(IRealm)
class Realm:
    """Gives everybody the same delivery."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def requestAvatar(self, avatarId: object, mind: object, *interfaces: object) -> Any:
        """Give it."""
        return IMessageDelivery, self._delivery, lambda: None


class SMTPServer(Factory):
    """Makes servers with users."""

    noisy = False

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        users = InMemoryUsernamePasswordDatabaseDontUse(meter=b"secret")
        self.portal = Portal(Realm(delivery), [users])

    def buildProtocol(self, addr: object) -> ESMTP:
        server: Any = ESMTP({b"LOGIN": LOGINCredentials})
        server.portal = self.portal
        server.delivery = self.delivery
        server.timeout = None
        server.host = b"mail.example"
        assert isinstance(server, ESMTP)
        return server


class SMTPTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    async def send(self, make: Any) -> list[bytes]:
        """Send the mail; give the lines that the server has got."""
        delivery = Delivery()
        server = SMTPServer(delivery)
        factory = TLSMemoryBIOFactory(options_for(self.ca, self.name), False, server, reactor)
        factory.noisy = False
        port = self.listen(factory)
        endpoint = self.endpoint(self.string(port, self.device_arguments()))
        sent: Deferred[Any] = Deferred()
        sender = make(sent)
        sender.noisy = False
        lost: Deferred[None] = Deferred()
        sender.clientConnectionLost = lambda connector, reason: None
        protocol: Any = await endpoint.connect(sender)
        original = protocol.connectionLost

        def connectionLost(reason: Any) -> None:
            original(reason)
            lost.callback(None)

        protocol.connectionLost = connectionLost
        count, results = await sent
        self.assertEqual(count, 1)
        self.assertEqual(results[0][:2], (b"you@there.example", 250))
        await lost
        return delivery.lines

    async def test_plain(self) -> None:
        """L{SMTPSenderFactory} delivers a mail, dots, tokens and all."""

        def make(sent: Deferred[Any]) -> SMTPSenderFactory:
            return SMTPSenderFactory(
                "me@here.example", "you@there.example", BytesIO(MAIL), sent, retries=0
            )

        lines = await self.send(make)
        self.assertEqual(lines[1:], [line.encode() for line in LINES])

    async def test_login(self) -> None:
        """L{ESMTPSenderFactory} logs in over the module's TLS, without STARTTLS."""

        def make(sent: Deferred[Any]) -> ESMTPSenderFactory:
            return ESMTPSenderFactory(
                b"meter",
                b"secret",
                "me@here.example",
                "you@there.example",
                BytesIO(MAIL),
                sent,
                retries=0,
                requireTransportSecurity=False,
                hostname="here.example",
            )

        lines = await self.send(make)
        self.assertEqual(lines[1:], [line.encode() for line in LINES])


class PtySMTPTests(SMTPTests, RealCase):
    """Over a pty, in the default mode."""


class PtyTransparentSMTPTests(SMTPTests, RealCase):
    """Over a pty, in transparent mode."""

    mode = "transparent"


class EmulatorSMTPTests(SMTPTests, RealCase):
    """With C{device=emulator}."""

    device = "emulator"
