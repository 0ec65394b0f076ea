"""A session, and opens in it, on a scripted module."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.modem.scripted import PortBench
from tests.modem.socketbench import Owner
from twisted_quectel.families import AccessMode, Family
from twisted_quectel.modem.channels import Channel, Channels
from twisted_quectel.modem.opening import OpenRequest, open_socket
from twisted_quectel.modem.session import Session
from twisted_quectel.modem.sockets import CommandSocket
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.profiles import TLSProfile

NOW = datetime(2026, 11, 20, 20, 5, 9, tzinfo=UTC)
HOST = "220.180.239.212"


def profile(**arguments: Any) -> TLSProfile:
    """A TLS profile with a CA that is on the module."""
    return TLSProfile(cacert="module:RAM:cacert.pem", **arguments)


def request(
    tls: TLSProfile | None = None,
    *,
    ctx: int | None = 1,
    mode: AccessMode | None = AccessMode.BUFFER,
    wait: bool = True,
) -> OpenRequest:
    """A connection that is wanted; as provisioned if nothing is said."""
    return OpenRequest(
        host=HOST,
        port=8010,
        tls=tls,
        ctx=ctx,
        pdp=1,
        mode=mode,
        wait=wait,
        closed_is_lost=False,
        timeout=60.0,
    )


class SessionBench(PortBench):
    """One session.  Opens succeed unless the script says otherwise.

    @ivar ended: the reasons that its end was told with.
    """

    def __init__(self, *, profile: ModemProfile | None = None, family: Family | None = None):
        super().__init__()
        self.ended: list[Failure] = []
        self.channels = Channels(
            self.clock, Channel("/dev/m", self.port), (), self.module.opener, lambda port: None
        )
        self.session = Session(
            self.clock,
            self.channels,
            family or self.family,
            profile or ModemProfile(name="m", device="/dev/m"),
            lambda session, reason: self.ended.append(reason),
            lambda: NOW,
        )
        self.listener.on_urc = self.session.urc
        self.answers['+QSSLCFG="seclevel"'] = '+QSSLCFG: "seclevel",1,1\n\nOK'
        self.answers["+QSSLOPEN"] = self.opens
        self.opens_by_itself = True

    def opens(self, line: str) -> str:
        """Answer an open as chapter 2.2.2 says: OK, and the result later."""
        if self.opens_by_itself:
            id = line.partition("=")[2].split(",")[2]
            self.clock.callLater(0, self.module.say, f"+QSSLOPEN: {id},0")
        return "OK"

    def open(self, wanted: OpenRequest | None = None) -> Deferred[CommandSocket]:
        """Begin to open a connection."""
        return self.run(open_socket(self.session, wanted or request()))

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.module.settle(60)

    def say(self, text: str) -> None:
        """Have the module say something, and let it sink in."""
        self.module.say(text)
        self.settle()

    def owned(self, socket: CommandSocket) -> Owner:
        """Give an owner to a connection."""
        owner = Owner()
        socket.start(owner)
        self.settle()
        return owner
